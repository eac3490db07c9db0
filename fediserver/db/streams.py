"""To whom of those who stream a post is to be brought; who may see it is asked of visibility.py besides."""

from collections.abc import Sequence

import msgspec
import orjson

from fediserver.db.database import Reader
from fediserver.db.query import Query
from fediserver.models.visibility import Visibility

FACTS = Query("""
    select s.id, s.account_id, s.visibility, s.reblog_of_id, o.account_id as original_author_id,
           coalesce(o.conversation_id, s.conversation_id) as conversation_id,
           coalesce(o.poll_id, s.poll_id) as poll_id, s.media_count, s.tags,
           a.domain = '' as is_local,
           a.silenced_at is null and a.suspended_at is null as is_shown,
           s.in_reply_to_id is not null or s.in_reply_to_uri is not null as is_reply
      from statuses s
      join accounts a on a.id = s.account_id
      left join statuses o on o.id = s.reblog_of_id
     where s.id = :id
""")
AT_HOME = Query("""
    select account_id from home_entries where status_id = :status_id and account_id = any(:viewer_ids)
""")
FOLLOWERS = Query("""
    select account_id from follows where target_id = :author_id and account_id = any(:viewer_ids)
""")
TAG_FOLLOWERS = Query("""
    select t.account_id
      from tags g join tag_follows t on t.tag_id = g.id
     where g.name = any(:names) and t.account_id = any(:viewer_ids)
""")
# As timelines leave out: blocks in both directions, mutes and servers that are blocked, of the author and of the
# boosted author.
KEPT_AWAY = Query("""
    select account_id from blocks
     where account_id = any(:viewer_ids) and target_id = any(:author_ids)
     union all
    select target_id from blocks
     where account_id = any(:author_ids) and target_id = any(:viewer_ids)
     union all
    select account_id from mutes
     where account_id = any(:viewer_ids) and target_id = any(:author_ids)
       and (expires_at is null or expires_at > :now)
     union all
    select d.account_id
      from domain_blocks d join accounts a on a.domain = d.domain
     where d.account_id = any(:viewer_ids) and a.id = any(:author_ids)
""")
IN_LISTS = Query("select list_id from list_entries where status_id = :status_id and list_id = any(:list_ids)")
LISTS_OF = Query(
    "select list_id from list_accounts where account_id = :author_id and list_id = any(:list_ids)"
)
# What a post quotes, and what that quotes again: both are named in its entity.
QUOTED = Query("""
    select x.id, x.account_id, x.conversation_id, x.poll_id
      from quotes q join statuses x on x.id = q.quoted_id
     where q.status_id = :id
     union all
    select x.id, x.account_id, x.conversation_id, x.poll_id
      from quotes q
      join quotes i on i.status_id = q.quoted_id
      join statuses x on x.id = i.quoted_id
     where q.status_id = :id
""")
# Whoever might see another entity than everybody: the author, who has done something with the post, who filters, who
# may quote it as a follower or as somebody whom the author follows, and who is shown of a quote what is not for
# everybody.
CONCERNED = Query("""
    select account_id from statuses where id = any(:ids)
     union all
    select account_id from favourites where status_id = any(:ids) and account_id = any(:viewer_ids)
     union all
    select account_id from bookmarks where status_id = any(:ids) and account_id = any(:viewer_ids)
     union all
    select account_id from statuses where reblog_of_id = any(:ids) and account_id = any(:viewer_ids)
     union all
    select account_id from conversation_mutes
     where conversation_id = any(:conversation_ids) and account_id = any(:viewer_ids)
     union all
    select account_id from poll_votes
     where poll_id = any(:poll_ids) and account_id = any(:viewer_ids)
     union all
    select f.account_id
      from statuses s join follows f on f.target_id = s.account_id
     where s.id = any(:ids) and (((s.quote_policy | s.quote_manual) & 1) <> 0 or (s.visibility = 2 and s.id <> :id))
       and f.account_id = any(:viewer_ids)
     union all
    select f.target_id
      from statuses s join follows f on f.account_id = s.account_id
     where s.id = any(:ids) and ((s.quote_policy | s.quote_manual) & 4) <> 0 and f.target_id = any(:viewer_ids)
     union all
    select account_id from mentions
     where status_id = any(:ids) and status_id <> :id and account_id = any(:viewer_ids)
     union all
    select account_id from filters where account_id = any(:viewer_ids)
""")


