"""The facts on which actions/visibility.py decides; nobody else asks for them."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader
from fediserver.db.query import Query

STANDING = Query("""
    select exists (select 1 from follows where account_id = :viewer_id and target_id = :author_id) as follows,
           exists (select 1 from mentions where status_id = :status_id and account_id = :viewer_id) as mentioned,
           exists (select 1 from blocks where account_id = :author_id and target_id = :viewer_id) as blocked
""")
VISIBLE = Query("""
    select s.id
      from statuses s
      join accounts a on a.id = s.account_id
     where s.id = any(:ids)
       and a.suspended_at is null
       and not exists (select 1 from blocks b where b.account_id = s.account_id and b.target_id = :viewer_id)
       and (s.visibility <= 1
            or s.account_id = :viewer_id
            or exists (select 1 from mentions m where m.status_id = s.id and m.account_id = :viewer_id)
            or (s.visibility = 2 and exists (
                select 1 from follows f where f.account_id = :viewer_id and f.target_id = s.account_id)))
""")


class Standing(msgspec.Struct, array_like=True, frozen=True):
    """How a viewer stands to a post and its author."""

    follows: bool
    mentioned: bool
    blocked: bool


async def standing(db: Reader, *, viewer_id: int, author_id: int, status_id: int) -> Standing:
    """One row for one viewer and one post."""
    found = await db.one(STANDING, Standing, viewer_id=viewer_id, author_id=author_id, status_id=status_id)
    return found or Standing(follows=False, mentioned=False, blocked=False)


async def visible(db: Reader, *, viewer_id: int, ids: Sequence[int]) -> set[int]:
    """Those of the posts that the viewer (0 for a stranger) may see."""
    return set(await db.values(VISIBLE, viewer_id=viewer_id, ids=ids)) if ids else set()
