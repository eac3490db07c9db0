"""Hashtags: what carries them, who follows and features them, how much they are used."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.pages import Bounds, Entry, Listing
from fediserver.db.query import Query

_TAG = "t.id, t.name, t.display_name"

ADD = Query("""
    insert into tags (id, name, display_name, created_at) values (:id, :name, :display_name, :created_at)
    on conflict (name) do nothing
""")
NAMED = Query("select id, name from tags where name = any(:names)")
BY_NAME = Query(f"select {_TAG} from tags t where t.name = :name")
BY_ID = Query(f"select {_TAG} from tags t where t.id = :id")
BY_IDS = Query(f"select {_TAG} from tags t where t.id = any(:ids)")
MARK = Query("""
    insert into status_tags (tag_id, status_id, account_id)
    select cast(:tag_id as bigint), s.id, s.account_id from statuses s where s.id = :status_id
    on conflict (tag_id, status_id) do nothing
""")
UNMARK = Query("delete from status_tags where status_id = :status_id")

# Only what is public counts: how often is no way to learn of what is not.
HISTORY = Query("""
    select n.tag_id, n.status_id / :day as day, count(*) as uses, count(distinct n.account_id) as accounts
      from status_tags n
      join statuses s on s.id = n.status_id
     where n.tag_id = any(:tag_ids) and n.status_id >= :since and s.visibility = 0
     group by n.tag_id, n.status_id / :day
""")

FOLLOW = Query("""
    insert into tag_follows (id, account_id, tag_id, created_at) values (:id, :account_id, :tag_id, :now)
    on conflict (tag_id, account_id) do nothing
""")
UNFOLLOW = Query("delete from tag_follows where account_id = :account_id and tag_id = :tag_id")
COUNT_FOLLOWED = Query("select count(*) from tag_follows where account_id = :account_id")
FOLLOWED = Listing(
    "select f.id as cursor, f.tag_id as id from tag_follows f where f.account_id = :account_id", "f.id"
)
FOLLOWED_OF = Query(
    "select tag_id from tag_follows where account_id = :account_id and tag_id = any(:tag_ids)"
)

FEATURE = Query("""
    insert into featured_tags (id, account_id, tag_id, name, created_at)
    values (:id, :account_id, :tag_id, :name, :now)
    on conflict (account_id, tag_id) do nothing
""")
UNFEATURE = Query("delete from featured_tags where account_id = :account_id and id = :id")
FEATURED = Query("""
    select f.id, f.tag_id, f.name, t.name as folded,
           (select count(*) from status_tags n join statuses s on s.id = n.status_id
             where n.account_id = f.account_id and n.tag_id = f.tag_id and s.visibility <= 1) as statuses_count,
           (select max(s.created_at) from status_tags n join statuses s on s.id = n.status_id
             where n.account_id = f.account_id and n.tag_id = f.tag_id and s.visibility <= 1) as last_status_at
      from featured_tags f
      join tags t on t.id = f.tag_id
     where f.account_id = :account_id
     order by statuses_count desc, f.id
""")
FEATURED_OF = Query(
    "select tag_id from featured_tags where account_id = :account_id and tag_id = any(:tag_ids)"
)
USED_MOST = Query(f"""
    select {_TAG}
      from (select n.tag_id, count(*) as uses from status_tags n
             where n.account_id = :account_id group by n.tag_id) used
      join tags t on t.id = used.tag_id
     where not exists (select 1 from featured_tags f where f.account_id = :account_id and f.tag_id = t.id)
     order by used.uses desc, t.id limit :limit
""")


class Tag(msgspec.Struct, array_like=True, frozen=True):
    """A hashtag: folded name, and how it was first typed."""

    id: int
    name: str
    display_name: str


class Day(msgspec.Struct, array_like=True, frozen=True):
    """How much a tag was used on one day, counted from 1970."""

    tag_id: int
    day: int
    uses: int
    accounts: int


class FeaturedTag(msgspec.Struct, array_like=True, frozen=True):
    """A tag on a profile, with the owner's open posts that carry it; `last_status_at` in ms."""

    id: int
    tag_id: int
    name: str
    folded: str
    statuses_count: int
    last_status_at: int | None


