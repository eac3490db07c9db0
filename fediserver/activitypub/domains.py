"""Which servers may speak with us: the organisers' rules, kept in memory."""

from fediserver.config import Config
from fediserver.db import domain_rules
from fediserver.db.database import Database
from fediserver.db.domain_rules import DomainRule
from fediserver.errors import Refused

FRESH = 2000
"""Milliseconds that rules are believed: a block by any process acts within this."""


class DomainRules:
    """Rules by domain; a rule for a domain holds for what is below it."""

    def __init__(self) -> None:
        self._rules: dict[str, DomainRule] = {}
        self._read_at: int | None = None

    async def refresh(self, db: Database, now: int) -> None:
        """Read the rules again when they are no longer fresh."""
        if self._read_at is None or now - self._read_at >= FRESH:
            self._rules = {rule.domain: rule for rule in await domain_rules.everything(db)}
            self._read_at = now

    def forget(self) -> None:
        """The rules have changed: read them again when they are next asked for."""
        self._read_at = None

    def rule(self, host: str) -> DomainRule | None:
        """The rule that holds for a host, which may carry a port: the nearest above it."""
        return domain_rules.nearest(self._rules, host)

    def severity(self, host: str) -> str:
        """`allow`, `noop`, `silence`, `suspend`, or '' where there is no rule."""
        rule = self.rule(host)
        return "" if rule is None else rule.severity

    def rejects_media(self, host: str) -> bool:
        """Whether pictures of a server's people are not to be shown."""
        rule = self.rule(host)
        return rule is not None and rule.reject_media

    def rejects_reports(self, host: str) -> bool:
        """Whether what a server's people complain of is not to be heard."""
        rule = self.rule(host)
        return rule is not None and rule.reject_reports

    def permits(self, config: Config, host: str) -> bool:
        """Whether we federate with a host at all."""
        severity = self.severity(host)
        if config.federation == "off" or severity == "suspend":
            return False
        return config.federation == "open" or severity == "allow"

    async def demand(self, db: Database, config: Config, now: int, host: str) -> None:
        """Raise Refused when we do not federate with a host, by rules that are fresh."""
        await self.refresh(db, now)
        if not self.permits(config, host):
            raise Refused("domain", f"this node does not federate with {host}")

    async def demand_page(self, db: Database, now: int, host: str) -> None:
        """Raise Refused when a host may not even be asked for a page: when it is suspended."""
        await self.refresh(db, now)
        if self.severity(host) == "suspend":
            raise Refused("domain", f"{host} is suspended here")
