"""Joining, logging in and out, and choosing a password by a one-time link."""

from starlette.requests import Request
from starlette.responses import Response

from fediserver.actions import sessions
from fediserver.actions import sign_up as action
from fediserver.actions.core import Core
from fediserver.clock import SECOND
from fediserver.db import accounts
from fediserver.errors import Forbidden, Invalid
from fediserver.models.account import Account
from fediserver.web import known_browsers
from fediserver.web.auth import access_of, session_token
from fediserver.web.client_address import address_of
from fediserver.web.limits import Rule, address_key
from fediserver.web.pages.kit import Visit, texts, visit
from fediserver.web.params import fields

# docs/decisions/0024: who counts with whom, and why nobody can lock a member out of their own browser.
LOG_INS_BY_ADDRESS = Rule("log-in-address", 40, 600)
LOG_INS_BY_NAME_AND_ADDRESS = Rule("log-in-name-address", 10, 600)
LOG_INS_BY_NAME = Rule("log-in-name", 100, 3600)
LOG_INS_BY_BROWSER = Rule("log-in-browser", 20, 600)
PASSWORD_CHANGES = Rule("password-change", 10, 600)
# A whole group may sit behind one address and join on one evening.
SIGN_UPS = Rule("sign-up-page", 30, 1800)

_LONGEST_PATH = 4000
_SECONDS = sessions.SESSION_LIFE // SECOND


async def sign_in(core: Core, request: Request) -> Response:
    """GET /auth/sign_in: the form; `next` is where to go afterwards."""
    asked = texts(await fields(request))
    guest = await visit(core, request, language=asked.get("lang", ""))
    following = local_path(asked.get("next", ""))
    if guest.viewer is not None and not following.startswith("/oauth/"):
        return guest.redirect(following)
    return _log_in_form(guest, following)


async def sign_in_form(core: Core, request: Request) -> Response:
    """POST /auth/sign_in."""
    guest = await visit(core, request)
    sent = await guest.form()
    login, following = sent.get("login", "").strip(), local_path(sent.get("next", ""))
    meant = await sessions.meant(core, login)
    _count_log_in(core, request, meant)
    try:
        account, user = await sessions.log_in(meant, sent.get("password", ""))
        return await _enter(guest, account, following, matched_hash=user.password_hash)
    except Invalid as problem:
        return _log_in_form(guest, following, login=login, problem=str(problem), status=422)
    except Forbidden as problem:
        return _log_in_form(guest, following, login=login, problem=str(problem), status=403)


async def sign_out(core: Core, request: Request) -> Response:
    """POST /auth/sign_out."""
    guest = await visit(core, request)
    await guest.form()
    await sessions.end_session(core, session_token(core.config, request))
    return guest.leave("/")


async def sign_out_by_link(core: Core, request: Request) -> Response:
    """GET /auth/sign_out: an address that people keep; a link must not log anybody out."""
    return (await visit(core, request)).redirect("/")


async def sign_up(core: Core, request: Request) -> Response:
    """GET /auth/sign_up: the form, or why there is none."""
    guest = await visit(core, request)
    return guest.redirect("/") if guest.viewer else _sign_up_form(guest, {}, {})


async def sign_up_form(core: Core, request: Request) -> Response:
    """POST /auth/sign_up."""
    guest = await visit(core, request)
    sent = await guest.form()
    limits = access_of(request).limits
    limits.demand(limits.check(SIGN_UPS, client_key(request)))
    try:
        account = await action.sign_up(
            core,
            name=sent.get("username", ""),
            email=sent.get("email", ""),
            password=sent.get("password", ""),
            reason=sent.get("reason", ""),
            locale=guest.language,
            address=address_of(request),
        )
    except Invalid as problem:
        wrong = {field: found[0][1] for field, found in problem.details.items()}
        return _sign_up_form(guest, sent, wrong, status=422)
    user = await accounts.user(core.db, account.id)
    approved, confirmed = user is not None and user.approved_at is not None, not core.config.mail_url
    if approved and confirmed:
        return await _enter(guest, account, "/")
    return guest.page("welcome.html", name=account.username, approved=approved, confirmed=confirmed)


async def password(core: Core, request: Request) -> Response:
    """GET /auth/password/{token}: the form; looking at it does not use the link up."""
    account = await sessions.link_owner(core, request.path_params["token"])
    guest = await visit(core, request)
    return guest.page("password.html", name=account.username, errors={})


