"""Vote in a poll."""

from collections.abc import Sequence

from fediserver.actions import audience, errand, index, outbox
from fediserver.actions.audience import of_change
from fediserver.actions.core import Core
from fediserver.actions.outbox import Deed, emit
from fediserver.clock import MINUTE, SECOND
from fediserver.db import accounts, polls, statuses
from fediserver.db.database import Writer
from fediserver.errors import Invalid, NotFound
from fediserver.models.account import Account
from fediserver.models.poll import Poll, PollOption
from fediserver.models.status import Status

SPREAD_AFTER = 3 * MINUTE
HEARD_AFTER = 5 * SECOND
"""Between two times that those who listen hear of a poll's counts: one news for all votes of a while."""


async def vote(core: Core, voter: Account, poll: Poll, choices: Sequence[int], uri: str = "") -> None:
    """Choose one option, or several where the poll allows it. `uri` is that of a remote vote.

    A vote in a poll of another server is sent there, one message for each choice, and counted here
    until that server's own count arrives. Raises Invalid for a poll that is over or a wrong choice.
    """
    status = await statuses.by_id(core.db, poll.status_id)
    author = await accounts.by_id(core.db, status.account_id) if status else None
    if status is None or author is None:
        raise NotFound
    options = await polls.options(core.db, [poll.id])
    _check(core, voter, poll, status, options, choices)

    async def work(tx: Writer) -> None:
        before = (await polls.own_votes(tx, voter.id, [poll.id])).get(poll.id, [])
        if before and not poll.multiple:
            raise Invalid("Validation failed: You have already voted on this poll")
        fresh = [choice for choice in dict.fromkeys(choices) if choice not in before]
        if not fresh:
            raise Invalid("Validation failed: You have already voted on this poll")
        for choice in fresh:
            await _record(core, tx, voter, poll, status, author, options[choice], uri)
        if not before:
            await polls.count_voter(tx, poll.id)
        await statuses.touch(tx, status.id)
        await have_heard(core, tx, status.id)
        await index.dealt_with(tx, voter, status)
        if author.domain == "":
            await _spread_counts(core, tx, poll)

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


def _check(
    core: Core,
    voter: Account,
    poll: Poll,
    status: Status,
    options: Sequence[PollOption],
    choices: Sequence[int],
) -> None:
    if poll.closed_at is not None or (poll.expires_at is not None and poll.expires_at <= core.clock()):
        raise Invalid("Validation failed: The poll has already ended")
    if status.account_id == voter.id:
        raise Invalid("Validation failed: You cannot vote in your own poll")
    if not choices or not all(0 <= choice < len(options) for choice in choices):
        raise Invalid("Validation failed: there is no such option")
    if len(set(choices)) > 1 and not poll.multiple:
        raise Invalid("Validation failed: this poll takes one choice")


async def _spread_counts(core: Core, tx: Writer, poll: Poll) -> None:
    """The counts are news for everybody who has the poll: told once for all votes of a while."""
    soon = core.clock() + SPREAD_AFTER
    await errand.leave(core, tx, "poll_counts", {"poll_id": poll.id}, poll.id, run_at=soon)


async def have_heard(core: Core, tx: Writer, status_id: int) -> None:
    """Have those who listen hear of the counts of a post's poll, soon and once for all that comes until then."""
    soon = core.clock() + HEARD_AFTER
    about: dict[str, object] = {"status_id": status_id}
    await errand.leave(core, tx, "poll_heard", about, status_id, run_at=soon, tried_for=MINUTE)


async def tell_counts(core: Core, poll_id: int) -> None:
    """Send the present counts of a poll of ours to everybody who has it."""
    poll = await polls.by_id(core.db, poll_id)
    status = await statuses.by_id(core.db, poll.status_id) if poll else None
    author = await accounts.by_id(core.db, status.account_id) if status else None
    if status is None or author is None:
        return

    async def work(tx: Writer) -> None:
        deed = Deed(verb="update", actor=author, object_uri=status.uri, facts={"poll": True})
        await emit(core, tx, deed, await of_change(tx, status))

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def _record(
    core: Core,
    tx: Writer,
    voter: Account,
    poll: Poll,
    status: Status,
    author: Account,
    option: PollOption,
    uri: str,
) -> None:
    deed_id = core.ids.next()
    elsewhere = voter.domain == "" and author.domain != ""
    await polls.put_vote(
        tx,
        poll.id,
        account_id=voter.id,
        position=option.position,
        uri=core.uris.activity(deed_id) if elsewhere else uri,
        now=core.clock(),
    )
    if elsewhere:
        deed = Deed(
            verb="vote",
            actor=voter,
            object_uri=status.uri,
            target_uri=author.uri,
            facts={"choice": option.title},
            id=deed_id,
        )
        await emit(core, tx, deed, audience.one(author))
