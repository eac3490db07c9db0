"""What the organisers decided about other servers."""

from collections.abc import Collection, Iterator, Mapping

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.pages import Bounds, Entry, Listing
from fediserver.db.query import Query, columns, insertion


class DomainRule(msgspec.Struct, array_like=True, frozen=True):
    """A rule for a domain and everything below it: allow, noop, silence or suspend.

    `reason` may be shown to everybody, `private_comment` to those who moderate.
    """

    domain: str
    severity: str
    reason: str
    created_at: int
    id: int = 0
    reject_media: bool = False
    reject_reports: bool = False
    private_comment: str = ""
    obfuscate: bool = False


_RULE = columns(DomainRule)

ALL = Query(f"select {_RULE} from domain_rules order by domain")
BY_ID = Query(f"select {_RULE} from domain_rules where id = :id")
BY_DOMAIN = Query(f"select {_RULE} from domain_rules where domain = :domain")
BY_DOMAINS = Query(f"select {_RULE} from domain_rules where domain = any(:domains)")
PAGE = Listing(
    "select id as cursor, id from domain_rules where (severity = 'allow') = cast(:allow as boolean)", "id"
)
PUT = Query(f"""
    {insertion("domain_rules", DomainRule)}
    on conflict (domain) do update set severity = excluded.severity, reason = excluded.reason,
        reject_media = excluded.reject_media, reject_reports = excluded.reject_reports,
        private_comment = excluded.private_comment, obfuscate = excluded.obfuscate
""")
DROP = Query("delete from domain_rules where domain = :domain")
# Who is silenced by a decision about themselves stays so, whatever becomes of the rule.
_OF_SERVER = "(domain = :domain or domain like :below)"
SILENCE = Query(f"""
    update accounts set silenced_at = :now, silenced_by_rule = true, version = version + 1
     where {_OF_SERVER} and silenced_at is null
""")
UNSILENCE = Query(f"""
    update accounts set silenced_at = null, silenced_by_rule = false, version = version + 1
     where {_OF_SERVER} and silenced_by_rule
""")


async def everything(db: Reader) -> list[DomainRule]:
    """All rules by name."""
    return await db.all(ALL, DomainRule)


async def by_id(db: Reader, rule_id: int) -> DomainRule | None:
    """The rule with that number."""
    return await db.one(BY_ID, DomainRule, id=rule_id)


async def by_domain(db: Reader, domain: str) -> DomainRule | None:
    """The rule for exactly that domain."""
    return await db.one(BY_DOMAIN, DomainRule, domain=domain)


async def over(db: Reader, hosts: Collection[str]) -> dict[str, DomainRule]:
    """The rules for some hosts and for what is above them, by domain; `nearest` finds the one that holds."""
    names = sorted({name for host in hosts for name in _upwards(host)})
    return (
        {rule.domain: rule for rule in await db.all(BY_DOMAINS, DomainRule, domains=names)} if names else {}
    )


def nearest(rules: Mapping[str, DomainRule], host: str) -> DomainRule | None:
    """The one of the rules, by domain, that holds for a host, which may carry a port: the nearest above it."""
    return next((rules[name] for name in _upwards(host) if name in rules), None)


def _upwards(host: str) -> Iterator[str]:
    """A host, the same without its port, and the domains above it."""
    yield host
    labels = host.rsplit(":", 1)[0].split(".")
    for start in range(len(labels)):
        yield ".".join(labels[start:])


async def page(db: Reader, bounds: Bounds, *, allow: bool) -> list[Entry]:
    """A page of the servers that are allowed, or of those that are dealt with otherwise; newest first."""
    return await PAGE.page(db, bounds, allow=allow)


async def put(tx: Writer, rule: DomainRule) -> None:
    """Add a rule, or change it."""
    await tx.run(PUT, **msgspec.structs.asdict(rule))


async def drop(tx: Writer, domain: str) -> bool:
    """Remove a rule; False when there was none."""
    return bool(await tx.run(DROP, domain=domain))


async def silence(tx: Writer, domain: str, now: int) -> None:
    """Keep everybody of a server out of public timelines from now (ms) on."""
    await tx.run(SILENCE, domain=domain, below=f"%.{domain}", now=now)


async def unsilence(tx: Writer, domain: str) -> None:
    """Let those in again who were silenced with their server."""
    await tx.run(UNSILENCE, domain=domain, below=f"%.{domain}")