async def mark(tx: Writer, status_id: int, tags: Sequence[tuple[int, str, str]], now: int) -> None:
    """Tag a post with these and no others: (id for a tag not met before, folded name, name as typed)."""
    await tx.run(UNMARK, status_id=status_id)
    if not tags:
        return
    await tx.many(
        ADD,
        [{"id": one, "name": name, "display_name": shown, "created_at": now} for one, name, shown in tags],
    )
    known = await tx.rows(NAMED, names=[name for _, name, _ in tags])
    await tx.many(MARK, [{"tag_id": tag_id, "status_id": status_id} for tag_id, _ in known])


async def known(tx: Writer, tag_id: int, name: str, shown: str, now: int) -> int:
    """The id of a hashtag; `tag_id` if nobody has used it before."""
    await tx.run(ADD, id=tag_id, name=name, display_name=shown, created_at=now)
    found = await tx.rows(NAMED, names=[name])
    return int(found[0][0])


async def by_name(db: Reader, name: str) -> Tag | None:
    """The hashtag of that folded name."""
    return await db.one(BY_NAME, Tag, name=name)


async def by_id(db: Reader, tag_id: int) -> Tag | None:
    """The hashtag with that id."""
    return await db.one(BY_ID, Tag, id=tag_id)


async def by_ids(db: Reader, ids: Sequence[int]) -> dict[int, Tag]:
    """Hashtags by id."""
    return {tag.id: tag for tag in await db.all(BY_IDS, Tag, ids=ids)} if ids else {}


async def history(db: Reader, tag_ids: Sequence[int], *, since: int, day: int) -> list[Day]:
    """Public uses by day, of posts with ids from `since`; `day` is how many ids a day has."""
    return await db.all(HISTORY, Day, tag_ids=tag_ids, since=since, day=day) if tag_ids else []


async def follow(tx: Writer, *, id: int, account_id: int, tag_id: int, now: int) -> None:  # noqa: A002
    """Follow a hashtag; a second time changes nothing."""
    await tx.run(FOLLOW, id=id, account_id=account_id, tag_id=tag_id, now=now)


async def unfollow(tx: Writer, *, account_id: int, tag_id: int) -> bool:
    """No longer follow a hashtag; False when it was not followed."""
    return bool(await tx.run(UNFOLLOW, account_id=account_id, tag_id=tag_id))


async def count_followed(db: Reader, account_id: int) -> int:
    """How many hashtags a member follows."""
    return int(await db.value(COUNT_FOLLOWED, account_id=account_id))


async def followed(db: Reader, bounds: Bounds, *, account_id: int) -> list[Entry]:
    """The hashtags that a member follows, latest first."""
    return await FOLLOWED.page(db, bounds, account_id=account_id)


async def followed_of(db: Reader, account_id: int, tag_ids: Sequence[int]) -> set[int]:
    """Those of the hashtags that a member follows."""
    return set(await db.values(FOLLOWED_OF, account_id=account_id, tag_ids=tag_ids))


async def feature(
    tx: Writer,
    *,
    id: int,  # noqa: A002 - the column's name
    account_id: int,
    tag_id: int,
    name: str,
    now: int,
) -> None:
    """Put a hashtag on a profile; a second time changes nothing."""
    await tx.run(FEATURE, id=id, account_id=account_id, tag_id=tag_id, name=name, now=now)


async def unfeature(tx: Writer, *, account_id: int, featured_id: int) -> None:
    """Take a hashtag off a profile that was put on under that id."""
    await tx.run(UNFEATURE, account_id=account_id, id=featured_id)


async def featured(db: Reader, account_id: int) -> list[FeaturedTag]:
    """The hashtags on a profile, the most used first."""
    return await db.all(FEATURED, FeaturedTag, account_id=account_id)


async def featured_of(db: Reader, account_id: int, tag_ids: Sequence[int]) -> set[int]:
    """Those of the hashtags that are on a profile."""
    return set(await db.values(FEATURED_OF, account_id=account_id, tag_ids=tag_ids))


async def used_most(db: Reader, account_id: int, limit: int) -> list[Tag]:
    """What an account uses most and does not feature."""
    return await db.all(USED_MOST, Tag, account_id=account_id, limit=limit)
