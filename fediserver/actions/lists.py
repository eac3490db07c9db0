"""Lists: some of those a member follows, to be read apart."""

from collections.abc import Sequence

import msgspec

from fediserver.actions.core import Core
from fediserver.db import home, list_entries, lists
from fediserver.db.database import Reader, Writer
from fediserver.errors import Invalid, NotFound
from fediserver.models.account import Account
from fediserver.models.lists import AccountList, Policy

MOST = 50
"""Lists of one member."""
ACCOUNTS = 2000
"""Accounts in one list."""
TITLE_CHARACTERS = 256
FILL = 20
"""Posts of each account that a list shows as soon as the account is in it."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change about a list; what is None stays."""

    title: str | None = None
    replies_policy: Policy | None = None
    exclusive: bool | None = None


async def create(core: Core, me: Account, change: Change) -> AccountList:
    """Make a list; raises Invalid without a title, or when there are too many."""
    row = AccountList(
        id=core.ids.next(),
        account_id=me.id,
        title=_title(change.title or ""),
        replies_policy=change.replies_policy or "list",
        exclusive=bool(change.exclusive),
        created_at=core.clock(),
    )

    async def work(tx: Writer) -> None:
        if await lists.count(tx, me.id) >= MOST:
            raise Invalid(f"Validation failed: you have {MOST} lists, delete one before you make another")
        await lists.insert(tx, row)

    await core.db.write(work)
    return row


async def update(core: Core, me: Account, list_id: int, change: Change) -> AccountList:
    """Change a list of one's own; what leaves or comes back to home does so at once."""

    async def work(tx: Writer) -> AccountList:
        before = await find(tx, me, list_id)
        after = msgspec.structs.replace(
            before,
            title=before.title if change.title is None else _title(change.title),
            replies_policy=change.replies_policy or before.replies_policy,
            exclusive=before.exclusive if change.exclusive is None else change.exclusive,
        )
        await lists.update(tx, after)
        if after.exclusive != before.exclusive:
            members = await lists.members(tx, list_id)
            if after.exclusive:
                await home.forget_authors(tx, me.id, members)
            else:
                await home.fill_from_list(tx, me.id, list_id, members)
        return after

    return await core.db.write(work)


async def delete(core: Core, me: Account, list_id: int) -> None:
    """Delete a list of one's own."""

    async def work(tx: Writer) -> None:
        found = await find(tx, me, list_id)
        if found.exclusive:
            await home.fill_from_list(tx, me.id, list_id, await lists.members(tx, list_id))
        await lists.delete(tx, list_id)

    await core.db.write(work)


async def add(core: Core, me: Account, list_id: int, account_ids: Sequence[int]) -> None:
    """Put accounts into a list, with their latest posts: all of them, or none.

    Raises NotFound for whom the member does not follow, Invalid for who is in the list already.
    """
    wanted = list(dict.fromkeys(account_ids))

    async def work(tx: Writer) -> None:
        found = await find(tx, me, list_id)
        follow_ids: dict[int, int | None] = {me.id: None, **await lists.follows(tx, me.id, wanted)}
        if any(one not in follow_ids for one in wanted):
            raise NotFound("You can only put people into a list whom you follow")
        members = set(await lists.members(tx, list_id))
        if members.intersection(wanted):
            raise Invalid("Validation failed: Account has already been taken")
        if len(members) + len(wanted) > ACCOUNTS:
            raise Invalid(f"Validation failed: a list holds at most {ACCOUNTS} accounts")
        await lists.add(tx, found, {one: follow_ids[one] for one in wanted})
        await list_entries.fill(tx, list_id, me.id, wanted, FILL)
        if found.exclusive:
            await home.forget_authors(tx, me.id, wanted)

    await core.db.write(work)


async def remove(core: Core, me: Account, list_id: int, account_ids: Sequence[int]) -> None:
    """Take accounts out of a list; those that are not in it are passed over."""

    async def work(tx: Writer) -> None:
        found = await find(tx, me, list_id)
        if found.exclusive:
            await home.fill_from_list(tx, me.id, list_id, account_ids)
        await lists.remove(tx, list_id, account_ids)

    await core.db.write(work)


async def find(db: Reader, me: Account, list_id: int) -> AccountList:
    """The member's list; NotFound for somebody else's."""
    found = await lists.one(db, list_id, owner_id=me.id)
    if found is None:
        raise NotFound
    return found


def _title(text: str) -> str:
    title = " ".join(text.replace("\0", "").split())
    if not title:
        problem, code = "can't be blank", "ERR_BLANK"
    elif len(title) > TITLE_CHARACTERS:
        problem, code = f"is too long (maximum is {TITLE_CHARACTERS} characters)", "ERR_TOO_LONG"
    else:
        return title
    raise Invalid(f"Validation failed: Title {problem}", {"title": [(code, problem)]})
