"""Collections: accounts that a member recommends, each of which agrees and may take that back."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from fediserver.actions import notify, tags, visibility
from fediserver.actions.core import Core
from fediserver.db import accounts, collections, relationships
from fediserver.db.database import Reader, Writer
from fediserver.errors import Forbidden, Invalid, NotFound
from fediserver.models.account import Account
from fediserver.models.collection import Collection, CollectionItem, ItemState
from fediserver.text import language

MOST = 10
"""Collections of one member: `collection_limit` of their role."""
ITEMS = 25
NAME_CHARACTERS = 40
DESCRIPTION_CHARACTERS = 100

Details = dict[str, list[tuple[str, str]]]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change about a collection; what is unset stays, a tag or language of None or '' goes."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    sensitive: bool | UnsetType = UNSET
    discoverable: bool | UnsetType = UNSET
    tag_name: str | UnsetType | None = UNSET


def agrees(account: Account) -> bool:
    """Whether somebody lets others recommend them: members of ours who want to be found.

    What people of other servers want is not known here.
    """
    return account.domain == "" and account.discoverable and account.suspended_at is None


async def create(core: Core, me: Account, change: Change, account_ids: Sequence[int]) -> Collection:
    """Make a collection with some accounts in it: with all of them, or not at all.

    Raises Invalid for what is wrong with it, NotFound and Forbidden as `add` does.
    """
    now = core.clock()
    blank = Collection(
        id=core.ids.next(),
        account_id=me.id,
        name="",
        description="",
        language=None,
        sensitive=False,
        discoverable=False,
        tag_id=None,
        created_at=now,
        updated_at=now,
    )
    missing = [name for name in ("sensitive", "discoverable") if getattr(change, name) is UNSET]
    row = _changed(
        blank, change, {name: [("ERR_INCLUSION", "is not included in the list")] for name in missing}
    )
    wanted = list(dict.fromkeys(account_ids))

    async def work(tx: Writer) -> Collection:
        if await collections.count(tx, me.id) >= MOST:
            raise Invalid(
                f"Validation failed: you have {MOST} collections, delete one before you make another"
            )
        tagged = await _tagged(core, tx, row, change)
        await collections.insert(tx, tagged)
        await _put_in(core, tx, me, tagged, wanted)
        return tagged

    return await core.db.write(work)


async def update(core: Core, me: Account, collection_id: int, change: Change) -> Collection:
    """Change a collection of one's own; who is in it is told of another name or description."""

    async def work(tx: Writer) -> Collection:
        before = await _own(tx, me, collection_id)
        after = await _tagged(core, tx, _changed(before, change, {}), change)
        if after == before:
            return before
        after = msgspec.structs.replace(after, updated_at=core.clock())
        await collections.update(tx, after)
        if (after.name, after.description) != (before.name, before.description):
            for account_id in await collections.accepted(tx, after.id):
                # Of several changes, one is told of: the latest.
                await notify.take_back(tx, account_id, "collection_update", me, collection_id=after.id)
                await notify.tell(core, tx, account_id, "collection_update", me, collection_id=after.id)
        return after

    return await core.db.write(work)


async def delete(core: Core, me: Account, collection_id: int) -> None:
    """Delete a collection of one's own."""

    async def work(tx: Writer) -> None:
        await collections.delete(tx, (await _own(tx, me, collection_id)).id)

    await core.db.write(work)


async def add(core: Core, me: Account, collection_id: int, account_id: int) -> CollectionItem:
    """Put somebody into a collection of one's own, and tell them.

    Raises NotFound for nobody, Forbidden for who does not agree to it, Invalid for who is or was there, and
    when it is full.
    """

    async def work(tx: Writer) -> CollectionItem:
        found = await _own(tx, me, collection_id)
        return (await _put_in(core, tx, me, found, [account_id]))[0]

    return await core.db.write(work)


