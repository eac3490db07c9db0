"""Trends and hashtags, decided about: https://docs.joinmastodon.org/methods/admin/trends/."""

import msgspec
from msgspec import UNSET, UnsetType
from starlette.responses import Response

from fediserver.actions import moderate_trends, visibility
from fediserver.actions.moderate import Decision
from fediserver.actions.moderate_trends import Subject, TagChange
from fediserver.activitypub.context import Context
from fediserver.db import links as link_rows
from fediserver.db import tags as tag_rows
from fediserver.db import trend_reviews, trends
from fediserver.db.tags import Tag
from fediserver.db.trends import Kind
from fediserver.errors import NotFound
from fediserver.views.entities import admin_trends as entities
from fediserver.web.api import staff
from fediserver.web.api.paging import Many, Paging
from fediserver.web.api.trends import Few
from fediserver.web.auth import Viewer
from fediserver.web.responses import json_response


class Change(msgspec.Struct):
    """What is to change about a hashtag; what is left out stays."""

    display_name: str | UnsetType = UNSET
    trendable: bool | UnsetType = UNSET
    usable: bool | UnsetType = UNSET
    listable: bool | UnsetType = UNSET


async def all_tags(ctx: Context, me: Viewer, page: Many) -> Response:
    """GET /api/v1/admin/tags: every hashtag that is known here."""
    staff.moderator(me)
    entries = await trend_reviews.tag_page(ctx.db, page.bounds)
    known = await tag_rows.by_ids(ctx.db, [entry.id for entry in entries])
    found = await entities.tags(ctx, [known[entry.id] for entry in entries], me.id)
    return page.related(found, entries, newer="min_id")


async def tag(ctx: Context, me: Viewer, tag_id: int) -> Response:
    """GET /api/v1/admin/tags/:id."""
    staff.moderator(me)
    return await _tag(ctx, me, await _find_tag(ctx, tag_id))


async def change_tag(ctx: Context, me: Viewer, tag_id: int, wanted: Change) -> Response:
    """PUT /api/v1/admin/tags/:id: whoever changes a hashtag has looked at it."""
    decision = Decision(by=staff.moderator(me))
    change = TagChange(**msgspec.structs.asdict(wanted))
    return await _tag(ctx, me, await moderate_trends.change_tag(ctx, tag_id, change, decision))


async def tags(ctx: Context, me: Viewer, page: Few) -> Response:
    """GET /api/v1/admin/trends/tags: what is used now, also what was refused."""
    staff.moderator(me)
    rows = await trends.tags(ctx.db, among="everything", limit=page.page.limit, offset=page.offset)
    return page.numbered(await entities.tags(ctx, rows, me.id))


async def approve_tag(ctx: Context, me: Viewer, tag_id: int) -> Response:
    """POST /api/v1/admin/trends/tags/:id/approve."""
    return await _decide_tag(ctx, me, tag_id, allowed=True)


async def reject_tag(ctx: Context, me: Viewer, tag_id: int) -> Response:
    """POST /api/v1/admin/trends/tags/:id/reject."""
    return await _decide_tag(ctx, me, tag_id, allowed=False)


async def statuses(ctx: Context, me: Viewer, page: Paging) -> Response:
    """GET /api/v1/admin/trends/statuses: what people like and boost now, also what was refused."""
    staff.moderator(me)
    ids = await trends.statuses(
        ctx.db,
        viewer_id=me.id,
        now=ctx.clock(),
        among="everything",
        limit=page.page.limit,
        offset=page.offset,
    )
    return page.numbered(await entities.statuses(ctx, ids, me.id))


async def approve_status(ctx: Context, me: Viewer, status_id: int) -> Response:
    """POST /api/v1/admin/trends/statuses/:id/approve."""
    return await _decide_status(ctx, me, status_id, allowed=True)


async def reject_status(ctx: Context, me: Viewer, status_id: int) -> Response:
    """POST /api/v1/admin/trends/statuses/:id/reject."""
    return await _decide_status(ctx, me, status_id, allowed=False)


