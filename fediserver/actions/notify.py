"""Tells members what happened to them."""

from collections.abc import Iterable

from fediserver.actions import notification_policy
from fediserver.actions.core import Core
from fediserver.db import accounts, notifications
from fediserver.db import notification_policy as requests
from fediserver.db.database import Writer
from fediserver.models.account import Account
from fediserver.models.notification import DROP, FILTER, Kind
from fediserver.models.status import Status


async def tell(
    core: Core,
    tx: Writer,
    account_id: int,
    kind: Kind,
    sender: Account,
    status: Status | None = None,
    *,
    collection_id: int | None = None,
) -> bool:
    """Tell a member of ours; nothing happens for others, across blocks, mutes, and the second time.

    Their policy may hold it back, or drop it. True when they hear of it now.
    """
    verdict = await notification_policy.verdict(core, tx, account_id, kind, sender, status)
    if verdict == DROP:
        return False
    told = await notifications.tell(
        tx,
        id=core.ids.next(),
        account_id=account_id,
        kind=kind,
        from_id=sender.id,
        status_id=status.id if status else None,
        collection_id=collection_id,
        filtered=verdict == FILTER,
        now=core.clock(),
    )
    if told and verdict == FILTER and kind in notification_policy.ASKING:
        await requests.ask(tx, id=core.ids.next(), account_id=account_id, from_id=sender.id, now=core.clock())
    return told and verdict != FILTER


async def tell_named(
    core: Core, tx: Writer, named: Iterable[Account], author: Account, status: Status
) -> list[int]:
    """Tell those of ours whom a post names; answers who hears of it now."""
    return [
        account.id
        for account in named
        if account.domain == "" and await tell(core, tx, account.id, "mention", author, status)
    ]


async def tell_staff(
    core: Core, tx: Writer, kind: Kind, sender: Account, report_id: int | None = None
) -> None:
    """Tell everybody who moderates here what somebody did; not themselves of their own doings."""
    for account_id in await accounts.staff(tx):
        await notifications.tell(
            tx,
            id=core.ids.next(),
            account_id=account_id,
            kind=kind,
            from_id=sender.id,
            report_id=report_id,
            now=core.clock(),
        )


async def tell_of_oneself(
    core: Core,
    tx: Writer,
    member: Account,
    kind: Kind,
    *,
    act_id: int | None = None,
    severance_id: int | None = None,
) -> None:
    """Tell a member what has become of their account; not who decided it, so it comes from themselves."""
    await notifications.tell(
        tx,
        id=core.ids.next(),
        account_id=member.id,
        kind=kind,
        from_id=member.id,
        act_id=act_id,
        severance_id=severance_id,
        own=True,
        now=core.clock(),
    )


async def take_back(
    tx: Writer,
    account_id: int,
    kind: Kind,
    sender: Account,
    status: Status | None = None,
    *,
    collection_id: int | None = None,
) -> None:
    """Take a notification back: what it told of is undone."""
    await notifications.forget(
        tx,
        account_id=account_id,
        kind=kind,
        from_id=sender.id,
        status_id=status.id if status else None,
        collection_id=collection_id,
    )


async def tell_even_oneself(
    core: Core, tx: Writer, account_id: int, kind: Kind, sender: Account, status: Status
) -> None:
    """Tell a member about a post that may be their own: the end of a poll is news for its author, too."""
    await notifications.tell(
        tx,
        id=core.ids.next(),
        account_id=account_id,
        kind=kind,
        from_id=sender.id,
        status_id=status.id,
        own=True,
        now=core.clock(),
    )
