"""What the organisers tell everybody of the node."""

import msgspec

from fediserver.clock import DAY


class Announcement(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An announcement; `starts_at` and `ends_at` are of what it announces, and it is not shown when that is over.

    It is published once `published_at` is set; `scheduled_at` says when it is to be.
    """

    id: int
    text: str
    content: str
    mentions: str
    tags: str
    emojis: str
    status_ids: str
    all_day: bool
    starts_at: int | None
    ends_at: int | None
    scheduled_at: int | None
    published_at: int | None
    created_at: int
    updated_at: int

    @property
    def over_at(self) -> int | None:
        """From when on it is no longer shown (ms): a whole day ends with its midnight."""
        if self.ends_at is None:
            return None
        return (self.ends_at // DAY + 1) * DAY if self.all_day else self.ends_at


class Reaction(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How many people react with an emoji; `path` is that of our own, None for one of Unicode."""

    announcement_id: int
    name: str
    count: int
    is_mine: bool
    path: str | None
