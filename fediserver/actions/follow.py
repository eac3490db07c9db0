"""Follow, unfollow, and answer those who ask to follow."""

import msgspec
import orjson

from fediserver.actions import audience, notify, outbox
from fediserver.actions.core import Core
from fediserver.actions.outbox import Deed, emit
from fediserver.db import home, relationships
from fediserver.db.database import Reader, Writer
from fediserver.errors import Forbidden, Invalid, NotFound
from fediserver.models.account import Account
from fediserver.models.relationship import Follow, FollowRequest
from fediserver.text.language import normalise

FILL = 20
"""Posts of a newly followed account that show at home at once."""
MOST = 7_500
"""Accounts that a member follows or asks to follow; who has more followers may follow a tenth more than these."""


async def follow(
    core: Core,
    me: Account,
    target: Account,
    show_reblogs: bool | None = None,
    notify: bool | None = None,
    languages: list[str] | None = None,
) -> None:
    """Follow somebody, or change how: at once, or by a request where consent is needed.

    Raises Forbidden across a block, Invalid for oneself and for who follows too many, NotFound for somebody who is
    gone.
    """
    if me.id == target.id:
        raise Invalid("Validation failed: You cannot follow yourself")
    if target.deleted_at is not None:
        raise NotFound

    async def work(tx: Writer) -> None:
        if await relationships.either_blocks(tx, me.id, target.id):
            raise Forbidden
        known = await _known(tx, me, target)
        if known is None and me.domain == "":
            await _check_room(tx, me)
        wish = FollowRequest(
            id=known.id if known else core.ids.next(),
            account_id=me.id,
            target_id=target.id,
            uri=known.uri if known else "",
            show_reblogs=_chosen(show_reblogs, known.show_reblogs if known else True),
            notify=_chosen(notify, known.notify if known else False),
            languages=_languages(languages, known.languages if known else None),
            created_at=core.clock(),
        )
        if isinstance(known, Follow):
            await relationships.tune_follow(tx, _as_follow(core, wish))
            return
        if target.domain == "":
            await _ask_ours(core, tx, me, target, wish)
            return
        await _ask_theirs(core, tx, me, target, wish)

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def _check_room(db: Reader, me: Account) -> None:
    followers, following = await relationships.counts(db, me.id)
    most = max(MOST, followers * 11 // 10)
    if following >= most:
        raise Invalid(f"Validation failed: You cannot follow more than {most} people")


async def _known(db: Reader, me: Account, target: Account) -> Follow | FollowRequest | None:
    return await relationships.follow(db, me.id, target.id) or await relationships.request(
        db, me.id, target.id
    )


def _chosen(wish: bool | None, otherwise: bool) -> bool:
    return otherwise if wish is None else wish


def _languages(wish: list[str] | None, otherwise: str | None) -> str | None:
    if wish is None:
        return otherwise
    known = [language for one in wish if (language := normalise(one)) is not None]
    return orjson.dumps(list(dict.fromkeys(known))).decode() if known else None


def _as_follow(core: Core, wish: FollowRequest) -> Follow:
    return Follow(**msgspec.structs.asdict(wish) | {"id": core.ids.next(), "created_at": core.clock()})


async def begin(core: Core, tx: Writer, me: Account, target: Account) -> None:
    """Follow one of ours within a transaction in which nothing can be in the way: one of the two is new."""
    wish = FollowRequest(
        id=core.ids.next(),
        account_id=me.id,
        target_id=target.id,
        uri="",
        show_reblogs=True,
        notify=False,
        languages=None,
        created_at=core.clock(),
    )
    await _grant(core, tx, me, target, wish)


async def _ask_ours(core: Core, tx: Writer, me: Account, target: Account, wish: FollowRequest) -> None:
    """A follow of one of ours, by one of ours: granted at once unless consent is wanted."""
    if target.locked:
        await relationships.put_request(tx, wish)
        await notify.tell(core, tx, target.id, "follow_request", me)
        return
    await _grant(core, tx, me, target, wish)


async def _ask_theirs(core: Core, tx: Writer, me: Account, target: Account, wish: FollowRequest) -> None:
    """A follow of somebody elsewhere: a request until their server accepts it; asked again, sent again."""
    follow_id = core.ids.next()
    deed = Deed(verb="follow", actor=me, object_uri=target.uri, id=follow_id)
    uri = await emit(core, tx, deed, audience.one(target))
    await relationships.put_request(tx, msgspec.structs.replace(wish, id=follow_id, uri=uri))


async def _grant(core: Core, tx: Writer, me: Account, target: Account, wish: FollowRequest) -> None:
    await relationships.drop_request(tx, me.id, target.id)
    if await relationships.put_follow(tx, _as_follow(core, wish)):
        if me.domain == "":
            await home.fill(tx, me.id, target.id, FILL)
        await notify.take_back(tx, target.id, "follow_request", me)
        await notify.tell(core, tx, target.id, "follow", me)


async def requested(core: Core, follower: Account, target: Account, uri: str) -> None:
    """Somebody elsewhere asks to follow one of ours.

    A repeated Follow is answered again: the first answer may have been lost.
    """

    async def work(tx: Writer) -> None:
        if await relationships.either_blocks(tx, follower.id, target.id):
            await _answer(core, tx, target, follower, uri, "reject")
            return
        wish = FollowRequest(
            id=core.ids.next(),
            account_id=follower.id,
            target_id=target.id,
            uri=uri,
            show_reblogs=True,
            notify=False,
            languages=None,
            created_at=core.clock(),
        )
        if target.locked and await relationships.follow(tx, follower.id, target.id) is None:
            await relationships.put_request(tx, wish)
            await notify.tell(core, tx, target.id, "follow_request", follower)
            return
        await _grant(core, tx, follower, target, wish)
        await _answer(core, tx, target, follower, uri, "accept")

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def _answer(
    core: Core, tx: Writer, me: Account, requester: Account, follow_uri: str, verb: str
) -> None:
    """Tell a requester's server; peers match the Follow by its id, so that it is sent along."""
    if requester.domain:
        deed = Deed(verb=verb, actor=me, object_uri=follow_uri, target_uri=requester.uri)
        await emit(core, tx, deed, audience.one(requester))


async def accept(core: Core, me: Account, requester: Account) -> None:
    """Let somebody follow who has asked; raises NotFound when they have not."""

    async def work(tx: Writer) -> None:
        wish = await relationships.request(tx, requester.id, me.id)
        if wish is None:
            raise NotFound
        await _grant(core, tx, requester, me, wish)
        await _answer(core, tx, me, requester, wish.uri, "accept")

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def reject(core: Core, me: Account, requester: Account) -> None:
    """Refuse somebody who has asked to follow; raises NotFound when they have not."""

    async def work(tx: Writer) -> None:
        wish = await relationships.request(tx, requester.id, me.id)
        if wish is None:
            raise NotFound
        await relationships.drop_request(tx, requester.id, me.id)
        await notify.take_back(tx, me.id, "follow_request", requester)
        await _answer(core, tx, me, requester, wish.uri, "reject")

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def accepted(core: Core, me: Account, target: Account) -> bool:
    """Somebody elsewhere has accepted a follow of ours; False when none was sent."""

    async def work(tx: Writer) -> bool:
        wish = await relationships.request(tx, me.id, target.id)
        if wish is None:
            return await relationships.follow(tx, me.id, target.id) is not None
        await _grant(core, tx, me, target, wish)
        return True

    return await core.db.write(work)


async def rejected(core: Core, me: Account, target: Account) -> bool:
    """Somebody elsewhere has refused or ended a follow of ours; False when there was none."""

    async def work(tx: Writer) -> bool:
        asked = await relationships.drop_request(tx, me.id, target.id)
        followed = await relationships.drop_follow(tx, me.id, target.id)
        return asked or followed

    return await core.db.write(work)


async def unfollow(core: Core, me: Account, target: Account) -> None:
    """End a follow or take back the request; nothing happens when there is none."""

    async def work(tx: Writer) -> None:
        await end(core, tx, me, target)
        await home.forget_author(tx, me.id, target.id)

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def end(core: Core, tx: Writer, me: Account, target: Account) -> None:
    """End a follow within a transaction that has more to do."""
    known = await _known(tx, me, target)
    if known is None:
        return
    await relationships.drop_request(tx, me.id, target.id)
    await relationships.drop_follow(tx, me.id, target.id)
    await notify.take_back(tx, target.id, "follow", me)
    await notify.take_back(tx, target.id, "follow_request", me)
    if me.domain == "" and target.domain:
        await _say_undone(core, tx, me, target, known.uri)


async def _say_undone(core: Core, tx: Writer, me: Account, target: Account, follow_uri: str) -> None:
    deed = Deed(verb="undo", actor=me, object_uri=follow_uri, target_uri=target.uri, facts={"verb": "follow"})
    await emit(core, tx, deed, audience.one(target))


async def disclaim(core: Core, me: Account, target: Account) -> None:
    """Tell a server that somebody does not follow whom it takes them to follow."""

    unknown = core.uris.activity(core.ids.next())
    await core.db.write(lambda tx: _say_undone(core, tx, me, target, unknown))
    core.bus.publish(outbox.TOPIC)


async def remove_follower(core: Core, me: Account, follower: Account) -> None:
    """Make somebody stop following; nothing happens when they do not."""

    async def work(tx: Writer) -> None:
        await expel(core, tx, me, follower)

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def expel(core: Core, tx: Writer, me: Account, follower: Account) -> None:
    """Remove a follower within a transaction; their server learns it by a Reject of their Follow."""
    known = await _known(tx, follower, me)
    if known is None:
        return
    await relationships.drop_request(tx, follower.id, me.id)
    await relationships.drop_follow(tx, follower.id, me.id)
    if me.domain == "":
        await _answer(core, tx, me, follower, known.uri, "reject")
