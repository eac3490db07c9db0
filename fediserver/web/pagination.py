"""Pages of lists: the cursors of a request, and the Link header that leads to the neighbours.

See https://docs.joinmastodon.org/api/guidelines/#pagination.
"""

from collections.abc import Iterable, Mapping
from typing import Literal
from urllib.parse import quote, urlencode

import msgspec

_HIGHEST = 2**63 - 1
_DEEPEST = 10_000
_CURSORS = frozenset({"max_id", "since_id", "min_id", "offset", "limit"})
# A link is shown, logged and shared: it never carries a token.
_SECRET = frozenset({"access_token"})

Pairs = Iterable[tuple[str, str]]


class Page(msgspec.Struct, frozen=True):
    """Which part of a list is asked for; ids are exclusive bounds, `limit` is at least 1."""

    limit: int
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None
    offset: int | None = None

    @property
    def ascending(self) -> bool:
        """Whether the page immediately above `min_id` is meant; then `since_id` does not count."""
        return self.min_id is not None


def parse(
    fields: Mapping[str, object], *, default: int = 20, maximum: int = 40, zero: int | None = None
) -> Page:
    """The page that parameters (`params.fields`) ask for; what is no number counts as absent.

    A limit above `maximum` is lowered to it; less than zero, or none, gives `default`, and so does zero
    where `zero` does not say what it stands for.
    """
    if not fields:
        return Page(default)
    limit = _number(fields.get("limit"))
    offset = _number(fields.get("offset"))
    size = min(limit, maximum) if limit else default
    return Page(
        zero if zero is not None and limit == 0 else size,
        _number(fields.get("max_id")),
        _number(fields.get("since_id")),
        _number(fields.get("min_id")),
        None if offset is None else min(offset, _DEEPEST),
    )


def kept(pairs: Pairs) -> list[tuple[str, str]]:
    """What a link repeats of a query (`params.query_pairs`): the filters, not the cursors nor a token."""
    return [(name, value) for name, value in pairs if name not in _CURSORS and name not in _SECRET]


def link_header(
    base_url: str,
    path: str,
    filters: Pairs = (),
    *,
    limit: int,
    first_id: int | str | None,
    last_id: int | str | None,
    newer: Literal["min_id", "since_id"] = "min_id",
) -> str:
    """The Link header of a page from `first_id` (newest) to `last_id`; None leaves out prev or next.

    `path` is decoded, as in `scope["path"]`. `next` comes first: toot looks for it at the start.
    """
    links: list[tuple[str, str, object]] = []
    if last_id is not None:
        links.append(("next", "max_id", last_id))
    if first_id is not None:
        links.append(("prev", newer, first_id))
    return _links(base_url, path, filters, limit, links)


def offset_link_header(base_url: str, path: str, filters: Pairs = (), *, page: Page, full: bool) -> str:
    """The Link header of a list that is paged by offset; a page that is not `full` has no next."""
    offset = page.offset or 0
    links: list[tuple[str, str, object]] = []
    if full and offset + page.limit <= _DEEPEST:
        links.append(("next", "offset", offset + page.limit))
    if offset:
        links.append(("prev", "offset", max(offset - page.limit, 0)))
    return _links(base_url, path, filters, page.limit, links)


def _links(base_url: str, path: str, filters: Pairs, limit: int, links: list[tuple[str, str, object]]) -> str:
    repeated = urlencode([*kept(filters), ("limit", str(limit))])
    address = f"{base_url}{quote(path, safe='/@:')}?{repeated}"
    return ", ".join(f'<{address}&{name}={cursor}>; rel="{rel}"' for rel, name, cursor in links)


def _number(value: object) -> int | None:
    """A whole number from 0 to 2⁶³-1, as text or as JSON's; None for all else."""
    if isinstance(value, str) and len(value) <= 19 and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _HIGHEST:
        return value
    return None
