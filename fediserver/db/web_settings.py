"""Settings of web clients, kept as they are sent."""

from fediserver.db.database import Writer
from fediserver.db.query import Query

PUT = Query("""
    insert into web_settings (account_id, data) values (:account_id, :data)
    on conflict (account_id) do update set data = excluded.data
""")


async def put(tx: Writer, account_id: int, data: str) -> None:
    """Keep a member's settings (JSON) instead of the earlier ones."""
    await tx.run(PUT, account_id=account_id, data=data)
