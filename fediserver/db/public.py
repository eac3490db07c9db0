"""What the public pages show: open posts with everything around them, each page in one hop."""

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from fediserver.db import accounts, media, polls, statuses
from fediserver.db.database import Database, Reader
from fediserver.db.query import Query, columns
from fediserver.models.account import Account
from fediserver.models.media import MediaAttachment
from fediserver.models.poll import Poll, PollOption
from fediserver.models.status import Status
from fediserver.models.visibility import Visibility

LOOKED_AT = 200
"""Public posts among which the front page looks for our own, however busy the others are."""

Row = TypeVar("Row")

_STATUS = columns(Status, "s")
_OPEN = int(Visibility.UNLISTED)

LATEST = Query(f"""
    select {_STATUS}
      from (select id from statuses
             where visibility = 0 and reblog_of_id is null and in_reply_to_id is null
               and in_reply_to_uri is null
             order by id desc limit :looked_at) newest
      join statuses s on s.id = newest.id
      join accounts a on a.id = s.account_id
     where a.domain = '' and a.discoverable and a.suspended_at is null and a.silenced_at is null
     order by s.id desc limit :limit
""")
GROUPS = Query(f"""
    select {columns(Account, "a")}
      from accounts a
     where a.id in (select group_id from group_members where role = 'owner')
       and a.discoverable and a.deleted_at is null and a.suspended_at is null and a.silenced_at is null
     order by a.id limit :limit
""")
# A reply to oneself goes on with the thought; a reply to others is shown where they speak.
POSTS = Query(f"""
    select {_STATUS}
      from statuses s
     where s.account_id = :account_id and s.id < :before and s.visibility <= :widest
       and (s.in_reply_to_id is null or s.in_reply_to_account_id = :account_id)
       and s.in_reply_to_uri is null
     order by s.id desc limit :limit
""")
PINNED = Query(f"""
    select {_STATUS}
      from pins p
      join statuses s on s.id = p.status_id
     where p.account_id = :account_id and s.visibility <= :widest
     order by p.created_at desc limit :limit
""")
THREAD = Query(f"""
    select {_STATUS}
      from statuses s
     where s.conversation_id = :conversation_id and s.visibility <= :widest and s.reblog_of_id is null
     order by s.id limit :limit
""")
TAGGED = Query(f"""
    select {_STATUS}
      from tags t
      join status_tags st on st.tag_id = t.id
      join statuses s on s.id = st.status_id
     where t.name = :name and st.status_id < :before and s.visibility = 0
     order by st.status_id desc limit :limit
""")


class Posts(NamedTuple):
    """Posts in order, and by id or post id what they need: boosted posts, authors, media, polls."""

    shown: list[Status]
    originals: dict[int, Status]
    authors: dict[int, Account]
    media: dict[int, list[MediaAttachment]]
    polls: dict[int, Poll]
    options: dict[int, list[PollOption]]


class Front(NamedTuple):
    """The front page: a few of our newest posts, and groups."""

    latest: Posts
    groups: list[Account]


class Profile(NamedTuple):
    """A profile page; `more` tells whether older posts follow."""

    account: Account
    pinned: Posts
    posts: Posts
    before: int
    more: bool


class Thread(NamedTuple):
    """A thread page: the post, and every open post of its conversation, oldest first."""

    author: Account
    status: Status
    posts: Posts
    more: bool


class Tagged(NamedTuple):
    """A tag page; `before` is where the next page begins, `more` whether there is one."""

    posts: Posts
    before: int
    more: bool


async def front(db: Database, *, posts: int, groups: int) -> Front:
    """Our newest public posts, at most `posts`, and at most `groups` groups."""

    async def read(tx: Reader) -> Front:
        found = await tx.all(LATEST, Status, looked_at=LOOKED_AT, limit=posts)
        return Front(await _around(tx, found), await tx.all(GROUPS, Account, limit=groups))

    return await db.read(read)


