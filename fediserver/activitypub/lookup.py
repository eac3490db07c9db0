"""From a handle or an actor's id to an account, asking the other server where we do not know it."""

import asyncio
from urllib.parse import quote

import msgspec

from fediserver.activitypub import actors, document, webfinger
from fediserver.activitypub.context import Context
from fediserver.activitypub.fetch import Budget, fetch, plain
from fediserver.activitypub.vocabulary import ACTORS
from fediserver.clock import DAY
from fediserver.db import accounts
from fediserver.errors import BadRequest, Gone, Ignored, NotFound, Refused, TooLarge, Unreachable
from fediserver.models.account import Account
from fediserver.net.resolver import NoSuchName
from fediserver.text.handles import Handle

STALE = DAY
"""After this an actor is fetched again when it is needed."""

NOT_FOUND = (NotFound, Gone, Refused, Ignored, BadRequest, Unreachable, TooLarge)


class Met(msgspec.Struct, frozen=True):
    """Whom a search at other servers found, and who is not there: asking again would not find them."""

    found: dict[Handle, Account]
    absent: frozenset[Handle]


async def account(ctx: Context, uri: str, budget: Budget) -> Account:
    """The account with that actor id, fetched when it is not known.

    Raises what `fetch` raises; Refused for a document that is no actor.
    """
    known = await accounts.by_uri(ctx.db, uri)
    if known is not None:
        return known
    return await refetched(ctx, uri, budget)


async def refetched(ctx: Context, uri: str, budget: Budget) -> Account:
    """The account as its own server describes it now."""
    found = document.read_actor(await fetch(ctx, uri, budget))
    return await actors.take_in(ctx, found, await handle_of(ctx, found, budget))


async def key_owner(ctx: Context, address: str, budget: Budget) -> Account:
    """The owner of a key whose id leads to this address: an actor, or a key that names its owner.

    Either way the owner's own document must name the key, which is so once it is taken in.
    """
    doc = await fetch(ctx, address, budget)
    if str(doc.get("type")) in ACTORS:
        found = document.read_actor(doc)
        return await actors.take_in(ctx, found, await handle_of(ctx, found, budget))
    return await refetched(ctx, document.read_key(doc).owner, budget)


async def fresh(ctx: Context, row: Account, budget: Budget) -> Account:
    """The account, asked for again when what we know is old; as it is when its server does not answer."""
    if row.domain == "" or ctx.clock() - row.refreshed_at < STALE:
        return row
    try:
        return await refetched(ctx, row.uri, budget)
    except NOT_FOUND:
        return row


async def handle_of(ctx: Context, found: document.ActorDocument, budget: Budget) -> Handle:
    """The handle under which an actor wants to be known, if that domain agrees (WebFinger both ways)."""
    named = document_handle(found)
    for candidate in dict.fromkeys((named, Handle(found.username, found.host))):
        try:
            answer = await _webfinger(ctx, candidate, budget)
        except NOT_FOUND:
            continue
        if answer.actor == found.id:
            subject = answer.subject or candidate
            if subject == candidate or await _confirms(ctx, subject, found.id, budget):
                return subject
            return candidate
    return Handle(found.username, found.host)


def document_handle(found: document.ActorDocument) -> Handle:
    """The handle that an actor names itself (FEP-2c59), else its name at its own host."""
    name, _, domain = found.webfinger.rpartition("@")
    return Handle(name, domain) if name and domain else Handle(found.username, found.host)


async def _confirms(ctx: Context, handle: Handle, actor: str, budget: Budget) -> bool:
    try:
        return (await _webfinger(ctx, handle, budget)).actor == actor
    except NOT_FOUND:
        return False


async def _webfinger(ctx: Context, handle: Handle, budget: Budget) -> webfinger.Found:
    scheme = "https" if ctx.config.https else "http"
    if ":" not in handle.domain:
        scheme = "https"
    resource = quote(f"acct:{handle.name}@{handle.domain}", safe=":@")
    url = f"{scheme}://{handle.domain}/.well-known/webfinger?resource={resource}"
    reply = await plain(ctx, url, "application/jrd+json, application/json", budget)
    if reply.status == 429 or reply.status >= 500:
        # Most servers stand behind a proxy, which answers so while they are down.
        raise Unreachable(f"{handle.domain} answers {reply.status} now")
    if reply.status != 200:
        raise NotFound(f"{handle.domain} does not know {handle}")
    return webfinger.read(reply.body)


async def account_by_handle(ctx: Context, handle: Handle, budget: Budget | None = None) -> Account | None:
    """The account of a handle, asked for at its server when it is not known; None when there is none."""
    try:
        return await _by_handle(ctx, handle, budget or Budget())
    except NOT_FOUND:
        return None


async def _by_handle(ctx: Context, handle: Handle, budget: Budget) -> Account:
    domain = "" if handle.domain in ("", ctx.uris.domain, ctx.config.web_host) else handle.domain
    known = await accounts.by_handle(ctx.db, handle.name, domain)
    if known is not None and known.deleted_at is None:
        return known
    if known is not None or not domain:
        raise NotFound(f"there is no {handle}")
    answer = await _webfinger(ctx, handle, budget)
    found = document.read_actor(await fetch(ctx, answer.actor, budget))
    subject = answer.subject or handle
    if subject.domain != handle.domain and not await _confirms(ctx, subject, found.id, budget):
        subject = handle
    return await actors.take_in(ctx, found, subject)


async def many_by_handle(ctx: Context, handles: list[Handle], seconds: float) -> Met:
    """Accounts of handles, asked for side by side; who does not answer in time is neither found nor absent."""
    budget = Budget()
    tasks = {handle: asyncio.create_task(_by_handle(ctx, handle, budget)) for handle in handles}
    if tasks:
        try:
            await asyncio.wait(tasks.values(), timeout=seconds)
        finally:
            # Also when nobody waits for them any more.
            for task in tasks.values():
                task.cancel()
    found: dict[Handle, Account] = {}
    absent: set[Handle] = set()
    for handle, task in tasks.items():
        if not task.done():
            continue
        if (problem := task.exception()) is None:
            found[handle] = task.result()
        elif isinstance(problem, NOT_FOUND) and not _may_come_back(problem):
            absent.add(handle)
    return Met(found, frozenset(absent))


def _may_come_back(problem: BaseException) -> bool:
    return isinstance(problem, Unreachable) and not isinstance(problem, NoSuchName)
