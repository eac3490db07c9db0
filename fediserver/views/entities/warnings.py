"""AccountWarning: https://docs.joinmastodon.org/entities/AccountWarning/."""

import orjson

from fediserver.clock import isoformat
from fediserver.models.moderation import Act
from fediserver.models.report import Report
from fediserver.views.entities.shelf import Json


def warning(act: Act, about: Report | None, target: Json) -> dict[str, object]:
    """What was decided about a member, with the posts of the report that it answers; not by whom."""
    return {
        "id": str(act.id),
        "action": act.deed,
        "text": act.reason,
        "status_ids": None if about is None else [str(one) for one in orjson.loads(about.status_ids)],
        "target_account": target,
        "appeal": None,
        "created_at": isoformat(act.created_at),
    }
