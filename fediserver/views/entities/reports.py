"""Report: https://docs.joinmastodon.org/entities/Report/."""

import orjson

from fediserver.clock import isoformat
from fediserver.models.report import Report
from fediserver.views.entities.shelf import Json


def facts(row: Report) -> dict[str, object]:
    """What its author and those who moderate are told alike."""
    return {
        "id": str(row.id),
        "action_taken": row.resolved_at is not None,
        "action_taken_at": None if row.resolved_at is None else isoformat(row.resolved_at),
        "category": row.category,
        "comment": row.comment,
        "forwarded": row.forwarded,
        "created_at": isoformat(row.created_at),
    }


def report(row: Report, target: Json) -> dict[str, object]:
    """A report as its author sees it."""
    return facts(row) | {
        "status_ids": [str(one) for one in orjson.loads(row.status_ids)],
        "collection_ids": orjson.loads(row.collection_ids),
        "rule_ids": orjson.loads(row.rule_ids),
        "target_account": target,
    }
