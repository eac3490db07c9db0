"""What other servers send: checked, kept durably, then acknowledged; handled afterwards."""

import hashlib
import logging
from collections.abc import Callable

import orjson

from fediserver.activitypub import actors, authority, document, follower_sync, forwarded, lookup, proofs
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity
from fediserver.activitypub.fetch import Budget, fetch, permitted
from fediserver.activitypub.handlers import HANDLERS
from fediserver.activitypub.keyring import TheirKey
from fediserver.clock import DAY, HOUR, MINUTE
from fediserver.db import accounts, hosts, intake
from fediserver.db.database import Writer
from fediserver.errors import (
    BadRequest,
    Forbidden,
    Gone,
    Ignored,
    NotFound,
    Refused,
    TooLarge,
    Unavailable,
    Unreachable,
)
from fediserver.models.account import Account
from fediserver.models.delivery import Received, Unverified
from fediserver.models.uris import host
from fediserver.signatures import Claim, Message, SignatureError, claim

log = logging.getLogger(__name__)

RECEIVED = "received"
"""What the bus carries when an activity is kept; UNVERIFIED when one waits for its key."""
UNVERIFIED = "unverified"

LONG_MEMORY = 7 * DAY
SHORT_MEMORY = 2 * HOUR
"""The window of signatures is an hour either way, and one more; after that the same id, signed anew, is news."""
_REMEMBERED_LONG = frozenset({"Create", "Update", "Delete", "Announce"})
# What others may pass on for its author, when its own server confirms it.
_MAY_BE_FORWARDED = frozenset({"Create", "Update", "Delete"})

PARKED_PER_HOST = 200
PARKED_PER_NETWORK = 400
PARKED_IN_ALL = 5000
KEY_RETRIES = 48 * HOUR
# Beside the headers of a parked request; no header can have this name.
_METHOD = ":method"
REFETCH_AFTER = 5 * MINUTE
"""A key that does not verify is asked for again at most this often, whatever comes of it: it may have been changed."""


async def receive(ctx: Context, message: Message, *, network: str) -> int | None:
    """Take a request to an inbox; on return it is durable. Answers the id of the row to be handled, if any.

    `network` names the sender's address for the bounds on requests that cannot be verified yet.
    Raises SignatureError (401), Refused or Forbidden (403), BadRequest (400), Unavailable (503).
    """
    claimed = claim(message, now=ctx.clock())
    try:
        return await _receive(ctx, message, claimed, network)
    except Refused as problem:
        log.info("refused from %s by the rule %s: %s", claimed.key_id, problem.rule, problem)
        raise


async def _receive(ctx: Context, message: Message, claimed: Claim, network: str) -> int | None:
    await ctx.domains.refresh(ctx.db, ctx.clock())
    _permit(ctx, claimed.key_id)
    activity = document.read_activity(document.parse(message.body))
    if ctx.uris.is_ours(claimed.key_id) or ctx.uris.is_ours(activity.actor):
        raise Refused("ours", "nobody else signs with a key of this node")
    key = await _key(ctx, claimed)
    if key is None:
        await _park(ctx, message, claimed, activity, network)
        return None
    if not claimed.matches(key.key):
        if not await _may_ask(ctx, key):
            raise _mismatch(claimed.key_id)
        await _park(ctx, message, claimed, activity, network)
        return None
    return await _keep(ctx, message, claimed, activity, key)


def _permit(ctx: Context, key_id: str) -> None:
    if not ctx.domains.permits(ctx.config, host(key_id)):
        raise Forbidden(f"this node does not federate with {host(key_id)}")


async def _key(ctx: Context, claimed: Claim) -> TheirKey | None:
    """The key that a request names: as it is remembered if that fits, else as it is stored, fit or not."""
    key = await ctx.keyring.theirs(ctx, claimed.key_id)
    if key is None or claimed.matches(key.key):
        return key
    return await ctx.keyring.stored(ctx, claimed.key_id)


