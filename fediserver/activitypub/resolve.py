"""From an address to a post or an account, asking the other server where we do not know it."""

from fediserver.activitypub import actors, document, lookup, notes
from fediserver.activitypub.context import Context
from fediserver.activitypub.fetch import Budget, fetch
from fediserver.activitypub.lookup import NOT_FOUND
from fediserver.activitypub.vocabulary import ACTORS, POSTS
from fediserver.db import accounts, statuses
from fediserver.models.account import Account
from fediserver.models.status import Status


async def status(ctx: Context, uri: str, budget: Budget) -> Status | None:
    """The post with that id, fetched with its parents when it is not known; None when it cannot be had."""
    known = await statuses.by_uri(ctx.db, uri)
    if known is not None or ctx.uris.is_ours(uri):
        return known
    return await notes.fetched(ctx, uri, budget)


async def by_url(ctx: Context, url: str, viewer: Account | None = None) -> Account | Status | None:
    """What a member means who pastes an address: an id or a page, of a post or of somebody.

    The caller decides whether the viewer may see it.
    """
    local = ctx.uris.local(url)
    if local is not None:
        if local.kind == "status":
            return await statuses.by_id(ctx.db, int(local.key))
        return await accounts.by_handle(ctx.db, local.key) if local.kind == "actor" else None
    if ctx.uris.is_ours(url):
        return None
    known = await statuses.by_address(ctx.db, url) or await accounts.by_uri(ctx.db, url)
    if known is not None:
        return known
    budget = Budget()
    try:
        found = await fetch(ctx, url, budget)
        kind = str(found.get("type"))
        if kind in ACTORS:
            row = document.read_actor(found)
            return await actors.take_in(ctx, row, await lookup.handle_of(ctx, row, budget))
        return await notes.take_in_fetched(ctx, found, budget) if kind in POSTS else None
    except NOT_FOUND:
        return None
