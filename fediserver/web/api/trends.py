"""Trends: https://docs.joinmastodon.org/methods/trends/."""

from typing import Annotated

from starlette.responses import Response

from fediserver.activitypub.context import Context
from fediserver.db import trends
from fediserver.db.trends import Among
from fediserver.views.entities import statuses as status_entities
from fediserver.views.entities import trends as entities
from fediserver.views.entities.tags import tags as tag_entities
from fediserver.web.api.paging import Paging, Size
from fediserver.web.api.targets import id_of
from fediserver.web.auth import Viewer

Few = Annotated[Paging, Size(10, 20)]


async def tags(ctx: Context, viewer: Viewer | None, page: Few) -> Response:
    """GET /api/v1/trends/tags: hashtags that people use now."""
    rows = await trends.tags(ctx.db, among=_among(ctx), limit=page.page.limit, offset=page.offset)
    return page.numbered(await tag_entities(ctx, rows, id_of(viewer)))


async def tags_by_old_name(ctx: Context, viewer: Viewer | None, page: Few) -> Response:
    """GET /api/v1/trends: the same, as it was called until 3.5."""
    answer = await tags(ctx, viewer, page)
    answer.headers["Deprecation"] = "@1648598400"
    return answer


async def statuses(ctx: Context, viewer: Viewer | None, page: Paging) -> Response:
    """GET /api/v1/trends/statuses: posts that people like and boost now."""
    ids = await trends.statuses(
        ctx.db,
        viewer_id=id_of(viewer) or 0,
        now=ctx.clock(),
        among=_among(ctx),
        limit=page.page.limit,
        offset=page.offset,
    )
    return page.numbered(await status_entities.by_ids(ctx, ids, id_of(viewer)))


async def links(ctx: Context, viewer: Viewer | None, page: Few) -> Response:
    """GET /api/v1/trends/links: pages that people link to now."""
    rows = await trends.links(ctx.db, among=_among(ctx), limit=page.page.limit, offset=page.offset)
    return page.numbered(await entities.links(ctx, rows, id_of(viewer)))


def _among(ctx: Context) -> Among:
    """Whether things trend that nobody has looked at."""
    return "unrefused" if ctx.config.trends_review == "off" else "allowed"
