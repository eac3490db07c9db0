"""Timelines: home, lists, public and hashtags, newest first. Whom the viewer blocks or mutes is left out."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader
from fediserver.db.outlines import Outline, Timeline
from fediserver.db.pages import Bounds
from fediserver.db.query import Query

# Cursors of the home timeline are ids of posts, its order is that of arrival: a cursor stands for the
# position of its entry. When that is gone, the id itself is a position, for both are made alike.
_POSITION = """coalesce((select p.position from home_entries p
    where p.status_id = :{0} and p.account_id = :viewer_id), cast(:{0} as bigint))"""
_LIST_POSITION = """coalesce((select p.position from list_entries p
    where p.status_id = :{0} and p.list_id = :list_id), cast(:{0} as bigint))"""
_PUBLIC = """
    s.visibility = 0 and s.reblog_of_id is null and s.in_reply_to_id is null and s.in_reply_to_uri is null
    and a.silenced_at is null and a.suspended_at is null
"""
_MEDIA = "and (:only_media = false or s.media_count > 0)"
# Only our own posts are kept as they were typed; an index of those spares reading everybody's.
_LOCAL = "and a.domain = '' and s.text is not null"
_REMOTE = "and a.domain <> ''"

HOME = Timeline(
    "home_entries h join statuses s on s.id = h.status_id",
    "h.account_id = :viewer_id and a.suspended_at is null",
    cursor="h.position",
    before=_POSITION.format("before"),
    after=_POSITION.format("after"),
)
LIST = Timeline(
    "list_entries h join statuses s on s.id = h.status_id",
    "h.list_id = :list_id and a.suspended_at is null",
    cursor="h.position",
    before=_LIST_POSITION.format("before"),
    after=_LIST_POSITION.format("after"),
)
PUBLIC = Timeline("statuses s", f"{_PUBLIC} {_MEDIA}")
LOCAL = Timeline("statuses s", f"{_PUBLIC} {_LOCAL} {_MEDIA}")
REMOTE = Timeline("statuses s", f"{_PUBLIC} {_REMOTE} {_MEDIA}")

_TAGGED = """
    s.visibility = 0 and a.suspended_at is null and a.silenced_at is null
    and (:only_media = false or s.media_count > 0)
    and (:local = false or a.domain = '')
    and (:remote = false or a.domain <> '')
    and not exists (select 1 from status_tags n where n.tag_id = any(:none_of) and n.status_id = t.status_id)
    and (select count(*) from status_tags n
          where n.tag_id = any(:all_of) and n.status_id = t.status_id) = cast(:all_count as bigint)
"""
_WITH_TAGS = "status_tags t join statuses s on s.id = t.status_id"
TAG = Timeline(_WITH_TAGS, f"t.tag_id = :tag_id and {_TAGGED}", cursor="t.status_id")
# A post with several of the tags is listed under the first of them.
TAGS = Timeline(
    _WITH_TAGS,
    f"""
    t.tag_id = any(:any_of)
    and not exists (select 1 from status_tags n where n.tag_id = any(:any_of) and n.status_id = t.status_id
                       and n.tag_id < t.tag_id)
    and {_TAGGED}
    """,
    cursor="t.status_id",
)
TAG_IDS = Query("select name, id from tags where name = any(:names)")


class Tagged(msgspec.Struct, frozen=True, kw_only=True):
    """What posts of a hashtag timeline carry: one of `any_of`, all of `all_of`, none of `none_of` (ids)."""

    any_of: Sequence[int]
    all_of: Sequence[int] = ()
    none_of: Sequence[int] = ()
    local: bool = False
    remote: bool = False
    only_media: bool = False


async def home(db: Reader, bounds: Bounds, *, viewer_id: int, now: int) -> list[Outline]:
    """What whom a member follows said, in the order of arrival; the bounds are ids of posts."""
    return await HOME.page(db, bounds, viewer_id=viewer_id, now=now)


async def of_list(db: Reader, bounds: Bounds, *, list_id: int, viewer_id: int, now: int) -> list[Outline]:
    """What the accounts of a list said, in the order of arrival; the bounds are ids of posts."""
    return await LIST.page(db, bounds, viewer_id=viewer_id, now=now, list_id=list_id)


async def public(
    db: Reader,
    bounds: Bounds,
    *,
    viewer_id: int | None,
    now: int,
    local: bool,
    remote: bool,
    only_media: bool,
) -> list[Outline]:
    """Public posts that are neither boost nor reply; `local` wins over `remote`."""
    timeline = LOCAL if local else REMOTE if remote else PUBLIC
    return await timeline.page(db, bounds, viewer_id=viewer_id, now=now, only_media=only_media)


async def tag_ids(db: Reader, names: Sequence[str]) -> dict[str, int]:
    """Ids of hashtags by name (`compose.tag_name`); those that nobody ever used are left out."""
    return dict(await db.rows(TAG_IDS, names=names)) if names else {}


async def tagged(
    db: Reader, bounds: Bounds, *, viewer_id: int | None, now: int, wanted: Tagged
) -> list[Outline]:
    """Public posts with hashtags, replies too."""
    params = msgspec.structs.asdict(wanted) | {"all_count": len(wanted.all_of)}
    if len(wanted.any_of) == 1:
        params["tag_id"] = params.pop("any_of")[0]
        return await TAG.page(db, bounds, viewer_id=viewer_id, now=now, **params)
    return await TAGS.page(db, bounds, viewer_id=viewer_id, now=now, **params)
