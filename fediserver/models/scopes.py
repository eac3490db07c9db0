"""OAuth scopes: which names there are, and what each contains.

See https://docs.joinmastodon.org/api/oauth-scopes/.
"""

from collections.abc import Iterable

DEFAULT = "read"
"""What an application that names none is registered with and asks for."""

LONGEST = 1000
"""Characters in a list of scopes; all names together are shorter."""

_READ = (
    "accounts blocks bookmarks collections favourites filters follows lists mutes notifications "
    "search statuses"
)
_WRITE = (
    "accounts blocks bookmarks collections conversations favourites filters follows lists media mutes "
    "notifications reports statuses"
)
_ADMIN = "accounts reports domain_allows domain_blocks ip_blocks email_domain_blocks canonical_email_blocks"

# What each broad name contains.
_WITHIN: dict[str, frozenset[str]] = {
    "read": frozenset(f"read:{name}" for name in _READ.split()),
    "write": frozenset(f"write:{name}" for name in _WRITE.split()),
    # The oldest name, from before there were any with a colon.
    "follow": frozenset(
        f"{verb}:{name}" for verb in ("read", "write") for name in ("follows", "blocks", "mutes")
    ),
    "admin:read": frozenset(f"admin:read:{name}" for name in _ADMIN.split()),
    "admin:write": frozenset(f"admin:write:{name}" for name in _ADMIN.split()),
}

KNOWN: frozenset[str] = frozenset(_WITHIN).union(*_WITHIN.values(), {"profile", "push"})
"""Every scope that a token may carry."""


def parse(text: str) -> tuple[str, ...]:
    """The names in a list that is split by white space or `+`, each once, in order."""
    return tuple(dict.fromkeys(text.replace("+", " ").split()))


def expanded(granted: Iterable[str]) -> frozenset[str]:
    """All names that are granted, with those that they contain; made once per token."""
    names = set(granted)
    return frozenset(names.union(*(_WITHIN[name] for name in names & _WITHIN.keys())))


def covers(granted: Iterable[str], needed: str) -> bool:
    """Whether `needed` is among what is granted, itself or within a broader name."""
    return needed in expanded(granted)


def unknown(asked: Iterable[str]) -> list[str]:
    """The names that do not exist."""
    return [name for name in asked if name not in KNOWN]


def within(asked: Iterable[str], granted: Iterable[str]) -> bool:
    """Whether everything that is asked for is granted; `read:search` is within `read`."""
    return frozenset(asked) <= expanded(granted)
