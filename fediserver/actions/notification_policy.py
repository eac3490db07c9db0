"""Whose notifications a member accepts: strangers may be held back until they are let through, or not heard."""

from collections.abc import Sequence

import msgspec

from fediserver.actions import converse
from fediserver.actions.core import Core
from fediserver.clock import DAY
from fediserver.db import notification_policy as rows
from fediserver.db.database import Writer
from fediserver.db.notification_policy import Standing
from fediserver.errors import Invalid, NotFound
from fediserver.models.account import Account
from fediserver.models.event import NotificationsMerged
from fediserver.models.notification import ACCEPT
from fediserver.models.status import Status
from fediserver.models.visibility import Visibility

SUBJECT = frozenset(
    {
        *("mention", "status", "reblog", "follow", "follow_request", "favourite", "quote"),
        *("added_to_collection", "collection_update"),
    }
)
"""Kinds that a policy is about; what concerns one's own doings is told in any case."""
ASKING = frozenset({"mention", "quote"})
"""Kinds of which a member is asked whether to let the sender through."""
NEW = 30 * DAY
SETTLED = 3 * DAY
"""How long somebody has to have followed to count as a follower."""
AT_ONCE = 500
"""Requests that may be answered together."""


async def verdict(
    core: Core, tx: Writer, account_id: int, kind: str, sender: Account, status: Status | None
) -> int:
    """ACCEPT, FILTER or DROP: what a member's policy says of a notification; the strictest rule counts."""
    if kind not in SUBJECT:
        return ACCEPT
    is_private = kind == "mention" and status is not None and status.visibility is Visibility.DIRECT
    now = core.clock()
    standing = await rows.standing(
        tx,
        account_id=account_id,
        from_id=sender.id,
        conversation_id=status.conversation_id if status is not None and is_private else None,
        settled=now - SETTLED,
    )
    if standing is None or standing.permitted or standing.staff:
        return ACCEPT
    return _strictest(standing, sender, is_private=is_private, now=now)


def _strictest(standing: Standing, sender: Account, *, is_private: bool, now: int) -> int:
    policy = standing.policy
    found = [ACCEPT]
    if not standing.followed:
        found.append(policy.not_followers)
    if not standing.following:
        found.append(policy.not_following)
        if sender.created_at > now - NEW:
            found.append(policy.new_accounts)
        if is_private and not standing.answer:
            found.append(policy.private_mentions)
        if sender.silenced_at is not None:
            found.append(policy.limited_accounts)
        if sender.bot or sender.actor_type in ("Service", "Application"):
            found.append(policy.bots)
    return max(found)


async def change(core: Core, me_id: int, changes: dict[str, int]) -> None:
    """Change what a member does about strangers; what is not named stays."""

    async def work(tx: Writer) -> None:
        await rows.put(tx, msgspec.structs.replace(await rows.of(tx, me_id), **changes))

    await core.db.write(work)


async def accept(core: Core, me_id: int, ids: Sequence[int]) -> bool:
    """Let the senders of requests through, from now on and with what was held back; False when none waits."""
    _check_number(ids)

    async def work(tx: Writer) -> bool:
        await converse.let_in(core, tx, me_id, await rows.held_directly(tx, account_id=me_id, ids=ids))
        if not await rows.accept(tx, account_id=me_id, ids=ids, now=core.clock()):
            return False
        await tx.tell(NotificationsMerged(me_id))
        return True

    return await core.db.write(work)


async def accept_one(core: Core, me_id: int, request_id: int) -> None:
    """Let one sender through; NotFound when the request is not there."""
    if not await accept(core, me_id, [request_id]):
        raise NotFound


async def dismiss(core: Core, me_id: int, ids: Sequence[int]) -> bool:
    """Forget what was held back of the senders of requests; False when none waits."""
    _check_number(ids)
    return await core.db.write(lambda tx: rows.dismiss(tx, account_id=me_id, ids=ids))


async def dismiss_one(core: Core, me_id: int, request_id: int) -> None:
    """Forget what was held back of one sender; NotFound when the request is not there."""
    if not await dismiss(core, me_id, [request_id]):
        raise NotFound


def _check_number(ids: Sequence[int]) -> None:
    if len(ids) > AT_ONCE:
        raise Invalid(f"At most {AT_ONCE} requests can be answered at once")
