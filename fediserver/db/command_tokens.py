"""Tokens that the command line made."""

from fediserver.db.database import Writer
from fediserver.db.query import Query

DROP = Query("delete from access_tokens where application_id = :application_id and account_id = :account_id")


async def drop(tx: Writer, *, application_id: int, account_id: int) -> int:
    """End them; answers how many there were."""
    return await tx.run(DROP, application_id=application_id, account_id=account_id)