async def signer(ctx: Context, claimed: Claim, *, begin: Callable[[], None]) -> Account | None:
    """Whose key has signed a request that is answered at once; None when the key does not verify it.

    A key that is not here is fetched while the request waits, unless `begin` objects by raising. Raises Forbidden
    for a server that we do not federate with, Unreachable when the key cannot be had.
    """
    await ctx.domains.refresh(ctx.db, ctx.clock())
    _permit(ctx, claimed.key_id)
    key = await _key(ctx, claimed)
    if key is None:
        await ctx.introductions.make(
            claimed.key_id,
            now=ctx.clock(),
            begin=begin,
            fetch=lambda: _introduce(ctx, claimed.key_id),
        )
        key = await _key(ctx, claimed)
    if key is None or not claimed.matches(key.key):
        return None
    return await accounts.by_id(ctx.db, key.account_id)


async def _introduce(ctx: Context, key_id: str) -> None:
    # It may have come since the request looked.
    if await ctx.keyring.stored(ctx, key_id) is None:
        await _fetch_key(ctx, key_id, Budget(4))


def _mismatch(key_id: str) -> SignatureError:
    return SignatureError("mismatch", f"The signature was not made with the key {key_id}")


async def _may_ask(ctx: Context, key: TheirKey) -> bool:
    """Whether a key that does not fit may be asked for again now; by asking that is used up, in all processes."""
    now = ctx.clock()
    before = now - REFETCH_AFTER
    if key.asked_at > before or key.fetched_at > before:
        return False
    return await ctx.db.write(lambda tx: accounts.ask_for_key(tx, key.id, before=before, now=now))


async def _keep(
    ctx: Context, message: Message, claimed: Claim, activity: Activity, key: TheirKey
) -> int | None:
    """Verified: keep it, unless the very same request was kept before."""
    if activity.actor != key.owner and activity.type not in _MAY_BE_FORWARDED:
        authority.signer_speaks_for(activity.actor, key.owner)
    now = ctx.clock()
    memory = LONG_MEMORY if activity.type in _REMEMBERED_LONG else SHORT_MEMORY
    seen = hashlib.sha256(
        b"\0".join(
            (
                key.owner.encode(),
                activity.id.encode(),
                hashlib.sha256(message.body).digest(),
                str(claimed.created).encode(),
            )
        )
    ).digest()
    arrival = intake.Arrival(
        id=ctx.ids.next(),
        hash=seen,
        seen_until=now + memory,
        actor_uri=key.owner,
        body=message.body,
        now=now,
    )
    differing = await follower_sync.differs(ctx, message, claimed, key.account_id)

    async def work(tx: Writer) -> tuple[bool, bool]:
        kept = await intake.receive(tx, arrival)
        if kept and differing is not None:
            await follower_sync.look_later(ctx, tx, key.account_id, differing)
        return kept, await hosts.alive(tx, host(key.owner), now)

    kept, revived = await ctx.db.write(work)
    if revived:
        ctx.bus.publish("deliveries")
    if not kept:
        return None
    ctx.bus.publish(RECEIVED, arrival.id)
    return arrival.id


async def _park(ctx: Context, message: Message, claimed: Claim, activity: Activity, network: str) -> None:
    """The key is not here, or may be another by now: keep the request until it is fetched, so that no stranger
    holds it open."""
    of_account = activity.type == "Delete" and activity.object == activity.actor
    if of_account and await accounts.by_uri(ctx.db, activity.actor) is None:
        # Servers announce the end of accounts that we never met, by the thousand.
        return
    now = ctx.clock()
    row = Unverified(
        id=ctx.ids.next(),
        host=host(claimed.key_id),
        network=network,
        key_id=claimed.key_id,
        url=message.url,
        headers=orjson.dumps({_METHOD: message.method, **message.headers}).decode(),
        body=message.body,
        attempts=0,
        next_at=now,
        received_at=now,
    )
    unlimited = ctx.config.rate_limits == "off"

    async def work(tx: Writer) -> bool:
        return await intake.park(
            tx,
            row,
            per_host=PARKED_IN_ALL if unlimited else PARKED_PER_HOST,
            per_network=PARKED_IN_ALL if unlimited else PARKED_PER_NETWORK,
            in_all=PARKED_IN_ALL,
        )

    if not await ctx.db.write(work):
        raise Unavailable("too many requests with unknown keys wait already; send this again later", 60)
    ctx.bus.publish(UNVERIFIED, row.id)


