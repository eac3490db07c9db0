"""Whether a server still has somebody who may see a post."""

from fediserver.db.database import Reader
from fediserver.db.query import Query

MAY_HAVE = Query("""
    select 1
      from statuses s
     where s.uri = :object_uri
       and s.visibility >= 2
       and not exists (
            select 1 from mentions m join accounts a on a.id = m.account_id
             where m.status_id = s.id and a.host_id = :host_id)
       and (s.visibility = 3 or not exists (
            select 1 from follows f join accounts a on a.id = f.account_id
             where f.target_id = s.account_id and a.host_id = :host_id))
""")


async def may_have(db: Reader, *, object_uri: str, host_id: int) -> bool:
    """False for a post that is not open and that names nobody there, nor has a follower there."""
    return await db.value(MAY_HAVE, object_uri=object_uri, host_id=host_id) is None
