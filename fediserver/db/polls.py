"""Polls, options and votes."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.models.poll import Poll, PollOption

_POLL = columns(Poll)

INSERT = Query(insertion("polls", Poll))
INSERT_OPTION = Query(insertion("poll_options", PollOption))
BY_ID = Query(f"select {_POLL} from polls where id = :id")
BY_IDS = Query(f"select {_POLL} from polls where id = any(:ids)")
OPTIONS = Query(f"""
    select {columns(PollOption)} from poll_options where poll_id = any(:poll_ids) order by poll_id, position
""")
OWN_VOTES = Query("""
    select poll_id, position from poll_votes
     where account_id = :account_id and poll_id = any(:poll_ids) order by poll_id, position
""")
PUT_VOTE = Query("""
    insert into poll_votes (poll_id, account_id, position, uri, created_at)
    values (:poll_id, :account_id, :position, :uri, :now)
    on conflict (poll_id, account_id, position) do nothing
""")
COUNT_VOTE = Query("""
    update poll_options set votes_count = votes_count + 1 where poll_id = :poll_id and position = :position
""")
COUNT_VOTER = Query("update polls set voters_count = voters_count + 1 where id = :id")
SET_COUNT = Query("""
    update poll_options set votes_count = :votes_count, title = :title
     where poll_id = :poll_id and position = :position
""")
SET_POLL = Query("""
    update polls set voters_count = :voters_count, expires_at = :expires_at, closed_at = :closed_at where id = :id
""")
DROP = Query("delete from polls where status_id = :status_id")
VOTERS = Query("select distinct account_id from poll_votes where poll_id = :poll_id")


async def insert(tx: Writer, poll: Poll, options: Sequence[PollOption]) -> None:
    """Add a poll with its options."""
    await tx.run(INSERT, **msgspec.structs.asdict(poll))
    await tx.many(INSERT_OPTION, [msgspec.structs.asdict(option) for option in options])


async def by_id(db: Reader, poll_id: int) -> Poll | None:
    """The poll with that id."""
    return await db.one(BY_ID, Poll, id=poll_id)


async def by_ids(db: Reader, ids: Sequence[int]) -> dict[int, Poll]:
    """Polls by id; unknown ids are left out."""
    return {poll.id: poll for poll in await db.all(BY_IDS, Poll, ids=ids)} if ids else {}


async def options(db: Reader, poll_ids: Sequence[int]) -> list[PollOption]:
    """The options of polls, in order."""
    return await db.all(OPTIONS, PollOption, poll_ids=poll_ids) if poll_ids else []


async def own_votes(db: Reader, account_id: int, poll_ids: Sequence[int]) -> dict[int, list[int]]:
    """What an account has chosen, by poll."""
    chosen: dict[int, list[int]] = {}
    if poll_ids:
        for poll_id, position in await db.rows(OWN_VOTES, account_id=account_id, poll_ids=poll_ids):
            chosen.setdefault(poll_id, []).append(position)
    return chosen


async def put_vote(tx: Writer, poll_id: int, *, account_id: int, position: int, uri: str, now: int) -> bool:
    """Record one choice and count it; False when it was there."""
    added = await tx.run(
        PUT_VOTE, poll_id=poll_id, account_id=account_id, position=position, uri=uri, now=now
    )
    if added:
        await tx.run(COUNT_VOTE, poll_id=poll_id, position=position)
    return bool(added)


async def count_voter(tx: Writer, poll_id: int) -> None:
    """One more person has voted."""
    await tx.run(COUNT_VOTER, id=poll_id)


async def refresh(tx: Writer, poll: Poll, rows: Sequence[PollOption]) -> None:
    """Write what the poll's own server says of its counts."""
    await tx.run(
        SET_POLL,
        id=poll.id,
        voters_count=poll.voters_count,
        expires_at=poll.expires_at,
        closed_at=poll.closed_at,
    )
    await tx.many(SET_COUNT, [msgspec.structs.asdict(row) for row in rows])


async def drop(tx: Writer, status_id: int) -> None:
    """Remove a post's poll with its votes."""
    await tx.run(DROP, status_id=status_id)


async def voters(db: Reader, poll_id: int) -> list[int]:
    """Everybody who has voted."""
    return await db.values(VOTERS, poll_id=poll_id)
