"""Who is suspended with their server: everybody whose handle or inbox is under a domain that is suspended."""

from collections.abc import Collection

from fediserver.actions.core import Core
from fediserver.db import domain_rules, host_suspensions
from fediserver.db.database import Reader, Writer
from fediserver.models.uris import host


async def settle(core: Core, tx: Writer, domain: str) -> None:
    """After the rule of a domain has changed: suspend the accounts it holds for, let in those it no longer does."""
    domains = await host_suspensions.domains(tx, domain)
    hosts = await host_suspensions.hosts(tx, domain)
    suspended = await _suspended(tx, {*domains, *hosts})
    await host_suspensions.hold(
        tx,
        domains=[name for name in domains if name in suspended],
        host_ids=[host_id for name, host_id in hosts.items() if name in suspended],
        now=core.clock(),
    )
    maybe_free = await host_suspensions.held(
        tx,
        domains=[name for name in domains if name not in suspended],
        host_ids=[host_id for name, host_id in hosts.items() if name not in suspended],
    )
    # A handle may be of another domain than the server, and then has two rules.
    still = await _suspended(tx, {name for one in maybe_free for name in (one.domain, one.host)})
    free = [one for one in maybe_free if one.domain not in still and one.host not in still]
    await host_suspensions.lift(
        tx, domains=[one.domain for one in free], host_ids=[one.host_id for one in free]
    )


async def holds(db: Reader, domain: str, inbox: str) -> bool:
    """Whether an account is suspended with its server, by the domain of its handle and the address of its inbox."""
    return bool(await _suspended(db, {name for name in (domain, host(inbox)) if name}))


async def _suspended(db: Reader, hosts: Collection[str]) -> set[str]:
    rules = await domain_rules.over(db, hosts)
    found = {name: domain_rules.nearest(rules, name) for name in hosts}
    return {name for name, rule in found.items() if rule is not None and rule.severity == "suspend"}
