"""What goes by mail: a link for a new password, and one that confirms an address.

The answer is the same whether an address is known or not, and so is what is done before it is given.
"""

from starlette.requests import Request
from starlette.responses import Response

from fediserver.actions import mail, sessions
from fediserver.actions.core import Core
from fediserver.errors import NotFound
from fediserver.models.mail import CONFIRM, PASSWORD
from fediserver.web.auth import access_of
from fediserver.web.limits import Rule
from fediserver.web.pages.door import client_key
from fediserver.web.pages.kit import Visit, visit

ASKED = Rule("mail-asked", 20, 3600)
"""Of one address on the network; what goes to one mailbox is counted in `actions/mail.py`."""


async def ask_for_password(core: Core, request: Request) -> Response:
    """GET /auth/reset: the form of somebody who has forgotten their password."""
    return _form(await _visit(core, request), PASSWORD, asked=False)


async def ask_for_password_form(core: Core, request: Request) -> Response:
    """POST /auth/reset."""
    return await _ask(core, request, PASSWORD)


async def ask_for_confirmation(core: Core, request: Request) -> Response:
    """GET /auth/confirm: the form of somebody to whom the link did not come."""
    return _form(await _visit(core, request), CONFIRM, asked=False)


async def ask_for_confirmation_form(core: Core, request: Request) -> Response:
    """POST /auth/confirm."""
    return await _ask(core, request, CONFIRM)


async def confirm(core: Core, request: Request) -> Response:
    """GET /auth/confirm/{token}: a button; programs that look at links in mail do not press it."""
    await sessions.link_owner(core, request.path_params["token"], sessions.TO_CONFIRM)
    return (await visit(core, request)).page("confirm.html", done=False, waits=False)


async def confirm_form(core: Core, request: Request) -> Response:
    """POST /auth/confirm/{token}: the address is confirmed."""
    guest = await visit(core, request)
    await guest.form()
    user = await sessions.confirm_address(core, request.path_params["token"])
    return guest.page("confirm.html", done=True, waits=user.approved_at is None)


async def _visit(core: Core, request: Request) -> Visit:
    if not mail.is_set_up(core):
        raise NotFound("This node sends no mail; ask the people who run it")
    return await visit(core, request)


async def _ask(core: Core, request: Request, purpose: str) -> Response:
    guest = await _visit(core, request)
    sent = await guest.form()
    limits = access_of(request).limits
    limits.demand(limits.check(ASKED, client_key(request)))
    await mail.ask(core, purpose, sent.get("email", ""), guest.language)
    return _form(guest, purpose, asked=True)


def _form(guest: Visit, purpose: str, *, asked: bool) -> Response:
    return guest.page("by_mail.html", purpose=purpose, asked=asked)
