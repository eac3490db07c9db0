"""Files of other servers: fetched when a member first looks at one, within a budget of bytes, never hot-linked."""

import asyncio
from collections import defaultdict

from fediserver.activitypub.context import Context
from fediserver.clock import HOUR, MINUTE
from fediserver.db import media
from fediserver.db.database import Writer
from fediserver.errors import FediserverError, Invalid, Unreachable
from fediserver.media.kinds import KINDS, sniff
from fediserver.media.messages import Purpose
from fediserver.models.media import RemoteFile
from fediserver.net.client import Reach

LARGEST = 16 << 20
"""Bytes of one file."""
VIEW_COUNTS = HOUR
"""A view is noted at most this often: enough to tell what is looked at from what is not."""
FAILED_HOLDS = 10 * MINUTE
_PURPOSES: dict[str, Purpose] = {
    "attachment": "attachment",
    "avatar": "avatar",
    "header": "header",
    "emoji": "emoji",
    "preview": "preview",
}


class Gate:
    """One fetch for each file at a time, however many look at it; a process has one, `GATE`."""

    def __init__(self) -> None:
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def cached(self, ctx: Context, file_id: int) -> RemoteFile | None:
        """The file, if it is here; noted as viewed."""
        row = await media.remote_file(ctx.db, file_id)
        if row is None or not row.path:
            return None
        now = ctx.clock()
        if now - row.viewed_at > VIEW_COUNTS:
            await ctx.db.write(lambda tx: media.note_view(tx, file_id, now))
        return row

    async def fetched(self, ctx: Context, file_id: int) -> RemoteFile | None:
        """The file, fetched if it is not here; None when it cannot be had now."""
        async with self._locks[file_id]:
            try:
                found = await self.cached(ctx, file_id)
                if found is not None:
                    return found
                row = await media.remote_file(ctx.db, file_id)
                if row is None or (row.failed_at is not None and ctx.clock() - row.failed_at < FAILED_HOLDS):
                    return None
                return await _fetch(ctx, row)
            finally:
                self._locks.pop(file_id, None)


GATE = Gate()


async def _fetch(ctx: Context, row: RemoteFile) -> RemoteFile | None:
    try:
        reach = Reach.WEB if row.purpose == "preview" else Reach.PEER
        reply = await ctx.net.get(row.url, limit=LARGEST, reach=reach)
        if reply.status != 200:
            raise Unreachable(f"{row.url} answers {reply.status}")
        data, mime, blurhash = await _safe(ctx, row, reply.body)
        path = await ctx.storage.store(data, KINDS[mime].suffix)
    except FediserverError:
        await ctx.db.write(lambda tx: media.note_failure(tx, row.id, ctx.clock()))
        return None

    async def work(tx: Writer) -> list[RemoteFile]:
        await media.note_fetched(
            tx, row.id, path=path, mime=mime, size=len(data), blurhash=blurhash, now=ctx.clock()
        )
        return await media.over_budget(tx, ctx.config.media_budget, keep=row.id)

    for evicted in await ctx.db.write(work):
        await ctx.storage.delete(evicted.path)
    return await media.remote_file(ctx.db, row.id)


async def _safe(ctx: Context, row: RemoteFile, data: bytes) -> tuple[bytes, str, str]:
    """The bytes to keep, with type and blurhash: pictures are drawn anew, sound and video of known types kept."""
    mime = sniff(data[:64])
    if mime is None or mime not in KINDS:
        raise Invalid("the file is of no type that is shown here")
    if not mime.startswith("image/"):
        return data, mime, ""
    picture = await ctx.images.process(data, purpose=_PURPOSES.get(row.purpose, "attachment"))
    return picture.original, picture.mime, picture.blurhash
