"""Work for later, by kind: looking for people, ending polls, telling counts, fetching parents and quotes."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import orjson

from fediserver.actions import announce, delete, domain_block, notify, publish, schedule, vote
from fediserver.actions.write import domain_of, markup
from fediserver.activitypub import follower_sync, lookup, notes, quoted
from fediserver.activitypub.context import Context
from fediserver.clock import SECOND
from fediserver.db import accounts, jobs, polls, statuses
from fediserver.db.database import Writer
from fediserver.errors import FediserverError, Unreachable
from fediserver.jobs import imports
from fediserver.jobs.shares import Shares
from fediserver.models.account import Account
from fediserver.models.delivery import Job
from fediserver.models.event import Edited, deleted
from fediserver.models.status import Status
from fediserver.net import hosts as breaker
from fediserver.running import RunningTasks
from fediserver.text import compose
from fediserver.text.handles import Handle, parse

log = logging.getLogger(__name__)

LEASE = 20 * SECOND
AT_ONCE = 16
OF_KIND = 4
"""Of one kind among those: strangers can leave as many posts with parents and quotes to be fetched as they like."""
PURGE_AT_ONCE = 100

Args = dict[str, Any]
Work = Callable[[Context, Args], Awaitable[None]]


async def find_mentions(ctx: Context, args: Args) -> None:
    """Look for people named in a post whom nobody here had met; Unreachable while some are missing."""
    status = await statuses.by_id(ctx.db, args["status_id"])
    author = await accounts.by_id(ctx.db, status.account_id) if status else None
    if status is None or author is None or status.text is None:
        return
    pending = [parse(text) for text in await statuses.pending_mentions(ctx.db, status.id)]
    missing = [handle for handle in pending if handle is not None]
    found = (await lookup.many_by_handle(ctx, missing, 30)).found
    for handle, account in found.items():
        current = await statuses.by_id(ctx.db, status.id)
        if current is None or current.text is None:
            return
        known = {one: who for one in compose.find(current.text).mentions if (who := await _known(ctx, one))}
        known[handle] = account
        text_html = markup(ctx, current.text, known)
        await publish.name_later(ctx, author, current, handle, account, text_html)
    if len(found) < len(missing):
        raise Unreachable(f"{len(missing) - len(found)} people named in the post were not found")


async def _known(ctx: Context, handle: Handle) -> Account | None:
    return await accounts.by_handle(ctx.db, handle.name, domain_of(ctx, handle))


async def end_poll(ctx: Context, args: Args) -> None:
    """Tell voters and author that a poll is over, and everybody the final counts."""
    poll = await polls.by_id(ctx.db, args["poll_id"])
    status = await statuses.by_id(ctx.db, poll.status_id) if poll else None
    author = await accounts.by_id(ctx.db, status.account_id) if status else None
    if poll is None or status is None or author is None:
        return

    async def work(tx: Writer) -> None:
        for voter in {*await polls.voters(tx, poll.id), author.id}:
            await notify.tell_even_oneself(ctx, tx, voter, "poll", author, status)
        await statuses.touch(tx, status.id)
        await tx.tell(Edited(status.id))

    await ctx.db.write(work)
    if author.domain == "":
        await vote.tell_counts(ctx, poll.id)


async def tell_poll_counts(ctx: Context, args: Args) -> None:
    """Send the counts of a poll to everybody who has it."""
    await vote.tell_counts(ctx, args["poll_id"])


async def have_poll_heard(ctx: Context, args: Args) -> None:
    """Those who listen hear of the counts of a poll."""
    await ctx.db.write(lambda tx: tx.tell(Edited(args["status_id"])))


async def fetch_parent(ctx: Context, args: Args) -> None:
    """Fetch a post that a reply here waits for."""
    await notes.fetch_parent(ctx, args["uri"], depth=args["depth"], fetches=args["fetches"])


async def look_up_quote(ctx: Context, args: Args) -> None:
    """Find what another server's post quotes, and whether its author consents."""
    await quoted.look_up(ctx, args["quote_id"], fetches=args["fetches"])


async def compare_followers(ctx: Context, args: Args) -> None:
    """Let the list of an actor's own server count for who follows the actor from here."""
    await follower_sync.settle(ctx, args["account_id"], args["url"])


