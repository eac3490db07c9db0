"""Keeps members' conversations: what is written directly, by thread and by who takes part."""

from collections.abc import Iterable, Mapping, Sequence

from fediserver.actions.core import Core
from fediserver.db import conversations as rows
from fediserver.db import statuses
from fediserver.db.conversations import Entry
from fediserver.db.database import Writer
from fediserver.errors import NotFound
from fediserver.models.account import Account
from fediserver.models.conversation import joined
from fediserver.models.event import ConversationMoved
from fediserver.models.status import Status
from fediserver.models.visibility import Visibility


async def enter(
    core: Core, tx: Writer, author: Account, status: Status, named: Iterable[int], heard: Iterable[int]
) -> None:
    """Bring a new post before its author, and unread before those of ours who were told of it."""
    if status.visibility is Visibility.DIRECT:
        owners = dict.fromkeys(heard, True)
        if author.domain == "":
            owners[author.id] = False
        await rows.put(tx, _entries(core, status, [author.id, *named], owners))
        for owner in owners:
            await tx.tell(ConversationMoved(owner, status.id))


async def settle(core: Core, tx: Writer, author: Account, status: Status, heard: Iterable[int]) -> None:
    """After a change of who is named in a post: move it to the conversation of those who take part now."""
    if status.visibility is not Visibility.DIRECT:
        return
    people = {author.id, *(await rows.named(tx, [status.id]))[status.id]}
    participants = joined(people)
    moved = [one for one in await rows.holding(tx, status.id) if one.participants != participants]
    owners = dict.fromkeys(heard, True) | {
        one.account_id: one.unread for one in moved if one.account_id in people
    }
    if moved:
        await rows.take_out(tx, status.id, [one.id for one in moved])
    await rows.put(tx, _entries(core, status, people, owners))


async def take_out(tx: Writer, status: Status) -> None:
    """A post is going to be deleted."""
    if status.visibility is Visibility.DIRECT:
        held = [one.id for one in await rows.holding(tx, status.id)]
        if held:
            await rows.take_out(tx, status.id, held)


async def let_in(core: Core, tx: Writer, me_id: int, status_ids: Sequence[int]) -> None:
    """Bring before a member what was written to them directly and held back until now."""
    named = await rows.named(tx, status_ids)
    found = (await statuses.by_ids(tx, status_ids)).values()
    await rows.put(
        tx,
        [
            entry
            for one in found
            for entry in _entries(core, one, [one.account_id, *named[one.id]], {me_id: True})
        ],
    )


async def mark(core: Core, me_id: int, conversation_id: int, *, unread: bool) -> None:
    """Mark a conversation as read or unread; NotFound when the member has none such."""
    if not await core.db.write(lambda tx: rows.set_unread(tx, me_id, conversation_id, unread=unread)):
        raise NotFound


async def forget(core: Core, me_id: int, conversation_id: int) -> None:
    """Forget a conversation until somebody writes in it again; NotFound when the member has none such."""
    if not await core.db.write(lambda tx: rows.delete(tx, me_id, conversation_id)):
        raise NotFound


def _entries(core: Core, status: Status, people: Iterable[int], owners: Mapping[int, bool]) -> list[Entry]:
    """A post in the conversations of its `owners`, each with whether it is unread there."""
    participants = joined(people)
    return [
        Entry(
            id=core.ids.next(),
            account_id=account_id,
            conversation_id=status.conversation_id,
            participants=participants,
            status_id=status.id,
            unread=unread,
        )
        for account_id, unread in owners.items()
    ]