async def profile(db: Database, *, name: str, before: int, pins: int, limit: int) -> Profile | None:
    """One of our accounts, its open posts older than the id `before`, and at most `pins` pinned ones."""

    async def read(tx: Reader) -> Profile | None:
        account = await accounts.by_handle(tx, name)
        if account is None or not await _has_come_in(tx, account):
            return None
        found = await tx.all(
            POSTS, Status, account_id=account.id, before=before, widest=_OPEN, limit=limit + 1
        )
        shown = found[:limit]
        pinned = await tx.all(PINNED, Status, account_id=account.id, widest=_OPEN, limit=pins)
        return Profile(
            account,
            await _around(tx, pinned),
            await _around(tx, shown),
            shown[-1].id if shown else 0,
            len(found) > limit,
        )

    return await db.read(read)


async def thread(db: Database, *, name: str, status_id: int, limit: int) -> Thread | None:
    """An open post of one of our accounts, with at most `limit` posts of its conversation."""

    async def read(tx: Reader) -> Thread | None:
        status = await statuses.by_id(tx, status_id)
        if status is None or not status.visibility.is_open or status.reblog_of_id is not None:
            return None
        author = await accounts.by_id(tx, status.account_id)
        if author is None or author.domain or author.username != name or not _may_speak(author):
            return None
        found = await tx.all(
            THREAD, Status, conversation_id=status.conversation_id, widest=_OPEN, limit=limit + 1
        )
        more = len(found) > limit
        found = found[:limit]
        if all(each.id != status.id for each in found):
            found.append(status)
        return Thread(author, status, await _around(tx, found), more)

    return await db.read(read)


async def tagged(db: Database, *, name: str, before: int, limit: int) -> Tagged:
    """Public posts with a hashtag, folded, older than the id `before`."""

    async def read(tx: Reader) -> Tagged:
        found = await tx.all(TAGGED, Status, name=name, before=before, limit=limit + 1)
        shown = found[:limit]
        return Tagged(await _around(tx, shown), shown[-1].id if shown else 0, len(found) > limit)

    return await db.read(read)


async def _around(tx: Reader, found: list[Status]) -> Posts:
    """The posts that may be shown, with what they need; five queries, however many they are."""
    originals = await statuses.by_ids(tx, [one.reblog_of_id for one in found if one.reblog_of_id])
    originals = {key: one for key, one in originals.items() if one.visibility.is_open}
    everything = [*(one for one in found if one.reblog_of_id is None), *originals.values()]
    authors = await accounts.by_ids(tx, list({one.account_id for one in [*found, *everything]}))
    authors = {key: one for key, one in authors.items() if _may_speak(one)}
    shown = [one for one in found if one.account_id in authors and _is_whole(one, originals, authors)]
    attachments = await media.of_statuses(tx, [one.id for one in everything if one.media_count])
    poll_ids = [one.poll_id for one in everything if one.poll_id]
    return Posts(
        shown,
        originals,
        authors,
        _grouped((one.status_id or 0, one) for one in attachments),
        await polls.by_ids(tx, poll_ids),
        _grouped((one.poll_id, one) for one in await polls.options(tx, poll_ids)),
    )


async def _has_come_in(tx: Reader, account: Account) -> bool:
    """Whether a member was let in: until then nothing of them is shown, not even the name they chose.

    The node's own actor is nobody to visit.
    """
    if account.actor_type == "Application":
        return False
    user = await accounts.user(tx, account.id)
    return user is None or (user.confirmed_at is not None and user.approved_at is not None)


def _may_speak(account: Account) -> bool:
    return account.suspended_at is None and account.deleted_at is None


def _is_whole(status: Status, originals: dict[int, Status], authors: dict[int, Account]) -> bool:
    """Whether a boost's original may be shown, too; every other post is whole."""
    if status.reblog_of_id is None:
        return True
    original = originals.get(status.reblog_of_id)
    return original is not None and original.account_id in authors


def _grouped(pairs: Iterable[tuple[int, Row]]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for key, row in pairs:
        found.setdefault(key, []).append(row)
    return found
