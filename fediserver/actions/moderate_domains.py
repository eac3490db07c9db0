"""Rules for other servers: each change is logged."""

import msgspec

from fediserver.actions import host_suspensions, moderate
from fediserver.actions.core import Core
from fediserver.actions.moderate import Decision
from fediserver.db import domain_rules
from fediserver.db.database import Writer
from fediserver.db.domain_rules import DomainRule
from fediserver.errors import Invalid
from fediserver.text import handles

LONGEST_COMMENT = 1000


def named(domain: str) -> str:
    """The one form of a domain, internationalised names as punycode; Invalid for what is none."""
    name = handles.host(domain.strip().removeprefix("*."))
    if name is None:
        raise Invalid(f"{domain[:100]!r} is no host name such as spam.example")
    return name


async def put(core: Core, rule: DomainRule, decision: Decision) -> DomainRule:
    """Make a rule, or change the one that the domain has; Invalid for comments that are too long."""
    if max(len(rule.reason), len(rule.private_comment)) > LONGEST_COMMENT:
        raise Invalid(f"Validation failed: Comment is too long (maximum is {LONGEST_COMMENT} characters)")
    rule = msgspec.structs.replace(rule, id=rule.id or core.ids.next())

    async def work(tx: Writer) -> DomainRule:
        before = await domain_rules.by_domain(tx, rule.domain)
        await domain_rules.put(tx, rule)
        if rule.severity != "silence":
            await domain_rules.unsilence(tx, rule.domain)
        elif before is None or before.severity != "silence":
            await domain_rules.silence(tx, rule.domain, core.clock())
        await host_suspensions.settle(core, tx, rule.domain)
        await _note(core, tx, rule.severity, rule, decision)
        return await domain_rules.by_domain(tx, rule.domain) or rule

    return await core.db.write(work)


async def drop(core: Core, rule: DomainRule, decision: Decision) -> None:
    """Take a rule back."""

    async def work(tx: Writer) -> None:
        await domain_rules.unsilence(tx, rule.domain)
        await domain_rules.drop(tx, rule.domain)
        await host_suspensions.settle(core, tx, rule.domain)
        await _note(core, tx, "no rule", rule, decision)

    await core.db.write(work)


async def _note(core: Core, tx: Writer, deed: str, rule: DomainRule, decision: Decision) -> None:
    about = f"{rule.domain}: {rule.private_comment or rule.reason}".removesuffix(": ")
    await moderate.note(core, tx, f"domain {deed}", msgspec.structs.replace(decision, reason=about))
