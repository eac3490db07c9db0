"""Fetching documents of other servers: signed by the node, within a budget, and only believed when
their own server sends them (trust rules 3 to 5).
"""

from collections import Counter

import msgspec

from fediserver.activitypub import authority, document
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Document
from fediserver.activitypub.vocabulary import ACCEPT
from fediserver.db import accounts
from fediserver.errors import Gone, NotFound, Refused, Unreachable
from fediserver.models.uris import host
from fediserver.net.client import Reply, Signer
from fediserver.signatures import Message, sign

FETCHES = 50
"""Documents that one activity, or one member's search, may make us fetch."""
_GONE = (404, 410)


class Budget:
    """How many fetches are left for one cause, of all hosts and of each; whoever fetches takes one."""

    def __init__(self, fetches: int = FETCHES, *, of_each_host: int | None = None) -> None:
        self.left = fetches
        self._of_each_host = of_each_host
        self._taken: Counter[str] = Counter()

    def take(self, url: str) -> None:
        """Use one for an address; raises Refused when none is left, or none for its host."""
        if self.left <= 0:
            raise Refused("fetch-budget", "more fetches than one cause may have")
        self.left -= 1
        if self._of_each_host is None:
            return
        self._taken[host(url)] += 1
        if self._taken[host(url)] > self._of_each_host:
            raise Refused("fetch-budget", f"more fetches of {host(url)} than one cause may have")

    def share(self, fetches: int) -> int:
        """Set so many aside for work that comes later, or what is left; answers how many."""
        taken = min(fetches, self.left)
        self.left -= taken
        return taken


class Fetched(msgspec.Struct, frozen=True):
    """A document and the address it came from, in the end."""

    url: str
    document: Document


async def fetch(ctx: Context, uri: str, budget: Budget) -> Document:
    """The document with that id, from its own server.

    Raises Gone or NotFound when the server says so, Refused when it may not be believed or asked,
    Unreachable when it does not answer well; the last is worth another try.
    """
    authority.never_ours(ctx.uris, uri)
    found = await _get(ctx, uri, budget)
    other = authority.fetched_is_what_was_asked(uri, found.url, found.document)
    if other is not None:
        found = await _get(ctx, other, budget)
        authority.refetched_is_what_was_asked(other, found.url, found.document)
    authority.never_ours(ctx.uris, str(found.document.get("id", "")))
    return found.document


async def _get(ctx: Context, uri: str, budget: Budget) -> Fetched:
    bare = uri.partition("#")[0]
    budget.take(bare)
    reply = await ctx.net.get(bare, {"accept": ACCEPT}, sign=await signer(ctx))
    if reply.status in _GONE:
        raise (Gone if reply.status == 410 else NotFound)(f"{bare} answers {reply.status}")
    if reply.status != 200:
        raise Unreachable(f"{bare} answers {reply.status}")
    authority.content_type_is_activitypub(reply.headers.get("content-type"))
    return Fetched(reply.url, document.parse(reply.body))


async def permitted(ctx: Context, uri: str) -> None:
    """Raise Refused when we do not federate with the server of an id, however we have come by what has it.

    Where a request goes, at first and by redirects, the client asks by itself.
    """
    await ctx.domains.demand(ctx.db, ctx.config, ctx.clock(), host(uri))


async def plain(ctx: Context, url: str, accept: str, budget: Budget) -> Reply:
    """A document that is not ActivityPub (WebFinger, host-meta), unsigned."""
    budget.take(url)
    return await ctx.net.get(url, {"accept": accept}, limit=65_536, seconds=10)


async def signer(ctx: Context) -> Signer:
    """Signs our GETs as the node, whose own document is readable by everybody."""
    instance = await accounts.by_uri(ctx.db, ctx.uris.instance_actor)
    if instance is None:
        raise NotFound("the node has no actor of its own: start it once with `fediserver serve`")
    ours = await ctx.keyring.ours(ctx, instance.id)

    def signed(url: str) -> dict[str, str]:
        message = Message(method="GET", url=url, headers={}, body=b"")
        return sign(message, scheme="cavage", key_id=ours.id, key=ours.key, now=ctx.clock())

    return signed
