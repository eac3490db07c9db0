"""Search: posts and people by their words, accounts and hashtags by prefix.

The one module with two SQL texts for a query: FTS5 on SQLite, tsvector on PostgreSQL. Both index the same
words (`text/words.py`), and both get a query that is put together here from nothing but such words.
"""

from collections.abc import Sequence
from itertools import count

import msgspec

from fediserver.db import tags as tag_rows
from fediserver.db.database import Reader, Writer
from fediserver.db.outlines import HIDDEN
from fediserver.db.pages import Bounds
from fediserver.db.query import Query, columns, for_sqlite
from fediserver.db.visibility import may_see
from fediserver.models.account import Account
from fediserver.text.search import Term

LOOKED_AT = 10_000
"""Posts with the words, those indexed last, among which a viewer's are looked for."""
PEOPLE = 2_000
"""Accounts with the words that are looked at."""


def _both(postgres: str, sqlite: str) -> Query:
    """A query with a text for each engine, which take the same parameters."""
    query = Query(postgres)
    query.sqlite = for_sqlite(sqlite)
    return query


def _prefixed(text: str, column: str, *, found: tuple[str, str] = ("", "")) -> Query:
    """A query whose `{begins}` finds the column's values that begin with `:lowest`, as a range of an index.

    PostgreSQL's order of letters is that of the cluster's locale, where a range is no prefix; these operators
    compare byte by byte, and so do the indexes that are marked for prefixes. `found` replaces `{found}`, on
    PostgreSQL and on SQLite.
    """
    return _both(
        text.format(begins=f"{column} ~>=~ :lowest and {column} ~<~ :highest", found=found[0]),
        text.format(begins=f"{column} >= :lowest and {column} < :highest", found=found[1]),
    )


_FITTING = """
     where (cast(:domain as text) = '' or substr(a.domain, 1, length(cast(:domain as text))) = cast(:domain as text))
       and a.suspended_at is null and a.deleted_at is null
       and (:following = false or exists (
            select 1 from follows f where f.account_id = :viewer_id and f.target_id = a.id))
     order by case when lower(a.username) = :lowest then 0 else 1 end,
              case when exists (select 1 from follows f where f.account_id = :viewer_id and f.target_id = a.id)
                   then 0 else 1 end,
              case when a.domain = '' then 0 else 1 end, a.followers_count desc, a.id
     limit :limit offset :offset
"""
ACCOUNTS = _prefixed(
    f"select {columns(Account, 'a')} from accounts a join accounts b on b.id = a.id and {{begins}} {_FITTING}",
    "lower(b.username)",
)
PEOPLE_WITH = _prefixed(
    f"""
    select {columns(Account, "a")}
      from (select b.id from accounts b where {{begins}} union {{found}}) named
      join accounts a on a.id = named.id {_FITTING}
    """,
    "lower(b.username)",
    found=(
        "(select w.id from account_words w where w.words @@ cast(:vector as tsquery) limit :people)",
        "select id from (select rowid as id from account_words where account_words match :match limit :people)",
    ),
)
TAGS = _prefixed(
    """
    select t.id, t.name, t.display_name,
           (select count(*) from (select 1 from status_tags s where s.tag_id = t.id limit 100) used) as uses
      from tags t
     where {begins} and t.listable
     order by case when t.name = :lowest then 0 else 1 end, t.name
     limit :limit offset :offset
    """,
    "t.name",
)

