"""The poll of a Question."""

import msgspec

from fediserver.activitypub.document import fields
from fediserver.activitypub.document.decode import Document
from fediserver.text.count import cut
from fediserver.text.tokens import prepared

MAX_OPTIONS = 32
OPTION_LENGTH = 500


class PollOption(msgspec.Struct, frozen=True):
    """An option as its author wrote it, and the votes for it."""

    title: str
    votes: int


class PollDocument(msgspec.Struct, frozen=True):
    """A poll; times in milliseconds, None while it is open or without end. `voters_count` None: not told."""

    options: tuple[PollOption, ...]
    multiple: bool
    ends_at: int | None
    closed_at: int | None
    voters_count: int | None


def read_poll(doc: Document) -> PollDocument | None:
    """The poll of a Question with at least two different options, else None."""
    multiple = isinstance(doc.get("anyOf"), list)
    options: dict[str, PollOption] = {}
    for item in fields.objects(doc.get("anyOf") if multiple else doc.get("oneOf"), MAX_OPTIONS):
        title = label(fields.language_map(item, "name")[0] or fields.text(item, "content"))
        replies = fields.first(item.get("replies"))
        votes = fields.number(replies, "totalItems") if isinstance(replies, dict) else None
        if title:
            options.setdefault(title, PollOption(title, votes or 0))
    if len(options) < 2:
        return None
    ends_at = fields.time(doc, "endTime")
    closed_at = fields.time(doc, "closed")
    if closed_at is None and fields.boolean(doc, "closed"):
        closed_at = (
            ends_at if ends_at is not None else fields.time(doc, "updated") or fields.time(doc, "published")
        )
    voters_count = fields.number(doc, "votersCount")
    return PollDocument(tuple(options.values()), multiple, ends_at, closed_at, voters_count)


def label(text: str) -> str:
    """An option's title. Votes name it letter by letter, so that no more is taken off than must be."""
    return cut(prepared(text[: 4 * OPTION_LENGTH]), OPTION_LENGTH)
