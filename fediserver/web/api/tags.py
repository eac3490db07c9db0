"""Hashtags: https://docs.joinmastodon.org/methods/tags/, /methods/followed_tags/ and /methods/featured_tags/."""

from typing import Annotated

import msgspec
from starlette.responses import Response

from fediserver.actions import tags
from fediserver.activitypub.context import Context
from fediserver.db import tags as rows
from fediserver.db.tags import Tag
from fediserver.views.entities.tags import featured_tag, tag
from fediserver.views.entities.tags import tags as tag_entities
from fediserver.web.api import targets
from fediserver.web.api.paging import Paging, Size
from fediserver.web.api.targets import id_of
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response

Followed = Annotated[Paging, Size(100, 200)]
"""Pages of followed hashtags."""


class Named(msgspec.Struct):
    """A hashtag by name."""

    name: str


async def show(ctx: Context, viewer: Viewer | None, name: str) -> Response:
    """GET /api/v1/tags/:name: a hashtag, whether anybody has used it or not."""
    return json_response(await tag(ctx, await tags.find(ctx, name), id_of(viewer)))


async def follow(ctx: Context, me: Viewer, name: str) -> Response:
    """POST /api/v1/tags/:name/follow."""
    return json_response(await tag(ctx, await tags.follow(ctx, me.account, name), me.id))


async def unfollow(ctx: Context, me: Viewer, name: str) -> Response:
    """POST /api/v1/tags/:name/unfollow."""
    return json_response(await tag(ctx, await tags.unfollow(ctx, me.account, name), me.id))


async def feature(ctx: Context, me: Viewer, name: str) -> Response:
    """POST /api/v1/tags/:id/feature; the docs say id, clients send the name."""
    found = await tags.feature_known(ctx, me.account, await _name(ctx, name))
    return json_response(await tag(ctx, found, me.id))


async def unfeature(ctx: Context, me: Viewer, name: str) -> Response:
    """POST /api/v1/tags/:id/unfeature, by name or id as well."""
    found = await tags.unfeature(ctx, me.account, await _name(ctx, name))
    return json_response(await tag(ctx, found, me.id))


async def followed(ctx: Context, me: Viewer, page: Followed) -> Response:
    """GET /api/v1/followed_tags: the hashtags that the member follows."""
    entries = await rows.followed(ctx.db, page.bounds, account_id=me.id)
    known = await rows.by_ids(ctx.db, [entry.id for entry in entries])
    found: list[Tag] = [known[entry.id] for entry in entries]
    return page.related(await tag_entities(ctx, found, me.id), entries)


async def featured(ctx: Context, me: Viewer) -> Response:
    """GET /api/v1/featured_tags: the hashtags on the member's own profile."""
    return json_response([featured_tag(ctx, row) for row in await rows.featured(ctx.db, me.id)])


async def put(ctx: Context, me: Viewer, wanted: Named) -> Response:
    """POST /api/v1/featured_tags."""
    return json_response(featured_tag(ctx, await tags.feature(ctx, me.account, wanted.name)))


async def remove(ctx: Context, me: Viewer, featured_id: int) -> Response:
    """DELETE /api/v1/featured_tags/:id."""
    await tags.unfeature_by_id(ctx, me.account, featured_id)
    return empty()


async def suggestions(ctx: Context, me: Viewer) -> Response:
    """GET /api/v1/featured_tags/suggestions: what the member uses most."""
    found = await rows.used_most(ctx.db, me.id, tags.FEATURED)
    return json_response(await tag_entities(ctx, found, me.id))


async def of_account(ctx: Context, viewer: Viewer | None, account_id: int) -> Response:
    """GET /api/v1/accounts/:id/featured_tags: the hashtags on somebody's profile."""
    whose = await targets.account(ctx, account_id)
    found = [] if whose.suspended_at is not None else await rows.featured(ctx.db, whose.id)
    return json_response([featured_tag(ctx, row) for row in found])


async def _name(ctx: Context, word: str) -> str:
    """The name of a hashtag; digits alone are no hashtag, and therefore an id."""
    found = (
        await rows.by_id(ctx.db, int(word)) if word.isascii() and word.isdigit() and len(word) < 19 else None
    )
    return found.name if found else word
