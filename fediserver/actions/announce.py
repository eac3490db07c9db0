"""What the organisers tell everybody of the node, and how people react to it.

Who streams is told by an errand, for the command line may run beside the server.
"""

from collections.abc import Sequence

import msgspec
import orjson

from fediserver.actions import errand
from fediserver.actions.core import Core
from fediserver.actions.write import mention_list, write
from fediserver.clock import DAY
from fediserver.db import announcements as rows
from fediserver.db import media, statuses
from fediserver.db.database import Reader, Writer
from fediserver.errors import Invalid, NotFound
from fediserver.models.announcement import Announcement
from fediserver.models.event import Announced, Reacted, Unannounced
from fediserver.text import compose
from fediserver.text.count import count
from fediserver.text.emoji import is_emoji

CHARACTERS = 5000
MOST = 100
"""Announcements that are kept, also those that are over."""
KINDS = 8
"""Emoji with which people react to one announcement."""
LINKED = 10
"""Posts that an announcement may show."""
_TELL_FOR = 30 * DAY


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An announcement as it is asked for; times in ms, and none in `publish_at` is at once."""

    text: str
    starts_at: int | None = None
    ends_at: int | None = None
    all_day: bool = False
    publish_at: int | None = None


async def create(core: Core, draft: Draft) -> Announcement:
    """Write an announcement, and publish it now or at its time. Raises Invalid."""
    _check(draft)
    written = await write(core, draft.text)
    linked = await core.db.read(lambda tx: _linked(core, tx, compose.find(draft.text).links[:LINKED]))
    now = core.clock()
    is_due = draft.publish_at is None or draft.publish_at <= now
    row = Announcement(
        id=core.ids.next(),
        text=draft.text,
        content=written.html,
        mentions=mention_list(core, written.mentioned),
        tags=orjson.dumps([name for name, _ in written.tags]).decode(),
        emojis=written.emojis,
        status_ids=orjson.dumps(linked).decode(),
        all_day=draft.all_day,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        scheduled_at=None if is_due else draft.publish_at,
        published_at=now if is_due else None,
        created_at=now,
        updated_at=now,
    )
    if row.over_at is not None and row.over_at <= (row.scheduled_at or now):
        raise Invalid("What is announced would be over before anybody reads of it; choose a later end")

    async def work(tx: Writer) -> None:
        if await rows.count(tx) >= MOST:
            raise Invalid(f"There are {MOST} announcements already; remove some that are over")
        await rows.insert(tx, row)
        await _plan(core, tx, row.id, now if row.scheduled_at is None else row.scheduled_at)
        if row.over_at is not None:
            await _plan(core, tx, row.id, row.over_at)

    await core.db.write(work)
    core.bus.publish("jobs")
    return row


async def publish(core: Core, announcement_id: int) -> Announcement:
    """Publish now what was to come later; NotFound, Invalid when it is published, or over."""
    now = core.clock()

    async def work(tx: Writer) -> Announcement:
        row = await _locked(tx, announcement_id)
        if row.published_at is not None:
            raise Invalid(f"announcement {announcement_id} is published already")
        if row.over_at is not None and row.over_at <= now:
            raise Invalid(f"what announcement {announcement_id} tells of is over; write another")
        published = _published(row, now)
        await rows.set_times(tx, published)
        await _plan(core, tx, row.id, now)
        return published

    published = await core.db.write(work)
    core.bus.publish("jobs")
    return published


async def remove(core: Core, announcement_id: int) -> None:
    """Delete an announcement with all reactions; NotFound."""

    async def work(tx: Writer) -> None:
        await _locked(tx, announcement_id)
        await rows.drop(tx, announcement_id)
        await _plan(core, tx, announcement_id, core.clock())

    await core.db.write(work)
    core.bus.publish("jobs")


async def settle(core: Core, announcement_id: int) -> None:
    """Publish what is due, and tell everybody who listens how it stands; doing it twice changes nothing."""
    now = core.clock()

    async def work(tx: Writer) -> None:
        row = await rows.locked(tx, announcement_id)
        if row is not None and row.scheduled_at is not None and row.scheduled_at <= now:
            row = _published(row, now)
            await rows.set_times(tx, row)
        if row is not None and row.published_at is None:
            return
        if row is None or (row.over_at is not None and row.over_at <= now):
            await tx.tell(Unannounced(announcement_id))
        else:
            await tx.tell(Announced(announcement_id))

    await core.db.write(work)


async def dismiss(core: Core, announcement_id: int, me_id: int) -> None:
    """A member has read it; NotFound for what is not shown."""

    async def work(tx: Writer) -> None:
        await _shown(core, tx, announcement_id)
        await rows.dismiss(tx, announcement_id, me_id)

    await core.db.write(work)


async def react(core: Core, announcement_id: int, name: str, me_id: int) -> None:
    """React with an emoji of Unicode, or one of ours by its shortcode.

    Raises NotFound, Invalid for what is no emoji, and when there are too many different ones.
    """

    async def work(tx: Writer) -> None:
        await _shown(core, tx, announcement_id)
        if not is_emoji(name) and not await media.emojis_named(tx, "", [name]):
            raise Invalid("Validation failed: Name is not a recognized emoji")
        known = await rows.kinds(tx, announcement_id)
        if name not in known and len(known) >= KINDS:
            raise Invalid("Validation failed: Limit of different reactions reached")
        if await rows.react(tx, announcement_id, name, me_id, core.clock()):
            await tx.tell(Reacted(announcement_id, name))

    await core.db.write(work)


async def unreact(core: Core, announcement_id: int, name: str, me_id: int) -> None:
    """Take a reaction back; NotFound when there is none."""

    async def work(tx: Writer) -> None:
        await _shown(core, tx, announcement_id)
        if not await rows.unreact(tx, announcement_id, name, me_id):
            raise NotFound
        await tx.tell(Reacted(announcement_id, name))

    await core.db.write(work)


def _check(draft: Draft) -> None:
    if not draft.text.strip() or count(draft.text) > CHARACTERS:
        raise Invalid(f"An announcement has 1 to {CHARACTERS} characters")
    if (draft.starts_at is None) is not (draft.ends_at is None):
        raise Invalid("Say both when it starts and when it ends, or neither")
    if draft.starts_at is not None and draft.ends_at is not None and draft.ends_at < draft.starts_at:
        raise Invalid("It cannot end before it starts")
    if draft.all_day and draft.starts_at is None:
        raise Invalid("Say on which days it is: from when, and until when")


async def _linked(core: Core, tx: Reader, links: Sequence[str]) -> list[int]:
    """The posts, known here and open to all, that an announcement links to."""
    found: list[int] = []
    for link in links:
        local = core.uris.local(link)
        if local is not None:
            status = await statuses.by_id(tx, int(local.key)) if local.kind == "status" else None
        else:
            status = await statuses.by_address(tx, link)
        if status is not None and status.visibility.is_open:
            found.append(status.id)
    return found


async def _locked(tx: Writer, announcement_id: int) -> Announcement:
    row = await rows.locked(tx, announcement_id)
    if row is None:
        raise NotFound(
            f"there is no announcement {announcement_id}; `fediserver announcement list` shows them"
        )
    return row


async def _shown(core: Core, tx: Writer, announcement_id: int) -> Announcement:
    """An announcement that members see; others who react to it wait, so that kinds are counted right."""
    row = await rows.locked(tx, announcement_id)
    if row is None or row.published_at is None or (row.over_at or core.clock() + 1) <= core.clock():
        raise NotFound
    return row


def _published(row: Announcement, now: int) -> Announcement:
    return msgspec.structs.replace(row, scheduled_at=None, published_at=now, updated_at=now)


async def _plan(core: Core, tx: Writer, announcement_id: int, moment: int) -> None:
    about = f"{announcement_id}:{moment}"
    args: dict[str, object] = {"announcement_id": announcement_id}
    await errand.leave(core, tx, "announcement", args, about, run_at=moment, tried_for=_TELL_FOR)
