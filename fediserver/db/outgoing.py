"""Activities on their way out, and one delivery for each inbox."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns
from fediserver.models.delivery import Delivery, Outgoing

_OUTGOING = columns(Outgoing)
_DELIVERY = columns(Delivery)
_REMOTE = "a.host_id is not null and a.deleted_at is null and a.suspended_at is null and a.inbox <> ''"

INSERT = Query("""
    insert into outgoing (id, verb, actor_id, object_uri, target_uri, facts, body, created_at)
    values (:id, :verb, :actor_id, :object_uri, :target_uri, :facts, :body, :created_at)
""")
BY_IDS = Query(f"select {_OUTGOING} from outgoing where id = any(:ids)")
SET_BODY = Query("update outgoing set body = :body where id = :id")
SET_REACH = Query("update outgoing set reach = :reach where id = :id")
REACHES = Query("select reach from outgoing where object_uri = :object_uri and reach <> '[]'")
DROP_BODIES = Query("""
    update outgoing set body = null
     where id < :before and body is not null
       and not exists (select 1 from deliveries d where d.outgoing_id = outgoing.id and d.state = 0)
""")

TO_FOLLOWERS = Query(f"""
    insert into deliveries (outgoing_id, inbox, host_id, next_at)
    select distinct cast(:outgoing_id as bigint), case when a.shared_inbox <> '' then a.shared_inbox else a.inbox end,
           a.host_id, cast(:now as bigint)
      from follows f join accounts a on a.id = f.account_id
     where f.target_id = :followed_id and {_REMOTE}
    on conflict (outgoing_id, inbox) do nothing
""")
TO_SHARED = Query(f"""
    insert into deliveries (outgoing_id, inbox, host_id, next_at)
    select distinct cast(:outgoing_id as bigint), case when a.shared_inbox <> '' then a.shared_inbox else a.inbox end,
           a.host_id, cast(:now as bigint)
      from accounts a
     where a.id = any(:account_ids) and {_REMOTE}
    on conflict (outgoing_id, inbox) do nothing
""")
TO_OWN = Query(f"""
    insert into deliveries (outgoing_id, inbox, host_id, next_at)
    select distinct cast(:outgoing_id as bigint), a.inbox, a.host_id, cast(:now as bigint)
      from accounts a
     where a.id = any(:account_ids) and {_REMOTE}
    on conflict (outgoing_id, inbox) do nothing
""")
TO_HOSTS = Query(f"""
    insert into deliveries (outgoing_id, inbox, host_id, next_at)
    select cast(:outgoing_id as bigint), coalesce(nullif(max(a.shared_inbox), ''), min(a.inbox)),
           a.host_id, cast(:now as bigint)
      from accounts a
     where a.host_id = any(:host_ids) and {_REMOTE}
       and not exists (select 1 from deliveries d where d.outgoing_id = :outgoing_id and d.host_id = a.host_id)
     group by a.host_id
    on conflict (outgoing_id, inbox) do nothing
""")
REACHED = Query("select distinct host_id from deliveries where outgoing_id = :outgoing_id")
WAKE = Query("""
    update hosts set due_at = :now
     where id in (select d.host_id from deliveries d where d.outgoing_id = :outgoing_id)
       and (due_at is null or due_at > :now)
""")

WAITING = Query(f"""
    select {_DELIVERY} from deliveries
     where host_id = :host_id and state = 0 order by outgoing_id limit :limit
""")
FINISH = Query("""
    update deliveries set state = :state, finished_at = :now, last_error = :last_error, attempts = attempts + 1
     where outgoing_id = :outgoing_id and inbox = :inbox
""")
POSTPONE = Query("""
    update deliveries set attempts = :attempts, next_at = :next_at, last_error = :last_error
     where outgoing_id = :outgoing_id and inbox = :inbox
""")
DROP_HOST = Query("""
    update deliveries set state = 2, finished_at = :now, last_error = 'dropped by an organiser'
     where state = 0 and host_id = :host_id
""")
PRUNE = Query("delete from deliveries where finished_at is not null and finished_at < :before")
OF_OBJECT = Query("""
    select h.name, d.state, d.attempts, d.next_at, d.last_error, d.finished_at
      from outgoing o join deliveries d on d.outgoing_id = o.id join hosts h on h.id = d.host_id
     where o.object_uri = :object_uri and o.reach <> '[]' and o.verb = 'create'
     order by h.name
