"""Posts for later: kept as they were asked for, and published by a job under the rules of that moment."""

import msgspec

from fediserver.actions import errand, sessions
from fediserver.actions.core import Core
from fediserver.actions.publish import Draft, check, key_made, publish
from fediserver.actions.write import poll_rows
from fediserver.clock import DAY, MINUTE
from fediserver.db import accounts, scheduled, statuses
from fediserver.db.database import Clash, Reader, Writer
from fediserver.errors import Forbidden, Invalid, NotFound
from fediserver.models.account import Account
from fediserver.models.scheduled import Scheduled

SOONEST = 5 * MINUTE
"""How far ahead a post is scheduled at least."""
LATEST = 5 * 365 * DAY
"""And at most."""
MOST = 300
"""Posts to come of one member."""
MOST_A_DAY = 25
"""Of these, on one day of UTC."""
TRY_FOR = DAY
"""How long publishing is tried again; a post that cannot be published stays among those to come."""

_NOBODY = 0
_ERRAND = "scheduled"


def draft_of(row: Scheduled) -> Draft:
    """What is to be published."""
    return msgspec.json.decode(row.draft, type=Draft)


async def schedule(core: Core, author: Account, draft: Draft, moment: int) -> Scheduled:
    """Keep a post for a moment (ms); its files are kept for it.

    Raises Invalid for what could not be published now either, and for too many.
    """
    _check_moment(core, moment)
    checked = await check(core, author, draft)
    if checked.draft.poll is not None:
        poll_rows(core, checked.draft.poll, _NOBODY)
    bare = msgspec.structs.replace(checked.draft, idempotency_key="", absent=frozenset())
    row = Scheduled(
        id=core.ids.next(),
        account_id=author.id,
        scheduled_at=moment,
        draft=msgspec.json.encode(bare).decode(),
        created_at=core.clock(),
    )

    async def work(tx: Writer) -> Scheduled:
        if draft.idempotency_key and (made := await _made(core, tx, author, draft.idempotency_key, row)):
            return made
        if await scheduled.count(tx, author.id) >= MOST:
            raise Invalid(
                f"Validation failed: you have {MOST} scheduled posts, which is the most there can be"
            )
        await _check_day(tx, row)
        await scheduled.insert(tx, row, [file.id for file in checked.files])
        await _wake(core, tx, row)
        return row

    try:
        made = await core.db.write(work)
    except Clash:
        raise Invalid("Validation failed: one of the attached files is already used") from None
    core.bus.publish("jobs")
    return made


async def reschedule(core: Core, author: Account, scheduled_id: int, moment: int) -> Scheduled:
    """Set another time for a post to come."""
    _check_moment(core, moment)

    async def work(tx: Writer) -> Scheduled:
        row = msgspec.structs.replace(await find(tx, author, scheduled_id), scheduled_at=moment)
        await _check_day(tx, row)
        await scheduled.move(tx, row.id, moment)
        await errand.withdraw(tx, _ERRAND, row.id)
        await _wake(core, tx, row)
        return row

    row = await core.db.write(work)
    core.bus.publish("jobs")
    return row


async def cancel(core: Core, author: Account, scheduled_id: int) -> None:
    """Forget a post to come; its files are free again."""

    async def work(tx: Writer) -> None:
        row = await find(tx, author, scheduled_id)
        await scheduled.drop(tx, row.id)
        await statuses.forget_idempotent(tx, author.id, row.id)
        await errand.withdraw(tx, _ERRAND, row.id)

    await core.db.write(work)


async def publish_due(core: Core, scheduled_id: int) -> None:
    """Publish a post whose time has come; nothing happens when it is gone or was put off."""
    row = await scheduled.one(core.db, scheduled_id)
    author = await accounts.by_id(core.db, row.account_id) if row else None
    if row is None or author is None or row.scheduled_at > core.clock():
        return
    user = await accounts.user(core.db, author.id)
    barred = sessions.why_barred(author, user) if user else ""
    if barred:
        raise Forbidden(barred)
    await publish(core, author, msgspec.structs.replace(draft_of(row), scheduled_id=row.id))


async def find(db: Reader, author: Account, scheduled_id: int) -> Scheduled:
    """A post to come of the member's own; NotFound for everybody else's."""
    row = await scheduled.one(db, scheduled_id)
    if row is None or row.account_id != author.id:
        raise NotFound
    return row


async def _made(core: Core, tx: Writer, author: Account, key: str, row: Scheduled) -> Scheduled | None:
    """What the same request has made before; else the key is taken for this row."""
    found = await key_made(core, tx, author, key, row.id)
    return None if found is None else await scheduled.one(tx, found)


async def _check_day(tx: Writer, row: Scheduled) -> None:
    start = row.scheduled_at // DAY * DAY
    others = await scheduled.count_between(tx, row.account_id, start=start, stop=start + DAY, but=row.id)
    if others >= MOST_A_DAY:
        raise Invalid(f"Validation failed: {MOST_A_DAY} posts are scheduled for that day; choose another day")


async def _wake(core: Core, tx: Writer, row: Scheduled) -> None:
    args: dict[str, object] = {"scheduled_id": row.id}
    await errand.leave(core, tx, _ERRAND, args, row.id, run_at=row.scheduled_at, tried_for=TRY_FOR)


def _check_moment(core: Core, moment: int) -> None:
    problem = ""
    if moment < core.clock() + SOONEST:
        problem = "must be at least 5 minutes in the future"
    elif moment > core.clock() + LATEST:
        problem = "must be within the next five years"
    if problem:
        raise Invalid(
            f"Validation failed: Scheduled at {problem}", {"scheduled_at": [("ERR_INVALID", problem)]}
        )
