"""What members take along to another server, as entries of CSV files, and what they bring from there.

A file is kept line by line and worked on by `jobs/imports.py`; here is what can be done without asking others.
"""

import asyncio
from collections.abc import Container, Iterable, Sequence

import msgspec
import orjson

from fediserver.actions import block, bookmark, domain_block, errand, follow, mute
from fediserver.actions import lists as list_actions
from fediserver.actions.core import Core
from fediserver.clock import DAY
from fediserver.db import accounts, exports, imports, statuses
from fediserver.db import lists as list_rows
from fediserver.db.database import Writer
from fediserver.db.exports import Person
from fediserver.errors import Invalid, NotFound
from fediserver.models.account import Account
from fediserver.models.imports import Import
from fediserver.text.csv_files import Entry, Kind
from fediserver.text.handles import Handle, parse

UNFINISHED = 3
"""Imports of one member that may be under way."""
KEPT = 10
"""Of one member; lines that failed are kept along with them."""
ENDED_AT_ONCE = 40
"""Ties that one step of an import ends."""
STEP_LIVES = 2 * DAY

PRUNE, FILL = "prune", "fill"


async def taken(core: Core, me: Account, kind: Kind) -> list[Entry]:
    """All that a member has of one kind, newest first."""
    db = core.db
    match kind:
        case "follows":
            return [
                Entry(
                    _address(core, one),
                    show_reblogs=one.show_reblogs,
                    notify=one.notify,
                    languages=tuple(orjson.loads(one.languages)) if one.languages else None,
                )
                for one in await exports.follows(db, me.id)
            ]
        case "blocks":
            return [Entry(_address(core, one)) for one in await exports.blocks(db, me.id)]
        case "mutes":
            found = await exports.mutes(db, me.id, now=core.clock())
            return [Entry(_address(core, one), hide_notifications=one.hide_notifications) for one in found]
        case "domain_blocks":
            return [Entry(domain) for domain in await exports.domain_blocks(db, me.id)]
        case "bookmarks":
            return [Entry(uri) for _, uri in await exports.bookmarks(db, me.id)]
        case "lists":
            return [
                Entry(f"{one.username}@{one.domain or core.config.domain}", list_title=one.title)
                for one in await exports.lists(db, me.id)
            ]


async def begin(core: Core, me: Account, kind: Kind, entries: Sequence[Entry], *, overwrite: bool) -> Import:
    """Keep a file that a member brings, and begin to work on it; Invalid while others are under way."""
    row = Import(
        id=core.ids.next(),
        account_id=me.id,
        kind=kind,
        overwrite=overwrite,
        total=len(entries),
        done=0,
        failed=0,
        created_at=core.clock(),
        finished_at=None,
    )
    lines = [msgspec.json.encode(entry).decode() for entry in entries]

    async def work(tx: Writer) -> None:
        if await imports.unfinished(tx, me.id) >= UNFINISHED:
            raise Invalid(f"{UNFINISHED} files are being worked on; wait until one of them is done")
        await imports.forget_older(tx, me.id, kept=KEPT - 1)
        await imports.insert(tx, row, lines)
        await next_step(core, tx, row, PRUNE if overwrite else FILL, number=0, run_at=core.clock())

    await core.db.write(work)
    core.bus.publish("jobs")
    return row


async def next_step(core: Core, tx: Writer, row: Import, phase: str, *, number: int, run_at: int) -> None:
    """Queue a step of an import; steps are numbered, so that none is queued twice."""
    args: dict[str, object] = {"import_id": row.id, "phase": phase, "number": number}
    about = f"{row.id}:{number}"
    await errand.leave(core, tx, "import", args, about, run_at=run_at, tried_for=STEP_LIVES)


def handle_of(core: Core, text: str) -> Handle | None:
    """Whom an address in a file means, comparable: name in lower case, no domain for somebody here."""
    found = parse(text)
    if found is None:
        return None
    ours = found.domain in ("", core.uris.domain, core.config.web_host)
    return Handle(found.name.lower(), "" if ours else found.domain)


async def apply(core: Core, me: Account, kind: Kind, entry: Entry, target: Account) -> None:
    """Follow, block or mute somebody whom a line names, or put them into a list.

    Raises Forbidden and Invalid for what cannot be done, NotFound while a follow that a list needs is not granted.
    """
    match kind:
        case "follows":
            wanted = list(entry.languages) if entry.languages else None
            await follow.follow(core, me, target, entry.show_reblogs, entry.notify, wanted)
        case "blocks":
            await block.block(core, me, target)
        case "mutes":
            await mute.mute(core, me, target, entry.hide_notifications is not False)
        case "lists":
            await _into_list(core, me, entry, target)
        case _:
            raise Invalid(f"{kind} are not about people")


