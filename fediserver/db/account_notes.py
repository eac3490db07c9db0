"""What a member notes about somebody, for nobody else to see."""

from fediserver.db.database import Writer
from fediserver.db.query import Query

PUT = Query("""
    insert into account_notes (account_id, target_id, comment) values (:account_id, :target_id, :comment)
    on conflict (account_id, target_id) do update set comment = excluded.comment
""")
DROP = Query("delete from account_notes where account_id = :account_id and target_id = :target_id")


async def put(tx: Writer, *, account_id: int, target_id: int, comment: str) -> None:
    """Write the note, or remove it when it is empty."""
    if comment:
        await tx.run(PUT, account_id=account_id, target_id=target_id, comment=comment)
    else:
        await tx.run(DROP, account_id=account_id, target_id=target_id)
