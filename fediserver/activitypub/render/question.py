"""The poll of a Question."""

from collections.abc import Sequence

from fediserver import clock
from fediserver.activitypub.document import Document
from fediserver.models.poll import Poll, PollOption


def question(poll: Poll, options: Sequence[PollOption]) -> Document:
    """The fields that a poll adds to a post; totals that are hidden are 0 until it is closed."""
    is_hidden = poll.hide_totals and poll.closed_at is None
    doc: Document = {
        "anyOf" if poll.multiple else "oneOf": [
            {
                "type": "Note",
                "name": option.title,
                "replies": {"type": "Collection", "totalItems": 0 if is_hidden else option.votes_count},
            }
            for option in sorted(options, key=lambda option: option.position)
        ],
        "votersCount": poll.voters_count,
    }
    if poll.expires_at is not None:
        doc["endTime"] = clock.isoformat(poll.expires_at)
    if poll.closed_at is not None:
        doc["closed"] = clock.isoformat(poll.closed_at)
    return doc
