"""Mail addresses that may not sign up, by domain and one by one."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.pages import Bounds, Entry, Listing
from fediserver.db.query import Query, columns, insertion
from fediserver.models.sign_up_block import CanonicalEmailBlock, EmailDomainBlock

_DOMAIN, _ADDRESS = columns(EmailDomainBlock), columns(CanonicalEmailBlock)

INSERT_DOMAIN = Query(f"{insertion('email_domain_blocks', EmailDomainBlock)} on conflict (domain) do nothing")
DOMAIN = Query(f"select {_DOMAIN} from email_domain_blocks where id = :id")
DOMAINS = Query(f"select {_DOMAIN} from email_domain_blocks where id = any(:ids)")
DOMAINS_NAMED = Query(f"select {_DOMAIN} from email_domain_blocks where domain = any(:names)")
DOMAIN_PAGE = Listing("select id as cursor, id from email_domain_blocks where true", "id")
DROP_DOMAIN = Query("delete from email_domain_blocks where id = :id")

COUNT_ATTEMPT = Query("""
    insert into email_domain_attempts (block_id, day, attempts) values (:block_id, :day, 1)
    on conflict (block_id, day) do update set attempts = email_domain_attempts.attempts + 1
""")
FORGET_ATTEMPTS = Query("delete from email_domain_attempts where block_id = :block_id and day < :first")
ATTEMPTS = Query("""
    select block_id, day, attempts from email_domain_attempts where block_id = any(:ids) and day >= :first
""")

INSERT_ADDRESS = Query(f"""
    {insertion("canonical_email_blocks", CanonicalEmailBlock)} on conflict (canonical_email_hash) do nothing
""")
ADDRESS = Query(f"select {_ADDRESS} from canonical_email_blocks where id = :id")
ADDRESSES = Query(f"select {_ADDRESS} from canonical_email_blocks where id = any(:ids)")
ADDRESS_HASHED = Query(f"select {_ADDRESS} from canonical_email_blocks where canonical_email_hash = :hash")
ADDRESS_PAGE = Listing("select id as cursor, id from canonical_email_blocks where true", "id")
DROP_ADDRESS = Query("delete from canonical_email_blocks where id = :id")
DROP_ADDRESS_OF = Query("delete from canonical_email_blocks where account_id = :account_id")


async def insert_domain(tx: Writer, row: EmailDomainBlock) -> bool:
    """Block a domain; False when it is blocked already."""
    return bool(await tx.run(INSERT_DOMAIN, **msgspec.structs.asdict(row)))


async def domain(db: Reader, block_id: int) -> EmailDomainBlock | None:
    """The block of a domain with that id."""
    return await db.one(DOMAIN, EmailDomainBlock, id=block_id)


async def domains_named(db: Reader, names: Sequence[str]) -> list[EmailDomainBlock]:
    """Blocks of any of the domains."""
    return await db.all(DOMAINS_NAMED, EmailDomainBlock, names=names)


async def domain_page(db: Reader, bounds: Bounds) -> tuple[list[Entry], dict[int, EmailDomainBlock]]:
    """A page of blocked domains, newest first, and the blocks by id."""
    entries = await DOMAIN_PAGE.page(db, bounds)
    rows = await db.all(DOMAINS, EmailDomainBlock, ids=[one.id for one in entries])
    return entries, {row.id: row for row in rows}


async def drop_domain(tx: Writer, block_id: int) -> None:
    """Let a domain sign up again."""
    await tx.run(DROP_DOMAIN, id=block_id)


async def count_attempt(tx: Writer, block_id: int, *, day: int, first: int) -> None:
    """Somebody of a blocked domain has tried to sign up; days before `first` are forgotten."""
    await tx.run(FORGET_ATTEMPTS, block_id=block_id, first=first)
    await tx.run(COUNT_ATTEMPT, block_id=block_id, day=day)


async def attempts(db: Reader, ids: Sequence[int], first: int) -> dict[tuple[int, int], int]:
    """How many tried, by block and day."""
    found = await db.rows(ATTEMPTS, ids=ids, first=first) if ids else []
    return {(block_id, day): number for block_id, day, number in found}


async def insert_address(tx: Writer, row: CanonicalEmailBlock) -> bool:
    """Block an address; False when it is blocked already."""
    return bool(await tx.run(INSERT_ADDRESS, **msgspec.structs.asdict(row)))


async def address(db: Reader, block_id: int) -> CanonicalEmailBlock | None:
    """The block of an address with that id."""
    return await db.one(ADDRESS, CanonicalEmailBlock, id=block_id)


async def address_hashed(db: Reader, canonical_hash: str) -> CanonicalEmailBlock | None:
    """The block of the address with that hash."""
    return await db.one(ADDRESS_HASHED, CanonicalEmailBlock, hash=canonical_hash)


async def address_page(db: Reader, bounds: Bounds) -> tuple[list[Entry], dict[int, CanonicalEmailBlock]]:
    """A page of blocked addresses, newest first, and the blocks by id."""
    entries = await ADDRESS_PAGE.page(db, bounds)
    rows = await db.all(ADDRESSES, CanonicalEmailBlock, ids=[one.id for one in entries])
    return entries, {row.id: row for row in rows}


async def drop_address(tx: Writer, block_id: int) -> None:
    """Let an address sign up again."""
    await tx.run(DROP_ADDRESS, id=block_id)


async def drop_address_of(tx: Writer, account_id: int) -> None:
    """The same, of a member who is suspended no longer."""
    await tx.run(DROP_ADDRESS_OF, account_id=account_id)
