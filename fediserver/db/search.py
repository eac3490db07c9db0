"""Search by prefix: accounts and hashtags."""

from fediserver.db import tags as tag_rows
from fediserver.db.database import Reader
from fediserver.db.query import Query, columns, for_sqlite
from fediserver.models.account import Account


def _prefixed(text: str, column: str) -> Query:
    """A query whose `{begins}` finds the column's values that begin with `:lowest`, as a range of an index.

    PostgreSQL's order of letters is that of the cluster's locale, where a range is no prefix; these operators
    compare byte by byte, and so do the indexes that are marked for prefixes.
    """
    query = Query(text.replace("{begins}", f"{column} ~>=~ :lowest and {column} ~<~ :highest"))
    query.sqlite = for_sqlite(text.replace("{begins}", f"{column} >= :lowest and {column} < :highest"))
    return query


_NAMED = """
      from accounts a
     where {begins}
       and (cast(:domain as text) = '' or substr(a.domain, 1, length(cast(:domain as text))) = cast(:domain as text))
       and a.suspended_at is null and a.deleted_at is null
"""
_FOLLOWED = """
       and (:following = false or exists (
            select 1 from follows f where f.account_id = :viewer_id and f.target_id = a.id))
"""
ACCOUNTS = _prefixed(
    f"select {columns(Account, 'a')}"
    + _NAMED
    + _FOLLOWED
    + """
     order by case when lower(a.username) = :lowest then 0 else 1 end,
              case when exists (select 1 from follows f where f.account_id = :viewer_id and f.target_id = a.id)
                   then 0 else 1 end,
              case when a.domain = '' then 0 else 1 end, a.followers_count desc, a.id
     limit :limit offset :offset
    """,
    "lower(a.username)",
)
TAGS = _prefixed(
    """
    select t.id, t.name, t.display_name,
           (select count(*) from (select 1 from status_tags s where s.tag_id = t.id limit 100) used) as uses
      from tags t
     where {begins}
     order by case when t.name = :lowest then 0 else 1 end, t.name
     limit :limit offset :offset
    """,
    "t.name",
)


class Tag(tag_rows.Tag, array_like=True, frozen=True):
    """A hashtag with its uses, counted up to 100."""

    uses: int


async def accounts(
    db: Reader,
    *,
    name: str,
    domain: str,
    viewer_id: int,
    following: bool,
    limit: int,
    offset: int,
) -> list[Account]:
    """Accounts whose name begins so, in any case; `domain`, unless empty, is the beginning of theirs.

    An exact name comes first, then whom the viewer follows, then ours, then who has most followers.
    """
    return await db.all(
        ACCOUNTS,
        Account,
        lowest=name.lower(),
        highest=_after(name.lower()),
        domain=domain,
        viewer_id=viewer_id,
        following=following,
        limit=limit,
        offset=offset,
    )


async def tags(db: Reader, *, name: str, limit: int, offset: int) -> list[Tag]:
    """Hashtags whose folded name begins so, an exact one first."""
    return await db.all(TAGS, Tag, lowest=name, highest=_after(name), limit=limit, offset=offset)


def _after(prefix: str) -> str:
    """A bound above everything that begins so: names hold no character as high as this."""
    return prefix + "\U0010fffd"