async def purge_posts(ctx: Context, args: Args) -> None:
    """Remove everything that an account which is gone has posted, a hundred posts at a time, and its pictures."""
    for path in args.get("files", ()):
        await ctx.storage.delete(path)
    owner = await accounts.by_id(ctx.db, args["account_id"])
    while owner is not None and owner.deleted_at is not None:
        some = await statuses.some_of(ctx.db, owner.id, PURGE_AT_ONCE)
        if not some:
            return

        async def work(tx: Writer, some: list[Status] = some, owner: Account = owner) -> None:
            for status in some:
                if status.reblog_of_id is None:
                    await delete.remove(ctx, tx, owner, status)
                else:
                    await statuses.delete(tx, status.id)
                    await tx.tell(deleted(status))
                    await statuses.count(tx, status.reblog_of_id, reblogs=-1)

        await ctx.db.write(work)


async def cut_ties(ctx: Context, args: Args) -> None:
    """End what a member has to do with a server that they block."""
    await domain_block.cut_ties(ctx, args["account_id"], args["domain"])


async def publish_scheduled(ctx: Context, args: Args) -> None:
    """Publish a post whose time has come."""
    await schedule.publish_due(ctx, args["scheduled_id"])


async def tell_announcement(ctx: Context, args: Args) -> None:
    """Publish an announcement, or tell those who listen that it is there, or gone."""
    await announce.settle(ctx, args["announcement_id"])


KINDS: dict[str, Work] = {
    "announcement": tell_announcement,
    "domain_block": cut_ties,
    "followers": compare_followers,
    "import": imports.step,
    "mentions": find_mentions,
    "parent": fetch_parent,
    "poll": end_poll,
    "poll_counts": tell_poll_counts,
    "poll_heard": have_poll_heard,
    "purge": purge_posts,
    "quote": look_up_quote,
    "scheduled": publish_scheduled,
}


class Errands:
    """Takes work as it becomes due and does it, few errands of each kind at once: what takes long holds up no other."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.running = RunningTasks()
        self._shares = Shares(OF_KIND)

    async def take_due(self) -> int:
        """Begin what is due, as much as there is room for; answers how much."""
        ctx, room = self._ctx, AT_ONCE - len(self.running)
        if room <= 0:
            return 0
        now = ctx.clock()
        (kinds,) = self._shares.full()
        shares = self._shares.copy()

        async def take(tx: Writer) -> list[Job]:
            due = await jobs.due(tx, now=now, limit=room, kinds=kinds)
            some = [job for job in due if shares.take(job.kind)]
            await jobs.lease(tx, [job.id for job in some], boot=ctx.boot, until=now + LEASE)
            return some

        taken = await ctx.db.write(take)
        for job in taken:
            self._shares.take(job.kind)
            self.running.start(self._run(job), partial(self._ended, job.kind))
        return len(taken)

    async def renew(self) -> None:
        """Keep the leases of the work that is being done."""
        if self.running:
            ctx, now = self._ctx, self._ctx.clock()
            await ctx.db.write(lambda tx: jobs.renew(tx, boot=ctx.boot, now=now, until=now + LEASE))

    def _ended(self, kind: str, _: asyncio.Task[None]) -> None:
        self._shares.give_back(kind)
        self._ctx.bus.publish("jobs")

    async def _run(self, job: Job) -> None:
        ctx = self._ctx
        try:
            await KINDS[job.kind](ctx, orjson.loads(job.args))
        except Exception as problem:  # no errand may stop the others
            if not isinstance(problem, FediserverError):
                log.exception("the errand %s failed", job.once_key)
            now = ctx.clock()
            next_at = breaker.retry_at(job.attempts + 1, now, random.random())  # noqa: S311 - jitter
            if next_at is not None and next_at < job.give_up_at:
                text = f"{type(problem).__name__}: {problem}"[:300]
                await ctx.db.write(lambda tx: jobs.postpone(tx, job.id, run_at=next_at, last_error=text))
                return
            log.info("given up the errand %s: %s", job.once_key, problem)
        await ctx.db.write(lambda tx: jobs.done(tx, job.id))