async def _into_list(core: Core, me: Account, entry: Entry, target: Account) -> None:
    owned = await list_rows.of_owner(core.db, me.id)
    found = next((one for one in owned if one.title == entry.list_title), None)
    if found is None:
        found = await list_actions.create(core, me, list_actions.Change(title=entry.list_title))
    if target.id in await list_rows.members(core.db, found.id):
        return
    if target.id != me.id and not await list_rows.follows(core.db, me.id, [target.id]):
        await follow.follow(core, me, target)
    await list_actions.add(core, me, found.id, [target.id])


async def end_some(core: Core, me: Account, row: Import) -> bool:
    """End some of what is not in a file that replaces all; False when nothing of that kind is left."""
    texts = await imports.entries(core.db, row.id)
    # Reading thousands of handles takes a tenth of a second.
    kept = await asyncio.to_thread(_kept, core, row.kind, texts)
    match row.kind:
        case "domain_blocks":
            return await _end_domain_blocks(core, me, kept)
        case "bookmarks":
            return await _end_bookmarks(core, me, kept)
        case "lists":
            return await _end_lists(core, me, kept)
    return await _end_ties(core, me, row.kind, kept)


def _kept(core: Core, kind: str, texts: Iterable[str]) -> set[object]:
    """What is in a file, comparable: hosts, addresses, handles, or titles with handles."""
    entries = [msgspec.json.decode(text, type=Entry) for text in texts]
    match kind:
        case "domain_blocks":
            return {one.subject.lower() for one in entries}
        case "bookmarks":
            return {one.subject for one in entries}
        case "lists":
            return {(one.list_title, handle_of(core, one.subject)) for one in entries} | {
                one.list_title for one in entries
            }
    return {handle_of(core, one.subject) for one in entries}


async def _end_domain_blocks(core: Core, me: Account, kept: Container[object]) -> bool:
    surplus = [host for host in await exports.domain_blocks(core.db, me.id) if host not in kept]
    for host in surplus[:ENDED_AT_ONCE]:
        await domain_block.unblock(core, me, host)
    return len(surplus) > ENDED_AT_ONCE


async def _end_ties(core: Core, me: Account, kind: str, kept: Container[object]) -> bool:
    db = core.db
    if kind == "follows":
        people, end = await exports.follows(db, me.id), follow.unfollow
    elif kind == "blocks":
        people, end = await exports.blocks(db, me.id), block.unblock
    else:
        people, end = await exports.mutes(db, me.id, now=core.clock()), mute.unmute
    surplus = [one.id for one in people if Handle(one.username.lower(), one.domain) not in kept]
    for target in (await accounts.by_ids(db, surplus[:ENDED_AT_ONCE])).values():
        await end(core, me, target)
    return len(surplus) > ENDED_AT_ONCE


async def _end_bookmarks(core: Core, me: Account, kept: Container[object]) -> bool:
    surplus = [one for one, uri in await exports.bookmarks(core.db, me.id) if uri not in kept]
    for status in (await statuses.by_ids(core.db, surplus[:ENDED_AT_ONCE])).values():
        await bookmark.remove(core, me, status)
    return len(surplus) > ENDED_AT_ONCE


async def _end_lists(core: Core, me: Account, kept: Container[object]) -> bool:
    """At once: a member has few lists."""
    listed = await exports.lists(core.db, me.id)
    for one in await list_rows.of_owner(core.db, me.id):
        if one.title not in kept:
            await list_actions.delete(core, me, one.id)
            continue
        surplus = [
            who.id
            for who in listed
            if who.list_id == one.id and (one.title, Handle(who.username.lower(), who.domain)) not in kept
        ]
        if surplus:
            await list_actions.remove(core, me, one.id, surplus)
    return False


async def find(core: Core, me: Account, import_id: int) -> Import:
    """A member's import; NotFound for anybody else's."""
    row = await imports.by_id(core.db, import_id)
    if row is None or row.account_id != me.id:
        raise NotFound("There is no such file; it may have been forgotten after two weeks")
    return row


def _address(core: Core, one: Person) -> str:
    return f"{one.username}@{one.domain or core.config.domain}"
