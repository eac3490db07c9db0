"""What may be somebody's address for mail."""

import re

LONGEST = 254
"""Characters (RFC 5321, section 4.5.3.1.3, without the brackets)."""
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\]{1,64}@[^\s@<>\"(),:;\\]{1,250}")


def is_address(text: str) -> bool:
    """Whether mail could be sent there; whether it arrives, only mail itself can tell."""
    return len(text) <= LONGEST and _ADDRESS.fullmatch(text) is not None