async def password_form(core: Core, request: Request) -> Response:
    """POST /auth/password/{token}: set the password and log in."""
    token = request.path_params["token"]
    account = await sessions.link_owner(core, token)
    guest = await visit(core, request)
    sent = await guest.form()
    chosen, again = sent.get("password", ""), sent.get("again", "")
    wrong = {} if chosen == again else {"again": guest.say("is not the same as above")}
    if not wrong:
        try:
            await sessions.choose_password(core, token, chosen)
        except Invalid as problem:
            wrong = {field: guest.say(found[0][1]) for field, found in problem.details.items()}
    if wrong:
        return guest.page("password.html", status=422, name=account.username, errors=wrong)
    return await _enter(guest, account, "/")


async def change_password(core: Core, request: Request) -> Response:
    """GET /auth/password: the form for members who are logged in."""
    guest = await visit(core, request)
    if guest.viewer is None:
        return guest.redirect("/auth/sign_in?next=/auth/password")
    return _change_form(guest, guest.viewer.account, {})


async def change_password_form(core: Core, request: Request) -> Response:
    """POST /auth/password: change it, and log in here anew."""
    guest = await visit(core, request)
    sent = await guest.form()
    if guest.viewer is None:
        return guest.redirect("/auth/sign_in?next=/auth/password")
    account, chosen = guest.viewer.account, sent.get("password", "")
    limits = access_of(request).limits
    limits.demand(limits.check(PASSWORD_CHANGES, str(account.id)))
    if chosen != sent.get("again", ""):
        return _change_form(guest, account, {"again": guest.say("is not the same as above")})
    try:
        await sessions.change_password(
            core, guest.viewer.user, current=sent.get("current", ""), password=chosen
        )
    except Invalid as problem:
        wrong = {field: guest.say(found[0][1]) for field, found in problem.details.items()}
        return _change_form(guest, account, wrong)
    return await _enter(guest, account, f"/@{account.username}")


async def where_to_change_password(core: Core, request: Request) -> Response:
    """GET /.well-known/change-password (W3C, A Well-Known URL for Changing Passwords)."""
    return (await visit(core, request)).redirect("/auth/password")


def local_path(text: str) -> str:
    """A path of ours to go on to; `/` for everything that could lead elsewhere."""
    if not text.startswith("/") or text[1:2] in ("/", "\\") or len(text) > _LONGEST_PATH:
        return "/"
    return text if text.isascii() and text.isprintable() and "\\" not in text else "/"


def client_key(request: Request) -> str:
    """The client's address as limits count it."""
    return address_key(address_of(request))


def _count_log_in(core: Core, request: Request, meant: sessions.Login) -> None:
    """Raise TooMany when there were too many attempts; a browser that has got in before counts for itself."""
    limits = access_of(request).limits
    browser = known_browsers.of(access_of(request).form_secret, core.config, request, meant.user)
    if browser is not None:
        limits.demand(limits.check(LOG_INS_BY_BROWSER, browser))
        return
    network = client_key(request)
    limits.demand(limits.check(LOG_INS_BY_ADDRESS, network))
    limits.demand(limits.check(LOG_INS_BY_NAME_AND_ADDRESS, f"{meant.key} {network}"))
    limits.demand(limits.check(LOG_INS_BY_NAME, meant.key))


async def _enter(
    guest: Visit, account: Account, following: str, *, matched_hash: str | None = None
) -> Response:
    """Open a session, unless the log-in cannot be used yet; a session of before ends.

    The browser is known from now on, so that others who guess the password do not keep it out.
    """
    core, request = guest.core, guest.request
    before = session_token(core.config, request)
    if before:
        await sessions.end_session(core, before)
    agent = request.headers.get("user-agent", "")
    token = await sessions.open_session(core, account, user_agent=agent, matched_hash=matched_hash)
    response = guest.enter(token, following, _SECONDS)
    user = await accounts.user(core.db, account.id)
    if user is not None:
        known_browsers.mark(access_of(request).form_secret, core.config, response, user)
    return response


def _log_in_form(
    guest: Visit, following: str, *, login: str = "", problem: str = "", status: int = 200
) -> Response:
    return guest.page(
        "login.html",
        status=status,
        next=following,
        login=login,
        problem=guest.say(problem) if problem else "",
    )


def _change_form(guest: Visit, account: Account, wrong: dict[str, str]) -> Response:
    return guest.page(
        "password_change.html", status=422 if wrong else 200, name=account.username, errors=wrong
    )


def _sign_up_form(
    guest: Visit, sent: dict[str, str], wrong: dict[str, str], *, status: int = 200
) -> Response:
    open_now = guest.core.config.registrations in ("open", "approval")
    hint = guest.say("Small letters, digits and underscores. Your address will be @name@%(domain)s.")
    return guest.page(
        "signup.html",
        status=status if open_now else 403,
        values=sent,
        errors={field: guest.say(text) for field, text in wrong.items()},
        name_hint=hint % {"domain": guest.core.config.domain},
    )