async def remove(core: Core, me: Account, collection_id: int, item_id: int) -> None:
    """Take somebody out of a collection of one's own."""

    async def work(tx: Writer) -> None:
        found = await _own(tx, me, collection_id)
        item = await collections.item(tx, found.id, item_id)
        # Who took their consent back stays noted.
        if item is None or item.state is not ItemState.ACCEPTED:
            raise NotFound
        await collections.remove(tx, item.id)
        await notify.take_back(
            tx, item.account_id, "added_to_collection", me, collection_id=item.collection_id
        )
        await notify.take_back(tx, item.account_id, "collection_update", me, collection_id=item.collection_id)

    await core.db.write(work)


async def revoke(core: Core, me: Account, collection_id: int, item_id: int) -> None:
    """Take back one's consent to be in somebody's collection; Forbidden for what is about somebody else."""

    async def work(tx: Writer) -> None:
        item = await collections.item(tx, collection_id, item_id)
        if item is None:
            raise NotFound
        if item.account_id != me.id:
            raise Forbidden
        await collections.revoke(tx, item.id)

    await core.db.write(work)


async def _own(tx: Reader, me: Account, collection_id: int) -> Collection:
    """The member's collection; Forbidden for one that they only see, else NotFound."""
    found = await collections.own(tx, collection_id, account_id=me.id)
    if found is None:
        await visibility.find_collection(tx, me.id, collection_id)
        raise Forbidden
    return found


async def _put_in(
    core: Core, tx: Writer, me: Account, collection: Collection, account_ids: Sequence[int]
) -> list[CollectionItem]:
    known = await accounts.by_ids(tx, account_ids)
    if len(await collections.accepted(tx, collection.id)) + len(account_ids) > ITEMS:
        raise Invalid(f"Validation failed: a collection holds at most {ITEMS} accounts")
    items: list[CollectionItem] = []
    for account_id in account_ids:
        target = known.get(account_id)
        if target is None or target.deleted_at is not None:
            raise NotFound
        if not agrees(target) or await relationships.either_blocks(tx, me.id, target.id):
            raise Forbidden(f"@{target.username} does not let you add them to collections")
        item = CollectionItem(
            id=core.ids.next(),
            collection_id=collection.id,
            account_id=target.id,
            state=ItemState.ACCEPTED,
            created_at=core.clock(),
        )
        if not await collections.add(tx, item):
            raise Invalid("Validation failed: Account has already been taken")
        await notify.tell(core, tx, target.id, "added_to_collection", me, collection_id=collection.id)
        items.append(item)
    return items


def _changed(before: Collection, change: Change, problems: Details) -> Collection:
    """The collection with the change, but for its tag; Invalid with what is wrong."""
    details = dict(problems)
    given = {name: getattr(change, name) for name in Change.__struct_fields__ if name != "tag_name"}
    wanted = {name: value for name, value in given.items() if value is not UNSET}
    for name, limit in (("name", NAME_CHARACTERS), ("description", DESCRIPTION_CHARACTERS)):
        if name in wanted:
            wanted[name] = " ".join(wanted[name].split()) if name == "name" else wanted[name].strip()
            if len(wanted[name]) > limit:
                details[name] = [("ERR_TOO_LONG", f"is too long (maximum is {limit} characters)")]
    if wanted.get("language"):
        wanted["language"] = language.normalise(wanted["language"])
        if wanted["language"] is None:
            details["language"] = [("ERR_INVALID", "is not a valid language code")]
    elif "language" in wanted:
        wanted["language"] = None
    after = msgspec.structs.replace(before, **wanted)
    if not after.name:
        details["name"] = [("ERR_BLANK", "can't be blank")]
    if change.tag_name and not tags.typed(change.tag_name):
        details["tag_name"] = [("ERR_INVALID", "is not a valid hashtag")]
    if details:
        field, [(_, problem), *_] = next(iter(details.items()))
        raise Invalid(f"Validation failed: {field.replace('_', ' ').capitalize()} {problem}", details)
    return after


async def _tagged(core: Core, tx: Writer, row: Collection, change: Change) -> Collection:
    if change.tag_name is UNSET:
        return row
    tag_id = await tags.known(core, tx, change.tag_name) if change.tag_name else None
    return msgspec.structs.replace(row, tag_id=tag_id)
