"""Sends the mail that waits, a few letters at once; what cannot be handed over now is tried again for two days."""

import asyncio
import logging
import random

from fediserver.actions import mail as mail_actions
from fediserver.activitypub.context import Context
from fediserver.clock import SECOND
from fediserver.db import mails
from fediserver.db.database import Writer
from fediserver.errors import FediserverError, Refused
from fediserver.models.account import Account
from fediserver.models.mail import Mail
from fediserver.net import hosts as breaker
from fediserver.net.mail import Mailer
from fediserver.running import RunningTasks
from fediserver.views import mail as words

log = logging.getLogger(__name__)

LEASE = 20 * SECOND
AT_ONCE = 4


class Postman:
    """Takes mail as it becomes due and hands it over; does nothing on a node that sends none."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.running = RunningTasks()

    async def take_due(self) -> int:
        """Begin to send what is due, as much as there is room for; answers how many."""
        ctx, room = self._ctx, AT_ONCE - len(self.running)
        mailer, now = ctx.mailer, ctx.clock()
        if mailer is None or room <= 0 or not await mails.any_due(ctx.db, now):
            return 0
        due = await ctx.db.write(
            lambda tx: mails.claim(tx, boot=ctx.boot, now=now, until=now + LEASE, limit=room)
        )
        for mail in due:
            self.running.start(self._run(mailer, mail), self._ended)
        return len(due)

    async def renew(self) -> None:
        """Keep the leases of what is being sent."""
        if self.running:
            ctx, now = self._ctx, self._ctx.clock()
            await ctx.db.write(lambda tx: mails.renew(tx, boot=ctx.boot, now=now, until=now + LEASE))

    def _ended(self, _: asyncio.Task[None]) -> None:
        self._ctx.bus.publish("mails")

    async def _run(self, mailer: Mailer, mail: Mail) -> None:
        ctx = self._ctx
        try:
            await self._send(mailer, mail)
        except Refused as problem:
            log.info("mail (%s) is given up: %s", mail.purpose, problem)
        except Exception as problem:  # no letter may stop the others
            if not isinstance(problem, FediserverError):
                log.exception("mail failed")
            if await self._later(mail, str(problem)):
                return
        await ctx.db.write(lambda tx: mails.done(tx, mail.id))

    async def _send(self, mailer: Mailer, mail: Mail) -> None:
        ctx = self._ctx
        token = mail_actions.token_of(ctx.secret, mail)

        async def prepare(tx: Writer) -> Account | None:
            return await mail_actions.prepare(ctx, tx, mail, token)

        account = await ctx.db.write(prepare)
        if account is not None:
            await mailer.send(words.letter(ctx, mail, account, token))

    async def _later(self, mail: Mail, error: str) -> bool:
        """Try again in a while; False when it is given up."""
        run_at = breaker.retry_at(mail.attempts + 1, self._ctx.clock(), random.random())  # noqa: S311 - jitter
        if run_at is None or run_at > mail.give_up_at:
            log.warning("mail (%s) is given up: %s", mail.purpose, error)
            return False
        await self._ctx.db.write(
            lambda tx: mails.postpone(tx, mail.id, run_at=run_at, last_error=error[:300])
        )
        return True