async def verify_parked(ctx: Context, row: Unverified) -> None:
    """Fetch the key of a parked request and keep or refuse the request.

    Raises Unreachable when the key's server does not answer: try again later.
    """
    headers = orjson.loads(row.headers)
    message = Message(method=headers.pop(_METHOD), url=row.url, headers=headers, body=row.body)
    try:
        # The time of signing was checked when the request came.
        claimed = claim(message, now=row.received_at)
        activity = document.read_activity(document.parse(row.body))
        _permit(ctx, row.key_id)
        key = await _key(ctx, claimed)
        if key is None or (not claimed.matches(key.key) and await _is_to_be_asked_for(ctx, key, row)):
            try:
                await _fetch_key(ctx, row.key_id, Budget(8))
            except Gone:
                await _bury_if_gone(ctx, activity)
                raise
            key = await _key(ctx, claimed)
        if key is None or not claimed.matches(key.key):
            raise _mismatch(row.key_id)
        await _keep(ctx, message, claimed, activity, key)
    except Refused as problem:
        log.info("refused from %s by the rule %s: %s", row.key_id, problem.rule, problem)
    except (SignatureError, Forbidden, BadRequest, NotFound, Gone, Ignored, TooLarge) as problem:
        log.info("refused %s: %s", row.key_id, problem)
    await ctx.db.write(lambda tx: intake.unpark(tx, row.id))


async def _is_to_be_asked_for(ctx: Context, key: TheirKey, row: Unverified) -> bool:
    """Whether a parked request is what a key that does not fit it is asked for, now.

    False when the key has come since: then that is the answer. Unreachable when it is too early to ask again.
    """
    if key.fetched_at >= row.received_at:
        return False
    # Who parked the request has noted the first time.
    if row.attempts > 1 and not await _may_ask(ctx, key):
        raise Unreachable(f"{row.key_id} was asked for lately, in vain")
    return True


async def _bury_if_gone(ctx: Context, activity: Activity) -> None:
    """An account that we know is deleted when its own server says so, though its key went with it (rule 6)."""
    row = await accounts.by_uri(ctx.db, activity.actor)
    if row is None or activity.type != "Delete" or activity.object != activity.actor:
        return
    try:
        await fetch(ctx, activity.actor, Budget(2))
    except Gone:
        await actors.bury(ctx, row)


async def _fetch_key(ctx: Context, key_id: str, budget: Budget) -> None:
    """Fetch the owner of a key, who must claim it too (trust rule 2)."""
    address = key_id.partition("#")[0]
    known = await accounts.key(ctx.db, key_id)
    if known is not None:
        owner = await accounts.by_id(ctx.db, known.account_id)
        if owner is not None:
            address = owner.uri
    await lookup.key_owner(ctx, address, budget)


async def handle(ctx: Context, row: Received) -> None:
    """Handle a kept activity; harmless when it is done twice.

    Ignored and Refused say why nothing was changed; Unreachable asks for another try.
    """
    doc = document.parse(row.body)
    activity = document.read_activity(doc)
    handler = HANDLERS.get(activity.type)
    if handler is None:
        raise Ignored(f"activities of type {activity.type[:40]} change nothing here")
    authority.activity_is_actors_own(activity)
    # It may have waited here since before a rule was made.
    await permitted(ctx, row.actor_uri)
    await permitted(ctx, activity.actor)
    budget = Budget()
    if activity.actor != row.actor_uri and not await proofs.proves(ctx, doc, activity, budget):
        await forwarded.confirm(ctx, activity, budget)
        return
    actor = await accounts.by_uri(ctx.db, activity.actor)
    if actor is None:
        actor = await lookup.account(ctx, activity.actor, budget)
    _may_speak(actor, activity)
    await handler(ctx, activity, actor, budget)


def _may_speak(actor: Account, activity: Activity) -> None:
    """Who is suspended may still delete; whom their own server suspended may be let in by it again."""
    if actor.suspended_at is not None and actor.deleted_at is None:
        is_let_in = actor.suspended_there and activity.type == "Update" and activity.object == actor.uri
        if is_let_in or activity.type == "Delete":
            return
    if actor.suspended_at is not None or actor.deleted_at is not None:
        raise Ignored(f"{actor.uri} is suspended or gone")
