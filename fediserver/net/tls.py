"""Whom outbound TLS trusts: the system's store, and one file of the owner's in addition.

What was settled with a host is taken up again for an hour (RFC 8446, section 2.2): a handshake without
certificates costs a third, at both ends, and only the server that was trusted then can join in.
"""

import ssl
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

from fediserver.errors import ConfigError

HOSTS = 1000
"""Hosts whose sessions are remembered, about 5 kB each."""
CHECKED_SECONDS = 3600.0
"""How long a certificate that was checked counts for further connections."""


class _Known(NamedTuple):
    session: ssl.SSLSession
    until: float


class ResumingContext(ssl.SSLContext):
    """A client's context that takes up the last session with a host; they are kept by host name."""

    _sessions: OrderedDict[str, _Known]

    def __new__(cls) -> "ResumingContext":
        """As strict as `ssl.create_default_context`, with the system's store."""
        strict = ssl.create_default_context()
        context = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        context.verify_flags = strict.verify_flags
        context.load_default_certs()
        context.sslobject_class = _Remembering
        context._sessions = OrderedDict()
        return context

    def wrap_bio(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, **options: Any) -> ssl.SSLObject:  # type: ignore[override]
        """As in the standard library, with the session that is remembered."""
        known = self._sessions.get(options.get("server_hostname", ""))
        if known is not None and time.monotonic() < known.until:
            options["session"] = known.session
        return super().wrap_bio(incoming, outgoing, **options)

    def remember(self, host: str, session: ssl.SSLSession, *, resumed: bool) -> None:
        """Keep a session for the next connection; a resumed one is believed no longer than the first."""
        former = self._sessions.pop(host, None)
        until = former.until if resumed and former else time.monotonic() + CHECKED_SECONDS
        self._sessions[host] = _Known(session, until)
        if len(self._sessions) > HOSTS:
            self._sessions.popitem(last=False)


class _Remembering(ssl.SSLObject):
    """Hands its session to the context once something has been read: tickets come before the first answer."""

    _handed_over = False

    def read(self, *size_and_buffer: Any) -> Any:
        """As in the standard library."""
        found = super().read(*size_and_buffer)
        if found and not self._handed_over:
            self._handed_over = True
            context, host, session = self.context, self.server_hostname, self.session
            if isinstance(context, ResumingContext) and host and session:
                context.remember(host, session, resumed=bool(self.session_reused))
        return found


def client_context(extra: str | None) -> ssl.SSLContext:
    """A context to be made once; `extra` is a PEM file (`SSL_CERT_FILE`), added to the system's store.

    ConfigError when the file cannot be used.
    """
    context = ResumingContext()
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
