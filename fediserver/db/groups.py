"""Groups of ours."""

from fediserver.db.database import Reader
from fediserver.db.query import Query, columns
from fediserver.models.account import Account

ALL = Query(f"""
    select {columns(Account)} from accounts
     where domain = '' and actor_type = 'Group' and deleted_at is null order by username
""")


async def everything(db: Reader) -> list[Account]:
    """Our groups by name."""
    return await db.all(ALL, Account)
