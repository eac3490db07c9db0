"""What has to be forgotten in time, so that the database does not only grow."""

from fediserver.actions import refresh
from fediserver.activitypub.context import Context
from fediserver.clock import DAY, HOUR
from fediserver.db import (
    expiry,
    home,
    imports,
    intake,
    ip_blocks,
    links,
    list_entries,
    mails,
    outgoing,
    refreshes,
)
from fediserver.db.database import Writer
from fediserver.ids import first_at

HOME_KEEPS = 800
"""Posts in a member's home, and in each of their lists."""
DELIVERIES_KEEP = 30 * DAY
BODIES_KEEP = HOUR
UNUSED_UPLOADS_KEEP = DAY
IMPORTS_KEEP = 14 * DAY


async def tidy(ctx: Context) -> None:
    """Drop what has expired, in small transactions that keep nobody waiting."""
    now = ctx.clock()

    async def queues(tx: Writer) -> None:
        await intake.forget_seen(tx, now)
        await outgoing.prune(tx, now - DELIVERIES_KEEP)
        await outgoing.drop_bodies(tx, first_at(now - BODIES_KEEP))

    async def access_and_links(tx: Writer) -> None:
        await expiry.drop_access(tx, now)
        await ip_blocks.forget(tx, now)
        await links.forget(tx, now)
        await mails.forget(tx, now=now, day=now // DAY)
        await imports.forget(tx, now - IMPORTS_KEEP)
        await refreshes.forget(tx, now - refresh.KEPT)

    await ctx.db.write(queues)
    await ctx.db.write(access_and_links)
    await _unused_uploads(ctx, now)
    for account_id in await expiry.full_homes(ctx.db, HOME_KEEPS):
        await ctx.db.write(lambda tx, one=account_id: home.trim(tx, one, HOME_KEEPS))  # type: ignore[misc]
    for list_id in await expiry.full_lists(ctx.db, HOME_KEEPS):
        await ctx.db.write(lambda tx, one=list_id: list_entries.trim(tx, one, HOME_KEEPS))  # type: ignore[misc]


async def _unused_uploads(ctx: Context, now: int) -> None:
    """Files that no post came to use."""
    for row in await expiry.unused_uploads(ctx.db, now - UNUSED_UPLOADS_KEEP):
        if not await ctx.db.write(lambda tx, one=row.id: expiry.drop_upload(tx, one)):  # type: ignore[misc]
            continue
        for path in {row.path, row.preview_path} - {""}:
            await ctx.storage.delete(path)
