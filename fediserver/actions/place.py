"""Puts a new post where it belongs: rows, counters, homes and notifications, in one transaction.

Local and remote posts come through here alike; what leaves the node is the business of outbox.py.
"""

from collections.abc import Iterable, Sequence

import msgspec

from fediserver.actions import converse, link, notify, reblog
from fediserver.actions.core import Core
from fediserver.db import (
    accounts,
    conversations,
    home,
    indexing,
    list_entries,
    polls,
    relationships,
    statuses,
)
from fediserver.db import tags as tag_rows
from fediserver.db.database import Writer
from fediserver.db.home import Arrival
from fediserver.db.indexing import POST
from fediserver.models.account import Account
from fediserver.models.event import Posted
from fediserver.models.poll import Poll, PollOption
from fediserver.models.status import Status
from fediserver.models.visibility import Visibility

NOBODY = 0
"""The id of no account."""


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What hangs on a post: accounts named in it, accounts addressed only, tags, and a poll."""

    named: tuple[Account, ...] = ()
    silent: tuple[Account, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    poll: Poll | None = None
    options: tuple[PollOption, ...] = ()

    @property
    def addressed(self) -> tuple[Account, ...]:
        """Everybody whom the post is meant for by name."""
        return self.named + self.silent


async def place(core: Core, tx: Writer, author: Account, status: Status, parts: Parts) -> None:
    """Insert a post and bring it before everybody here whom it concerns.

    Raises Clash when its uri is known.
    """
    await statuses.insert(tx, status)
    await statuses.count_own(tx, author.id, 1, posted_at=status.created_at)
    if parts.addressed:
        await statuses.add_mentions(
            tx, status.id, [one.id for one in parts.named], [one.id for one in parts.silent]
        )
    if parts.tags:
        await write_tags(core, tx, status.id, parts.tags)
    if parts.poll is not None:
        await polls.insert(tx, parts.poll, parts.options)
    await link.note(core, tx, status)
    if status.in_reply_to_id is not None:
        await statuses.count(tx, status.in_reply_to_id, replies=1)
    await _adopt_orphans(tx, status)
    await _bring_home(core, tx, author, status, parts)
    await tx.tell(Posted(status.id))
    heard = await notify.tell_named(core, tx, parts.named, author, status)
    await converse.enter(core, tx, author, status, [one.id for one in parts.named], heard)
    await share_in_groups(core, tx, author, status, parts.addressed)
    await _index(tx, author, status, parts)


async def _index(tx: Writer, author: Account, status: Status, parts: Parts) -> None:
    """Have the post indexed if anybody may find it; a parent, because a member of ours has answered it."""
    own = author.domain == ""
    public = author.indexable and status.visibility is Visibility.PUBLIC
    if own or public or any(one.domain == "" for one in parts.addressed):
        await indexing.wait(tx, POST, status.id)
    if own and status.in_reply_to_id is not None and status.in_reply_to_account_id != author.id:
        await indexing.wait(tx, POST, status.in_reply_to_id)


async def write_tags(core: Core, tx: Writer, status_id: int, tags: Iterable[tuple[str, str]]) -> None:
    """Tag a post: pairs of (folded name, name as typed)."""
    new = [(core.ids.next(), name, shown) for name, shown in tags]
    await tag_rows.mark(tx, status_id, new, core.clock())


async def _adopt_orphans(tx: Writer, status: Status) -> None:
    """Link replies that came before this post, and bring their threads into its own."""
    orphans = await statuses.orphans_of(tx, status.uri)
    if not orphans:
        return
    adopted = await statuses.adopt(tx, status)
    await statuses.count(tx, status.id, replies=adopted)
    for old in {orphan.conversation_id for orphan in orphans} - {status.conversation_id}:
        await statuses.join_conversation(tx, old=old, new=status.conversation_id)
        await conversations.join(tx, old=old, new=status.conversation_id)


async def _bring_home(core: Core, tx: Writer, author: Account, status: Status, parts: Parts) -> None:
    position = core.ids.next()
    if author.domain == "":
        await home.add(
            tx,
            account_id=author.id,
            position=position,
            status_id=status.id,
            original_id=status.id,
            author_id=author.id,
        )
    # A reply whose parent is not here answers nobody whom a reader could follow.
    answered_id = NOBODY if status.in_reply_to_uri is not None else status.in_reply_to_account_id
    arrival = Arrival(
        position=position,
        status_id=status.id,
        author_id=author.id,
        answered_id=answered_id,
        direct=status.visibility is Visibility.DIRECT,
        language=status.language,
        now=core.clock(),
    )
    await home.distribute(tx, arrival)
    if parts.tags and status.visibility is Visibility.PUBLIC and author.silenced_at is None:
        await home.distribute_tagged(tx, arrival)
    await list_entries.distribute(tx, arrival)


async def share_in_groups(
    core: Core, tx: Writer, author: Account, status: Status, addressed: Sequence[Account]
) -> None:
    """Let our groups that a public post is meant for boost it to their followers.

    A group speaks for those who belong to it: its members and, from other servers, its followers.
    A reply is part of a thread that the group has shown; it is not boosted again.
    """
    if status.visibility is not Visibility.PUBLIC:
        return
    if status.in_reply_to_id is not None or status.in_reply_to_uri is not None:
        return
    for group in addressed:
        if group.domain == "" and group.actor_type == "Group" and await _belongs(tx, author, group):
            await reblog.boost(core, tx, group, status, author)
            await reblog.pass_on(core, tx, group, status, author)


async def _belongs(tx: Writer, author: Account, group: Account) -> bool:
    return (
        await accounts.member(tx, group.id, author.id) is not None
        or await relationships.follow(tx, author.id, group.id) is not None
    )
