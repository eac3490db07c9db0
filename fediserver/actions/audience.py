"""Who receives what leaves this node: accounts and servers, never addresses of a protocol."""

from collections.abc import Iterable

import msgspec
import orjson

from fediserver.db import outgoing, quotes, statuses
from fediserver.db.database import Reader
from fediserver.models.account import Account
from fediserver.models.status import Status
from fediserver.models.visibility import Visibility


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """Inboxes to write to: of everybody who follows somebody, of single accounts, of whole servers.

    `own_inbox` sends each account its own copy; else one for each server is enough.
    """

    followers_of: int | None = None
    accounts: tuple[int, ...] = ()
    hosts: tuple[int, ...] = ()
    own_inbox: bool = False


def one(account: Account) -> Audience:
    """A single account, at its own inbox."""
    return Audience(accounts=(account.id,), own_inbox=True)


def of_status(status: Status, addressed: Iterable[int]) -> Audience:
    """A new post: the author's followers unless it is direct, and everybody it names or answers."""
    accounts = set(addressed)
    if status.in_reply_to_account_id is not None and status.visibility is not Visibility.DIRECT:
        accounts.add(status.in_reply_to_account_id)
    direct = status.visibility is Visibility.DIRECT
    return Audience(
        followers_of=None if direct else status.account_id,
        accounts=tuple(sorted(accounts - {status.account_id})),
        own_inbox=direct,
    )


async def of_change(db: Reader, status: Status) -> Audience:
    """An edit or the end of a post: its audience, and every server that has had it or a boost of it, or quotes it."""
    named = await statuses.mentioned(db, status.id)
    told = of_status(status, named)
    hosts: set[int] = set()
    for reach in await outgoing.reaches(db, status.uri):
        hosts.update(orjson.loads(reach))
    if status.quotes_count:
        hosts.update(await quotes.hosts(db, status.id))
    return msgspec.structs.replace(told, hosts=tuple(sorted(hosts)))
