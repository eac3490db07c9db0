"""ScheduledStatus: https://docs.joinmastodon.org/entities/ScheduledStatus/."""

from collections.abc import Sequence

from fediserver.actions.publish import Draft
from fediserver.actions.schedule import draft_of
from fediserver.actions.write import PollDraft
from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db import scheduled
from fediserver.models.scheduled import Scheduled
from fediserver.views.entities.media import attachment
from fediserver.views.entities.shelf import shelf


async def scheduled_statuses(
    ctx: Context, rows: Sequence[Scheduled], viewer_id: int
) -> list[dict[str, object]]:
    """Posts to come, in the same order."""
    shelved = shelf(ctx, viewer_id)
    drafts = [draft_of(row) for row in rows]

    with_files = [row.id for row, draft in zip(rows, drafts, strict=True) if draft.media_ids]
    files = {file.id: file for file in await scheduled.files(ctx.db, with_files)}
    return [
        {
            "id": str(row.id),
            "scheduled_at": isoformat(row.scheduled_at),
            "params": _params(draft),
            "media_attachments": [attachment(shelved, files[one]) for one in draft.media_ids if one in files],
        }
        for row, draft in zip(rows, drafts, strict=True)
    ]


async def scheduled_status(ctx: Context, row: Scheduled, viewer_id: int) -> dict[str, object]:
    """One post to come."""
    return (await scheduled_statuses(ctx, [row], viewer_id))[0]


def _params(draft: Draft) -> dict[str, object]:
    """What was asked for, under Mastodon's names; some ids are numbers here."""
    allowed = draft.allowed_mentions
    return {
        "text": draft.text,
        "poll": None if draft.poll is None else _poll(draft.poll),
        "media_ids": [str(one) for one in draft.media_ids] or None,
        "allowed_mentions": allowed and [str(one) for one in allowed],
        "sensitive": draft.sensitive,
        "spoiler_text": draft.spoiler_text or None,
        "visibility": None if draft.visibility is None else draft.visibility.word,
        "in_reply_to_id": draft.in_reply_to_id,
        "language": draft.language,
        "application_id": draft.application_id or 0,
        "scheduled_at": None,
        "idempotency": None,
        "with_rate_limit": False,
        "quoted_status_id": None if draft.quoted_id is None else str(draft.quoted_id),
        "quote_approval_policy": draft.quote_policy.word if draft.quote_policy is not None else "public",
    }


def _poll(poll: PollDraft) -> dict[str, object]:
    return {
        "options": poll.options,
        "expires_in": str(poll.expires_in),
        "multiple": poll.multiple,
        "hide_totals": poll.hide_totals,
    }
