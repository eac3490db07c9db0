"""What came in and waits: verified activities, requests whose key is not here yet, and what was seen."""

from collections.abc import Collection, Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.models.delivery import Received, Unverified

_RECEIVED = columns(Received)
_UNVERIFIED = columns(Unverified)

SEE = Query("insert into seen (hash, expires_at) values (:hash, :expires_at) on conflict (hash) do nothing")
FORGET_SEEN = Query("delete from seen where expires_at < :now")
RECEIVE = Query("""
    insert into received (id, actor_uri, body, next_at) values (:id, :actor_uri, :body, :next_at)
""")
DUE = Query(f"""
    select {_RECEIVED} from received
     where next_at <= :now and lease_until <= :now and actor_uri <> all(:actors)
       and not exists (select 1 from accounts where uri = received.actor_uri and domain = any(:servers))
     order by next_at limit :limit /*skip locked*/
""")
SERVERS = Query("select uri, domain from accounts where uri = any(:uris)")
LEASE = Query("update received set lease_by = :boot, lease_until = :until where id = any(:ids)")
RENEW = Query("update received set lease_until = :until where lease_by = :boot and lease_until > :now")
RELEASE_ALL = Query("update received set lease_by = null, lease_until = 0 where lease_until > 0")
DONE = Query("delete from received where id = :id")
POSTPONE = Query("""
    update received
       set attempts = attempts + 1, next_at = :next_at, last_error = :last_error, lease_by = null, lease_until = 0
     where id = :id
""")
WAITING = Query("select count(*) from received")

PARK = Query(insertion("unverified", Unverified))
PARKED_OF_HOST = Query("select count(*) from unverified where host = :host")
PARKED_OF_NETWORK = Query("select count(*) from unverified where network = :network")
PARKED = Query("select count(*) from unverified")
PARKED_DUE = Query(f"""
    select {_UNVERIFIED} from unverified
     where next_at <= :now and network <> all(:networks) and host <> all(:hosts)
     order by next_at limit :limit /*skip locked*/
""")
PARKED_TAKEN = Query("update unverified set attempts = attempts + 1, next_at = :next_at where id = :id")
PARKED_LATER = Query("update unverified set next_at = :next_at where id = :id")
UNPARK = Query("delete from unverified where id = :id")


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A verified activity, ready to be kept; `hash` marks it as seen until `seen_until` (ms)."""

    id: int
    hash: bytes
    seen_until: int
    actor_uri: str
    body: bytes
    now: int


async def receive(tx: Writer, arrival: Arrival) -> bool:
    """Keep an activity; False when the very same request was kept before."""
    if not await tx.run(SEE, hash=arrival.hash, expires_at=arrival.seen_until):
        return False
    await tx.run(
        RECEIVE,
        id=arrival.id,
        actor_uri=arrival.actor_uri,
        body=arrival.body,
        next_at=arrival.now,
    )
    return True


async def forget_seen(tx: Writer, now: int) -> int:
    """Forget what may come again."""
    return await tx.run(FORGET_SEEN, now=now)


async def due(
    tx: Writer, *, now: int, limit: int, actors: Collection[str], servers: Collection[str]
) -> list[Received]:
    """Activities that are due and that nobody works on, but those of some actors and of the people of some servers."""
    return await tx.all(DUE, Received, now=now, limit=limit, actors=actors, servers=servers)


async def servers(tx: Reader, uris: Collection[str]) -> dict[str, str]:
    """The servers, as handles name them, of those of the actors that are known."""
    return dict(await tx.rows(SERVERS, uris=list(uris)))


async def lease(tx: Writer, ids: Collection[int], *, boot: str, until: int) -> None:
    """Take activities until then (ms)."""
    if ids:
        await tx.run(LEASE, boot=boot, until=until, ids=list(ids))


async def renew(tx: Writer, *, boot: str, now: int, until: int) -> None:
    """Keep the activities that this process works on."""
    await tx.run(RENEW, boot=boot, now=now, until=until)


async def release_all(tx: Writer) -> None:
    """At the start of the only process: nobody else holds anything."""
    await tx.run(RELEASE_ALL)


async def done(tx: Writer, received_id: int) -> None:
    """The activity is handled."""
    await tx.run(DONE, id=received_id)


async def postpone(tx: Writer, received_id: int, *, next_at: int, last_error: str) -> None:
    """The handler could not go on; try again then."""
    await tx.run(POSTPONE, id=received_id, next_at=next_at, last_error=last_error)


async def waiting(db: Reader) -> int:
    """How many activities wait for their handler."""
    return int(await db.value(WAITING))


async def parked(db: Reader) -> int:
    """How many requests wait for the key of their sender."""
    return int(await db.value(PARKED))


async def park(tx: Writer, row: Unverified, *, per_host: int, per_network: int, in_all: int) -> bool:
    """Keep a request whose key must be fetched; False when one of the bounds is reached."""
    if (
        await tx.value(PARKED_OF_HOST, host=row.host) >= per_host
        or await tx.value(PARKED_OF_NETWORK, network=row.network) >= per_network
        or await tx.value(PARKED) >= in_all
    ):
        return False
    await tx.run(PARK, **msgspec.structs.asdict(row))
    return True


async def parked_due(
    tx: Writer, *, now: int, limit: int, networks: Collection[str], hosts: Collection[str]
) -> list[Unverified]:
    """Parked requests that are due, but those from some networks and with keys of some hosts."""
    return await tx.all(PARKED_DUE, Unverified, now=now, limit=limit, networks=networks, hosts=hosts)


async def take_parked(tx: Writer, rows: Sequence[Unverified], *, until: int) -> list[Unverified]:
    """Take parked requests; they come again at `until` (ms) unless they are finished."""
    for row in rows:
        await tx.run(PARKED_TAKEN, id=row.id, next_at=until)
    return [msgspec.structs.replace(row, attempts=row.attempts + 1) for row in rows]


async def parked_later(tx: Writer, parked_id: int, *, next_at: int) -> None:
    """Its key cannot be had yet; try again then."""
    await tx.run(PARKED_LATER, id=parked_id, next_at=next_at)


async def unpark(tx: Writer, parked_id: int) -> None:
    """The request is verified and kept, or refused."""
    await tx.run(UNPARK, id=parked_id)
