"""Figures for those who moderate: what something is made of, the most frequent first.

They may take long: read them with `db.slow`.
"""

from typing import Final

import msgspec

from fediserver.db.database import Reader
from fediserver.db.measures import About, Span
from fediserver.db.query import Query

MOST = 20_000
"""Posts that are looked at, the newest."""

_FIRST = "order by number desc, name limit :limit"
_TAGGED = f"""
    (select n.status_id, n.account_id from status_tags n
      where n.tag_id = :tag_id and n.status_id >= :first_id and n.status_id < :end_id
      order by n.status_id desc limit {MOST}) used
      join statuses s on s.id = used.status_id and s.visibility = 0
"""

DIMENSIONS: Final[dict[str, Query]] = {
    "languages": Query(f"""
        select locale as name, count(*) as number from users
         where last_seen_at >= :start and last_seen_at < :end group by locale {_FIRST}
    """),
    "servers": Query(f"""
        select a.domain as name, count(*) as number
          from (select account_id from statuses where id >= :first_id and id < :end_id
                 order by id desc limit {MOST}) s
          join accounts a on a.id = s.account_id
         group by a.domain {_FIRST}
    """),
    "tag_servers": Query(f"""
        select a.domain as name, count(*) as number from {_TAGGED} join accounts a on a.id = used.account_id
         group by a.domain {_FIRST}
    """),
    "tag_languages": Query(f"""
        select coalesce(s.language, '') as name, count(*) as number from {_TAGGED}
         group by coalesce(s.language, '') {_FIRST}
    """),
    "instance_accounts": Query(f"""
        select a.username as name, a.followers_count as number from accounts a
         where a.domain = :domain and a.domain <> '' and a.deleted_at is null {_FIRST}
    """),
    "instance_languages": Query(f"""
        select coalesce(s.language, '') as name, count(*) as number
          from accounts a join statuses s on s.account_id = a.id and s.id >= :first_id and s.id < :end_id
         where a.domain = :domain and a.domain <> ''
         group by coalesce(s.language, '') {_FIRST}
    """),
}
"""The questions that are answered from rows, as Mastodon calls them."""

UPLOADED_BYTES = Query("""
    select cast(coalesce(sum(m.bytes), 0) as bigint) from media_attachments m where m.path not like 'remote/%'
""")


class Part(msgspec.Struct, array_like=True, frozen=True):
    """One part and how much of the whole it is; '' stands for ourselves, or for no language."""

    name: str
    number: int


async def parts(db: Reader, key: str, span: Span, about: About, limit: int) -> list[Part]:
    """The greatest parts."""
    known = span.bounds | {"tag_id": about.tag_id, "domain": about.domain, "limit": limit}
    query = DIMENSIONS[key]
    return await db.all(query, Part, **{name: known[name] for name in query.names})


async def uploaded_bytes(db: Reader) -> int:
    """Bytes of all files that people of ours have uploaded."""
    return int(await db.value(UPLOADED_BYTES))
