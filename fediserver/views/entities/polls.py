"""Poll: https://docs.joinmastodon.org/entities/Poll/."""

from collections.abc import Mapping, Sequence

import msgspec

from fediserver.clock import isoformat
from fediserver.db import polls as rows
from fediserver.db.database import Reader
from fediserver.models.poll import Poll, PollOption
from fediserver.views.entities.shelf import Json, encode


class Polls(msgspec.Struct, frozen=True):
    """Polls with their options, and what the viewer chose in each."""

    polls: Mapping[int, Poll]
    options: Mapping[int, Sequence[PollOption]]
    own_votes: Mapping[int, list[int]]


async def load(tx: Reader, ids: Sequence[int], viewer_id: int | None) -> Polls:
    """Everything about polls, for the viewer."""
    found = await rows.by_ids(tx, ids)
    options: dict[int, list[PollOption]] = {one: [] for one in found}
    for option in await rows.options(tx, ids):
        options[option.poll_id].append(option)
    own = {} if viewer_id is None else await rows.own_votes(tx, viewer_id, ids)
    return Polls(found, options, own)


def poll(
    loaded: Polls, poll_id: int, *, author_id: int, viewer_id: int | None, emojis: bytes, now: int
) -> bytes:
    """One poll; the author counts as one who has voted, for they cannot."""
    row = loaded.polls[poll_id]
    options = loaded.options[poll_id]
    is_over = row.closed_at is not None or (row.expires_at is not None and row.expires_at <= now)
    hidden = row.hide_totals and not is_over
    votes = sum(option.votes_count for option in options)
    # Some servers do not tell how many people voted.
    voters = None if row.voters_count == 0 and votes else row.voters_count
    entity: dict[str, object] = {
        "id": str(row.id),
        "expires_at": None if row.expires_at is None else isoformat(row.expires_at),
        "expired": is_over,
        "multiple": row.multiple,
        "votes_count": votes,
        "voters_count": voters,
        "options": [
            {"title": option.title, "votes_count": None if hidden else option.votes_count}
            for option in options
        ],
        "emojis": Json(emojis),
    }
    if viewer_id is not None:
        own = loaded.own_votes.get(poll_id, [])
        entity |= {"voted": bool(own) or author_id == viewer_id, "own_votes": own}
    return encode(entity)
