"""A member's notifications in groups: likes and boosts of one post, followers of one time."""

from collections.abc import Container, Mapping, Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.notification_pages import Wanted, one, page
from fediserver.db.pages import Bounds, Entry, Listing
from fediserver.db.query import Query, columns
from fediserver.models.notification import ALONE, Notification

SAMPLE = 8
"""Accounts that are shown of a group, newest first."""
_CHUNK = 400
_CHUNKS = 5

_HIDDEN = """
    with hidden as materialized (
        select target_id as id from blocks where account_id = :account_id
         union all select target_id from mutes where account_id = :account_id and hide_notifications
                      and (expires_at is null or expires_at > :now))
"""
# `{0}` is in the group of the head `h`, and the member wants to know of it.
_MEMBER = """
    {0}.account_id = h.account_id and {0}.group_key = h.group_key
    and ({0}.filtered = false or :filtered = true) and {0}.from_id not in (select id from hidden)
"""
SIZES = Query(f"""
    {_HIDDEN}
    select h.group_key, count(*) as size, max(m.id) as newest_id
      from notifications h join notifications m on {_MEMBER.format("m")}
     where h.id = any(:heads)
     group by h.group_key
""")
SAMPLES = Query(f"""
    {_HIDDEN}
    select h.group_key, m.from_id
      from notifications h
      join notifications m on {_MEMBER.format("m")}
       and m.id >= coalesce((select e.id from notifications e where {_MEMBER.format("e")}
                              order by e.id desc limit 1 offset {SAMPLE - 1}), 0)
     where h.id = any(:heads)
     order by m.id desc
""")
HEAD = Query(f"""
    {_HIDDEN}
    select {columns(Notification, "n")} from notifications n
     where n.account_id = :account_id and n.group_key = :group_key
       and n.filtered = false and n.from_id not in (select id from hidden)
     order by n.id desc limit 1
""")
SENDERS = Listing(
    """
    select n.id as cursor, n.from_id as id from notifications n
     where n.account_id = :account_id and n.group_key = :group_key and n.filtered = false
       and not exists (select 1 from blocks b where b.account_id = n.account_id and b.target_id = n.from_id)
       and not exists (select 1 from mutes m where m.account_id = n.account_id and m.target_id = n.from_id
                          and m.hide_notifications and (m.expires_at is null or m.expires_at > :now))
    """,
    "n.id",
)
DISMISS = Query("delete from notifications where account_id = :account_id and group_key = :group_key")


class Part(msgspec.Struct):
    """What a page holds of a group; `members` are newest first."""

    key: str
    members: list[Notification]


class Group(msgspec.Struct, frozen=True):
    """A group: its part on a page, and of the whole its size, newest notification and newest senders."""

    key: str
    members: Sequence[Notification]
    size: int
    newest_id: int
    senders: Sequence[int]


class Groups(msgspec.Struct, frozen=True):
    """A page of groups, with the ids of its newest and oldest notification."""

    groups: Sequence[Group]
    first_id: int | None = None
    last_id: int | None = None


class _Size(msgspec.Struct, array_like=True, frozen=True):
    group_key: str
    size: int
    newest_id: int


async def listed(
    tx: Reader, bounds: Bounds, *, account_id: int, wanted: Wanted, grouped: Container[str], now: int
) -> Groups:
    """Groups within the bounds, newest first; kinds that are not `grouped` stand alone.

    The page ends before the notification that would begin one group too many, or after so many
    notifications that no group, however large, makes it long.
    """
    parts, first_id, last_id = await _parts(
        tx, bounds, account_id=account_id, wanted=wanted, grouped=grouped, now=now
    )
    found = await _whole(tx, parts, account_id=account_id, filtered=wanted.filtered, now=now)
    return Groups(found, first_id, last_id)


async def count(
    tx: Reader, bounds: Bounds, *, account_id: int, wanted: Wanted, grouped: Container[str], now: int
) -> int:
    """How many groups are within the bounds, up to their limit."""
    parts, _, _ = await _parts(tx, bounds, account_id=account_id, wanted=wanted, grouped=grouped, now=now)
    return len(parts)


