"""What the organisers decided about other servers."""

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query

ALL = Query("select domain, severity, reason, created_at from domain_rules order by domain")
PUT = Query("""
    insert into domain_rules (domain, severity, reason, created_at)
    values (:domain, :severity, :reason, :created_at)
    on conflict (domain) do update set severity = excluded.severity, reason = excluded.reason
""")
DROP = Query("delete from domain_rules where domain = :domain")
SILENCE = Query("""
    update accounts set silenced_at = cast(:now as bigint), version = version + 1
     where domain <> '' and (domain = :domain or domain like :below)
""")


class DomainRule(msgspec.Struct, array_like=True, frozen=True):
    """A rule for a domain and everything below it: allow, silence or suspend."""

    domain: str
    severity: str
    reason: str
    created_at: int


async def everything(db: Reader) -> list[DomainRule]:
    """All rules by name."""
    return await db.all(ALL, DomainRule)


async def put(tx: Writer, rule: DomainRule) -> None:
    """Add a rule, or change it."""
    await tx.run(PUT, **msgspec.structs.asdict(rule))


async def drop(tx: Writer, domain: str) -> bool:
    """Remove a rule; False when there was none."""
    return bool(await tx.run(DROP, domain=domain))


async def silence(tx: Writer, domain: str, now: int | None) -> None:
    """Keep everybody of a server out of public timelines from now (ms) on; None lets them in again."""
    await tx.run(SILENCE, domain=domain, below=f"%.{domain}", now=now)
