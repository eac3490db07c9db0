"""What members do to accounts: follow, block, mute, note; every answer is the Relationship as it is then."""

import msgspec
from starlette.responses import Response

from fediserver.actions import block as blocks
from fediserver.actions import endorse as endorsing
from fediserver.actions import follow as follows
from fediserver.actions import mute as mutes
from fediserver.activitypub.context import Context
from fediserver.db import account_lists, account_notes
from fediserver.errors import Invalid
from fediserver.views.entities import accounts, relationships
from fediserver.web.api import targets
from fediserver.web.api.paging import People
from fediserver.web.auth import Viewer
from fediserver.web.responses import json_response

NOTE_CHARACTERS = 2000
LONGEST_MUTE = 100 * 365 * 86_400
"""Seconds; who wants longer means for ever, which is 0."""


class Wish(msgspec.Struct):
    """How somebody is to be followed; what is None stays, or is as usual."""

    reblogs: bool | None = None
    notify: bool | None = None
    languages: list[str] | None = None


class Silence(msgspec.Struct):
    """How somebody is to be muted; `duration` in seconds, 0 for ever."""

    notifications: bool = True
    duration: int = 0


class Comment(msgspec.Struct):
    """A private note."""

    comment: str = ""


async def follow(ctx: Context, me: Viewer, account_id: int, wish: Wish) -> Response:
    """POST /api/v1/accounts/:id/follow: follow, or change how."""
    target = await targets.account(ctx, account_id)
    await follows.follow(ctx, me.account, target, wish.reblogs, wish.notify, wish.languages)
    return await _standing(ctx, me, account_id)


async def unfollow(ctx: Context, me: Viewer, account_id: int) -> Response:
    """POST /api/v1/accounts/:id/unfollow."""
    await follows.unfollow(ctx, me.account, await targets.account(ctx, account_id))
    return await _standing(ctx, me, account_id)


async def remove_from_followers(ctx: Context, me: Viewer, account_id: int) -> Response:
    """POST /api/v1/accounts/:id/remove_from_followers."""
    await follows.remove_follower(ctx, me.account, await targets.account(ctx, account_id))
    return await _standing(ctx, me, account_id)


async def block(ctx: Context, me: Viewer, account_id: int) -> Response:
    """POST /api/v1/accounts/:id/block."""
    await blocks.block(ctx, me.account, await targets.account(ctx, account_id))
    return await _standing(ctx, me, account_id)


async def unblock(ctx: Context, me: Viewer, account_id: int) -> Response:
    """POST /api/v1/accounts/:id/unblock."""
    await blocks.unblock(ctx, me.account, await targets.account(ctx, account_id))
    return await _standing(ctx, me, account_id)


async def mute(ctx: Context, me: Viewer, account_id: int, wish: Silence) -> Response:
    """POST /api/v1/accounts/:id/mute: for a time or for ever."""
    target = await targets.account(ctx, account_id)
    seconds = max(0, min(wish.duration, LONGEST_MUTE))
    await mutes.mute(ctx, me.account, target, wish.notifications, seconds)
    return await _standing(ctx, me, account_id)


async def unmute(ctx: Context, me: Viewer, account_id: int) -> Response:
    """POST /api/v1/accounts/:id/unmute."""
    await mutes.unmute(ctx, me.account, await targets.account(ctx, account_id))
    return await _standing(ctx, me, account_id)


async def endorse(ctx: Context, me: Viewer, account_id: int) -> Response:
    """POST /api/v1/accounts/:id/endorse, and /pin as it was called before."""
    await endorsing.endorse(ctx, me.account, await targets.account(ctx, account_id))
    return await _standing(ctx, me, account_id)


async def unendorse(ctx: Context, me: Viewer, account_id: int) -> Response:
    """POST /api/v1/accounts/:id/unendorse, and /unpin."""
    await endorsing.unendorse(ctx, me.account, await targets.account(ctx, account_id))
    return await _standing(ctx, me, account_id)


async def note(ctx: Context, me: Viewer, account_id: int, wish: Comment) -> Response:
    """POST /api/v1/accounts/:id/note: what only the member sees."""
    target = await targets.account(ctx, account_id)
    if len(wish.comment) > NOTE_CHARACTERS:
        raise Invalid(f"Validation failed: a note has at most {NOTE_CHARACTERS} characters")
    await ctx.db.write(
        lambda tx: account_notes.put(tx, account_id=me.id, target_id=target.id, comment=wish.comment.strip())
    )
    return await _standing(ctx, me, account_id)


async def requests(ctx: Context, me: Viewer, page: People) -> Response:
    """GET /api/v1/follow_requests: who waits for the member's consent."""
    entries = await account_lists.requests(ctx.db, page.bounds, account_id=me.id)
    return page.related(await accounts.by_ids(ctx, [entry.id for entry in entries], me.id), entries)


async def authorize(ctx: Context, me: Viewer, account_id: int) -> Response:
    """POST /api/v1/follow_requests/:account_id/authorize."""
    await follows.accept(ctx, me.account, await targets.account(ctx, account_id))
    return await _standing(ctx, me, account_id)


async def reject(ctx: Context, me: Viewer, account_id: int) -> Response:
    """POST /api/v1/follow_requests/:account_id/reject."""
    await follows.reject(ctx, me.account, await targets.account(ctx, account_id))
    return await _standing(ctx, me, account_id)


async def blocked(ctx: Context, me: Viewer, page: People) -> Response:
    """GET /api/v1/blocks: whom the member blocks."""
    entries = await account_lists.blocked(ctx.db, page.bounds, account_id=me.id)
    return page.related(await accounts.by_ids(ctx, [entry.id for entry in entries], me.id), entries)


async def muted(ctx: Context, me: Viewer, page: People) -> Response:
    """GET /api/v1/mutes: whom the member mutes, and until when."""
    entries = await account_lists.muted(ctx.db, page.bounds, account_id=me.id, now=ctx.clock())
    return page.related(await accounts.muted(ctx, [entry.id for entry in entries], me.id), entries)


async def _standing(ctx: Context, me: Viewer, account_id: int) -> Response:
    return json_response(await relationships.relationship(ctx, me.id, account_id))
