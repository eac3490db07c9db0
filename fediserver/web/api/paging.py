"""A page as an endpoint is asked for it, and the answer with the Link header that leads on."""

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from fediserver.db.pages import HIGHEST, Bounds, Entry
from fediserver.web import pagination, params
from fediserver.web.pagination import Page
from fediserver.web.responses import json_response


class Size(NamedTuple):
    """How long pages of a list are: unless the client says otherwise, at most, and for `limit=0`."""

    default: int
    maximum: int
    zero: int | None = None


class Paging:
    """A page of one request."""

    def __init__(self, base_url: str, request: Request, page: Page) -> None:
        self._base_url = base_url
        self._request = request
        self.page = page

    @property
    def bounds(self) -> Bounds:
        """What the database is asked for: `min_id` wins over `since_id`."""
        page = self.page
        return Bounds(
            limit=page.limit,
            before=HIGHEST if page.max_id is None else page.max_id,
            after=(page.min_id if page.min_id is not None else page.since_id) or 0,
            ascending=page.ascending,
        )

    @property
    def offset(self) -> int:
        """Where a list begins that is paged by number."""
        return self.page.offset or 0

    def answer(
        self,
        entities: object,
        first_id: int | None,
        last_id: int | None,
        *,
        newer: Literal["min_id", "since_id"] = "min_id",
    ) -> Response:
        """The page; `first_id` and `last_id` are the cursors of its ends, None when it is empty."""
        if first_id is None and last_id is None:
            return json_response(entities)
        link = pagination.link_header(
            self._base_url,
            self._request.scope["path"],
            params.query_pairs(self._request.scope["query_string"]),
            limit=self.page.limit,
            first_id=first_id,
            last_id=last_id,
            newer=newer,
        )
        return json_response(entities, headers={"Link": link})

    def numbered(self, entities: Sequence[object]) -> Response:
        """The page of a list that is paged by number; a short one is the last."""
        return self._numbered(entities, len(entities))

    def numbered_as(self, name: str, entities: Sequence[object]) -> Response:
        """The same, as an object with one member."""
        return self._numbered({name: entities}, len(entities))

    def _numbered(self, body: object, length: int) -> Response:
        link = pagination.offset_link_header(
            self._base_url,
            self._request.scope["path"],
            params.query_pairs(self._request.scope["query_string"]),
            page=self.page,
            full=length >= self.page.limit,
        )
        return json_response(body, headers={"Link": link} if link else None)

    def related(
        self,
        entities: Sequence[object],
        entries: Sequence[Entry],
        *,
        newer: Literal["min_id", "since_id"] = "since_id",
    ) -> Response:
        """The page of a list that is paged by its relations; a short one is the last."""
        if not entries:
            return json_response(entities)
        last = entries[-1].cursor if len(entries) >= self.page.limit else None
        return self.answer(entities, entries[0].cursor, last, newer=newer)


People = Annotated[Paging, Size(40, 80)]
"""Pages of accounts."""
Many = Annotated[Paging, Size(100, 200)]
"""Pages of what those who moderate look through."""
