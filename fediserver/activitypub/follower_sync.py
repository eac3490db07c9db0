"""Two servers compare what they keep of one actor's followers (FEP-8fcf).

With a post for followers goes a digest of those who are where it goes. A server that has others in its books asks for
the list, and lets it count: what was lost on the way, an Undo or an Accept, is made up for.
"""

import hashlib
import logging
import re
from collections.abc import Iterable

import msgspec

from fediserver.actions import errand, follow
from fediserver.activitypub import authority
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import fields
from fediserver.activitypub.fetch import Budget, fetch
from fediserver.activitypub.lookup import NOT_FOUND
from fediserver.activitypub.vocabulary import COLLECTIONS
from fediserver.clock import HOUR, MINUTE
from fediserver.db import accounts, relationships
from fediserver.db.database import Writer
from fediserver.errors import Ignored, Refused, Unreachable
from fediserver.models.account import Account
from fediserver.models.status import Status
from fediserver.models.visibility import Visibility
from fediserver.signatures import Claim, Message
from fediserver.signatures.message import COMPARED

log = logging.getLogger(__name__)

PATH = "followers_synchronization"
MOST = 10_000
"""Followers at one server that are compared; above that, nothing is said and nothing believed."""
WAIT = MINUTE
"""What differs may still be on its way."""
TRY_FOR = HOUR

_LONGEST = 4096
_PARAMETER = re.compile(r'\s*([A-Za-z]{1,32})="([^"\\]{1,2048})"\s*(?:,|$)')


class Comparison(msgspec.Struct, frozen=True):
    """What the header says: whose followers, where they are listed, and their digest in hexadecimal digits."""

    collection: str
    url: str
    digest: str


def digest(uris: Iterable[str]) -> str:
    """The exclusive or of the SHA-256 of each id: the order does not matter."""
    found = 0
    for uri in uris:
        found ^= int.from_bytes(hashlib.sha256(uri.encode()).digest())
    return f"{found:064x}"


def write(comparison: Comparison) -> str:
    """The value of the header Collection-Synchronization."""
    return f'collectionId="{comparison.collection}", url="{comparison.url}", digest="{comparison.digest}"'


def read(header: str) -> Comparison | None:
    """Take the header apart, in any order; None when something is missing or cannot be read."""
    if len(header) > _LONGEST:
        return None
    found, position = dict[str, str](), 0
    while position < len(header):
        match = _PARAMETER.match(header, position)
        if match is None or match[1] in found:
            return None
        found[match[1]] = match[2]
        position = match.end()
    if not {"collectionId", "url", "digest"} <= found.keys():
        return None
    return Comparison(found["collectionId"], found["url"], found["digest"].lower())


async def announced(ctx: Context, status: Status, *, host_id: int, inbox: str) -> dict[str, str]:
    """The headers that go to an inbox with a post of ours for followers; none where nothing can be compared."""
    author = await accounts.by_id(ctx.db, status.account_id)
    if status.visibility is not Visibility.PRIVATE or author is None:
        return {}
    there = await relationships.followers_at(ctx.db, author.id, host_id, limit=MOST)
    # Whoever has several origins cannot know which of them is meant.
    if not there or len(there) >= MOST or not all(authority.same_origin(uri, inbox) for uri in there):
        return {}
    comparison = Comparison(author.followers_uri, f"{author.uri}/{PATH}", digest(there))
    return {COMPARED: write(comparison)}


async def listed_for(ctx: Context, account: Account, asker: Account) -> list[str]:
    """The followers of one of ours that are of the asker's origin: their own server may know that."""
    if asker.host_id is None:
        return []
    there = await relationships.followers_at(ctx.db, account.id, asker.host_id, limit=MOST)
    return [uri for uri in there if authority.same_origin(uri, asker.uri)]


async def differs(ctx: Context, message: Message, claimed: Claim, sender_id: int) -> Comparison | None:
    """What a request that is verified says of its sender's followers here, if it is signed and not what we know.

    What anybody else would have to say does not count.
    """
    header = message.headers.get(COMPARED)
    if header is None or COMPARED not in claimed.covered:
        return None
    comparison = read(header)
    sender = await accounts.by_id(ctx.db, sender_id)
    if comparison is None or sender is None:
        return None
    try:
        authority.compares_own_followers(
            sender.uri, sender.followers_uri, collection=comparison.collection, url=comparison.url
        )
    except Refused as problem:
        log.info("refused from %s by the rule %s: %s", sender.uri, problem.rule, problem)
        return None
    here = await relationships.local_follower_uris(ctx.db, sender_id)
    return None if digest(here) == comparison.digest else comparison


async def look_later(ctx: Context, tx: Writer, account_id: int, comparison: Comparison) -> None:
    """Have the list looked at, unless that waits already."""
    args: dict[str, object] = {"account_id": account_id, "url": comparison.url}
    await errand.leave(ctx, tx, "followers", args, account_id, run_at=ctx.clock() + WAIT, tried_for=TRY_FOR)


async def settle(ctx: Context, account_id: int, url: str) -> None:
    """Let the list of an actor's own server count for who follows the actor from here.

    Unreachable when it cannot be had now; what is no whole list changes nothing.
    """
    account = await accounts.by_id(ctx.db, account_id)
    if account is None or account.domain == "":
        return
    try:
        listed = await _listed(ctx, url)
    except Unreachable:
        raise
    except NOT_FOUND as problem:
        log.info("the followers of %s are left as they are: %s", account.uri, problem)
        return
    here = {one.uri: one for one in await relationships.local_followers(ctx.db, account.id)}
    for uri in here.keys() - listed:
        await follow.unfollow(ctx, here[uri], account)
    unknown = [uri for uri in listed - here.keys() if ctx.uris.is_ours(uri)]
    for uri, member in (await accounts.by_uris(ctx.db, unknown)).items():
        if uri != ctx.uris.instance_actor and not await follow.accepted(ctx, member, account):
            await follow.disclaim(ctx, member, account)


async def _listed(ctx: Context, url: str) -> set[str]:
    doc = await fetch(ctx, url, Budget(2))
    items = doc.get("orderedItems", doc.get("items"))
    if not fields.type_among(doc, COLLECTIONS) or not isinstance(items, list) or "next" in doc:
        raise Ignored(f"{url} is no whole list of followers")
    if len(items) >= MOST:
        raise Ignored(f"{url} lists more followers than are compared")
    return set(fields.idents(items, MOST))
