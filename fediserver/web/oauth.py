"""OAuth for programs: registering, tokens, revoking, and the document that says what there is.

https://docs.joinmastodon.org/methods/oauth/ and /methods/apps/; RFC 6749, 7009, 8414.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import Response

from fediserver.actions import access
from fediserver.actions.core import Core
from fediserver.activitypub.context import Context
from fediserver.clock import SECOND
from fediserver.db import access as rows
from fediserver.errors import BadRequest, Invalid, Unauthorised
from fediserver.models import scopes
from fediserver.models.oauth import Application
from fediserver.web import auth
from fediserver.web.limits import Rule
from fediserver.web.pages import authorize
from fediserver.web.pages.door import client_key
from fediserver.web.pages.kit import texts
from fediserver.web.params import fields
from fediserver.web.responses import empty, json_response
from fediserver.web.router import Route

# Mastodon has 5; but a whole group may log in from one address on one evening, and each log-in registers.
REGISTRATIONS = Rule("apps", 30, 600)
TOKENS = Rule("oauth-token", 60, 300)

_BODY = 64 * 1024
_UNCACHED = {"Cache-Control": "no-store", "Pragma": "no-cache"}

Endpoint = Callable[[Core, Request], Awaitable[Response]]


async def register(ctx: Context, request: Request) -> Response:
    """POST /api/v1/apps: a CredentialApplication."""
    limits = auth.access_of(request).limits
    limits.demand(limits.check(REGISTRATIONS, client_key(request)))
    sent = await fields(request, limit=_BODY)
    plain = texts(sent)
    registered = await access.register_application(
        ctx,
        name=plain.get("client_name", ""),
        redirect_uris=_addresses(sent.get("redirect_uris")),
        scopes_asked=_words(sent.get("scopes")),
        website=plain.get("website", ""),
    )
    described = _described(ctx, registered.application) | {
        "client_id": registered.application.client_id,
        "client_secret": registered.secret,
        "client_secret_expires_at": 0,
    }
    return json_response(described, headers=_UNCACHED)


async def verify_application(ctx: Context, request: Request) -> Response:
    """GET /api/v1/apps/verify_credentials: the Application of a token, a member's or its own."""
    grant = await auth.grant(request)
    if grant is None:
        raise Unauthorised
    application = await rows.application_by_id(ctx.db, grant.token.application_id)
    if application is None:
        raise Unauthorised
    return json_response(_described(ctx, application))


async def token(core: Core, request: Request) -> Response:
    """POST /oauth/token: a token for a code, or for the application itself."""
    limits = auth.access_of(request).limits
    limits.demand(limits.check(TOKENS, client_key(request)))
    sent = texts(await fields(request, limit=_BODY))
    application = await _client(core, request, sent)
    match sent.get("grant_type", ""):
        case "authorization_code":
            issued = await access.exchange(
                core,
                application=application,
                code=sent.get("code", ""),
                redirect_uri=sent.get("redirect_uri", ""),
                verifier=sent.get("code_verifier", ""),
            )
        case "client_credentials":
            issued = await access.client_credentials(
                core, application=application, asked=sent.get("scope", "")
            )
        case "":
            raise access.Denied("invalid_request", "The parameter grant_type is missing")
        case _:
            text = "grant_type must be authorization_code or client_credentials"
            raise access.Denied("unsupported_grant_type", text)
    answer = {
        "access_token": issued.token,
        "token_type": "Bearer",
        "scope": issued.row.scopes,
        "created_at": issued.row.created_at // SECOND,
    }
    return json_response(answer, headers=_UNCACHED)


async def revoke(core: Core, request: Request) -> Response:
    """POST /oauth/revoke: end a token of this application."""
    sent = texts(await fields(request, limit=_BODY))
    application = await _client(core, request, sent)
    if not sent.get("token"):
        raise access.Denied("invalid_request", "The parameter token is missing")
    await access.revoke(core, application=application, token=sent["token"])
    return empty()


async def token_info(core: Core, request: Request) -> Response:
    """GET /oauth/token/info: what the token with which it is asked is good for."""
    sent = texts(await fields(request, limit=_BODY))
    grant = await auth.grant(request, also=sent.get("access_token"))
    application = await rows.application_by_id(core.db, grant.token.application_id) if grant else None
    if grant is None or application is None:
        raise Unauthorised
    row = grant.token
    described = {
        "resource_owner_id": None if row.user_id is None else str(row.user_id),
        "scope": list(scopes.parse(row.scopes)),
        "expires_in": None if row.expires_at is None else (row.expires_at - core.clock()) // SECOND,
        "application": {"uid": application.client_id},
        "created_at": row.created_at // SECOND,
    }
    return json_response(described, headers=_UNCACHED)


async def introspect(core: Core, request: Request) -> Response:
    """POST /oauth/introspect: whether a token of this application is good (RFC 7662)."""
    sent = texts(await fields(request, limit=_BODY))
    application = await _client(core, request, sent)
    if not sent.get("token"):
        raise access.Denied("invalid_request", "The parameter token is missing")
    row = await access.introspect(core, application=application, token=sent["token"])
    if row is None:
        return json_response({"active": False}, headers=_UNCACHED)
    described: dict[str, object] = {
        "active": True,
        "scope": row.scopes,
        "client_id": application.client_id,
        "token_type": "Bearer",
        "iat": row.created_at // SECOND,
    }
    if row.expires_at is not None:
        described["exp"] = row.expires_at // SECOND
    return json_response(described, headers=_UNCACHED)


