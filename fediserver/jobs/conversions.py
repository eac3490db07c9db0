"""Makes video and sound ready, one file at a time on the whole node; what fails costs only itself."""

import asyncio
import contextlib
import logging
from pathlib import Path

from fediserver.actions import upload
from fediserver.actions.upload import CONVERSIONS, SOURCE, StoredFilm, StoredPicture
from fediserver.activitypub.context import Context
from fediserver.clock import MINUTE, SECOND
from fediserver.db import conversions, media
from fediserver.errors import FediserverError, Invalid
from fediserver.media.kinds import KINDS
from fediserver.media.video import Converted
from fediserver.models.media import Conversion, MediaAttachment
from fediserver.running import RunningTasks

log = logging.getLogger(__name__)

LEASE = 20 * SECOND
ATTEMPTS = 5
"""How often a file is begun: a node that is ended while it works on one begins it again."""
_LATER = MINUTE
_INTERRUPTED = "The file could not be processed here; send it again later, or in another format"


class Conversions:
    """Takes the upload that waits longest; `renew` also ends work on what was taken back."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._in_hand: tuple[int, asyncio.Task[None]] | None = None
        self.running = RunningTasks()

    async def take_due(self) -> int:
        """Begin one, when none is in hand; answers how many."""
        ctx, now = self._ctx, self._ctx.clock()
        if self.running or not await conversions.any_due(ctx.db, now):
            return 0
        due = await ctx.db.write(lambda tx: conversions.claim(tx, boot=ctx.boot, now=now, until=now + LEASE))
        if due is None:
            return 0
        self._in_hand = due.media_id, self.running.start(self._run(due), self._ended)
        return 1

    async def renew(self) -> None:
        """Keep the lease of what is in hand, unless nobody wants it any more."""
        if self._in_hand is None:
            return
        ctx, now = self._ctx, self._ctx.clock()
        await ctx.db.write(lambda tx: conversions.renew(tx, boot=ctx.boot, now=now, until=now + LEASE))
        media_id, task = self._in_hand
        if await media.by_id(ctx.db, media_id) is None:
            task.cancel()
            await asyncio.wait([task])
            # Its files are removed by whoever takes it next.
            await self._let_go(media_id, 0)

    def _ended(self, _: asyncio.Task[None]) -> None:
        self._in_hand = None
        self._ctx.bus.publish(CONVERSIONS)

    async def _run(self, conversion: Conversion) -> None:
        try:
            await self._settle(conversion)
        except Exception as problem:  # no file may stop the others
            if not isinstance(problem, FediserverError):
                log.exception("an upload could not be processed; it is tried again")
            await self._let_go(conversion.media_id, self._ctx.clock() + _LATER)

    async def _let_go(self, media_id: int, run_at: int) -> None:
        ctx = self._ctx
        await ctx.db.write(lambda tx: conversions.postpone(tx, media_id, boot=ctx.boot, run_at=run_at))

    async def _settle(self, conversion: Conversion) -> None:
        """From the upload to a file that is ready, or to the reason why there is none; then tidy up."""
        ctx = self._ctx
        row = await media.by_id(ctx.db, conversion.media_id)
        if row is not None and not row.path and not row.problem:
            row = await self._made_or_failed(conversion, row)
            if row is None and await media.by_id(ctx.db, conversion.media_id) is not None:
                # Another process has it in hand, and its files.
                return
        used = {row.path, row.preview_path} - {""} if row is not None else set()
        await ctx.storage.forget(conversion.stem, but=used)
        await ctx.db.write(lambda tx: conversions.done(tx, conversion.media_id))

    async def _made_or_failed(self, conversion: Conversion, row: MediaAttachment) -> MediaAttachment | None:
        """The upload as it is now; None when nobody waits for that any more."""
        try:
            if conversion.attempts >= ATTEMPTS:
                raise Invalid(_INTERRUPTED)
            return await self._make(conversion, row)
        except Invalid as problem:
            failed = await upload.fail(self._ctx, conversion, self._ctx.boot, str(problem))
            return row if failed else None

    async def _make(self, conversion: Conversion, row: MediaAttachment) -> MediaAttachment | None:
        ctx, stem = self._ctx, conversion.stem

        def part(name: str) -> Path:
            # Two processes never write to one file, whatever becomes of a lease.
            return ctx.storage.part(stem, f"{ctx.boot}-{name}")

        made = await ctx.converter.convert(ctx.storage.path(stem + SOURCE), row.mime, part)
        preview = None if row.preview_path else await self._preview(stem, made)
        path = stem + made.suffix
        size = (await asyncio.to_thread(made.part.stat)).st_size
        await ctx.storage.settle(made.part, path)
        film = StoredFilm(
            kind=made.kind, mime=made.mime, path=path, original=made.meta, bytes=size, preview=preview
        )
        return await upload.finish(ctx, conversion, ctx.boot, film)

    async def _preview(self, stem: str, made: Converted) -> StoredPicture | None:
        """The picture that stands for it; none when a cover is no picture."""
        if made.still is None:
            return None
        with contextlib.suppress(Invalid):
            drawn = await self._ctx.images.process(made.still, purpose="preview")
            path = stem + KINDS[drawn.preview_mime].suffix
            part = self._ctx.storage.part(stem, f"{self._ctx.boot}-preview")
            await asyncio.to_thread(part.write_bytes, drawn.preview)
            await self._ctx.storage.settle(part, path)
            return upload.stored_still(drawn, path)
        return None
