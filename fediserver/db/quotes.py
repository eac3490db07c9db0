"""Quotes: which post quotes which, and how a viewer stands to what is quoted."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.pages import Bounds, Entry, Listing
from fediserver.db.query import Query, columns, insertion
from fediserver.db.visibility import may_see
from fediserver.models.quote import Quote, QuoteState
from fediserver.models.visibility import QuotePolicy

_QUOTE = columns(Quote)
_LOCAL_QUOTERS = 1000

INSERT = Query(insertion("quotes", Quote))
BY_ID = Query(f"select {_QUOTE} from quotes where id = :id")
BY_STAMP = Query(f"select {_QUOTE} from quotes where stamp_uri = :uri and stamp_uri <> '' and state = 1")
STAMPED_BY = Query("""
    select a.uri
      from quotes q join statuses s on s.id = q.quoted_id join accounts a on a.id = s.account_id
     where q.stamp_uri = :uri and q.stamp_uri <> '' and q.state = 1
""")
MARK = Query("update statuses set quote_id = :quote_id, version = version + 1 where id = :id")
OF_STATUS = Query(f"select {_QUOTE} from quotes where status_id = :status_id")
DECIDE = Query("""
    update quotes set state = :state, stamp_uri = :stamp_uri
     where id = :id and (state <> :state or stamp_uri <> :stamp_uri)
""")
LINK = Query("""
    update quotes set quoted_id = :quoted_id, quoted_uri = '' where id = :id and quoted_id is null and quoted_uri <> ''
""")
DROP = Query("delete from quotes where id = :id")
OF_POST = Listing(
    "select q.id as cursor, q.status_id as id from quotes q where q.quoted_id = :quoted_id and q.state = 1",
    "q.id",
)
LOCAL_QUOTERS = Query("""
    select q.account_id, q.status_id
      from quotes q
      join accounts a on a.id = q.account_id
     where q.quoted_id = :quoted_id and q.state = 1 and a.domain = ''
     order by q.id desc limit :limit
""")
HOSTS = Query("""
    select distinct a.host_id
      from quotes q join accounts a on a.id = q.account_id
     where q.quoted_id = :quoted_id and q.state = 1 and a.host_id is not null
""")
SEEN = Query(f"""
    select q.id, q.quoted_id, q.quoted_uri <> '' as awaited, q.state,
           case when {may_see()} then true else false end as visible,
           exists (select 1 from blocks b where b.account_id = :viewer_id and b.target_id = s.account_id) as blocked,
           exists (select 1 from domain_blocks d
                    where d.account_id = :viewer_id and d.domain = a.domain) as domain_blocked,
           exists (select 1 from mutes m where m.account_id = :viewer_id and m.target_id = s.account_id
                      and (m.expires_at is null or m.expires_at > :now)) as muted
      from quotes q
      left join statuses s on s.id = q.quoted_id
      left join accounts a on a.id = s.account_id
     where q.id = any(:ids) and q.state <> 5
""")
TIES = Query("""
    select target_id as account_id, true as by_viewer from follows
     where account_id = :viewer_id and target_id = any(:ids)
     union all
    select account_id, false as by_viewer from follows
     where target_id = :viewer_id and account_id = any(:ids)
""")
SET_POLICY = Query("""
    update statuses set quote_policy = :automatic, quote_manual = :manual, version = version + 1
     where id = :id and (quote_policy <> :automatic or quote_manual <> :manual)
""")


class SeenQuote(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A quote as a viewer meets it: whether they may see what is quoted, and whom of it they do not want.

    `awaited` says that what is quoted is not here yet.
    """

    id: int
    quoted_id: int | None
    awaited: bool
    state: QuoteState
    visible: bool
    blocked: bool
    domain_blocked: bool
    muted: bool


class Tie(msgspec.Struct, array_like=True, frozen=True):
    """The viewer follows somebody, or somebody follows them."""

    account_id: int
    by_viewer: bool


