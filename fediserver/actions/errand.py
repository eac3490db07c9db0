"""Work for later, left within the transaction that makes it necessary; `jobs/errands.py` does it."""

from fediserver.actions.core import Core
from fediserver.clock import DAY
from fediserver.db import jobs
from fediserver.db.database import Writer
from fediserver.models.account import Account

PURGED_FOR = 7 * DAY


async def leave(
    core: Core,
    tx: Writer,
    kind: str,
    args: dict[str, object],
    about: object,
    *,
    run_at: int | None = None,
    tried_for: int = DAY,
) -> None:
    """Have some work done, at once or at a time (ms), and tried for so long (ms).

    While work of that kind waits that is about the same, it is not left again; while it is being done, it is: what
    it has read may be old.
    """
    now = core.clock()
    moment = now if run_at is None else run_at
    await jobs.add(
        tx,
        jobs.NewJob(
            id=core.ids.next(),
            kind=kind,
            args=args,
            once=_name(kind, about),
            run_at=moment,
            give_up_at=moment + tried_for,
        ),
        now=now,
    )


async def purge(core: Core, tx: Writer, account: Account) -> None:
    """Have all that somebody who is gone has posted removed, bit by bit, and of ours the pictures of their profile."""
    shown = {account.avatar, account.avatar_still, account.header, account.header_still} - {""}
    files = sorted(shown) if account.domain == "" else []
    args: dict[str, object] = {"account_id": account.id, "files": files}
    await leave(core, tx, "purge", args, account.id, tried_for=PURGED_FOR)


async def withdraw(tx: Writer, kind: str, about: object) -> None:
    """Let it be; nothing happens when it is done already."""
    await jobs.forget(tx, _name(kind, about))


def _name(kind: str, about: object) -> str:
    return f"{kind}:{about}"