# Own posts, and those that one has dealt with.
_LIBRARY = """
    s.account_id = :viewer_id
    or exists (select 1 from favourites m where m.account_id = :viewer_id and m.status_id = s.id)
    or exists (select 1 from bookmarks m where m.account_id = :viewer_id and m.status_id = s.id)
    or exists (select 1 from mentions m where m.status_id = s.id and m.account_id = :viewer_id)
    or exists (select 1 from statuses m where m.reblog_of_id = s.id and m.account_id = :viewer_id)
    or exists (select 1 from statuses m where m.in_reply_to_id = s.id and m.account_id = :viewer_id)
    or exists (select 1 from poll_votes m where m.poll_id = s.poll_id and m.account_id = :viewer_id)
"""
_POSTS = f"""
    {HIDDEN}, found as materialized ({{found}} limit :looked_at)
    select s.id
      from found
      join search_posts p on p.id = found.id
      join statuses s on s.id = p.status_id
      join accounts a on a.id = s.account_id
     where s.id < :before and s.id > :after and s.created_at >= :since and s.created_at < :until
       and s.account_id not in (select id from hidden)
       and not exists (select 1 from domain_blocks d where d.account_id = :viewer_id and d.domain = a.domain)
       and {may_see()}
       and ((:public and s.visibility = 0 and a.indexable) or (:library and ({_LIBRARY})))
     order by s.id {{order}} limit :limit offset :offset
"""
_WITH_WORDS = (
    # Without the fence a rare word would be looked for by walking through all posts, the newest first.
    "select id from (select w.id from post_words w where w.words @@ cast(:vector as tsquery) offset 0) w "
    "order by id desc",
    "select rowid as id from post_words where post_words match :match order by rowid desc",
)
POSTS, POSTS_ABOVE = (
    _both(*(_POSTS.format(found=found, order=order) for found in _WITH_WORDS)) for order in ("desc", "")
)

NEXT = Query("select coalesce(max(id), 0) + 1 from search_posts")
INDEXED = Query("select id, status_id, digest from search_posts where status_id = any(:status_ids)")
PUT_POST = Query("insert into search_posts (id, status_id, digest) values (:id, :status_id, :digest)")
DROP_POST = Query("delete from search_posts where id = :id")
PUT_POST_WORDS = _both(
    "insert into post_words (id, words) values (:id, cast(:vector as tsvector))",
    "insert into post_words (rowid, words) values (:id, :match)",
)
# No post has such a number, and no other post will get the place.
RETIRE_POST = Query("update search_posts set status_id = -id where id = :id")
DROP_POST_WORDS = _both(
    "delete from post_words where id = :id",
    "insert into post_words (post_words, rowid, words) values ('delete', :id, :match)",
)
PUT_ACCOUNT_WORDS = _both(
    "insert into account_words (id, words) values (:id, cast(:vector as tsvector))",
    "insert into account_words (rowid, words) values (:id, :match)",
)
DROP_ACCOUNT_WORDS = _both(
    "delete from account_words where id = :id", "delete from account_words where rowid = :id"
)


class Tag(tag_rows.Tag, array_like=True, frozen=True):
    """A hashtag with its uses, counted up to 100."""

    uses: int


class Indexed(msgspec.Struct, array_like=True, frozen=True):
    """A post in the index, under a number of the index's own; `digest` is of its words."""

    id: int
    status_id: int
    digest: int


