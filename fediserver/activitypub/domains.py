"""Which servers may speak with us: the organisers' rules, kept in memory."""

from fediserver.config import Config
from fediserver.db import domain_rules
from fediserver.db.database import Database

FRESH = 2000
"""Milliseconds that rules are believed: a block by any process acts within this."""


class DomainRules:
    """Rules by domain; a rule for a domain holds for what is below it."""

    def __init__(self) -> None:
        self._rules: dict[str, str] = {}
        self._read_at: int | None = None

    async def refresh(self, db: Database, now: int) -> None:
        """Read the rules again when they are no longer fresh."""
        if self._read_at is None or now - self._read_at >= FRESH:
            self._rules = {rule.domain: rule.severity for rule in await domain_rules.everything(db)}
            self._read_at = now

    def forget(self) -> None:
        """The rules have changed: read them again when they are next asked for."""
        self._read_at = None

    def severity(self, host: str) -> str:
        """`allow`, `silence`, `suspend`, or '' where there is no rule; `host` may carry a port."""
        if host in self._rules:
            return self._rules[host]
        labels = host.rsplit(":", 1)[0].split(".")
        for start in range(len(labels)):
            rule = self._rules.get(".".join(labels[start:]))
            if rule is not None:
                return rule
        return ""

    def permits(self, config: Config, host: str) -> bool:
        """Whether we federate with a host at all."""
        severity = self.severity(host)
        if config.federation == "off" or severity == "suspend":
            return False
        return config.federation == "open" or severity == "allow"
