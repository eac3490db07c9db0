"""Preview cards: a page is asked when a member first sees a post that links to it, once for all of its posts.

Nothing is asked while anybody waits, and never because a post arrived: servers that a post reaches at the same
moment do not all come running at once.
"""

import asyncio
import logging

import msgspec

from fediserver.activitypub import lookup, remote_files
from fediserver.activitypub.context import Context
from fediserver.activitypub.fetch import Budget
from fediserver.clock import DAY, HOUR, MINUTE
from fediserver.db import links, media
from fediserver.db.database import Writer
from fediserver.errors import FediserverError, Refused
from fediserver.models.account import Account
from fediserver.models.event import Edited
from fediserver.models.link import Link
from fediserver.models.uris import host
from fediserver.net import preview
from fediserver.text.page import Page

TOPIC = "previews"
FRESH = 14 * DAY
"""How long a card is good; after that the page is asked again when somebody looks."""
CLAIMED = 2 * MINUTE
FIRST_RETRY = HOUR
AT_ONCE = 4
TOLD = 20
"""Posts with a link of which those who listen hear when its card has come."""
ONE_CREATOR = 5
"""Requests to find the author that a page names."""

log = logging.getLogger(__name__)


async def take_wanted(ctx: Context) -> int:
    """Ask the pages that are wanted, a few at once; answers how many were looked at."""
    wanted = ctx.wanted_links.take(AT_ONCE)
    await asyncio.gather(*(_ask(ctx, link_id) for link_id in wanted))
    return len(wanted)


async def _ask(ctx: Context, link_id: int) -> None:
    now = ctx.clock()
    if not await ctx.db.write(lambda tx: links.claim(tx, link_id, now=now, until=now + CLAIMED)):
        return
    link = await links.by_id(ctx.db, link_id)
    if link is None:
        return
    try:
        card = await _card(ctx, link)
    except Exception as problem:  # no page may stop the others
        if not isinstance(problem, FediserverError):
            log.exception("the page %s could not be read", link.url)
        log.info("no card for %s: %s", link.url, problem)
        wait = min(FIRST_RETRY * 4 ** min(link.failures, 5), FRESH)
        await ctx.db.write(lambda tx: links.fail(tx, link_id, next_at=now + wait))
        return

    async def keep(tx: Writer) -> None:
        await links.keep(tx, card)
        # Older posts are on nobody's screen, or are shown anew when somebody looks.
        for status_id in await links.newest(tx, link_id, TOLD) if card.title else ():
            await tx.tell(Edited(status_id))

    await ctx.db.write(keep)


async def _card(ctx: Context, link: Link) -> Link:
    # A link may be as old as http; pages that are not to be had by https have no card.
    secure = "https" + link.url[4:] if ctx.config.https and link.url.startswith("http:") else link.url
    try:
        page = await preview.page(ctx.net, secure)
    except Refused as problem:
        log.info("no card for %s: %s", link.url, problem)
        return _empty(ctx, link)
    if not page.title:
        return _empty(ctx, link)
    credited, unconfirmed = await _creator(ctx, page, host(link.url))
    image, blurhash = await _picture(ctx, page)
    return msgspec.structs.replace(
        _empty(ctx, link),
        title=page.title,
        description=page.description,
        language=page.language,
        author_name=page.author_name,
        author_url=page.author_url,
        author_id=credited,
        unconfirmed_id=unconfirmed,
        provider_name=page.provider_name,
        image=image,
        image_width=page.image_width if image else 0,
        image_height=page.image_height if image else 0,
        image_description=page.image_description if image else "",
        blurhash=blurhash,
        published_at=page.published_at,
    )


def _empty(ctx: Context, link: Link) -> Link:
    """A page that was asked and says nothing that makes a card."""
    now = ctx.clock()
    return Link(
        id=link.id,
        url=link.url,
        title="",
        description="",
        language=None,
        author_name="",
        author_url="",
        author_id=None,
        unconfirmed_id=None,
        provider_name="",
        image="",
        image_width=0,
        image_height=0,
        image_description="",
        blurhash="",
        published_at=None,
        fetched_at=now,
        next_at=now + FRESH,
        failures=0,
    )


async def _creator(ctx: Context, page: Page, site: str) -> tuple[int | None, int | None]:
    """The account that the page names as its author (`fediverse:creator`), if it lets the site do so; else second."""
    budget = Budget(ONE_CREATOR)
    unconfirmed = None
    for handle in page.creators:
        account = await lookup.account_by_handle(ctx, handle, budget)
        if account is None or account.suspended_at is not None:
            continue
        if await _lets(ctx, account, site):
            return account.id, None
        unconfirmed = unconfirmed or account.id
    return None, unconfirmed


async def _lets(ctx: Context, account: Account, site: str) -> bool:
    allowed = await links.domains(ctx.db, account.id)
    name = site.partition(":")[0].removeprefix("www.")
    return any(name == domain or name.endswith(f".{domain}") for domain in allowed)


async def _picture(ctx: Context, page: Page) -> tuple[str, str]:
    """Path and blurhash of the page's picture, which is fetched now, for whoever sees the card will want it."""
    if not page.image:
        return "", ""

    async def work(tx: Writer) -> str | None:
        paths = await media.remote_paths(tx, [(ctx.ids.next(), page.image, "preview", "")])
        return paths.get(page.image)

    path = await ctx.db.write(work)
    if path is None:
        return "", ""
    file = await remote_files.GATE.fetched(ctx, int(path.rpartition("/")[2]))
    return (path, file.blurhash) if file is not None else ("", "")
