"""What may be somebody's address for mail."""

import re
from hashlib import sha256

from fediserver.text import handles

LONGEST = 254
"""Characters (RFC 5321, section 4.5.3.1.3, without the brackets)."""
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\]{1,64}@[^\s@<>\"(),:;\\]{1,250}")


def is_address(text: str) -> bool:
    """Whether mail could be sent there; whether it arrives, only mail itself can tell."""
    domain = text.rpartition("@")[2]
    # A dot at the end would be another spelling of the same mailbox.
    return (
        len(text) <= LONGEST
        and text.isprintable()
        and _ADDRESS.fullmatch(text) is not None
        and not domain.endswith(".")
        and handles.host(domain) is not None
    )


def in_one_form(text: str) -> str:
    """An address with its domain as the name servers know it: lower-case, IDN as punycode, no dot at the end.

    What has no such domain stays as it is.
    """
    name, at, domain = text.strip().rpartition("@")
    return f"{name}{at}{handles.host(domain) or domain}"


def canonical_hash(text: str) -> str:
    """The SHA-256 of an address without what most servers do not look at: case, dots and what follows a plus.

    As Mastodon has it (app/helpers/email_helper.rb), so that lists can be exchanged; of every spelling of the domain.
    """
    name, _, domain = in_one_form(text).lower().partition("@")
    canonical = f"{name.replace('.', '').partition('+')[0]}@{domain}"
    return sha256(canonical.encode()).hexdigest()
