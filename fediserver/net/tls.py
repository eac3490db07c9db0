"""Whom outbound TLS trusts: the system's store, and one file of the owner's in addition."""

import ssl
from pathlib import Path

from fediserver.errors import ConfigError


def client_context(extra: str | None) -> ssl.SSLContext:
    """A context to be made once; `extra` is a PEM file (`SSL_CERT_FILE`), added to the system's store.

    ConfigError when the file cannot be used.
    """
    context = ssl.create_default_context()
    if not extra:
        return context
    # OpenSSL itself reads SSL_CERT_FILE *instead of* the system's bundle: bring that one back.
    system = ssl.get_default_verify_paths().openssl_cafile
    if Path(system).is_file():
        context.load_verify_locations(system)
    try:
        context.load_verify_locations(extra)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"SSL_CERT_FILE={extra} is not a readable PEM file of certificates: {error}"
        ) from error
    return context
