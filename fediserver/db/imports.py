"""Files that members bring along, line by line."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.models.imports import Import, Line

_LINE = columns(Line)

BY_ID = Query(f"select {columns(Import)} from imports where id = :id")
OF_ACCOUNT = Query(f"""
    select {columns(Import)} from imports where account_id = :account_id order by id desc limit :limit
""")
UNFINISHED = Query("select count(*) from imports where account_id = :account_id and finished_at is null")
INSERT = Query(insertion("imports", Import))
INSERT_LINE = Query(insertion("import_lines", Line))
DUE = Query(f"""
    select {_LINE} from import_lines
     where import_id = :import_id and not failed and next_at <= :now order by next_at, position limit :limit
""")
NEXT_AT = Query("select min(next_at) from import_lines where import_id = :import_id and not failed")
ENTRIES = Query("select entry from import_lines where import_id = :import_id order by position")
FAILED = Query("select entry from import_lines where import_id = :import_id and failed order by position")
DONE = Query("delete from import_lines where import_id = :import_id and position = any(:positions)")
FAIL = Query("""
    update import_lines set failed = true where import_id = :import_id and position = any(:positions)
""")
POSTPONE = Query("""
    update import_lines set attempts = attempts + 1, next_at = :next_at
     where import_id = :import_id and position = :position
""")
COUNT = Query("update imports set done = done + :done, failed = failed + :failed where id = :id")
FINISH = Query("update imports set finished_at = :now where id = :id")
FORGET_OLDER = Query("""
    delete from imports
     where account_id = :account_id and finished_at is not null
       and id not in (select id from imports where account_id = :account_id order by id desc limit :kept)
""")
FORGET = Query("delete from imports where created_at < :before")


async def by_id(db: Reader, import_id: int) -> Import | None:
    """The import with that id."""
    return await db.one(BY_ID, Import, id=import_id)


async def of_account(db: Reader, account_id: int, *, limit: int) -> list[Import]:
    """A member's imports, newest first."""
    return await db.all(OF_ACCOUNT, Import, account_id=account_id, limit=limit)


async def unfinished(db: Reader, account_id: int) -> int:
    """How many of a member's imports are under way."""
    return int(await db.value(UNFINISHED, account_id=account_id))


async def insert(tx: Writer, row: Import, entries: Sequence[str]) -> None:
    """Add an import with its lines, as JSON."""
    await tx.run(INSERT, **msgspec.structs.asdict(row))
    lines = [Line(row.id, position, entry, False, 0, 0) for position, entry in enumerate(entries)]
    await tx.many(INSERT_LINE, [msgspec.structs.asdict(line) for line in lines])


async def forget_older(tx: Writer, account_id: int, *, kept: int) -> None:
    """Drop those of a member that are done, but for the newest."""
    await tx.run(FORGET_OLDER, account_id=account_id, kept=kept)


async def due(db: Reader, import_id: int, *, now: int, limit: int) -> list[Line]:
    """Lines to be dealt with now."""
    return await db.all(DUE, Line, import_id=import_id, now=now, limit=limit)


async def next_at(db: Reader, import_id: int) -> int | None:
    """When the next line is to be dealt with (ms); None when none waits."""
    found = await db.value(NEXT_AT, import_id=import_id)
    return None if found is None else int(found)


async def entries(db: Reader, import_id: int) -> list[str]:
    """The JSON of all lines that were not dealt with yet, or failed."""
    return await db.values(ENTRIES, import_id=import_id)


async def failed(db: Reader, import_id: int) -> list[str]:
    """The JSON of the lines that failed."""
    return await db.values(FAILED, import_id=import_id)


async def settle(
    tx: Writer, import_id: int, *, done: Sequence[int], failed: Sequence[int], later: dict[int, int]
) -> None:
    """Note what became of lines, by position; `later` has the time of the next attempt."""
    if done:
        await tx.run(DONE, import_id=import_id, positions=done)
    if failed:
        await tx.run(FAIL, import_id=import_id, positions=failed)
    await tx.many(
        POSTPONE,
        [
            {"import_id": import_id, "position": position, "next_at": moment}
            for position, moment in later.items()
        ],
    )
    await tx.run(COUNT, id=import_id, done=len(done), failed=len(failed))


async def finish(tx: Writer, import_id: int, now: int) -> None:
    """Nothing is left to do."""
    await tx.run(FINISH, id=import_id, now=now)


async def forget(tx: Writer, before: int) -> None:
    """Drop old imports, with the lines that failed."""
    await tx.run(FORGET, before=before)