""")


class Reached(msgspec.Struct, array_like=True, frozen=True):
    """How one post stands with one host."""

    host: str
    state: int
    attempts: int
    next_at: int
    last_error: str
    finished_at: int | None


async def insert(tx: Writer, row: Outgoing) -> None:
    """Add an activity."""
    fields = msgspec.structs.asdict(row)
    await tx.run(INSERT, **{name: fields[name] for name in INSERT.names})


async def by_ids(db: Reader, ids: Sequence[int]) -> dict[int, Outgoing]:
    """Activities by id."""
    return {row.id: row for row in await db.all(BY_IDS, Outgoing, ids=ids)} if ids else {}


async def by_id(db: Reader, outgoing_id: int) -> Outgoing | None:
    """The activity with that id."""
    return (await by_ids(db, [outgoing_id])).get(outgoing_id)


async def set_body(tx: Writer, outgoing_id: int, body: bytes) -> None:
    """Keep what was rendered: every host and every retry gets the same bytes."""
    await tx.run(SET_BODY, id=outgoing_id, body=body)


async def set_reach(tx: Writer, outgoing_id: int, reach: str) -> None:
    """Keep the ids of the hosts that it goes to, as JSON."""
    await tx.run(SET_REACH, id=outgoing_id, reach=reach)


async def reaches(db: Reader, object_uri: str) -> list[str]:
    """The reach of every activity about an object, as JSON lists."""
    return await db.values(REACHES, object_uri=object_uri)


async def drop_bodies(tx: Writer, before: int) -> int:
    """Let go of bodies that every host has."""
    return await tx.run(DROP_BODIES, before=before)


async def to_followers(tx: Writer, outgoing_id: int, *, followed_id: int, now: int) -> int:
    """A delivery for each server with followers, to its shared inbox where it has one."""
    return await tx.run(TO_FOLLOWERS, outgoing_id=outgoing_id, followed_id=followed_id, now=now)


async def to_shared(tx: Writer, outgoing_id: int, *, account_ids: Sequence[int], now: int) -> int:
    """A delivery for each server of these accounts."""
    return await tx.run(TO_SHARED, outgoing_id=outgoing_id, account_ids=account_ids, now=now)


async def to_own(tx: Writer, outgoing_id: int, *, account_ids: Sequence[int], now: int) -> int:
    """A delivery for each of these accounts, to their own inboxes."""
    return await tx.run(TO_OWN, outgoing_id=outgoing_id, account_ids=account_ids, now=now)


async def to_hosts(tx: Writer, outgoing_id: int, *, host_ids: Sequence[int], now: int) -> int:
    """A delivery for each of these servers that has none yet."""
    return await tx.run(TO_HOSTS, outgoing_id=outgoing_id, host_ids=host_ids, now=now)


async def reached(db: Reader, outgoing_id: int) -> list[int]:
    """Ids of the hosts that an activity goes to."""
    return await db.values(REACHED, outgoing_id=outgoing_id)


async def wake(tx: Writer, outgoing_id: int, now: int) -> None:
    """Mark the lanes of an activity's hosts as due."""
    await tx.run(WAKE, outgoing_id=outgoing_id, now=now)


async def waiting(db: Reader, host_id: int, limit: int) -> list[Delivery]:
    """What waits for a host, in the order it was said, due or not."""
    return await db.all(WAITING, Delivery, host_id=host_id, limit=limit)


async def finish(tx: Writer, delivery: Delivery, *, state: int, now: int, last_error: str = "") -> None:
    """Delivered (1) or given up (2)."""
    await tx.run(
        FINISH,
        outgoing_id=delivery.outgoing_id,
        inbox=delivery.inbox,
        state=state,
        now=now,
        last_error=last_error,
    )


async def postpone(tx: Writer, delivery: Delivery, *, next_at: int, last_error: str) -> None:
    """Count an attempt that failed, and say when to try again."""
    await tx.run(
        POSTPONE,
        outgoing_id=delivery.outgoing_id,
        inbox=delivery.inbox,
        attempts=delivery.attempts + 1,
        next_at=next_at,
        last_error=last_error,
    )


async def drop_host(tx: Writer, host_id: int, now: int) -> int:
    """Give up everything that waits for a host; answers how many."""
    return await tx.run(DROP_HOST, host_id=host_id, now=now)


async def prune(tx: Writer, before: int) -> int:
    """Forget deliveries finished before then."""
    return await tx.run(PRUNE, before=before)


async def of_object(db: Reader, object_uri: str) -> list[Reached]:
    """Which hosts got a post, which did not, and why."""
    return await db.all(OF_OBJECT, Reached, object_uri=object_uri)
