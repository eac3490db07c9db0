"""The front page, and what this node is."""

from starlette.requests import Request
from starlette.responses import Response

from fediserver.actions.core import Core
from fediserver.db import public
from fediserver.web.pages import show
from fediserver.web.pages.kit import visit

_POSTS = 8
_GROUPS = 8


async def front(core: Core, request: Request) -> Response:
    """GET /: who we are, what is fresh, how to take part."""
    found = await public.front(core.db, posts=_POSTS, groups=_GROUPS)
    guest = await visit(core, request)
    latest = show.posts(found.latest, guest.file, core.clock())
    return guest.page("front.html", latest=latest, groups=found.groups)


async def about(core: Core, request: Request) -> Response:
    """GET /about: how to come in, and what is kept of visitors."""
    return (await visit(core, request)).page("about.html")
