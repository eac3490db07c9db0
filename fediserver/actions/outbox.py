"""Leaves activities for delivery, within the transaction of the deed: never one without the other."""

import msgspec
import orjson

from fediserver.actions.audience import Audience
from fediserver.actions.core import Core
from fediserver.db import outgoing
from fediserver.db.database import Writer
from fediserver.models.account import Account
from fediserver.models.delivery import Outgoing

TOPIC = "deliveries"
"""What the bus carries after a commit that left deliveries."""


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What an account of ours did: a verb of the field in lower case, its object, and the facts
    that may be gone when a worker puts it into words.
    """

    verb: str
    actor: Account
    object_uri: str
    target_uri: str = ""
    facts: dict[str, object] = {}
    id: int | None = None
    body: bytes | None = None


async def emit(core: Core, tx: Writer, deed: Deed, audience: Audience) -> str:
    """Leave an activity and a delivery for each inbox; answers the activity's uri.

    It is kept even when nobody is to receive it now: its uri must dereference while its object lives.
    """
    deed_id = deed.id or core.ids.next()
    uri = core.uris.activity(deed_id)
    now = core.clock()
    await outgoing.insert(
        tx,
        Outgoing(
            id=deed_id,
            verb=deed.verb,
            actor_id=deed.actor.id,
            object_uri=deed.object_uri,
            target_uri=deed.target_uri,
            facts=orjson.dumps(deed.facts).decode(),
            body=deed.body,
            reach="[]",
            created_at=now,
        ),
    )
    if core.config.federation == "off":
        return uri
    queued = 0
    if audience.followers_of is not None:
        queued += await outgoing.to_followers(tx, deed_id, followed_id=audience.followers_of, now=now)
    if audience.accounts:
        reach = outgoing.to_own if audience.own_inbox else outgoing.to_shared
        queued += await reach(tx, deed_id, account_ids=audience.accounts, now=now)
    if audience.hosts:
        queued += await outgoing.to_hosts(tx, deed_id, host_ids=audience.hosts, now=now)
    if queued:
        await outgoing.set_reach(tx, deed_id, orjson.dumps(await outgoing.reached(tx, deed_id)).decode())
        await outgoing.wake(tx, deed_id, now)
    return uri
