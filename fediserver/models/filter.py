"""What members do not want to see: filters with their keywords and posts."""

import msgspec

CONTEXTS = ("home", "notifications", "public", "thread", "account")
ACTIONS = ("warn", "hide", "blur")


class Filter(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A filter; `contexts` is a JSON list of CONTEXTS, `action` one of ACTIONS."""

    id: int
    account_id: int
    title: str
    contexts: str
    action: str
    expires_at: int | None


class FilterKeyword(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A word or phrase of a filter."""

    id: int
    filter_id: int
    account_id: int
    keyword: str
    whole_word: bool


class FilterStatus(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A single post of a filter."""

    id: int
    filter_id: int
    account_id: int
    status_id: int
