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
    found = await known(ctx, url)
    if found is not None or ctx.uris.is_ours(url):
        return found
    try:
        return await asked(ctx, url)
    except NOT_FOUND:
        return None


async def known(ctx: Context, url: str) -> Account | Status | None:
    """The same as far as it is known here; nobody is asked."""
    local = ctx.uris.local(url)
    if local is not None:
        if local.kind == "status":
            return await statuses.by_id(ctx.db, int(local.key))
        return await accounts.by_handle(ctx.db, local.key) if local.kind == "actor" else None
    if ctx.uris.is_ours(url):
        return None
    return await statuses.by_address(ctx.db, url) or await accounts.by_uri(ctx.db, url)


async def asked(ctx: Context, url: str) -> Account | Status | None:
    """The same from the server that has it; raises one of NOT_FOUND, None for what is neither post nor actor."""
    budget = Budget()
    found = await fetch(ctx, url, budget)
    kind = str(found.get("type"))
    if kind in ACTORS:
        row = document.read_actor(found)
        return await actors.take_in(ctx, row, await lookup.handle_of(ctx, row, budget))
    return await notes.take_in_fetched(ctx, found, budget) if kind in POSTS else None