async def links(ctx: Context, me: Viewer, page: Few) -> Response:
    """GET /api/v1/admin/trends/links: what people link to now, also what was refused."""
    staff.moderator(me)
    rows = await trends.links(ctx.db, among="everything", limit=page.page.limit, offset=page.offset)
    return page.numbered(await entities.links(ctx, rows, me.id))


async def approve_link(ctx: Context, me: Viewer, link_id: int) -> Response:
    """POST /api/v1/admin/trends/links/:id/approve."""
    return await _decide_link(ctx, me, link_id, allowed=True)


async def reject_link(ctx: Context, me: Viewer, link_id: int) -> Response:
    """POST /api/v1/admin/trends/links/:id/reject."""
    return await _decide_link(ctx, me, link_id, allowed=False)


async def publishers(ctx: Context, me: Viewer, page: Many) -> Response:
    """GET /api/v1/admin/trends/links/publishers: sites whose pages were among the trends."""
    staff.moderator(me)
    entries, rows = await ctx.db.read(lambda tx: trend_reviews.publisher_page(tx, page.bounds))
    found = await entities.publishers(ctx, [rows[entry.id] for entry in entries])
    return page.related(found, entries, newer="min_id")


async def approve_publisher(ctx: Context, me: Viewer, publisher_id: int) -> Response:
    """POST /api/v1/admin/trends/links/publishers/:id/approve."""
    return await _decide_publisher(ctx, me, publisher_id, allowed=True)


async def reject_publisher(ctx: Context, me: Viewer, publisher_id: int) -> Response:
    """POST /api/v1/admin/trends/links/publishers/:id/reject."""
    return await _decide_publisher(ctx, me, publisher_id, allowed=False)


async def _find_tag(ctx: Context, tag_id: int) -> Tag:
    found = await tag_rows.by_id(ctx.db, tag_id)
    if found is None:
        raise NotFound
    return found


async def _tag(ctx: Context, me: Viewer, found: Tag) -> Response:
    return json_response((await entities.tags(ctx, [found], me.id))[0])


async def _decide_tag(ctx: Context, me: Viewer, tag_id: int, *, allowed: bool) -> Response:
    decision = Decision(by=staff.moderator(me))
    change = TagChange(trendable=allowed)
    return await _tag(ctx, me, await moderate_trends.change_tag(ctx, tag_id, change, decision))


async def _decide_status(ctx: Context, me: Viewer, status_id: int, *, allowed: bool) -> Response:
    decision = Decision(by=staff.moderator(me))
    found = await visibility.find(ctx, me.account, status_id)
    subject = Subject(Kind.STATUS, str(found.id), found.uri, found.account_id)
    await moderate_trends.review(ctx, subject, decision, allowed=allowed)
    shown = await entities.statuses(ctx, [found.id], me.id)
    if not shown:
        raise NotFound
    return json_response(shown[0])


async def _decide_link(ctx: Context, me: Viewer, link_id: int, *, allowed: bool) -> Response:
    decision = Decision(by=staff.moderator(me))
    found = await link_rows.by_id(ctx.db, link_id)
    if found is None:
        raise NotFound
    subject = Subject(Kind.LINK, str(found.id), found.url)
    await moderate_trends.review(ctx, subject, decision, allowed=allowed)
    return json_response((await entities.links(ctx, [found], me.id))[0])


async def _decide_publisher(ctx: Context, me: Viewer, publisher_id: int, *, allowed: bool) -> Response:
    decision = Decision(by=staff.moderator(me))
    found = await trend_reviews.publisher(ctx.db, publisher_id)
    if found is None:
        raise NotFound
    subject = Subject(Kind.PUBLISHER, found.domain, found.domain)
    await moderate_trends.review(ctx, subject, decision, allowed=allowed)
    return json_response((await entities.publishers(ctx, [found]))[0])