class Ties(msgspec.Struct, frozen=True):
    """Whom of some accounts a viewer follows, and who of them follows the viewer."""

    followed: frozenset[int] = frozenset()
    followers: frozenset[int] = frozenset()


class Quoter(msgspec.Struct, array_like=True, frozen=True):
    """A member who quotes a post, and the post in which they do."""

    account_id: int
    status_id: int


async def insert(tx: Writer, quote: Quote) -> None:
    """Add a quote."""
    await tx.run(INSERT, **msgspec.structs.asdict(quote))


async def of_status(db: Reader, status_id: int) -> Quote | None:
    """What a post quotes."""
    return await db.one(OF_STATUS, Quote, status_id=status_id)


async def by_stamp(db: Reader, uri: str) -> Quote | None:
    """The quote that stands on another server's authorization."""
    return await db.one(BY_STAMP, Quote, uri=uri)


async def stamped(db: Reader, uri: str) -> str | None:
    """The id of the author who gave an authorization that a quote here stands on; None when none does."""
    found: str | None = await db.value(STAMPED_BY, uri=uri)
    return found


async def decide(tx: Writer, quote_id: int, *, state: QuoteState, stamp_uri: str) -> bool:
    """Write what the quoted author says; False when that stood there."""
    return bool(await tx.run(DECIDE, id=quote_id, state=state, stamp_uri=stamp_uri))


async def link(tx: Writer, quote_id: int, quoted_id: int) -> None:
    """What a quote names has come."""
    await tx.run(LINK, id=quote_id, quoted_id=quoted_id)


async def drop(tx: Writer, quote_id: int) -> None:
    """Forget a quote: the post no longer quotes."""
    await tx.run(DROP, id=quote_id)


async def of_post(db: Reader, bounds: Bounds, *, quoted_id: int) -> list[Entry]:
    """Posts that quote a post, latest first."""
    return await OF_POST.page(db, bounds, quoted_id=quoted_id)


async def local_quoters(db: Reader, quoted_id: int) -> list[Quoter]:
    """Members who quote a post, those who did last when there are very many."""
    return await db.all(LOCAL_QUOTERS, Quoter, quoted_id=quoted_id, limit=_LOCAL_QUOTERS)


async def hosts(db: Reader, quoted_id: int) -> list[int]:
    """Servers of those who quote a post."""
    return await db.values(HOSTS, quoted_id=quoted_id)


async def seen(db: Reader, ids: Sequence[int], *, viewer_id: int, now: int) -> dict[int, SeenQuote]:
    """Quotes by id, for a viewer (0 for a stranger)."""
    if not ids:
        return {}
    return {one.id: one for one in await db.all(SEEN, SeenQuote, ids=ids, viewer_id=viewer_id, now=now)}


async def ties(db: Reader, ids: Sequence[int], *, viewer_id: int) -> Ties:
    """How a viewer and some accounts follow each other."""
    if not ids:
        return Ties()
    found = await db.all(TIES, Tie, viewer_id=viewer_id, ids=ids)
    return Ties(
        followed=frozenset(one.account_id for one in found if one.by_viewer),
        followers=frozenset(one.account_id for one in found if not one.by_viewer),
    )


async def set_policy(
    tx: Writer, status_id: int, *, automatic: QuotePolicy, manual: QuotePolicy = QuotePolicy.NOBODY
) -> bool:
    """Write who may quote a post, at once or when its author says so; False when that stood there."""
    return bool(await tx.run(SET_POLICY, id=status_id, automatic=automatic, manual=manual))


async def by_id(db: Reader, quote_id: int) -> Quote | None:
    """The quote with that id."""
    return await db.one(BY_ID, Quote, id=quote_id)


async def mark(tx: Writer, status_id: int, quote_id: int | None) -> None:
    """Say of a post that was there that it quotes, or no longer does."""
    await tx.run(MARK, id=status_id, quote_id=quote_id)
