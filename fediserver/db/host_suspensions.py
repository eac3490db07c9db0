"""Accounts that are suspended because their server is; whether it is, is decided in actions/host_suspensions.py.

Each account's row says so, though it is a fact about the server: every query, and what is remembered of an account,
goes by its row and its version.
"""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query

_BELOW = "({0} = :domain or {0} like :below or {0} like :with_port or {0} like :below_with_port)"
_OF = "suspended_with_host and domain = any(:domains) and host_id = any(:host_ids)"

DOMAINS = Query(f"select distinct domain from accounts where domain <> '' and {_BELOW.format('domain')}")
HOSTS = Query(f"select id, name from hosts where {_BELOW.format('name')}")
HOLD = Query("""
    update accounts set suspended_at = cast(:now as bigint), suspended_with_host = true, version = version + 1
     where domain <> '' and domain = any(:domains) and suspended_at is null
""")
HOLD_AT = Query("""
    update accounts set suspended_at = cast(:now as bigint), suspended_with_host = true, version = version + 1
     where host_id = any(:host_ids) and suspended_at is null
""")
HELD = Query("""
    select distinct a.domain, a.host_id, h.name as host
      from accounts a join hosts h on h.id = a.host_id
     where a.suspended_with_host and (a.domain = any(:domains) or a.host_id = any(:host_ids))
""")
WAIT = Query(f"""
    insert into search_waiting (kind, id) select 1, id from accounts where {_OF} on conflict (kind, id) do nothing
""")
LIFT = Query(f"""
    update accounts set suspended_at = null, suspended_with_host = false, version = version + 1 where {_OF}
""")


class Held(msgspec.Struct, array_like=True, frozen=True):
    """Where suspended accounts are: the domain of their handles, and the server that their inbox is on."""

    domain: str
    host_id: int
    host: str


async def domains(db: Reader, domain: str) -> list[str]:
    """Domains of handles that are this one or below it, with whatever port."""
    return await db.values(DOMAINS, **_below(domain))


async def hosts(db: Reader, domain: str) -> dict[str, int]:
    """Servers that are this one or below it, with whatever port, and their ids."""
    return {name: host_id for host_id, name in await db.rows(HOSTS, **_below(domain))}


def _below(domain: str) -> dict[str, str]:
    return {
        "domain": domain,
        "below": f"%.{domain}",
        "with_port": f"{domain}:%",
        "below_with_port": f"%.{domain}:%",
    }


async def hold(tx: Writer, *, domains: Sequence[str], host_ids: Sequence[int], now: int) -> None:
    """Suspend everybody with such a handle or on such a server who is not suspended yet."""
    await tx.run(HOLD, domains=domains, now=now)
    await tx.run(HOLD_AT, host_ids=host_ids, now=now)


async def held(db: Reader, *, domains: Sequence[str], host_ids: Sequence[int]) -> list[Held]:
    """Where those are who have such a handle, or are on such a server, and are suspended with it."""
    return await db.all(HELD, Held, domains=domains, host_ids=host_ids)


async def lift(tx: Writer, *, domains: Sequence[str], host_ids: Sequence[int]) -> None:
    """Let everybody in again who has such a handle and is on such a server, unless suspended for themselves."""
    await tx.run(WAIT, domains=domains, host_ids=host_ids)
    await tx.run(LIFT, domains=domains, host_ids=host_ids)
