"""What may have happened: everything that whoever streams is told after a commit, in whatever process they are.

A transaction says it in one line, `await tx.tell(FiltersChanged(me.id))`. An event carries ids, never content:
who hears of it reads the rows, and so sees only what they may see then. Encoded it stays below 8000 bytes,
for that is what PostgreSQL carries.
"""

from collections.abc import Sequence

import msgspec
import orjson

from fediserver.models.status import Status
from fediserver.models.visibility import Visibility

_TAG_BYTES = 3000
_NAMED = 100


class _Event(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Encoded as a short list that begins with its name."""


class Posted(_Event, frozen=True):
    """A post or a boost is there."""

    status_id: int


class Edited(_Event, frozen=True):
    """A post has another version."""

    status_id: int


class Deleted(_Event, frozen=True):
    """A post or a boost is gone; the rest of it is what one has to know to tell those who had it."""

    status_id: int
    account_id: int
    boosted_account_id: int | None
    visibility: Visibility
    is_local: bool
    is_listed: bool
    has_media: bool
    named: tuple[int, ...]
    tags: tuple[str, ...]


class Notified(_Event, frozen=True):
    """A member has a notification that they are to see now."""

    account_id: int
    notification_id: int


class NotificationsMerged(_Event, frozen=True):
    """Notifications that were held back are among a member's others now."""

    account_id: int


class FiltersChanged(_Event, frozen=True):
    """A member has other filters than before."""

    account_id: int


class ConversationMoved(_Event, frozen=True):
    """A post has come into a member's conversation."""

    account_id: int
    status_id: int


class Announced(_Event, frozen=True):
    """The organisers tell everybody something."""

    announcement_id: int


class Reacted(_Event, frozen=True):
    """Others, or fewer, react to an announcement with an emoji."""

    announcement_id: int
    name: str


class Unannounced(_Event, frozen=True):
    """An announcement is gone, or what it tells of is over."""

    announcement_id: int


Event = (
    Posted
    | Edited
    | Deleted
    | Notified
    | NotificationsMerged
    | FiltersChanged
    | ConversationMoved
    | Announced
    | Reacted
    | Unannounced
)

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode(event: Event) -> str:
    """As it travels from process to process."""
    return _ENCODER.encode(event).decode()


def decode(text: str) -> Event:
    """The event; msgspec.DecodeError when another version of the program sent one that is not known here."""
    return _DECODER.decode(text)


def deleted(status: Status, *, named: Sequence[int] = (), boosted_account_id: int | None = None) -> Deleted:
    """The event of a post that is being deleted, as it was; `named` are those whom it was addressed to.

    Of a boost, `boosted_account_id` is the author of what it boosted.
    """
    tags: list[str] = []
    room = _TAG_BYTES
    for name in orjson.loads(status.tags):
        room -= len(name.encode()) + 3
        if room >= 0:
            tags.append(name)
    return Deleted(
        status_id=status.id,
        account_id=status.account_id,
        boosted_account_id=boosted_account_id,
        visibility=status.visibility,
        # Only our own posts are kept as they were typed.
        is_local=status.text is not None,
        is_listed=(
            status.reblog_of_id is None and status.in_reply_to_id is None and status.in_reply_to_uri is None
        ),
        has_media=status.media_count > 0,
        named=tuple(named[:_NAMED]),
        tags=tuple(tags),
    )
