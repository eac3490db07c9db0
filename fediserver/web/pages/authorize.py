"""The page on which a member lets an app in (RFC 6749, section 4.1; RFC 8252; RFC 7636)."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from fediserver.actions import access
from fediserver.actions.core import Core
from fediserver.db import access as rows
from fediserver.errors import BadRequest
from fediserver.models.oauth import Application
from fediserver.models.uris import origin
from fediserver.web.middleware import content_security_policy
from fediserver.web.pages.kit import Visit, texts, visit
from fediserver.web.params import fields

_NATIVE = "/oauth/authorize/native"
_KEPT = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
_LONGEST = 2000
_HOST = re.compile(r"[a-z0-9.-]{1,253}(:[0-9]{1,5})?")
# A clear sentence for each broad kind of ability; what is finer is named beside it.
_ABILITIES = (
    ("read", "See what you see: your account, timelines, messages, lists and settings"),
    ("write", "Act for you: post, answer, boost, follow, change your profile"),
    ("follow", "Change whom you follow, mute and block"),
    ("push", "Send you notifications"),
    ("profile", "See your name and picture"),
    ("admin", "Look after the node and its people, as far as you may yourself"),
)


class Wish(NamedTuple):
    """A request of an application that can be put before a member."""

    application: Application
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str


class _Refused(NamedTuple):
    """A request that goes back to the application with an error."""

    redirect_uri: str
    state: str | None
    code: str
    text: str


async def authorize(core: Core, request: Request) -> Response:
    """GET /oauth/authorize: ask the member, or have them log in first."""
    asked = _asked(texts(await fields(request)))
    wish = await _wish(core, asked)
    guest = await visit(core, request, language=asked.get("lang", ""))
    if isinstance(wish, _Refused):
        return guest.redirect(
            _back(wish.redirect_uri, wish.state, error=wish.code, error_description=wish.text)
        )
    prompts = asked.get("prompt", "").split()
    if "none" in prompts:
        # No page may be shown, and none could be done without: what a member once allowed is not remembered.
        denied = _unprompted(guest)
        return guest.redirect(
            _back(wish.redirect_uri, asked.get("state"), error=denied.code, error_description=str(denied))
        )
    forced = "login" in prompts or asked.get("force_login", "").lower() in ("true", "1")
    if guest.viewer is None or forced:
        again = {name: asked[name] for name in (*_KEPT, "lang") if name in asked}
        following = {"next": f"/oauth/authorize?{urlencode(again)}"}
        if "lang" in asked:
            following["lang"] = asked["lang"]
        return guest.redirect(f"/auth/sign_in?{urlencode(following)}")
    groups = await access.voices(core, guest.viewer.account)
    return guest.page(
        "authorize.html",
        headers={"Content-Security-Policy": _policy(core, wish.redirect_uri)},
        application=wish.application,
        abilities=_abilities(guest, wish.scopes),
        groups=groups,
        kept={name: asked[name] for name in _KEPT if name in asked},
        destination=_destination(wish.redirect_uri),
    )


async def decide(core: Core, request: Request) -> Response:
    """POST /oauth/authorize: what the member said."""
    guest = await visit(core, request)
    sent = await guest.form()
    if guest.viewer is None:
        raise BadRequest("You are not logged in any more; go back to the app and begin again")
    wish = await _wish(core, _asked(sent))
    if isinstance(wish, _Refused):
        return guest.redirect(
            _back(wish.redirect_uri, wish.state, error=wish.code, error_description=wish.text)
        )
    state = sent.get("state")
    if sent.get("decision") != "allow":
        text = "The member refused"
        return guest.redirect(_back(wish.redirect_uri, state, error="access_denied", error_description=text))
    member = guest.viewer.account
    voices = {str(each.id): each for each in [member, *await access.voices(core, member)]}
    act_as = voices.get(sent.get("account") or str(member.id))
    if act_as is None:
        raise BadRequest("You may not act as this account; go back to the app and begin again")
    code = await access.authorize(
        core,
        application=wish.application,
        member=member,
        act_as=act_as,
        redirect_uri=wish.redirect_uri,
        granted=wish.scopes,
        challenge=wish.challenge,
    )
    return guest.redirect(_back(wish.redirect_uri, state, code=code))


async def native(core: Core, request: Request) -> Response:
    """GET /oauth/authorize/native: the code, to be copied into a program that has no address."""
    sent = texts(await fields(request))
    guest = await visit(core, request)
    if "error" in sent:
        refused = guest.say("The app was not let in; you can close this page.")
        return guest.page("error.html", status=403, code=403, heading=guest.say("Not let in"), text=refused)
    code = sent.get("code", "")
    if not code:
        raise BadRequest("This address shows a code after an app was let in; begin in the app")
    return guest.page("oob.html", headers={"Cache-Control": "no-store"}, code=code[:200])


async def _wish(core: Core, asked: Mapping[str, str]) -> Wish | _Refused:
    """The request, checked. Raises BadRequest where nobody can be trusted with a redirect."""
    application = await rows.application(core.db, asked.get("client_id", "")[:200])
    if application is None:
        raise BadRequest("This app is not registered here; go back to it and log in again")
    redirect_uri = asked.get("redirect_uri", "")
    # Exactly as registered: anything else would let a stranger collect codes (RFC 9700, section 2.1).
    if redirect_uri not in access.redirect_addresses(application):
        raise BadRequest(
            "The app was registered with another redirect address; go back to it and log in again"
        )
    state = asked.get("state")
    try:
        if asked.get("response_type") != "code":
            raise access.Denied("unsupported_response_type", "response_type must be code")
        if len(state or "") > _LONGEST:
            raise access.Denied("invalid_request", f"state must have at most {_LONGEST} characters")
        granted = access.settled_scopes(application, asked.get("scope", ""))
        method = asked.get("code_challenge_method", "")
        challenge = access.settled_challenge(asked.get("code_challenge", ""), method)
    except access.Denied as denied:
        return _Refused(redirect_uri, (state or "")[:_LONGEST] or None, denied.code, str(denied))
    return Wish(application, redirect_uri, granted, challenge)


def _unprompted(guest: Visit) -> access.Denied:
    """Why an app cannot be let in without asking (OpenID Connect Core, section 3.1.2.6)."""
    if guest.viewer is None:
        return access.Denied("login_required", "Nobody is logged in; ask again without prompt=none")
    return access.Denied("consent_required", "The member has to be asked; ask again without prompt=none")


def _asked(sent: Mapping[str, str]) -> dict[str, str]:
    """The parameters; some libraries write what is absent as the word None, but a state is returned as it is."""
    return {
        name: value for name, value in sent.items() if name == "state" or value not in ("", "None", "null")
    }


def _back(redirect_uri: str, state: str | None, **answer: str) -> str:
    """The address that carries the answer to the application; the page with the code for those without."""
    if state is not None:
        answer["state"] = state
    if redirect_uri == access.OUT_OF_BAND:
        return f"{_NATIVE}?{urlencode(answer)}"
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(answer)}"


def _policy(core: Core, redirect_uri: str) -> str:
    """The policy of this one page: browsers apply `form-action` to where the form's answer redirects, too."""
    return content_security_policy(
        form_action=f"'self' {_form_target(redirect_uri)}".rstrip(),
        media_origin=origin(core.config.media_base_url),
    )


def _form_target(redirect_uri: str) -> str:
    """A source expression (CSP 3, section 2.3.1) for an address; '' for none."""
    if redirect_uri == access.OUT_OF_BAND:
        return ""
    parts = urlsplit(redirect_uri)
    host = parts.netloc.lower()
    # An IPv6 address is no host source; then the scheme has to do.
    if parts.scheme in ("http", "https") and _HOST.fullmatch(host):
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}:"


def _destination(redirect_uri: str) -> str:
    """Where the member goes afterwards, as they can judge it; '' for the page with the code."""
    if redirect_uri == access.OUT_OF_BAND:
        return ""
    parts = urlsplit(redirect_uri)
    return parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def _abilities(guest: Visit, granted: tuple[str, ...]) -> list[tuple[str, str]]:
    """What the scopes mean, in sentences, each with the names it stands for."""
    found = []
    for kind, text in _ABILITIES:
        names = [name for name in granted if name.partition(":")[0] == kind]
        if names:
            found.append((guest.say(text), " ".join(names)))
    return found