class Quoted(msgspec.Struct, array_like=True, frozen=True):
    """A post within a quote."""

    id: int
    account_id: int
    conversation_id: int
    poll_id: int | None


class Facts(msgspec.Struct, array_like=True, frozen=True):
    """What decides in which streams a post is; `is_shown`: its author is neither silenced nor suspended."""

    id: int
    account_id: int
    visibility: Visibility
    reblog_of_id: int | None
    original_author_id: int | None
    conversation_id: int
    poll_id: int | None
    media_count: int
    tags: str
    is_local: bool
    is_shown: bool
    is_reply: bool

    @property
    def author_ids(self) -> list[int]:
        """The author and, of a boost, the author of what is boosted."""
        return [self.account_id] + ([] if self.original_author_id is None else [self.original_author_id])

    @property
    def is_public(self) -> bool:
        """Whether it may stand in timelines for everybody."""
        return self.visibility is Visibility.PUBLIC and self.reblog_of_id is None and self.is_shown

    @property
    def tag_names(self) -> list[str]:
        """Its hashtags, folded."""
        names: list[str] = orjson.loads(self.tags)
        return names


async def facts(db: Reader, status_id: int) -> Facts | None:
    """The facts about a post that is there."""
    return await db.one(FACTS, Facts, id=status_id)


async def at_home(db: Reader, status_id: int, viewer_ids: Sequence[int]) -> set[int]:
    """Those of the viewers who have a post at home."""
    return set(await db.values(AT_HOME, status_id=status_id, viewer_ids=viewer_ids)) if viewer_ids else set()


async def followers(db: Reader, author_id: int, viewer_ids: Sequence[int]) -> set[int]:
    """Those of the viewers who follow somebody."""
    return (
        set(await db.values(FOLLOWERS, author_id=author_id, viewer_ids=viewer_ids)) if viewer_ids else set()
    )


async def tag_followers(db: Reader, names: Sequence[str], viewer_ids: Sequence[int]) -> set[int]:
    """Those of the viewers who follow one of the hashtags."""
    if not names or not viewer_ids:
        return set()
    return set(await db.values(TAG_FOLLOWERS, names=names, viewer_ids=viewer_ids))


async def in_lists(db: Reader, status_id: int, list_ids: Sequence[int]) -> list[int]:
    """Those of the lists that a post is in."""
    return await db.values(IN_LISTS, status_id=status_id, list_ids=list_ids) if list_ids else []


async def lists_of(db: Reader, author_id: int, list_ids: Sequence[int]) -> list[int]:
    """Those of the lists that an account is in."""
    return await db.values(LISTS_OF, author_id=author_id, list_ids=list_ids) if list_ids else []


async def kept_away(db: Reader, author_ids: Sequence[int], viewer_ids: Sequence[int], now: int) -> set[int]:
    """Those of the viewers who block or mute one of the authors or their server, or are blocked by one."""
    return set(await db.values(KEPT_AWAY, author_ids=author_ids, viewer_ids=viewer_ids, now=now))


async def concerned(db: Reader, about: Facts, viewer_ids: Sequence[int]) -> set[int]:
    """Those of the viewers for whom the post, what is boosted or what is quoted has a mark, counts as theirs, is
    filtered, or is by somebody whom they block or mute or who blocks them.
    """
    shown_id = about.id if about.reblog_of_id is None else about.reblog_of_id
    quoted = await db.all(QUOTED, Quoted, id=shown_id)
    poll_ids = [about.poll_id, *(one.poll_id for one in quoted)]
    found = await db.values(
        CONCERNED,
        id=shown_id,
        ids=[shown_id, *(one.id for one in quoted)],
        conversation_ids=[about.conversation_id, *(one.conversation_id for one in quoted)],
        poll_ids=[one for one in poll_ids if one is not None],
        viewer_ids=viewer_ids,
    )
    if quoted:
        # A mute that has ended makes no difference, and none is looked for.
        found.extend(await kept_away(db, [one.account_id for one in quoted], viewer_ids, 0))
    return set(found) & set(viewer_ids)
