"""Filters: https://docs.joinmastodon.org/methods/filters/."""

import msgspec
from msgspec import UNSET, UnsetType
from starlette.responses import Response

from fediserver.actions import filter as filtering
from fediserver.actions.filter import FilterWish, KeywordWish
from fediserver.activitypub.context import Context
from fediserver.db import filters as rows
from fediserver.db.filters import Whole
from fediserver.errors import NotFound
from fediserver.views.entities import filters as entities
from fediserver.web.api import targets
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response


class KeywordAsked(msgspec.Struct):
    """A keyword of its own."""

    keyword: str | UnsetType = UNSET
    whole_word: bool | UnsetType = UNSET


class KeywordChange(KeywordAsked):
    """A keyword within a filter: added, or by its id changed or dropped."""

    id: int | None = None
    drop: bool = msgspec.field(default=False, name="_destroy")


class FilterAsked(msgspec.Struct):
    """A filter; `expires_in` in seconds, empty for never."""

    title: str | UnsetType = UNSET
    context: list[str] | UnsetType = UNSET
    filter_action: str | UnsetType = UNSET
    expires_in: int | UnsetType | None = UNSET
    keywords_attributes: list[KeywordChange] = []

    def wish(self) -> FilterWish:
        """The same for the action."""
        return FilterWish(
            title=self.title,
            contexts=self.context,
            action=self.filter_action,
            expires_in=self.expires_in,
            keywords=[
                KeywordWish(id=one.id, keyword=one.keyword, whole_word=one.whole_word, drop=one.drop)
                for one in self.keywords_attributes
            ],
        )


class StatusAsked(msgspec.Struct):
    """A single post."""

    status_id: int


async def page(ctx: Context, me: Viewer) -> Response:
    """GET /api/v2/filters: all of the member's."""
    found = await ctx.db.read(lambda tx: rows.everything(tx, me.id))
    return json_response([entities.filter_entity(one) for one in found])


async def show(ctx: Context, me: Viewer, filter_id: int) -> Response:
    """GET /api/v2/filters/:id."""
    return json_response(entities.filter_entity(await _own(ctx, me, filter_id)))


async def create(ctx: Context, me: Viewer, asked: FilterAsked) -> Response:
    """POST /api/v2/filters: a filter, with its first keywords if they are sent along."""
    return json_response(entities.filter_entity(await filtering.create(ctx, me.id, asked.wish())))


async def change(ctx: Context, me: Viewer, filter_id: int, asked: FilterAsked) -> Response:
    """PUT /api/v2/filters/:id: what is sent changes."""
    return json_response(entities.filter_entity(await filtering.change(ctx, me.id, filter_id, asked.wish())))


async def remove(ctx: Context, me: Viewer, filter_id: int) -> Response:
    """DELETE /api/v2/filters/:id."""
    await filtering.remove(ctx, me.id, filter_id)
    return empty()


async def keywords(ctx: Context, me: Viewer, filter_id: int) -> Response:
    """GET /api/v2/filters/:filter_id/keywords."""
    found = await _own(ctx, me, filter_id)
    return json_response([entities.keyword_entity(one) for one in found.keywords])


async def add_keyword(ctx: Context, me: Viewer, filter_id: int, asked: KeywordAsked) -> Response:
    """POST /api/v2/filters/:filter_id/keywords."""
    wish = KeywordWish(keyword=asked.keyword, whole_word=asked.whole_word)
    return json_response(entities.keyword_entity(await filtering.add_keyword(ctx, me.id, filter_id, wish)))


async def keyword(ctx: Context, me: Viewer, keyword_id: int) -> Response:
    """GET /api/v2/filters/keywords/:id."""
    found = await rows.keyword(ctx.db, me.id, keyword_id)
    if found is None:
        raise NotFound
    return json_response(entities.keyword_entity(found))


async def change_keyword(ctx: Context, me: Viewer, keyword_id: int, asked: KeywordAsked) -> Response:
    """PUT /api/v2/filters/keywords/:id."""
    wish = KeywordWish(keyword=asked.keyword, whole_word=asked.whole_word)
    changed = await filtering.change_keyword(ctx, me.id, keyword_id, wish)
    return json_response(entities.keyword_entity(changed))


async def remove_keyword(ctx: Context, me: Viewer, keyword_id: int) -> Response:
    """DELETE /api/v2/filters/keywords/:id."""
    await filtering.remove_keyword(ctx, me.id, keyword_id)
    return empty()


async def statuses(ctx: Context, me: Viewer, filter_id: int) -> Response:
    """GET /api/v2/filters/:filter_id/statuses."""
    found = await _own(ctx, me, filter_id)
    return json_response([entities.status_entity(one) for one in found.statuses])


async def add_status(ctx: Context, me: Viewer, filter_id: int, asked: StatusAsked) -> Response:
    """POST /api/v2/filters/:filter_id/statuses: filter a post that the member may see."""
    status = await targets.status(ctx, me, asked.status_id)
    added = await filtering.add_status(ctx, me.id, filter_id, status.id)
    return json_response(entities.status_entity(added))


async def status(ctx: Context, me: Viewer, row_id: int) -> Response:
    """GET /api/v2/filters/statuses/:id."""
    found = await rows.status(ctx.db, me.id, row_id)
    if found is None:
        raise NotFound
    return json_response(entities.status_entity(found))


async def remove_status(ctx: Context, me: Viewer, row_id: int) -> Response:
    """DELETE /api/v2/filters/statuses/:id."""
    await filtering.remove_status(ctx, me.id, row_id)
    return empty()


async def _own(ctx: Context, me: Viewer, filter_id: int) -> Whole:
    found = await ctx.db.read(lambda tx: rows.whole(tx, me.id, filter_id))
    if found is None:
        raise NotFound
    return found
