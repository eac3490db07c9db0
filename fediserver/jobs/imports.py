"""Works through the files that members bring: step by step, with few questions to each server and a pause between."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeVar, cast

import msgspec

from fediserver.actions import bookmark, domain_block, take_along, visibility
from fediserver.actions.sessions import why_barred
from fediserver.activitypub import lookup, resolve
from fediserver.activitypub.context import Context
from fediserver.clock import HOUR, MINUTE, SECOND
from fediserver.db import accounts, imports
from fediserver.db.database import Writer
from fediserver.errors import Forbidden, Invalid, NotFound, Unreachable
from fediserver.models.account import Account
from fediserver.models.imports import Import, Line
from fediserver.models.status import Status
from fediserver.models.uris import host as host_of
from fediserver.text.csv_files import Entry, Kind
from fediserver.text.handles import Handle

LINES = 40
"""Lines that one step deals with."""
LOOKED_AT = 400
"""Lines among which those are looked for that need no questions, or questions to different servers."""
QUESTIONS = 8
"""People or posts that one step asks for."""
PER_HOST = 2
SECONDS = 8.0
"""How long a step waits for answers."""
PAUSE = SECOND
"""After a step that asked others."""
AGAIN = (10 * MINUTE, 2 * HOUR, 24 * HOUR)
"""When a server is asked again that did not answer, or a follow looked at that was not granted."""


Asked = TypeVar("Asked")


class _Outcome:
    """What becomes of the lines of a step."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.failed: list[int] = []
        self.later: dict[int, int] = {}

    def postpone(self, line: Line, now: int) -> None:
        """Try again, but not for ever."""
        if line.attempts < len(AGAIN):
            self.later[line.position] = now + AGAIN[line.attempts]
        else:
            self.failed.append(line.position)


async def step(ctx: Context, args: dict[str, Any]) -> None:
    """One step of an import, and the next one queued."""
    row = await imports.by_id(ctx.db, args["import_id"])
    me = await accounts.by_id(ctx.db, row.account_id) if row else None
    user = await accounts.user(ctx.db, me.id) if me else None
    if row is None or row.finished_at is not None or me is None or user is None or why_barred(me, user):
        return
    if args["phase"] == take_along.PRUNE:
        more = await take_along.end_some(ctx, me, row)
        await _go_on(ctx, row, _Outcome(), take_along.PRUNE if more else take_along.FILL, args["number"] + 1)
        return
    now = ctx.clock()
    lines = await imports.due(ctx.db, row.id, now=now, limit=LOOKED_AT)
    outcome = _Outcome()
    asked = await _KINDS.get(row.kind, _people)(ctx, me, row, lines, outcome)
    await _go_on(
        ctx, row, outcome, take_along.FILL, args["number"] + 1, not_before=now + (PAUSE if asked else 0)
    )


async def _go_on(
    ctx: Context, row: Import, outcome: _Outcome, phase: str, number: int, *, not_before: int = 0
) -> None:
    """Write what became of the lines, and queue the next step; the last one ends the import."""

    async def work(tx: Writer) -> None:
        await imports.settle(tx, row.id, done=outcome.done, failed=outcome.failed, later=outcome.later)
        next_at = await imports.next_at(tx, row.id)
        if next_at is None and phase == take_along.FILL:
            await imports.finish(tx, row.id, ctx.clock())
            return
        run_at = max(ctx.clock(), not_before, 0 if phase == take_along.PRUNE else next_at or 0)
        await take_along.next_step(ctx, tx, row, phase, number=number, run_at=run_at)

    await ctx.db.write(work)
    ctx.bus.publish("jobs")


