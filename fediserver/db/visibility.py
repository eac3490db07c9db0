"""The facts on which actions/visibility.py decides; nobody else asks for them."""

from collections.abc import Sequence

from fediserver.db.database import Reader
from fediserver.db.domain_blocks import blocked
from fediserver.db.query import Query

MAY_SEE = f"""
       a.suspended_at is null
       and not exists (select 1 from blocks b where b.account_id = s.account_id and b.target_id = :viewer_id)
       and not {blocked("s.account_id", ":viewer_id")}
       and (s.visibility <= 1
            or s.account_id = :viewer_id
            or exists (select 1 from mentions m where m.status_id = s.id and m.account_id = :viewer_id)
            or (s.visibility = 2 and exists (
                select 1 from follows f where f.account_id = :viewer_id and f.target_id = s.account_id)))
"""
"""Whether `:viewer_id` may see the post `s` of the account `a`, for pages that are cut before they are read."""

VISIBLE = Query(f"""
    select s.id
      from statuses s
      join accounts a on a.id = s.account_id
     where s.id = any(:ids) and {MAY_SEE}
""")


async def visible(db: Reader, *, viewer_id: int, ids: Sequence[int]) -> set[int]:
    """Those of the posts that the viewer (0 for a stranger) may see."""
    return set(await db.values(VISIBLE, viewer_id=viewer_id, ids=ids)) if ids else set()
