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
MARK = Query("update statuses set quote_id = :quote_id, version = version + 1 where id = :id")
OF_STATUS = Query(f"select {_QUOTE} from quotes where status_id = :status_id")
SET_STATE = Query("update quotes set state = :state where id = :id and state <> :state")
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
SEEN = Query(f"""
    select q.id, q.quoted_id, q.state, case when {may_see()} then true else false end as visible,
           exists (select 1 from blocks b where b.account_id = :viewer_id and b.target_id = s.account_id) as blocked,
           exists (select 1 from domain_blocks d
                    where d.account_id = :viewer_id and d.domain = a.domain) as domain_blocked,
           exists (select 1 from mutes m where m.account_id = :viewer_id and m.target_id = s.account_id
                      and (m.expires_at is null or m.expires_at > :now)) as muted
      from quotes q
      left join statuses s on s.id = q.quoted_id
      left join accounts a on a.id = s.account_id
     where q.id = any(:ids)
""")
FOLLOWED = Query("select target_id from follows where account_id = :viewer_id and target_id = any(:ids)")
SET_POLICY = Query(
    "update statuses set quote_policy = :policy, version = version + 1 where id = :id and quote_policy <> :policy"
)


class SeenQuote(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A quote as a viewer meets it: whether they may see what is quoted, and whom of it they do not want."""

    id: int
    quoted_id: int | None
    state: QuoteState
    visible: bool
    blocked: bool
    domain_blocked: bool
    muted: bool


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


async def set_state(tx: Writer, quote_id: int, state: QuoteState) -> bool:
    """Write what the quoted author says; False when that stood there."""
    return bool(await tx.run(SET_STATE, id=quote_id, state=state))


async def of_post(db: Reader, bounds: Bounds, *, quoted_id: int) -> list[Entry]:
    """Posts that quote a post, latest first."""
    return await OF_POST.page(db, bounds, quoted_id=quoted_id)


async def local_quoters(db: Reader, quoted_id: int) -> list[Quoter]:
    """Members who quote a post, those who did last when there are very many."""
    return await db.all(LOCAL_QUOTERS, Quoter, quoted_id=quoted_id, limit=_LOCAL_QUOTERS)


async def seen(db: Reader, ids: Sequence[int], *, viewer_id: int, now: int) -> dict[int, SeenQuote]:
    """Quotes by id, for a viewer (0 for a stranger)."""
    if not ids:
        return {}
    return {one.id: one for one in await db.all(SEEN, SeenQuote, ids=ids, viewer_id=viewer_id, now=now)}


async def followed(db: Reader, ids: Sequence[int], *, viewer_id: int) -> set[int]:
    """Whom of some accounts a viewer follows."""
    return set(await db.values(FOLLOWED, viewer_id=viewer_id, ids=ids)) if ids else set()


async def set_policy(tx: Writer, status_id: int, policy: QuotePolicy) -> bool:
    """Write who may quote a post; False when that stood there."""
    return bool(await tx.run(SET_POLICY, id=status_id, policy=policy))


async def by_id(db: Reader, quote_id: int) -> Quote | None:
    """The quote with that id."""
    return await db.one(BY_ID, Quote, id=quote_id)


async def mark(tx: Writer, status_id: int, quote_id: int) -> None:
    """Say of a post that was there that it quotes."""
    await tx.run(MARK, id=status_id, quote_id=quote_id)
