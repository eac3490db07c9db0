"""Follow hashtags, and feature them on one's profile."""

from collections.abc import Callable

from fediserver.actions import outbox
from fediserver.actions.audience import Audience
from fediserver.actions.core import Core
from fediserver.actions.outbox import Deed, emit
from fediserver.db import home, tags
from fediserver.db.database import Writer
from fediserver.db.tags import FeaturedTag, Tag
from fediserver.errors import Invalid, NotFound
from fediserver.models.account import Account
from fediserver.text import compose

FOLLOWED = 500
"""Hashtags that one member follows."""
FEATURED = 10
"""Hashtags on one profile."""


def typed(name: str) -> str:
    """A hashtag as somebody typed it, without its #; '' for what is none."""
    name = name.removeprefix("#")
    return name if compose.find(f"#{name}").tags == [name] else ""


async def find(core: Core, name: str) -> Tag:
    """The hashtag of that name; one that nobody has used has the id 0. NotFound for what is no hashtag."""
    shown = typed(name)
    if not shown:
        raise NotFound
    folded = compose.tag_name(shown)
    return await tags.by_name(core.db, folded) or Tag(0, folded, shown)


async def known(core: Core, tx: Writer, name: str) -> int:
    """The id of a hashtag as somebody typed it, which is there from now on; `typed` has to take it."""
    shown = typed(name)
    return await tags.known(tx, core.ids.next(), compose.tag_name(shown), shown, core.clock())


async def follow(core: Core, me: Account, name: str) -> Tag:
    """Follow a hashtag, used or not: public posts with it come home from now on."""
    found = await find(core, name)

    async def work(tx: Writer) -> int:
        tag_id = await _known(core, tx, found)
        if await tags.followed_of(tx, me.id, [tag_id]):
            return tag_id
        if await tags.count_followed(tx, me.id) >= FOLLOWED:
            raise Invalid(
                f"Validation failed: you follow {FOLLOWED} hashtags, leave one before you add another"
            )
        await tags.follow(tx, id=core.ids.next(), account_id=me.id, tag_id=tag_id, now=core.clock())
        return tag_id

    return Tag(await core.db.write(work), found.name, found.display_name)


async def unfollow(core: Core, me: Account, name: str) -> Tag:
    """No longer follow a hashtag; what it alone brought leaves home."""
    found = await find(core, name)

    async def work(tx: Writer) -> None:
        if await tags.unfollow(tx, account_id=me.id, tag_id=found.id):
            await home.forget_tag(tx, me.id, found.id)

    await core.db.write(work)
    return found


async def feature(core: Core, me: Account, name: str) -> FeaturedTag:
    """Put a hashtag on one's profile.

    Raises Invalid when there are ten, when it is there already, or for what is no hashtag.
    """
    shown = typed(name)
    if not shown:
        raise _wrong("is not a valid hashtag")
    return await _feature(core, me, await find(core, name), shown)


async def feature_known(core: Core, me: Account, name: str) -> Tag:
    """The same for a hashtag that somebody looks at; once more changes nothing."""
    found = await find(core, name)
    if not await tags.featured_of(core.db, me.id, [found.id]):
        await _feature(core, me, found, found.display_name)
    return await find(core, name)


async def _feature(core: Core, me: Account, found: Tag, shown: str) -> FeaturedTag:
    async def work(tx: Writer) -> FeaturedTag:
        tag_id = await _known(core, tx, found)
        featured = await tags.featured(tx, me.id)
        if any(one.tag_id == tag_id for one in featured):
            raise _wrong("has already been taken")
        if len(featured) >= FEATURED:
            raise Invalid(
                f"Validation failed: You have already featured the maximum number of hashtags ({FEATURED})"
            )
        featured_id = core.ids.next()
        await tags.feature(tx, id=featured_id, account_id=me.id, tag_id=tag_id, name=shown, now=core.clock())
        row = next(one for one in await tags.featured(tx, me.id) if one.id == featured_id)
        await _tell(core, tx, me, "add_tag", row)
        return row

    row = await core.db.write(work)
    core.bus.publish(outbox.TOPIC)
    return row


async def unfeature(core: Core, me: Account, name: str) -> Tag:
    """Take a hashtag off one's profile; nothing happens when it is not there."""
    found = await find(core, name)
    await _take_off(core, me, lambda row: row.tag_id == found.id)
    return found


async def unfeature_by_id(core: Core, me: Account, featured_id: int) -> None:
    """The same by the id of the feature; NotFound when there is none such."""
    if not await _take_off(core, me, lambda row: row.id == featured_id):
        raise NotFound


async def _take_off(core: Core, me: Account, is_meant: Callable[[FeaturedTag], bool]) -> bool:
    """Take one hashtag off a profile, and tell the servers of who follows; False when it is not there."""

    async def work(tx: Writer) -> bool:
        for row in filter(is_meant, await tags.featured(tx, me.id)):
            await tags.unfeature(tx, account_id=me.id, featured_id=row.id)
            await _tell(core, tx, me, "remove_tag", row)
            return True
        return False

    dropped = await core.db.write(work)
    core.bus.publish(outbox.TOPIC)
    return dropped


async def _tell(core: Core, tx: Writer, me: Account, verb: str, row: FeaturedTag) -> None:
    deed = Deed(
        verb=verb,
        actor=me,
        object_uri=core.uris.tag(row.folded),
        # Mastodon looks for hashtags in the collection of pinned posts.
        target_uri=core.uris.collection(me.username, "featured"),
        facts={"name": row.name},
    )
    await emit(core, tx, deed, Audience(followers_of=me.id))


async def _known(core: Core, tx: Writer, tag: Tag) -> int:
    return tag.id or await tags.known(tx, core.ids.next(), tag.name, tag.display_name, core.clock())


def _wrong(problem: str) -> Invalid:
    return Invalid(f"Validation failed: Tag {problem}", {"name": [("ERR_INVALID", problem)]})