async def _people(ctx: Context, me: Account, row: Import, lines: list[Line], outcome: _Outcome) -> bool:
    """Lines that name somebody; True when other servers were asked."""
    kind = cast("Kind", row.kind)
    named: list[tuple[Line, Entry, Handle]] = []
    for line in lines:
        entry = msgspec.json.decode(line.entry, type=Entry)
        handle = take_along.handle_of(ctx, entry.subject)
        if handle is None:
            outcome.failed.append(line.position)
        else:
            named.append((line, entry, handle))
    known = await _known(ctx, {handle for *_, handle in named})
    wanted = _polite({one: one.domain for *_, one in named if one not in known and one.domain})
    met = await lookup.many_by_handle(ctx, wanted, SECONDS)
    known |= met.found
    now, room = ctx.clock(), LINES
    for line, entry, handle in named:
        target = known.get(handle)
        if target is not None and room > 0:
            room -= 1
            await _apply(ctx, me, kind, line, entry, target, outcome)
        elif target is None and (handle in met.absent or not handle.domain):
            outcome.failed.append(line.position)
        elif target is None and handle in wanted:
            outcome.postpone(line, now)
    return bool(wanted)


async def _apply(
    ctx: Context, me: Account, kind: Kind, line: Line, entry: Entry, target: Account, outcome: _Outcome
) -> None:
    try:
        await take_along.apply(ctx, me, kind, entry, target)
    except NotFound:
        outcome.postpone(line, ctx.clock())
    except (Forbidden, Invalid):
        outcome.failed.append(line.position)
    else:
        outcome.done.append(line.position)


async def _known(ctx: Context, handles: Iterable[Handle]) -> dict[Handle, Account]:
    """Those of the people whom we know already."""
    ids = await accounts.ids_of(ctx.db, [(one.name, one.domain) for one in handles])
    rows = await accounts.by_ids(ctx.db, ids)
    return {Handle(row.username.lower(), row.domain): row for row in rows.values() if row.deleted_at is None}


def _polite(hosts: dict[Asked, str]) -> list[Asked]:
    """Some of what is to be asked for, little of each server; `hosts` says where each is."""
    chosen: list[Asked] = []
    of_host: Counter[str] = Counter()
    for one, host in hosts.items():
        if len(chosen) < QUESTIONS and of_host[host] < PER_HOST:
            of_host[host] += 1
            chosen.append(one)
    return chosen


async def _servers(ctx: Context, me: Account, row: Import, lines: list[Line], outcome: _Outcome) -> bool:
    """Lines that name a server; nobody is asked."""
    for line in lines[:LINES]:
        entry = msgspec.json.decode(line.entry, type=Entry)
        try:
            await domain_block.block(ctx, me, entry.subject)
        except (Forbidden, Invalid):
            outcome.failed.append(line.position)
        else:
            outcome.done.append(line.position)
    return False


async def _posts(ctx: Context, me: Account, row: Import, lines: list[Line], outcome: _Outcome) -> bool:
    """Lines that name a post; True when other servers were asked."""
    unknown: dict[str, Line] = {}
    for line in lines[:LINES]:
        url = msgspec.json.decode(line.entry, type=Entry).subject
        found = await resolve.known(ctx, url)
        if found is None and url.startswith(("https://", "http://")) and not ctx.uris.is_ours(url):
            unknown[url] = line
        else:
            await _bookmark(ctx, me, line, found, outcome)
    wanted = _polite({url: host_of(url) for url in unknown})
    tasks = {url: asyncio.create_task(resolve.asked(ctx, url)) for url in wanted}
    if tasks:
        await asyncio.wait(tasks.values(), timeout=SECONDS)
    for url, task in tasks.items():
        problem = task.exception() if task.done() else Unreachable("it takes too long")
        if not task.done() or isinstance(problem, Unreachable):
            task.cancel()
            outcome.postpone(unknown[url], ctx.clock())
        else:
            found = task.result() if problem is None else None
            await _bookmark(ctx, me, unknown[url], found, outcome)
    return bool(wanted)


async def _bookmark(
    ctx: Context, me: Account, line: Line, found: Account | Status | None, outcome: _Outcome
) -> None:
    if isinstance(found, Status) and await visibility.can_see(ctx.db, me, found):
        await bookmark.add(ctx, me, found)
        outcome.done.append(line.position)
    else:
        outcome.failed.append(line.position)


_KINDS = {"domain_blocks": _servers, "bookmarks": _posts}
