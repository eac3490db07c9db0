"""The rules of the node, which people agree to when they sign up and name when they report somebody."""

from collections.abc import Mapping, Sequence

import msgspec

from fediserver.actions.core import Core
from fediserver.db import settings
from fediserver.db.database import Writer
from fediserver.errors import Invalid, NotFound
from fediserver.models.rule import Rule
from fediserver.text.sanitise import one_line

MOST = 50
LONGEST = 300
LONGEST_HINT = 1000

_SETTING = "rules"
_LAST = "last_rule_id"


def said(found: Mapping[str, str]) -> list[Rule]:
    """The rules among the settings, in order."""
    return msgspec.json.decode(found.get(_SETTING) or "[]", type=list[Rule])


async def listed(core: Core) -> list[Rule]:
    """The rules, in order."""
    return said(await settings.everything(core.db))


async def add(core: Core, text: str, hint: str = "") -> Rule:
    """A new rule, at the end. Raises Invalid when it is empty or too long, or when there are too many."""
    text, hint = one_line(text), one_line(hint)
    if not text or len(text) > LONGEST or len(hint) > LONGEST_HINT:
        raise Invalid(f"A rule has 1 to {LONGEST} characters, its hint at most {LONGEST_HINT}")

    async def work(tx: Writer) -> Rule:
        found = await settings.everything(tx)
        known = said(found)
        if len(known) >= MOST:
            raise Invalid(f"There are {MOST} rules already; nobody reads more")
        made = Rule(int(found.get(_LAST, "0")) + 1, text, hint)
        await settings.put(tx, _LAST, str(made.id))
        await _keep(tx, [*known, made])
        return made

    return await core.db.write(work)


async def remove(core: Core, rule_id: int) -> None:
    """Take a rule back; NotFound."""

    async def work(tx: Writer) -> None:
        known = said(await settings.everything(tx))
        left = [rule for rule in known if rule.id != rule_id]
        if len(left) == len(known):
            raise NotFound(f"there is no rule {rule_id}; `fediserver rule list` shows them")
        await _keep(tx, left)

    await core.db.write(work)


async def check(core: Core, ids: Sequence[int]) -> None:
    """Raise Invalid unless all the ids are those of rules."""
    unknown = set(ids) - {rule.id for rule in await listed(core)}
    if unknown:
        raise Invalid("Validation failed: Rules does not reference valid rules")


async def _keep(tx: Writer, found: Sequence[Rule]) -> None:
    await settings.put(tx, _SETTING, msgspec.json.encode(found).decode())
