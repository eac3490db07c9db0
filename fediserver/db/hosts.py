"""Other servers: their lanes, breakers, and what signature each takes."""

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns
from fediserver.models.delivery import Host

_HOST = columns(Host)

BY_NAME = Query(f"select {_HOST} from hosts where name = :name")
BY_ID = Query(f"select {_HOST} from hosts where id = :id")
ADD = Query("insert into hosts (id, name) values (:id, :name) on conflict (name) do nothing")
ID = Query("select id from hosts where name = :name")
DUE = Query(f"""
    select {_HOST} from hosts
     where due_at is not null and due_at <= :now and retry_at <= :now and lease_until <= :now
       and failures = 0
     order by due_at limit :limit /*skip locked*/
""")
DUE_FAILING = Query(f"""
    select {_HOST} from hosts
     where due_at is not null and due_at <= :now and retry_at <= :now and lease_until <= :now
       and failures > 0
     order by due_at limit :limit /*skip locked*/
""")
ANY_DUE = Query("""
    select 1 from hosts
     where due_at is not null and due_at <= :now and retry_at <= :now and lease_until <= :now limit 1
""")
LEASE = Query("update hosts set lease_by = :boot, lease_until = :until where id = any(:ids)")
RENEW = Query("update hosts set lease_until = :until where lease_by = :boot and lease_until > :now")
RELEASE = Query("""
    update hosts
       set lease_by = null, lease_until = 0,
           due_at = (select min(case when d.next_at > :now then d.next_at else cast(:soon as bigint) end)
                       from deliveries d where d.host_id = hosts.id and d.state = 0)
     where id = :id and lease_by = :boot
""")
RELEASE_ALL = Query("update hosts set lease_by = null, lease_until = 0 where lease_until > 0")
DROP_DUE = Query("update hosts set due_at = null where name = :name")
BREAKER = Query("""
    update hosts
       set failures = :failures, opened_at = :opened_at, wait = :wait, retry_at = :retry_at,
           last_success_at = :last_success_at,
           last_failure_at = :last_failure_at, last_error = :last_error
     where id = :id
""")
SCHEME = Query("""
    update hosts set signature_scheme = :scheme, scheme_known_until = :until where id = :id
""")
ALIVE = Query("""
    update hosts set failures = 0, opened_at = null, wait = 0, retry_at = 0,
           due_at = case when due_at is null then null when due_at > :now then :now else due_at end
     where name = :name and opened_at is not null
""")
TRY_NOW = Query("update hosts set retry_at = 0, due_at = :now where name = :name and due_at is not null")
HURRY = Query("""
    update deliveries set next_at = :now
     where state = 0 and next_at > :now and host_id = (select id from hosts where name = :name)
""")
NEXT_DUE = Query("select min(due_at) from hosts where due_at is not null and lease_until <= :now")
STANDING = Query("""
    select h.name, count(d.inbox) as waiting, min(d.next_at) as next_at,
           h.retry_at as retry_at, h.opened_at as opened_at,
           h.failures as failures, h.last_success_at as last_success_at, h.last_error as last_error,
           h.lease_until as lease_until
      from hosts h left join deliveries d on d.host_id = h.id and d.state = 0
     group by h.id, h.name, h.retry_at, h.opened_at, h.failures, h.last_success_at, h.last_error,
              h.lease_until
     order by waiting desc, h.name
""")


WAITING = Query("""
    select count(*) from deliveries
     where state = 0 and host_id = (select id from hosts where name = :name)
""")


class Lane(msgspec.Struct, array_like=True, frozen=True):
    """How deliveries to one host stand; times in ms."""

    name: str
    waiting: int
    next_at: int | None
    retry_at: int
    opened_at: int | None
    failures: int
    last_success_at: int | None
    last_error: str
    lease_until: int


async def by_name(db: Reader, name: str) -> Host | None:
    """The host of that name (host or host:port)."""
    return await db.one(BY_NAME, Host, name=name)


async def by_id(db: Reader, host_id: int) -> Host | None:
    """The host with that id."""
    return await db.one(BY_ID, Host, id=host_id)


async def ensure(tx: Writer, name: str, *, new_id: int) -> int:
    """The id of a host, which is added when it was not known."""
    known = await tx.value(ID, name=name)
    if known is None:
        await tx.run(ADD, id=new_id, name=name)
        known = await tx.value(ID, name=name)
    return int(known)


async def any_due(db: Reader, now: int) -> bool:
    """Whether there is a lane to take."""
    return await db.value(ANY_DUE, now=now) is not None


async def claim(tx: Writer, *, boot: str, now: int, until: int, limit: int, limit_failing: int) -> list[Host]:
    """Take lanes that have something due and that nobody works on; of hosts that fail, not too many."""
    due = await tx.all(DUE, Host, now=now, limit=limit)
    due += await tx.all(DUE_FAILING, Host, now=now, limit=max(min(limit - len(due), limit_failing), 0))
    if due:
        await tx.run(LEASE, boot=boot, until=until, ids=[host.id for host in due])
    return due


async def renew(tx: Writer, *, boot: str, now: int, until: int) -> None:
    """Keep the lanes that this process works on."""
    await tx.run(RENEW, boot=boot, now=now, until=until)


async def release(tx: Writer, host_id: int, *, boot: str, now: int, soon: int) -> None:
    """Give a lane back, unless another has it by now, and note when its next delivery is due.

    What is due but has to wait for something earlier is looked at again at `soon`.
    """
    await tx.run(RELEASE, id=host_id, boot=boot, now=now, soon=soon)


async def release_all(tx: Writer) -> None:
    """At the start of the only process: nobody else holds anything."""
    await tx.run(RELEASE_ALL)


async def note(tx: Writer, host: Host) -> None:
    """Write the breaker's state."""
    fields = msgspec.structs.asdict(host)
    await tx.run(BREAKER, **{name: fields[name] for name in BREAKER.names})


async def remember_scheme(tx: Writer, host_id: int, *, scheme: str, until: int) -> None:
    """Remember which signature a host accepted."""
    await tx.run(SCHEME, id=host_id, scheme=scheme, until=until)


async def alive(tx: Writer, name: str, now: int) -> bool:
    """A host has spoken to us: close its breaker and send at once what waits; True when it was open."""
    if not await tx.run(ALIVE, name=name, now=now):
        return False
    await hurry(tx, name, now)
    return True


async def try_now(tx: Writer, name: str, now: int) -> None:
    """Do not wait for the breaker's next probe."""
    await tx.run(TRY_NOW, name=name, now=now)


async def hurry(tx: Writer, name: str, now: int) -> int:
    """Make everything that waits for a host due now; answers how many."""
    return await tx.run(HURRY, name=name, now=now)


async def no_longer_due(tx: Writer, name: str) -> None:
    """Nothing waits for this host any more."""
    await tx.run(DROP_DUE, name=name)


async def next_due(db: Reader, now: int) -> int | None:
    """When the next lane is due (ms), or None."""
    found = await db.value(NEXT_DUE, now=now)
    return None if found is None else int(found)


async def waiting_for(db: Reader, name: str) -> int:
    """How many deliveries wait for a host."""
    return int(await db.value(WAITING, name=name))


async def standing(db: Reader) -> list[Lane]:
    """Every host and what waits for it, the longest queue first."""
    return await db.all(STANDING, Lane)
