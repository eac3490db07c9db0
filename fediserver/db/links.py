"""Links in posts, and what is known of the pages behind them."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.outlines import Outline, Timeline
from fediserver.db.pages import Bounds
from fediserver.db.query import Query, columns
from fediserver.models.link import Link

TOLD = 500
"""Posts with a link, the newest, that are shown anew when its card has come."""
FORGOTTEN = 500

BY_URL = Query(f"select {columns(Link)} from links where url = :url")
BY_ID = Query(f"select {columns(Link)} from links where id = :id")
BY_IDS = Query(f"select {columns(Link)} from links where id = any(:ids)")
PUT = Query("insert into links (id, url) values (:id, :url) on conflict (url) do nothing")
DROP_OF = Query("delete from status_links where status_id = :status_id")
PUT_OF = Query("""
    insert into status_links (status_id, link_id) select cast(:status_id as bigint), id from links where url = :url
""")
OF_STATUSES = Query(f"""
    select s.status_id, {columns(Link, "l")}
      from status_links s join links l on l.id = s.link_id
     where s.status_id = any(:status_ids)
""")
CLAIM = Query("update links set next_at = :until where id = :id and next_at <= :now")
KEEP = Query("""
    update links
       set title = :title, description = :description, language = :language, author_name = :author_name,
           author_url = :author_url, author_id = :author_id, unconfirmed_id = :unconfirmed_id,
           provider_name = :provider_name, image = :image, image_width = :image_width,
           image_height = :image_height, image_description = :image_description, blurhash = :blurhash,
           published_at = :published_at, fetched_at = :fetched_at, next_at = :next_at, failures = 0
     where id = :id
""")
FAIL = Query("update links set failures = failures + 1, next_at = :next_at where id = :id")
TELL = Query("""
    update statuses set version = version + 1
     where id in (select status_id from status_links where link_id = :id order by status_id desc limit :limit)
""")
NEWEST = Query("select status_id from status_links where link_id = :id order by status_id desc limit :limit")
FORGET = Query("""
    delete from links where id in (
        select l.id from links l
         where l.next_at < :before and not exists (select 1 from status_links s where s.link_id = l.id)
         order by l.next_at limit :limit)
""")
TIMELINE = Timeline(
    "status_links k join statuses s on s.id = k.status_id",
    "k.link_id = :link_id and s.visibility = 0 and a.suspended_at is null and a.silenced_at is null",
    cursor="k.status_id",
)

DROP_DOMAINS = Query(
    "delete from attribution_domains where account_id = :account_id and domain <> all(:keep)"
)
PUT_DOMAIN = Query("""
    insert into attribution_domains (account_id, domain) values (:account_id, :domain)
    on conflict (account_id, domain) do nothing
""")
DOMAINS = Query("select domain from attribution_domains where account_id = :account_id order by domain")


async def by_url(db: Reader, url: str) -> Link | None:
    """The link with that address."""
    return await db.one(BY_URL, Link, url=url)


async def by_id(db: Reader, link_id: int) -> Link | None:
    """The link with that id."""
    return await db.one(BY_ID, Link, id=link_id)


async def by_ids(db: Reader, ids: Sequence[int]) -> dict[int, Link]:
    """Links by id; unknown ids are left out."""
    return {link.id: link for link in await db.all(BY_IDS, Link, ids=ids)} if ids else {}


async def put(tx: Writer, status_id: int, url: str | None, *, new_id: int) -> None:
    """Note the link of a new post, or of one that has changed; None when it has none."""
    await tx.run(DROP_OF, status_id=status_id)
    if url is not None:
        await tx.run(PUT, id=new_id, url=url)
        await tx.run(PUT_OF, status_id=status_id, url=url)


async def of_statuses(db: Reader, status_ids: Sequence[int]) -> dict[int, Link]:
    """Links by post."""
    if not status_ids:
        return {}
    rows = await db.rows(OF_STATUSES, status_ids=status_ids)
    return {row[0]: msgspec.convert(row[1:], Link, strict=False) for row in rows}


async def claim(tx: Writer, link_id: int, *, now: int, until: int) -> bool:
    """Take the right to ask the page; False when somebody has it, or it was asked not long ago (ms)."""
    return bool(await tx.run(CLAIM, id=link_id, now=now, until=until))


async def keep(tx: Writer, link: Link) -> None:
    """Write what a page says, and have the posts with its link shown anew."""
    fields = msgspec.structs.asdict(link)
    await tx.run(KEEP, **{name: fields[name] for name in KEEP.names})
    await tx.run(TELL, id=link.id, limit=TOLD)


async def newest(db: Reader, link_id: int, limit: int) -> list[int]:
    """The newest posts with a link, latest first."""
    return await db.values(NEWEST, id=link_id, limit=limit)


async def fail(tx: Writer, link_id: int, *, next_at: int) -> None:
    """The page could not be had; it is asked again then (ms), if anybody looks."""
    await tx.run(FAIL, id=link_id, next_at=next_at)


async def forget(tx: Writer, before: int) -> None:
    """Drop some of the links that no post has, unless they were asked for since then (ms)."""
    await tx.run(FORGET, before=before, limit=FORGOTTEN)


async def timeline(
    db: Reader, bounds: Bounds, *, viewer_id: int | None, now: int, link_id: int
) -> list[Outline]:
    """Public posts with a link."""
    return await TIMELINE.page(db, bounds, viewer_id=viewer_id, now=now, link_id=link_id)


async def set_domains(tx: Writer, account_id: int, found: Sequence[str]) -> None:
    """Which sites may name an account as the author of their pages."""
    await tx.run(DROP_DOMAINS, account_id=account_id, keep=found)
    await tx.many(PUT_DOMAIN, [{"account_id": account_id, "domain": domain} for domain in found])


async def domains(db: Reader, account_id: int) -> list[str]:
    """The same."""
    return await db.values(DOMAINS, account_id=account_id)
