"""Outlines of posts: the little that a list has to know of each when the rest is remembered.

An entity's parts that do not depend on the viewer are kept as bytes under (id, version), so a list asks
the database only for ids, versions and the viewer's own marks.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from fediserver.db.database import Reader
from fediserver.db.pages import Bounds
from fediserver.db.query import Query
from fediserver.db.visibility import may_see


class Original(msgspec.Struct, frozen=True, gc=False):
    """What a boost boosts."""

    id: int
    version: int
    account_id: int
    account_version: int


class Outline(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A post in a list, what it boosts, and what the viewer did with it; marks are those of what is boosted."""

    id: int
    version: int
    account_id: int
    account_version: int
    reblog_of_id: int | None
    original_version: int | None
    original_account_id: int | None
    original_account_version: int | None
    poll_id: int | None
    quote_id: int | None
    favourited: bool
    reblogged: bool
    bookmarked: bool
    pinned: bool
    muted: bool

    @property
    def original(self) -> Original | None:
        """The boosted post; None for a post, and for a boost whose post is gone."""
        if self.reblog_of_id is None or self.original_version is None:
            return None
        return Original(
            self.reblog_of_id,
            self.original_version,
            self.original_account_id or 0,
            self.original_account_version or 0,
        )


_COLUMNS = """
    s.id, s.version, s.account_id, a.version as account_version,
    s.reblog_of_id, o.version as original_version, o.account_id as original_account_id,
    b.version as original_account_version, coalesce(o.poll_id, s.poll_id) as poll_id,
    coalesce(o.quote_id, s.quote_id) as quote_id
"""
_THIS = "coalesce(s.reblog_of_id, s.id)"
_MARKS = f"""
    exists (select 1 from favourites m where m.account_id = :viewer_id and m.status_id = {_THIS}) as favourited,
    exists (select 1 from statuses m where m.reblog_of_id = {_THIS} and m.account_id = :viewer_id) as reblogged,
    exists (select 1 from bookmarks m where m.account_id = :viewer_id and m.status_id = {_THIS}) as bookmarked,
    exists (select 1 from pins m where m.account_id = :viewer_id and m.status_id = {_THIS}) as pinned,
    exists (select 1 from conversation_mutes m where m.account_id = :viewer_id
               and m.conversation_id = coalesce(o.conversation_id, s.conversation_id)) as muted
"""
_NO_MARKS = "false as favourited, false as reblogged, false as bookmarked, false as pinned, false as muted"
_JOINS = """
      join accounts a on a.id = s.account_id
      left join statuses o on o.id = s.reblog_of_id
      left join accounts b on b.id = o.account_id
"""

# Blocks in both directions and mutes, once per query and not once per row.
HIDDEN = """
    with hidden as materialized (
        select target_id as id from blocks where account_id = :viewer_id
         union all select account_id from blocks where target_id = :viewer_id
         union all select target_id from mutes
                    where account_id = :viewer_id and (expires_at is null or expires_at > :now))
"""
# Of servers a member may block thousands: there a look for each row is less than reading all of them.
WANTED = """
    s.account_id not in (select id from hidden)
    and (s.reblog_of_id is null or o.account_id not in (select id from hidden))
    and not exists (select 1 from domain_blocks d where d.account_id = :viewer_id and d.domain = a.domain)
    and not exists (select 1 from domain_blocks d where d.account_id = :viewer_id and d.domain = b.domain)
"""


def selection(source: str, *, marks: bool) -> str:
    """`select … from`: an outline of every `s` that the source has; where and order follow.

    With `marks`, the query takes `:viewer_id`.
    """
    return f"select {_COLUMNS}, {_MARKS if marks else _NO_MARKS} from {source} {_JOINS}"


class Timeline:
    """A timeline in both directions, for members (without whom they block or mute) and for strangers.

    `cursor` is the column that is paged by; `before` and `after` are how its bounds are written.
    """

    def __init__(
        self, source: str, where: str, *, cursor: str = "s.id", before: str = ":before", after: str = ":after"
    ) -> None:
        bounds = f"{cursor} < {before} and {cursor} > {after}"
        stranger = f"{selection(source, marks=False)} where {where} and {bounds} order by {cursor}"
        member = f"{HIDDEN} {selection(source, marks=True)} where {where} and {WANTED} and {bounds} order by {cursor}"
        self._queries = {
            (signed_in, up): Query(f"{text} {'' if up else 'desc'} limit :limit")
            for signed_in, text in ((False, stranger), (True, member))
            for up in (False, True)
        }

    async def page(
        self, db: Reader, bounds: Bounds, *, viewer_id: int | None, now: int, **params: Any
    ) -> list[Outline]:
        """The outlines within the bounds, newest first."""
        query = self._queries[viewer_id is not None, bounds.ascending]
        if viewer_id is not None:
            params |= {"viewer_id": viewer_id, "now": now}
        found = await db.all(
            query, Outline, before=bounds.before, after=bounds.after, limit=bounds.limit, **params
        )
        return found[::-1] if bounds.ascending else found


BY_ID = Query(f"{selection('statuses s', marks=False)} where s.id = :id")
BY_ID_MARKED = Query(f"{selection('statuses s', marks=True)} where s.id = :id")
# A viewer's own post, or what they may see; of a boost, with what it boosts.
_SEEN = f"where s.id = :id and {may_see()} and (o.id is null or {may_see(post='o', author='b')})"
SEEN = Query(f"{selection('statuses s', marks=False)} {_SEEN}")
SEEN_MARKED = Query(f"{selection('statuses s', marks=True)} {_SEEN}")
BY_IDS = Query(f"{selection('statuses s', marks=False)} where s.id = any(:ids)")
BY_IDS_MARKED = Query(f"{selection('statuses s', marks=True)} where s.id = any(:ids)")


async def by_id(db: Reader, status_id: int, *, viewer_id: int | None) -> list[Outline]:
    """The outline of one post, if it is there."""
    if viewer_id is None:
        return await db.all(BY_ID, Outline, id=status_id)
    return await db.all(BY_ID_MARKED, Outline, id=status_id, viewer_id=viewer_id)


async def seen(db: Reader, status_id: int, *, viewer_id: int | None) -> list[Outline]:
    """The outline of one post, if it is there and the viewer may see it."""
    query = SEEN if viewer_id is None else SEEN_MARKED
    return await db.all(query, Outline, id=status_id, viewer_id=viewer_id or 0)


async def by_ids(db: Reader, ids: Sequence[int], *, viewer_id: int | None) -> list[Outline]:
    """Outlines in the order of the ids; unknown ids are left out."""
    if len(ids) <= 1:
        return await by_id(db, ids[0], viewer_id=viewer_id) if ids else []
    if viewer_id is None:
        found = await db.all(BY_IDS, Outline, ids=ids)
    else:
        found = await db.all(BY_IDS_MARKED, Outline, ids=ids, viewer_id=viewer_id)
    known = {outline.id: outline for outline in found}
    return [known[one] for one in ids if one in known]


class AppName(msgspec.Struct, array_like=True, frozen=True):
    """What a post tells of the application that it was written with."""

    id: int
    name: str
    website: str


APP_NAMES = Query("select id, name, website from applications where id = any(:ids)")


async def app_names(db: Reader, ids: Sequence[int]) -> dict[int, AppName]:
    """Applications by id."""
    return {app.id: app for app in await db.all(APP_NAMES, AppName, ids=ids)} if ids else {}
