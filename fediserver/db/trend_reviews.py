"""What those who moderate decided about trends and hashtags, and the sites of which links trend."""

from collections.abc import Iterable, Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.pages import Bounds, Entry, Listing
from fediserver.db.query import Query
from fediserver.db.trends import Kind

REVIEWS = Query("""
    select subject, allowed, reviewed_at from trend_reviews where kind = :kind and subject = any(:subjects)
""")

STANDINGS = Query("select id, usable, listable, reviewed_at from tags where id = any(:ids)")
TAG_PAGE = Listing("select id as cursor, id from tags where true", "id")
UNUSABLE = Query("select display_name from tags where name = any(:names) and not usable")
CHANGE_TAG = Query("""
    update tags
       set display_name = :display_name, usable = :usable, listable = :listable, reviewed_at = :reviewed_at
     where id = :id
""")

_PUBLISHER = "select id, domain, requested_at from publishers"
NOTE_PUBLISHER = Query("""
    insert into publishers (id, domain, requested_at)
    select coalesce(max(id), 0) + 1, cast(:domain as text), cast(:now as bigint) from publishers where true
    on conflict (domain) do nothing
""")
PUBLISHER = Query(f"{_PUBLISHER} where id = :id")
PUBLISHERS = Query(f"{_PUBLISHER} where id = any(:ids)")
PUBLISHER_PAGE = Listing("select id as cursor, id from publishers where true", "id")


class Review(msgspec.Struct, array_like=True, frozen=True):
    """A decision: whether something may trend, and when that was said (ms)."""

    subject: str
    allowed: bool
    reviewed_at: int


class TagStanding(msgspec.Struct, array_like=True, frozen=True):
    """What may be done with a hashtag; `reviewed_at` is None while nobody has looked at it."""

    id: int
    usable: bool
    listable: bool
    reviewed_at: int | None


class Publisher(msgspec.Struct, array_like=True, frozen=True):
    """A site whose pages are linked to."""

    id: int
    domain: str
    requested_at: int


async def reviews(db: Reader, kind: Kind, subjects: Iterable[str | int]) -> dict[str, Review]:
    """What was decided, by subject; what was not looked at is left out."""
    wanted = [str(one) for one in subjects]
    found = await db.all(REVIEWS, Review, kind=kind, subjects=wanted) if wanted else []
    return {one.subject: one for one in found}


async def standings(db: Reader, tag_ids: Sequence[int]) -> dict[int, TagStanding]:
    """What may be done with hashtags, by id."""
    found = await db.all(STANDINGS, TagStanding, ids=tag_ids) if tag_ids else []
    return {one.id: one for one in found}


async def tag_page(db: Reader, bounds: Bounds) -> list[Entry]:
    """A page of all hashtags, newest first."""
    return await TAG_PAGE.page(db, bounds)


async def unusable(db: Reader, names: Sequence[str]) -> list[str]:
    """Those of the hashtags (folded names) that must not be in posts of ours, as they are shown."""
    return await db.values(UNUSABLE, names=names) if names else []


async def change_tag(tx: Writer, display_name: str, standing: TagStanding) -> None:
    """Write what may be done with a hashtag, and how it is shown."""
    await tx.run(CHANGE_TAG, display_name=display_name, **msgspec.structs.asdict(standing))


async def note_publishers(tx: Writer, domains: Iterable[str], now: int) -> None:
    """Give sites a number whose pages are among the trends for the first time."""
    await tx.many(NOTE_PUBLISHER, [{"domain": one, "now": now} for one in sorted(set(domains))])


async def publisher(db: Reader, publisher_id: int) -> Publisher | None:
    """The site with that number."""
    return await db.one(PUBLISHER, Publisher, id=publisher_id)


async def publisher_page(db: Reader, bounds: Bounds) -> tuple[list[Entry], dict[int, Publisher]]:
    """A page of sites, newest first, and the sites by number."""
    entries = await PUBLISHER_PAGE.page(db, bounds)
    rows = await db.all(PUBLISHERS, Publisher, ids=[one.id for one in entries])
    return entries, {row.id: row for row in rows}
