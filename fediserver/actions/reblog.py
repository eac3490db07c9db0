"""Boost a post, and take the boost back."""

from fediserver.actions import index, notify, outbox
from fediserver.actions.audience import Audience, of_change
from fediserver.actions.core import Core
from fediserver.actions.outbox import Deed, emit
from fediserver.actions.visibility import can_boost
from fediserver.db import accounts, home, list_entries, relationships, statuses
from fediserver.db.database import Writer
from fediserver.db.home import Boost
from fediserver.errors import Forbidden, NotFound
from fediserver.models.account import Account
from fediserver.models.event import Posted, deleted
from fediserver.models.status import Status
from fediserver.models.visibility import Visibility


async def add(
    core: Core,
    actor: Account,
    status: Status,
    visibility: Visibility | None = None,
    uri: str = "",
    published: int | None = None,
) -> Status:
    """Boost a post that the actor sees; the same boost again changes nothing. Answers the boost.

    `uri` and `published` (ms) are those of a remote Announce. Raises Forbidden for a post that its
    author has not made public.
    """
    if not can_boost(actor, status):
        raise Forbidden
    author = await accounts.by_id(core.db, status.account_id)
    if author is None:
        raise NotFound

    async def work(tx: Writer) -> Status:
        boosted = await boost(
            core, tx, actor, status, author, visibility=visibility, uri=uri, published=published
        )
        await pass_on(core, tx, actor, status, author)
        return boosted

    boosted = await core.db.write(work)
    core.bus.publish(outbox.TOPIC)
    return boosted


async def boost(
    core: Core,
    tx: Writer,
    actor: Account,
    status: Status,
    author: Account,
    *,
    visibility: Visibility | None = None,
    uri: str = "",
    published: int | None = None,
) -> Status:
    """Boost within a transaction that has more to do."""
    known = await statuses.reblog_by(tx, status.id, actor.id)
    if known is not None:
        return known
    boost_id = core.ids.at(published) if published is not None else core.ids.next()
    own = actor.domain == ""
    made = _row(
        core,
        actor,
        status,
        boost_id=boost_id,
        uri=core.uris.activity(boost_id) if own else uri,
        visibility=max(visibility or Visibility.PUBLIC, status.visibility),
        created_at=published if published is not None else core.clock(),
    )
    await statuses.insert(tx, made)
    await statuses.count_own(tx, actor.id, 1, posted_at=made.created_at)
    await statuses.count(tx, status.id, reblogs=1)
    await _bring_home(core, tx, actor, made, status)
    await tx.tell(Posted(made.id))
    await notify.tell(core, tx, status.account_id, "reblog", actor, status)
    await index.dealt_with(tx, actor, status)
    if own:
        await emit(
            core,
            tx,
            Deed(
                verb="announce",
                actor=actor,
                object_uri=status.uri,
                id=boost_id,
                facts={
                    "visibility": int(made.visibility),
                    "published": made.created_at,
                    "author": author.uri,
                },
            ),
            Audience(followers_of=actor.id, accounts=(author.id,)),
        )
    return made


async def remove(core: Core, actor: Account, status: Status) -> None:
    """Take the actor's boost of a post back; nothing happens when there is none."""

    async def work(tx: Writer) -> None:
        made = await statuses.reblog_by(tx, status.id, actor.id)
        if made is not None:
            await withdraw(core, tx, actor, made, status)

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def withdraw(core: Core, tx: Writer, actor: Account, made: Status, original: Status) -> None:
    """Delete a boost within a transaction that has more to do."""
    audience = await of_change(tx, original)
    await statuses.delete(tx, made.id)
    await tx.tell(deleted(made, boosted_account_id=original.account_id))
    await statuses.count_own(tx, actor.id, -1)
    await statuses.count(tx, original.id, reblogs=-1)
    await notify.take_back(tx, original.account_id, "reblog", actor, original)
    if actor.domain == "":
        await emit(
            core,
            tx,
            Deed(
                verb="undo",
                actor=actor,
                object_uri=made.uri,
                target_uri=original.uri,
                facts={"verb": "announce", "visibility": int(made.visibility), "published": made.created_at},
            ),
            Audience(followers_of=actor.id, accounts=(original.account_id,), hosts=audience.hosts),
        )


def _row(
    core: Core,
    actor: Account,
    original: Status,
    *,
    boost_id: int,
    uri: str,
    visibility: Visibility,
    created_at: int,
) -> Status:
    """A boost is a row that points at the post; it has no text of its own."""
    return Status(
        id=boost_id,
        uri=uri,
        url="",
        account_id=actor.id,
        object_type="Announce",
        visibility=visibility,
        in_reply_to_id=None,
        in_reply_to_account_id=None,
        in_reply_to_uri=None,
        reblog_of_id=original.id,
        conversation_id=boost_id,
        context_uri=None,
        group_id=None,
        sensitive=False,
        spoiler_text="",
        content="",
        text=None,
        language=None,
        name="",
        mentions="[]",
        tags="[]",
        emojis="[]",
        media_count=0,
        poll_id=None,
        application_id=None,
        replies_count=0,
        reblogs_count=0,
        favourites_count=0,
        created_at=min(created_at, core.clock()),
        edited_at=None,
        version=1,
    )


async def _bring_home(core: Core, tx: Writer, actor: Account, made: Status, original: Status) -> None:
    position = core.ids.next()
    if actor.domain == "":
        await home.add(
            tx,
            account_id=actor.id,
            position=position,
            status_id=made.id,
            original_id=original.id,
            author_id=actor.id,
        )
    arrival = Boost(
        position=position,
        status_id=made.id,
        author_id=actor.id,
        original_id=original.id,
        original_author_id=original.account_id,
        now=core.clock(),
    )
    await home.distribute_boost(tx, arrival)
    await list_entries.distribute_boost(tx, arrival)


async def pass_on(core: Core, tx: Writer, actor: Account, status: Status, author: Account) -> None:
    """The mesh: our groups that follow a group boost what was posted to that group.

    Only what is meant for the booster itself goes on, so that no post travels further than one
    step from its own group, and no two groups echo each other.
    """
    if actor.actor_type != "Group" or status.visibility is not Visibility.PUBLIC:
        return
    if actor.id not in await statuses.mentioned(tx, status.id):
        return
    for group in await relationships.local_groups_following(tx, actor.id):
        await boost(core, tx, group, status, author)
