"""Timelines: https://docs.joinmastodon.org/methods/timelines/."""

import msgspec
from starlette.responses import Response

from fediserver.activitypub.context import Context
from fediserver.db import links, timelines
from fediserver.db import lists as list_rows
from fediserver.db.database import Reader
from fediserver.db.outlines import Outline
from fediserver.db.timelines import Tagged
from fediserver.errors import NotFound
from fediserver.text import compose
from fediserver.views.entities import statuses
from fediserver.web.api.paging import Paging
from fediserver.web.api.targets import id_of
from fediserver.web.auth import Viewer

TAGS = 4
"""How many more hashtags of each kind a timeline takes."""


class PublicWish(msgspec.Struct):
    """Whose posts the public timeline is to show."""

    local: bool = False
    remote: bool = False
    only_media: bool = False


class LinkWish(msgspec.Struct):
    """The link whose posts are wanted."""

    url: str


class TagWish(msgspec.Struct):
    """Hashtags beside that in the path."""

    any: list[str] = []
    all: list[str] = []
    none: list[str] = []
    local: bool = False
    remote: bool = False
    only_media: bool = False


async def home(ctx: Context, me: Viewer, page: Paging) -> Response:
    """GET /api/v1/timelines/home: what the people you follow said."""
    found = await statuses.listed(
        ctx, me.id, lambda tx: timelines.home(tx, page.bounds, viewer_id=me.id, now=ctx.clock())
    )
    return page.answer(found.entities, found.first_id, found.last_id)


async def of_list(ctx: Context, me: Viewer, list_id: int, page: Paging) -> Response:
    """GET /api/v1/timelines/list/:list_id: what the accounts of a list said."""

    async def find(tx: Reader) -> list[Outline]:
        if await list_rows.one(tx, list_id, owner_id=me.id) is None:
            raise NotFound
        return await timelines.of_list(tx, page.bounds, list_id=list_id, viewer_id=me.id, now=ctx.clock())

    found = await statuses.listed(ctx, me.id, find)
    return page.answer(found.entities, found.first_id, found.last_id)


async def public(ctx: Context, viewer: Viewer | None, page: Paging, wish: PublicWish) -> Response:
    """GET /api/v1/timelines/public: what is meant for everybody, without replies and boosts."""
    found = await statuses.listed(
        ctx,
        id_of(viewer),
        lambda tx: timelines.public(
            tx,
            page.bounds,
            viewer_id=id_of(viewer),
            now=ctx.clock(),
            local=wish.local,
            remote=wish.remote,
            only_media=wish.only_media,
        ),
    )
    return page.answer(found.entities, found.first_id, found.last_id)


async def link(ctx: Context, viewer: Viewer | None, page: Paging, wish: LinkWish) -> Response:
    """GET /api/v1/timelines/link: public posts that link to a page; 404 for one that nobody linked to."""
    known = await links.by_url(ctx.db, wish.url.partition("#")[0])
    if known is None:
        raise NotFound
    found = await statuses.listed(
        ctx,
        id_of(viewer),
        lambda tx: links.timeline(
            tx, page.bounds, viewer_id=id_of(viewer), now=ctx.clock(), link_id=known.id
        ),
    )
    return page.answer(found.entities, found.first_id, found.last_id)


async def tag(ctx: Context, viewer: Viewer | None, hashtag: str, page: Paging, wish: TagWish) -> Response:
    """GET /api/v1/timelines/tag/:hashtag: public posts with hashtags, replies too."""

    async def find(tx: Reader) -> list[Outline]:
        wanted = await _tagged(tx, hashtag, wish)
        if wanted is None:
            return []
        return await timelines.tagged(
            tx, page.bounds, viewer_id=id_of(viewer), now=ctx.clock(), wanted=wanted
        )

    found = await statuses.listed(ctx, id_of(viewer), find)
    return page.answer(found.entities, found.first_id, found.last_id)


async def _tagged(tx: Reader, hashtag: str, wish: TagWish) -> Tagged | None:
    """The wish in ids; None when no post can fit it."""
    any_of, all_of, none_of = (
        [compose.tag_name(name.removeprefix("#")) for name in names[:TAGS]]
        for names in (wish.any, wish.all, wish.none)
    )
    any_of.insert(0, compose.tag_name(hashtag.removeprefix("#")))
    known = await timelines.tag_ids(tx, list({*any_of, *all_of, *none_of}))
    if not any(name in known for name in any_of) or not all(name in known for name in all_of):
        return None
    return Tagged(
        any_of=_ids(known, any_of),
        all_of=_ids(known, all_of),
        none_of=_ids(known, none_of),
        local=wish.local,
        remote=wish.remote,
        only_media=wish.only_media,
    )


def _ids(known: dict[str, int], names: list[str]) -> list[int]:
    return list(dict.fromkeys(known[name] for name in names if name in known))