class Words(msgspec.Struct, frozen=True):
    """What a post (by status id) or an account is found by, and a number that tells its words from others."""

    id: int
    words: Sequence[str]
    digest: int = 0


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What posts have to fit: terms, of which a post has all and none, and one of `marks` if there are any.

    `since` and `until` bound when it was written (ms); `public` are posts of people who allow to be found,
    `library` the viewer's own and those they have dealt with.
    """

    wanted: Sequence[Term]
    unwanted: Sequence[Term] = ()
    marks: Sequence[str] = ()
    since: int
    until: int
    public: bool
    library: bool


async def posts(
    db: Reader, bounds: Bounds, *, wanted: Found, viewer_id: int, now: int, offset: int
) -> list[int]:
    """Ids of posts that fit and that the viewer may see, newest first."""
    query = POSTS_ABOVE if bounds.ascending else POSTS
    found = await db.values(
        query,
        match=_match(wanted.wanted, wanted.unwanted, wanted.marks),
        vector=_vector_query(wanted.wanted, wanted.unwanted, wanted.marks),
        looked_at=LOOKED_AT,
        before=bounds.before,
        after=bounds.after,
        since=wanted.since,
        until=wanted.until,
        public=wanted.public,
        library=wanted.library,
        viewer_id=viewer_id,
        now=now,
        limit=bounds.limit,
        offset=offset,
    )
    return found[::-1] if bounds.ascending else found


async def accounts(
    db: Reader,
    *,
    name: str,
    domain: str,
    terms: Sequence[Term] = (),
    viewer_id: int,
    following: bool,
    limit: int,
    offset: int,
) -> list[Account]:
    """Accounts whose name begins so, in any case, or who have the terms in their display name or biography.

    `domain`, unless empty, is the beginning of theirs. An exact name comes first, then whom the viewer
    follows, then ours, then who has most followers.
    """
    texts = {"match": _match(terms), "vector": _vector_query(terms), "people": PEOPLE} if terms else {}
    return await db.all(
        PEOPLE_WITH if terms else ACCOUNTS,
        Account,
        lowest=name.lower(),
        highest=_after(name.lower()),
        domain=domain,
        viewer_id=viewer_id,
        following=following,
        limit=limit,
        offset=offset,
        **texts,
    )


async def tags(db: Reader, *, name: str, limit: int, offset: int) -> list[Tag]:
    """Hashtags whose folded name begins so, an exact one first; not those that are not to be found."""
    return await db.all(TAGS, Tag, lowest=name, highest=_after(name), limit=limit, offset=offset)


async def indexed(db: Reader, status_ids: Sequence[int]) -> dict[int, Indexed]:
    """Those of the posts that are in the index, by status id."""
    return {one.status_id: one for one in await db.all(INDEXED, Indexed, status_ids=status_ids)}


async def put_posts(tx: Writer, found: Sequence[Words]) -> None:
    """Add posts to the index; Clash when another process does the same at this moment."""
    if not found:
        return
    numbers = count(await tx.value(NEXT))
    rows = [(next(numbers), one) for one in found]
    await tx.many(
        PUT_POST, [{"id": number, "status_id": one.id, "digest": one.digest} for number, one in rows]
    )
    await tx.many(PUT_POST_WORDS, [_texts(number, one.words) for number, one in rows])


async def drop_post(tx: Writer, known: Indexed, words: Sequence[str] | None) -> None:
    """Take a post out of the index; `words` are those that it is there with.

    SQLite keeps no copy of them: without, they stay there, but lead nowhere.
    """
    if words is None:
        await tx.run(RETIRE_POST, id=known.id)
    else:
        await tx.run(DROP_POST, id=known.id)
        await tx.run(DROP_POST_WORDS, **_texts(known.id, words))


async def put_accounts(tx: Writer, found: Sequence[Words]) -> None:
    """Add accounts to the index, or replace their words; without any, they are only taken out."""
    await tx.many(DROP_ACCOUNT_WORDS, [{"id": one.id} for one in found])
    await tx.many(PUT_ACCOUNT_WORDS, [_texts(one.id, one.words) for one in found if one.words])


def _texts(number: int, words: Sequence[str]) -> dict[str, object]:
    """What is indexed: for FTS5 words and spaces, for PostgreSQL a tsvector as text."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(words, 1):
        places.setdefault(word, []).append(str(place))
    # A tsvector holds 255 places of a word.
    vector = " ".join(f"'{word}':{','.join(at[:255])}" for word, at in places.items())
    return {"id": number, "match": " ".join(words), "vector": vector}


def _match(wanted: Sequence[Term], unwanted: Sequence[Term] = (), marks: Sequence[str] = ()) -> str:
    """A query as FTS5 reads it; words hold nothing that means anything there."""
    parts = [_phrase(term) for term in wanted]
    if marks:
        parts.append("(" + " OR ".join(f'"{one}"' for one in marks) + ")")
    return " NOT ".join(["(" + " AND ".join(parts) + ")", *map(_phrase, unwanted)])


def _phrase(term: Term) -> str:
    words = " ".join(term.words)
    return f'"{words}"*' if term.begins else f'"{words}"'


def _vector_query(wanted: Sequence[Term], unwanted: Sequence[Term] = (), marks: Sequence[str] = ()) -> str:
    """A query as PostgreSQL reads it."""
    parts = [_distances(term) for term in wanted]
    if marks:
        parts.append("(" + " | ".join(f"'{one}'" for one in marks) + ")")
    return " & ".join([*parts, *(f"!{_distances(term)}" for term in unwanted)])


def _distances(term: Term) -> str:
    words = " <-> ".join(f"'{word}'" for word in term.words)
    return f"({words}:*)" if term.begins else f"({words})"


def _after(prefix: str) -> str:
    """A bound above everything that begins so: names hold no character as high as this."""
    return prefix + "\U0010fffd"
