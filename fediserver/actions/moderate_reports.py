"""What moderators do with reports: each step is logged."""

from collections.abc import Sequence
from typing import Literal

import msgspec
import orjson

from fediserver.actions import moderate, rules
from fediserver.actions.core import Core
from fediserver.actions.moderate import Decision
from fediserver.db import reports
from fediserver.db.database import Writer
from fediserver.errors import NotFound
from fediserver.models.account import User
from fediserver.models.report import Report

Step = Literal["assign", "unassign", "resolve", "reopen"]


async def step(core: Core, report_id: int, deed: Step, by: User) -> Report:
    """Take a report on, hand it back, close it or open it again; NotFound."""
    now = core.clock()
    changes: dict[str, dict[str, int | None]] = {
        "assign": {"assigned_id": by.account_id},
        "unassign": {"assigned_id": None},
        "resolve": {"resolved_at": now, "resolved_by_id": by.account_id},
        "reopen": {"resolved_at": None, "resolved_by_id": None},
    }
    return await _change(core, report_id, f"{deed}_report", by, **changes[deed])


async def revise(
    core: Core, report_id: int, by: User, *, category: str | None, rule_ids: Sequence[int] | None
) -> Report:
    """Put a report under another category, or other rules; None leaves it. NotFound, Invalid."""
    changes: dict[str, object] = {}
    if category is not None:
        changes["category"] = category
    if rule_ids is not None:
        await rules.check(core, rule_ids)
        changes["rule_ids"] = orjson.dumps([str(one) for one in rule_ids]).decode()
    return await _change(core, report_id, "update_report", by, **changes)


async def _change(core: Core, report_id: int, deed: str, by: User, **changes: object) -> Report:
    async def work(tx: Writer) -> Report:
        row = await reports.by_id(tx, report_id)
        if row is None:
            raise NotFound
        changed = msgspec.structs.replace(row, **changes, updated_at=core.clock())
        await reports.update(tx, changed)
        decision = Decision(by=by, report_id=report_id)
        await moderate.note(core, tx, deed, decision, target_id=row.target_id)
        return changed

    return await core.db.write(work)