async def by_key(tx: Reader, *, account_id: int, key: str, now: int) -> Group | None:
    """One group whole, or what stands alone under such a key; None when the member has none such."""
    head = await _head(tx, account_id=account_id, key=key, now=now)
    if head is None:
        return None
    parts = [Part(key, [head])]
    return (await _whole(tx, parts, account_id=account_id, filtered=False, now=now))[0]


async def senders(tx: Reader, bounds: Bounds, *, account_id: int, key: str, now: int) -> list[Entry] | None:
    """Who is in a group, latest first; None when the member has none such."""
    head = await _head(tx, account_id=account_id, key=key, now=now)
    if head is None:
        return None
    if head.group_key != key:
        return [Entry(head.id, head.from_id)] if bounds.after < head.id < bounds.before else []
    return await SENDERS.page(tx, bounds, account_id=account_id, group_key=key, now=now)


async def dismiss(tx: Writer, *, account_id: int, key: str) -> bool:
    """Forget a group of several; False when the member has none such."""
    return bool(await tx.run(DISMISS, account_id=account_id, group_key=key))


def alone(key: str) -> int | None:
    """The id in the key of a notification that stands alone; None for other keys."""
    digits = key.removeprefix(ALONE)
    return (
        int(digits) if digits != key and digits.isascii() and digits.isdigit() and len(digits) < 19 else None
    )


async def _head(tx: Reader, *, account_id: int, key: str, now: int) -> Notification | None:
    single = alone(key)
    if single is not None:
        return await one(tx, account_id=account_id, notification_id=single)
    return await tx.one(HEAD, Notification, account_id=account_id, group_key=key, now=now)


async def _parts(
    tx: Reader, bounds: Bounds, *, account_id: int, wanted: Wanted, grouped: Container[str], now: int
) -> tuple[list[Part], int | None, int | None]:
    """The page, read on in chunks until it is full: most are full after the first."""
    parts: dict[str, Part] = {}
    read: list[int] = []
    # Nothing is grouped in most pages, so that hardly more rows than groups are needed.
    size, full = bounds.limit + 1, False
    for _ in range(_CHUNKS):
        chunk = msgspec.structs.replace(bounds, limit=size)
        rows = await page(tx, chunk, account_id=account_id, wanted=wanted, now=now)
        in_order = rows[::-1] if bounds.ascending else rows
        for row in in_order:
            key = row.group_key if row.group_key and row.kind in grouped else f"{ALONE}{row.id}"
            if key not in parts:
                full = len(parts) == bounds.limit
                if full:
                    break
                parts[key] = Part(key, [])
            parts[key].members.append(row)
            read.append(row.id)
        if full or len(rows) < size:
            break
        end = in_order[-1].id
        bounds = msgspec.structs.replace(bounds, **{"after" if bounds.ascending else "before": end})
        size = _CHUNK
    found = list(parts.values())
    if bounds.ascending:
        for part in found:
            part.members.reverse()
        found.sort(key=lambda part: part.members[0].id, reverse=True)
    return found, max(read, default=None), min(read, default=None)


async def _whole(
    tx: Reader, parts: Sequence[Part], *, account_id: int, filtered: bool, now: int
) -> list[Group]:
    heads = [part.members[0].id for part in parts if part.key == part.members[0].group_key]
    sizes: Mapping[str, _Size] = {}
    samples: dict[str, list[int]] = {}
    if heads:
        bound = {"account_id": account_id, "filtered": filtered, "heads": heads, "now": now}
        sizes = {one.group_key: one for one in await tx.all(SIZES, _Size, **bound)}
        for key, sender in await tx.rows(SAMPLES, **bound):
            samples.setdefault(key, []).append(sender)
    return [
        Group(part.key, part.members, sizes[part.key].size, sizes[part.key].newest_id, samples[part.key])
        if part.key in sizes
        else Group(part.key, part.members, 1, part.members[0].id, [part.members[0].from_id])
        for part in parts
    ]
