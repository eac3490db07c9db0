"""The front page, and what this node is."""

from starlette.requests import Request
from starlette.responses import Response

from fediserver.actions import about as about_us
from fediserver.actions import rules
from fediserver.actions.core import Core
from fediserver.clock import isoformat
from fediserver.db import public, settings
from fediserver.errors import NotFound
from fediserver.web.pages import show
from fediserver.web.pages.kit import visit

_POSTS = 8
_GROUPS = 8


async def front(core: Core, request: Request) -> Response:
    """GET /: who we are, what is fresh, how to take part."""
    found = await public.front(core.db, posts=_POSTS, groups=_GROUPS)
    guest = await visit(core, request)
    latest = show.posts(found.latest, guest.file, core.clock())
    return guest.page("front.html", latest=latest, groups=found.groups, said=await about_us.current(core))


async def about(core: Core, request: Request) -> Response:
    """GET /about: who is behind it, how to come in, and what is kept of visitors."""
    found = await settings.everything(core.db)
    return (await visit(core, request)).page("about.html", said=about_us.said(found), rules=rules.said(found))


async def privacy_policy(core: Core, request: Request) -> Response:
    """GET /privacy-policy: NotFound until somebody writes one."""
    text = (await about_us.current(core)).privacy_policy
    if text is None:
        raise NotFound
    since = isoformat(text.updated_at)[:10]
    return (await visit(core, request)).page(
        "long_text.html", kind="privacy", content=text.content, since=since
    )


async def terms_of_service(core: Core, request: Request) -> Response:
    """GET /terms-of-service: those in force, else the next; NotFound until somebody writes some."""
    today = isoformat(core.clock())[:10]
    versions = (await about_us.current(core)).terms_of_service
    in_force = [one for one in versions if one.effective_date <= today]
    terms = in_force[-1] if in_force else next(iter(versions), None)
    if terms is None:
        raise NotFound
    return (await visit(core, request)).page(
        "long_text.html", kind="terms", content=terms.content, since=terms.effective_date
    )
