"""From an event to those who listen: whom it concerns, who may see it, and what they are told.

One event costs one read and one rendering for all who listen, however many they are.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from fediserver.actions import visibility
from fediserver.activitypub.context import Context
from fediserver.db import accounts, notification_pages, streams
from fediserver.db import announcements as announcement_rows
from fediserver.db import conversations as conversation_rows
from fediserver.db.database import Reader
from fediserver.db.notification_pages import Wanted
from fediserver.db.pages import Bounds
from fediserver.db.streams import Facts
from fediserver.models.announcement import Reaction
from fediserver.models.conversation import Conversation
from fediserver.models.event import (
    Announced,
    ConversationMoved,
    Deleted,
    Edited,
    Event,
    FiltersChanged,
    NotificationsMerged,
    Notified,
    Posted,
    Reacted,
    Unannounced,
)
from fediserver.models.visibility import Visibility
from fediserver.views.entities import announcements, conversations, notifications, shared
from fediserver.views.entities.shelf import encode, shelf
from fediserver.web.streaming.channels import Channel
from fediserver.web.streaming.connection import Connection, News


class Listeners(Protocol):
    """Who listens to what."""

    def listeners(self, channel: Channel) -> frozenset[Connection]:
        """Who listens to a channel."""

    def subjects(self, stream: str) -> list[int]:
        """The members or lists that somebody listens to."""


async def bring(ctx: Context, hub: Listeners, event: Event) -> None:
    """Tell everybody who listens and whom it concerns."""
    match event:
        case Posted(status_id):
            await _status(ctx, hub, status_id, "update")
        case Edited(status_id):
            await _status(ctx, hub, status_id, "status.update")
        case Deleted():
            await _deleted(ctx, hub, event)
        case Notified(account_id, notification_id):
            await _notified(ctx, hub, account_id, notification_id)
        case NotificationsMerged(account_id):
            _of_notifications(hub, account_id, News("notifications_merged", b"1"))
        case ConversationMoved(account_id, status_id):
            await _conversation(ctx, hub, account_id, status_id)
        case FiltersChanged(account_id):
            _tell(hub, [Channel("user", str(account_id))], News("filters_changed"))
        case Announced(announcement_id):
            await _announced(ctx, hub, announcement_id)
        case Reacted(announcement_id, name):
            await _reacted(ctx, hub, announcement_id, name)
        case Unannounced(announcement_id):
            _tell(hub, _everybody(hub), News("announcement.delete", str(announcement_id).encode()))


def _tell(hub: Listeners, channels: Iterable[Channel], news: News) -> None:
    for channel in channels:
        for connection in hub.listeners(channel):
            connection.tell(channel, news)


def _everybody(hub: Listeners) -> list[Channel]:
    """The channels of all members who listen to what is theirs."""
    return [Channel("user", str(member)) for member in hub.subjects("user")]


async def _announced(ctx: Context, hub: Listeners, announcement_id: int) -> None:
    """Bring an announcement to all members, if it is still shown."""
    channels = _everybody(hub)
    rows = await announcement_rows.shown(ctx.db, ctx.clock()) if channels else []
    shown = [row for row in rows if row.id == announcement_id]
    for entity in await announcements.listed(ctx, shown, None):
        _tell(hub, channels, News("announcement", encode(entity)))


async def _reacted(ctx: Context, hub: Listeners, announcement_id: int, name: str) -> None:
    """Tell all members how many react with an emoji now: none, where the last has taken it back."""
    channels = _everybody(hub)
    if not channels:
        return
    found = await announcement_rows.reactions(ctx.db, [announcement_id], None)
    row = next((one for one in found if one.name == name), Reaction(announcement_id, name, 0, False, None))
    entity = announcements.reaction(shelf(ctx, None), row, None) | {"announcement_id": str(announcement_id)}
    _tell(hub, channels, News("announcement.reaction", encode(entity)))


async def _status(ctx: Context, hub: Listeners, status_id: int, event: str) -> None:
    """Bring a post to everybody who listens where it is to be found, and who may see it."""
    now = ctx.clock()

    async def look(tx: Reader) -> tuple[Facts, list[Channel], set[int]] | None:
        about = await streams.facts(tx, status_id)
        if about is None:
            return None
        channels = [
            Channel("user", str(one)) for one in await streams.at_home(tx, status_id, hub.subjects("user"))
        ]
        channels += _lists(await streams.in_lists(tx, status_id, hub.subjects("list")))
        channels += (
            _public(about.is_local, about.media_count > 0) if about.is_public and not about.is_reply else []
        )
        channels += _tagged(about.is_local, about.tag_names) if about.is_public else []
        seers = await visibility.who_sees(tx, _viewers(hub, channels), about)
        if seers:
            seers -= await streams.kept_away(tx, about.author_ids, sorted(seers), now)
        return about, channels, seers

    found = await ctx.db.read(look)
    if found is None or not found[2]:
        return
    about, channels, seers = found
    entities = await shared.status(ctx, about, seers)
    # The same entity is put into words once.
    words = {id(entity): News(event, bytes(entity)) for entity in entities.values()}
    for channel in channels:
        for connection in hub.listeners(channel):
            entity = entities.get(connection.viewer_id)
            if entity is not None:
                connection.tell(channel, words[id(entity)])


async def _deleted(ctx: Context, hub: Listeners, gone: Deleted) -> None:
    """Tell those who had a post that it is gone: its rows are, so it is those who could have it."""
    is_public = gone.visibility is Visibility.PUBLIC
    channels: list[Channel] = []
    if is_public:
        channels += _public(gone.is_local, gone.has_media) if gone.is_listed else []
        channels += _tagged(gone.is_local, gone.tags)
    authors = [gone.account_id] + ([] if gone.boosted_account_id is None else [gone.boosted_account_id])
    members = _everybody(hub)
    now = ctx.clock()

    async def look(tx: Reader) -> tuple[set[int], set[int], list[Channel]]:
        lists = _lists(await streams.lists_of(tx, gone.account_id, hub.subjects("list")))
        followers = sorted(_viewers(hub, [*members, *lists]))
        readers = {gone.account_id, *gone.named}
        if gone.visibility is not Visibility.DIRECT:
            readers |= await streams.followers(tx, gone.account_id, followers)
        if is_public:
            readers |= await streams.tag_followers(tx, gone.tags, followers)
        everybody = sorted(_viewers(hub, [*channels, *members, *lists]))
        away = await streams.kept_away(tx, authors, everybody, now) if everybody else set()
        return readers - away, set(everybody) - away, lists

    readers, anybody, lists = await ctx.db.read(look)
    news = News("delete", str(gone.status_id).encode())
    for some, hearers in ((channels, anybody), ([*members, *lists], readers)):
        for channel in some:
            for connection in hub.listeners(channel):
                if connection.viewer_id in hearers:
                    connection.tell(channel, news)


def _viewers(hub: Listeners, channels: Iterable[Channel]) -> set[int]:
    return {connection.viewer_id for channel in channels for connection in hub.listeners(channel)}


def _lists(ids: Iterable[int]) -> list[Channel]:
    return [Channel("list", str(one)) for one in ids]


def _public(is_local: bool, has_media: bool) -> list[Channel]:
    place = "public:local" if is_local else "public:remote"
    return [Channel(name) for base in ("public", place) for name in (base, f"{base}:media")[: 1 + has_media]]


def _tagged(is_local: bool, tags: Sequence[str]) -> list[Channel]:
    names = ("hashtag", "hashtag:local") if is_local else ("hashtag",)
    return [Channel(name, tag) for tag in tags for name in names]


async def _notified(ctx: Context, hub: Listeners, account_id: int, notification_id: int) -> None:
    """Bring a notification to the member, if they would find it among theirs."""
    if not _with_notifications(hub, account_id):
        return
    only = Bounds(limit=1, before=notification_id + 1, after=notification_id - 1)
    found = await notifications.listed(
        ctx,
        account_id,
        lambda tx: notification_pages.page(tx, only, account_id=account_id, wanted=Wanted(), now=ctx.clock()),
    )
    for entity in found.entities:
        _of_notifications(hub, account_id, News("notification", encode(entity)))


async def _conversation(ctx: Context, hub: Listeners, account_id: int, status_id: int) -> None:
    """Bring a conversation to the member whose it is."""
    channel = Channel("direct", str(account_id))
    viewer = await accounts.by_id(ctx.db, account_id) if hub.listeners(channel) else None
    if viewer is None:
        return

    async def find(tx: Reader) -> list[Conversation]:
        return [one for one in await conversation_rows.holding(tx, status_id) if one.account_id == account_id]

    _, entities = await conversations.conversations(ctx, viewer, find)
    for entity in entities:
        _tell(hub, [channel], News("conversation", encode(entity)))


def _of_notifications(hub: Listeners, account_id: int, news: News) -> None:
    for channel, connection in _with_notifications(hub, account_id):
        connection.tell(channel, news)


def _with_notifications(hub: Listeners, account_id: int) -> list[tuple[Channel, Connection]]:
    """Who listens to a member's notifications: by themselves, or along with the home timeline."""
    return [
        (channel, connection)
        for channel in (Channel("user", str(account_id)), Channel("user:notification", str(account_id)))
        for connection in hub.listeners(channel)
        if connection.hears_notifications
    ]
