"""The first API for filters, over the same data: every keyword is a filter, ids are those of keywords.

Deprecated: https://docs.joinmastodon.org/methods/filters/#v1.
"""

import msgspec
from msgspec import UNSET, UnsetType
from starlette.responses import Response

from fediserver.actions import filter as filtering
from fediserver.actions.filter import FilterWish, KeywordWish
from fediserver.activitypub.context import Context
from fediserver.db import filters as rows
from fediserver.db.database import Reader
from fediserver.db.filters import Whole
from fediserver.errors import NotFound
from fediserver.views.entities import filters as entities
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response


class Asked(msgspec.Struct):
    """A filter of one keyword; `irreversible` drops what it matches instead of hiding it."""

    phrase: str | UnsetType = UNSET
    context: list[str] | UnsetType = UNSET
    irreversible: bool | UnsetType = UNSET
    whole_word: bool | UnsetType = UNSET
    expires_in: int | UnsetType | None = UNSET

    def wish(self) -> FilterWish:
        """The same as a filter of the second API."""
        action: str | UnsetType = UNSET
        if self.irreversible is not UNSET:
            action = "hide" if self.irreversible else "warn"
        return FilterWish(
            title=self.phrase,
            contexts=self.context,
            action=action,
            expires_in=self.expires_in,
            keywords=[KeywordWish(keyword=self.phrase, whole_word=self.whole_word)],
        )


async def page(ctx: Context, me: Viewer) -> Response:
    """GET /api/v1/filters: all keywords of the member."""
    found = await ctx.db.read(lambda tx: rows.everything(tx, me.id))
    return json_response([entities.single_entity(one.filter, word) for one in found for word in one.keywords])


async def show(ctx: Context, me: Viewer, keyword_id: int) -> Response:
    """GET /api/v1/filters/:id."""

    async def load(tx: Reader) -> Response:
        keyword = await rows.keyword(tx, me.id, keyword_id)
        found = await rows.one(tx, me.id, keyword.filter_id) if keyword else None
        if keyword is None or found is None:
            raise NotFound
        return json_response(entities.single_entity(found, keyword))

    return await ctx.db.read(load)


async def create(ctx: Context, me: Viewer, asked: Asked) -> Response:
    """POST /api/v1/filters; a word need not be whole here unless it is said."""
    if asked.whole_word is UNSET:
        asked = msgspec.structs.replace(asked, whole_word=False)
    return _single(await filtering.create(ctx, me.id, asked.wish()))


async def change(ctx: Context, me: Viewer, keyword_id: int, asked: Asked) -> Response:
    """PUT /api/v1/filters/:id: a filter with a single keyword; what is not sent stays."""
    return _single(await filtering.change_single(ctx, me.id, keyword_id, asked.wish()))


async def remove(ctx: Context, me: Viewer, keyword_id: int) -> Response:
    """DELETE /api/v1/filters/:id."""
    await filtering.remove_single(ctx, me.id, keyword_id)
    return empty()


def _single(whole: Whole) -> Response:
    return json_response(entities.single_entity(whole.filter, whole.keywords[0]))