async def userinfo(core: Core, request: Request) -> Response:
    """GET or POST /oauth/userinfo: who the member is, in the words of OpenID Connect."""
    plain = texts(await fields(request, limit=_BODY)) if request.method == "POST" else {}
    viewer = await auth.member(request, "profile", also=plain.get("access_token"))
    account = viewer.account
    picture = core.config.media_url + account.avatar if account.avatar else _default_picture(core)
    return json_response(
        {
            "iss": core.config.base_url + "/",
            "sub": account.uri,
            "name": account.display_name or account.username,
            "preferred_username": account.username,
            "profile": account.url,
            "picture": picture,
        },
        headers=_UNCACHED,
    )


async def metadata(core: Core, request: Request) -> Response:
    """GET /.well-known/oauth-authorization-server (RFC 8414)."""
    base = core.config.base_url
    document = {
        "issuer": base + "/",
        "service_documentation": "https://docs.joinmastodon.org/",
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "app_registration_endpoint": f"{base}/api/v1/apps",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "introspection_endpoint": f"{base}/oauth/introspect",
        "userinfo_endpoint": f"{base}/oauth/userinfo",
        "scopes_supported": sorted(scopes.KNOWN),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    }
    return json_response(document, headers={"Cache-Control": "public, max-age=300"})


def _answering(endpoint: Endpoint) -> Endpoint:
    """The endpoint, with refusals in the form of RFC 6749, section 5.2."""

    async def answer(core: Core, request: Request) -> Response:
        try:
            return await endpoint(core, request)
        except access.Denied as denied:
            return _refusal(request, denied.code, str(denied))
        except (BadRequest, Invalid) as problem:
            return _refusal(request, "invalid_request", str(problem))

    answer.__doc__ = endpoint.__doc__
    return answer


def _refusal(request: Request, code: str, text: str) -> Response:
    status = {"invalid_client": 401, "unauthorized_client": 403}.get(code, 400)
    headers = dict(_UNCACHED)
    if status == 401:
        basic = request.headers.get("authorization", "").lower().startswith("basic ")
        headers["WWW-Authenticate"] = f'{"Basic" if basic else "Bearer"} realm="fediserver"'
    return json_response({"error": code, "error_description": text}, status, headers)


async def _client(core: Core, request: Request, sent: Mapping[str, str]) -> Application:
    """The application that proves itself by HTTP Basic or in the body (RFC 6749, section 2.3.1)."""
    client_id, secret = sent.get("client_id", ""), sent.get("client_secret", "")
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            text = base64.b64decode(credentials.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise access.Denied("invalid_client", "The Authorization header cannot be read") from None
        name, _, password = text.partition(":")
        client_id, secret = unquote_plus(name), unquote_plus(password)
        if "\0" in client_id:
            raise access.Denied("invalid_client", "The Authorization header cannot be read")
    return await access.authenticate(core, client_id[:200], secret[:200])


def _described(ctx: Context, application: Application) -> dict[str, object]:
    addresses = access.redirect_addresses(application)
    return {
        "id": str(application.id),
        "name": application.name,
        "website": application.website or None,
        "scopes": list(scopes.parse(application.scopes)),
        "redirect_uris": addresses,
        "redirect_uri": "\n".join(addresses),
        # Apps read it from the instance now; the field has to be there.
        "vapid_key": ctx.vapid.public,
    }


def _addresses(sent: object) -> list[str]:
    """Redirect addresses: a list, or a text that is split at white space."""
    if isinstance(sent, str):
        return sent.split()
    return [each for each in sent if isinstance(each, str)] if isinstance(sent, list) else []


def _words(sent: object) -> str:
    """Scopes: a text, or a list of names."""
    if isinstance(sent, list):
        sent = " ".join(each for each in sent if isinstance(each, str))
    if not isinstance(sent, str):
        return scopes.DEFAULT
    if len(sent) > scopes.LONGEST:
        raise Invalid(f"scopes must have at most {scopes.LONGEST} characters")
    return sent


def _default_picture(core: Core) -> str:
    return f"{core.config.base_url}/static/avatar.png"


ROUTES: list[Route] = [
    Route(method="POST", path="/api/v1/apps", endpoint=register),
    Route(method="GET", path="/api/v1/apps/verify_credentials", endpoint=verify_application),
    Route(method="GET", path="/oauth/authorize", endpoint=authorize.authorize),
    Route(method="POST", path="/oauth/authorize", endpoint=authorize.decide),
    Route(method="GET", path="/oauth/authorize/native", endpoint=authorize.native),
    Route(method="POST", path="/oauth/token", endpoint=_answering(token)),
    Route(method="POST", path="/oauth/revoke", endpoint=_answering(revoke)),
    Route(method="GET", path="/oauth/token/info", endpoint=token_info),
    Route(method="POST", path="/oauth/introspect", endpoint=_answering(introspect)),
    Route(method="GET", path="/oauth/userinfo", endpoint=userinfo),
    Route(method="POST", path="/oauth/userinfo", endpoint=userinfo),
    Route(method="GET", path="/.well-known/oauth-authorization-server", endpoint=metadata),
]
