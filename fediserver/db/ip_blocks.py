"""Networks whose people may not sign up, or not come here at all."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.pages import Bounds, Entry, Listing
from fediserver.db.query import Query, columns, insertion
from fediserver.models.sign_up_block import IpBlock

_BLOCK = columns(IpBlock)

INSERT = Query(insertion("ip_blocks", IpBlock))
CHANGE = Query("""
    update ip_blocks set ip = :ip, severity = :severity, comment = :comment, expires_at = :expires_at where id = :id
""")
DROP = Query("delete from ip_blocks where id = :id")
COUNT = Query("select count(*) from ip_blocks")
ONE = Query(f"select {_BLOCK} from ip_blocks where id = :id")
SOME = Query(f"select {_BLOCK} from ip_blocks where id = any(:ids)")
NAMED = Query(f"select {_BLOCK} from ip_blocks where ip = any(:ips)")
PAGE = Listing("select id as cursor, id from ip_blocks where true", "id")
NO_ACCESS = Query(f"select {_BLOCK} from ip_blocks where severity = 'no_access'")
EVERYTHING = Query(f"select {_BLOCK} from ip_blocks order by ip")
FORGET = Query("delete from ip_blocks where expires_at <= :now")


async def insert(tx: Writer, row: IpBlock) -> None:
    """Add a block; Clash when the network has one."""
    await tx.run(INSERT, **msgspec.structs.asdict(row))


async def change(tx: Writer, row: IpBlock) -> None:
    """Write a block anew; Clash when another one is for the same network."""
    fields = msgspec.structs.asdict(row)
    await tx.run(CHANGE, **{name: fields[name] for name in CHANGE.names})


async def drop(tx: Writer, block_id: int) -> None:
    """Take a block back."""
    await tx.run(DROP, id=block_id)


async def count(db: Reader) -> int:
    """How many blocks there are."""
    return int(await db.value(COUNT))


async def one(db: Reader, block_id: int) -> IpBlock | None:
    """The block with that id."""
    return await db.one(ONE, IpBlock, id=block_id)


async def named(db: Reader, ips: Sequence[str]) -> list[IpBlock]:
    """The blocks of any of the networks, also those that have ended."""
    return await db.all(NAMED, IpBlock, ips=ips) if ips else []


async def page(db: Reader, bounds: Bounds) -> tuple[list[Entry], dict[int, IpBlock]]:
    """A page of blocks, newest first, and the blocks by id."""
    entries = await PAGE.page(db, bounds)
    rows = await db.all(SOME, IpBlock, ids=[entry.id for entry in entries])
    return entries, {row.id: row for row in rows}


async def everything(db: Reader) -> list[IpBlock]:
    """Every block, by network."""
    return await db.all(EVERYTHING, IpBlock)


async def no_access(db: Reader) -> list[IpBlock]:
    """Every block that keeps people out altogether."""
    return await db.all(NO_ACCESS, IpBlock)


async def forget(tx: Writer, now: int) -> int:
    """Drop what has ended; answers how many."""
    return await tx.run(FORGET, now=now)
