"""The facts on which actions/visibility.py decides; nobody else asks for them."""

from collections.abc import Sequence

from fediserver.db.database import Reader
from fediserver.db.domain_blocks import blocked
from fediserver.db.query import Query


def is_addressed_to(viewer: str, post: str) -> str:
    """What decides whether a post is for a viewer, whatever stands between them and its author."""
    return f"""(
        {post}.visibility <= 1
        or {post}.account_id = {viewer}
        or exists (select 1 from mentions m where m.status_id = {post}.id and m.account_id = {viewer})
        or ({post}.visibility = 2 and exists (
            select 1 from follows f where f.account_id = {viewer} and f.target_id = {post}.account_id))
    )"""


def may_see(viewer: str = ":viewer_id", post: str = "s", author: str = "a") -> str:
    """What decides about a viewer, given by an id, and a post and its author, given by their names in a query."""
    return f"""(
        {author}.suspended_at is null
        and not exists (select 1 from blocks b where b.account_id = {post}.account_id and b.target_id = {viewer})
        and not {blocked(f"{post}.account_id", viewer)}
        and {is_addressed_to(viewer, post)}
    )"""


def may_open(owner: str, owner_id: str) -> str:
    """What decides whether `:viewer_id` may open what belongs to an account: its name in a query, and its id there."""
    return f"""(
        {owner}.suspended_at is null
        and not exists (select 1 from blocks b where b.account_id = {owner_id} and b.target_id = :viewer_id)
        and not {blocked(owner_id, "cast(:viewer_id as bigint)")}
    )"""


def may_be_shown(account: str, account_id: str) -> str:
    """What decides whether an account is shown to `:viewer_id` among others, given in the same way."""
    return f"""(
        {may_open(account, account_id)}
        and not exists (select 1 from blocks b where b.account_id = :viewer_id and b.target_id = {account_id})
        and not {blocked("cast(:viewer_id as bigint)", account_id)}
    )"""


VISIBLE = Query(f"""
    select s.id
      from statuses s
      join accounts a on a.id = s.account_id
     where s.id = any(:ids) and {may_see()}
""")
VISIBLE_TO = Query(f"""
    select v.id
      from statuses s
      join accounts a on a.id = s.account_id
      join accounts v on v.id = any(:viewer_ids)
     where s.id = :status_id and {may_see("v.id")}
""")

ADDRESSED = Query(
    f"select s.id from statuses s where s.id = any(:ids) and {is_addressed_to(':viewer_id', 's')}"
)


async def addressed(db: Reader, *, viewer_id: int, ids: Sequence[int]) -> set[int]:
    """Those of the posts that are for the viewer, also by who is suspended or blocks them."""
    return set(await db.values(ADDRESSED, viewer_id=viewer_id, ids=ids)) if ids else set()


async def visible(db: Reader, *, viewer_id: int, ids: Sequence[int]) -> set[int]:
    """Those of the posts that the viewer (0 for a stranger) may see."""
    return set(await db.values(VISIBLE, viewer_id=viewer_id, ids=ids)) if ids else set()


async def visible_to(db: Reader, *, status_id: int, viewer_ids: Sequence[int]) -> set[int]:
    """Those of the viewers who may see the post."""
    return (
        set(await db.values(VISIBLE_TO, status_id=status_id, viewer_ids=viewer_ids)) if viewer_ids else set()
    )
