"""The OpenAPI document: made of the tables of routes and of what their functions say that they take.

OpenAPI 3.1: https://spec.openapis.org/oas/v3.1.1.html.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from fediserver import __version__
from fediserver.activitypub.context import Context
from fediserver.models import scopes
from fediserver.web import federation, oauth
from fediserver.web.api import routes as api
from fediserver.web.api.answers import ANSWERS, ENTITIES
from fediserver.web.api.endpoint import Endpoint
from fediserver.web.api.paging import Size
from fediserver.web.pages import routes as pages
from fediserver.web.params import Upload
from fediserver.web.responses import JSON
from fediserver.web.router import Route

Schema = dict[str, Any]

_DECLARED = ("/api/", "/oauth/", "/.well-known/", "/nodeinfo/", "/health", "/invite/")
_REF = "#/components/schemas/{name}"
_NAMES = re.compile(r"\{(\w+)\*?\}")
_TITLE = re.compile(r"^(GET|POST|PUT|PATCH|DELETE)[^:.;]*(?::\w[^:.;]*)*[:.;,]?\s*")
_QUERY = frozenset({"GET", "HEAD"})
_FORMS = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
_PLAIN_KINDS: Final[dict[str, Schema]] = {
    "any": {},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "events": {"type": "string"},
    "datetime": {"type": "string", "format": "date-time"},
    "html": {"type": "string", "contentMediaType": "text/html"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "object": {"type": "object"},
    "string": {"type": "string"},
    "text": {"type": "string"},
    "url": {"type": "string"},
}
# Modules whose things may not be there although no path names one.
_MAY_LACK = (".absent", ".embeds", ".instance", ".push", ".streaming")
_MEDIA_TYPES = {"events": "text/event-stream", "text": "text/plain"}


class _Plain(NamedTuple):
    """An endpoint outside the client API's table: its answer, its media type, what it takes, how it may fail."""

    about: str
    answer: str = "object"
    media_type: str = "application/json"
    takes: str = ""
    fails: tuple[int, ...] = ()
    token: bool = False


_CLIENT = "client_id?:string client_secret?:string"
_REFUSED = (400, 401, 403, 413)
_PAGE = "text/html"
_PLAIN: Final[dict[str, _Plain]] = {
    "POST /api/v1/apps": _Plain(
        "Register an application",
        "CredentialApplication",
        takes="client_name:string redirect_uris:string scopes?:string website?:string",
        fails=(400, 413, 422, 429),
    ),
    "GET /api/v1/apps/verify_credentials": _Plain(
        "The application of a token", "Application", fails=(401,), token=True
    ),
    "GET /api/openapi.json": _Plain("This document"),
    "GET /oauth/authorize": _Plain(
        "The page on which a member lets an application in",
        "any",
        _PAGE,
        fails=(302, 303, 400, 401, 403, 429),
    ),
    "POST /oauth/authorize": _Plain(
        "What the member decided on that page", "any", _PAGE, fails=(302, 303, 400, 401, 403, 413, 422, 429)
    ),
    "GET /oauth/authorize/native": _Plain("The code, to be copied", "any", _PAGE, fails=(302, 303, 400, 404)),
    "POST /oauth/token": _Plain(
        "A token for a code, or for the application itself",
        "Token",
        takes=f"grant_type:string {_CLIENT} code?:string redirect_uri?:string code_verifier?:string scope?:string",
        fails=(*_REFUSED, 429),
    ),
    "POST /oauth/revoke": _Plain("End a token", takes=f"{_CLIENT} token:string", fails=_REFUSED),
    "POST /oauth/introspect": _Plain(
        "Whether a token is good (RFC 7662)", takes=f"{_CLIENT} token:string", fails=_REFUSED
    ),
    "GET /oauth/token/info": _Plain("What a token is good for", fails=(400, 401), token=True),
    "GET /oauth/userinfo": _Plain("Who the member is", "UserInfo", fails=(401, 403, 422), token=True),
    "POST /oauth/userinfo": _Plain(
        "Who the member is", "UserInfo", fails=(400, 401, 403, 413, 422), token=True
    ),
    "GET /.well-known/oauth-authorization-server": _Plain(
        "The addresses of the log-in (RFC 8414)", "OAuthServerMetadata"
    ),
    "GET /.well-known/change-password": _Plain(
        "Where members change their password", "elsewhere", _PAGE, fails=(302, 303)
    ),
    "GET /.well-known/webfinger": _Plain(
        "From a handle to an actor (RFC 7033)", media_type="application/jrd+json", fails=(400, 404, 410)
    ),
    "GET /.well-known/host-meta": _Plain("Where WebFinger is", "any", "application/xrd+xml"),
    "GET /.well-known/nodeinfo": _Plain("Where NodeInfo is"),
    "GET /nodeinfo/2.0": _Plain("What this server is"),
    "GET /nodeinfo/2.1": _Plain("What this server is"),
    "GET /health": _Plain("`OK` when the database answers", "any", "text/plain", fails=(503,)),
}


async def show(ctx: Context, request: Request) -> Response:
    """GET /api/openapi.json: this API, for programs."""
    return Response(_encoded(), media_type=JSON, headers={"Cache-Control": "public, max-age=300"})


ROUTES: tuple[Route, ...] = (Route(method="GET", path="/api/openapi.json", endpoint=show),)
"""Takes the context and the request."""


def declared() -> tuple[Route, ...]:
    """Every route that the document tells of."""
    every = (*api.ROUTES, *oauth.ROUTES, *federation.ROUTES, *pages.ROUTES, *ROUTES)
    return tuple(route for route in every if route.path.startswith(_DECLARED))


def address(route: Route) -> str:
    """The path as OpenAPI writes it."""
    return route.path.replace("*}", "}")


def summary(route: Route) -> str:
    """What an endpoint does, in the words of its function; '' where the path says it all."""
    plain = _PLAIN.get(f"{route.method} {route.path}")
    if plain is not None:
        return plain.about
    text = (_function(route).__doc__ or "").strip().split("\n")[0].rstrip(".")
    found = _TITLE.sub("", text)
    return found[:1].upper() + found[1:]


@cache
def document() -> dict[str, Any]:
    """The whole document; made once."""
    components = {entity: _entity(text) for entity, text in ENTITIES.items()}
    endpoints = map(_as_endpoint, declared())
    models = {endpoint.takes for endpoint in endpoints if endpoint and endpoint.takes}
    order = sorted(models, key=lambda model: (model.__module__, model.__qualname__))
    schemas, named = msgspec.json.schema_components(order, schema_hook=_file, ref_template=_REF)
    clashes = components.keys() & named.keys()
    # A parameter Struct may be called as an entity is.
    renamed = {each: f"{each}Parameters" for each in clashes}
    components |= {renamed.get(each, each): _renamed(schema, renamed) for each, schema in named.items()}
    taken = {model: _renamed(schema, renamed) for model, schema in zip(order, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for route in declared():
        endpoint = _as_endpoint(route)
        if endpoint is None:
            described = _plain_operation(
                route, _PLAIN.get(f"{route.method} {route.path}", _Plain(summary(route)))
            )
        else:
            described = _operation(route, endpoint, taken, components)
        paths.setdefault(address(route), {})[route.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fediserver",
            "version": __version__,
            "description": "The client API of Mastodon (https://docs.joinmastodon.org/api/) as this node has it.",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"token": _security()}},
    }


def operation(route: Route) -> dict[str, Any]:
    """What the document says of a route."""
    found: dict[str, Any] = document()["paths"][address(route)][route.method.lower()]
    return found


@cache
def _encoded() -> bytes:
    return msgspec.json.encode(document())


def _as_endpoint(route: Route) -> Endpoint | None:
    return route.endpoint if isinstance(route.endpoint, Endpoint) else None


def _function(route: Route) -> Any:
    endpoint = _as_endpoint(route)
    return route.endpoint if endpoint is None else endpoint.function


def name(route: Route) -> str:
    """Module and function, as the table of answers has them."""
    function = _function(route)
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__}"


def _security() -> Schema:
    return {
        "type": "oauth2",
        "flows": {
            "authorizationCode": {
                "authorizationUrl": "/oauth/authorize",
                "tokenUrl": "/oauth/token",
                "scopes": dict.fromkeys(sorted(scopes.KNOWN), ""),
            }
        },
    }


def _operation(
    route: Route, endpoint: Endpoint, taken: Mapping[type, Schema], components: Mapping[str, Schema]
) -> Schema:
    answer = ANSWERS.get(name(route), "any")
    media_type = _MEDIA_TYPES.get(answer, "application/json")
    operation: Schema = {
        "operationId": _identity(route),
        "summary": summary(route),
        "parameters": [*_path_parameters(route), *(_paging(endpoint.size) if endpoint.size else ())],
        "responses": _responses(answer, media_type, _failures(route, endpoint), _NOT_YET.get(name(route))),
    }
    if endpoint.knows_viewer or endpoint.needs_token:
        # A token needs one of the scopes, not all of them.
        accepted = [{"token": [scope]} for scope in endpoint.scopes] or [{"token": []}]
        operation["security"] = accepted if endpoint.needs_token else [*accepted, {}]
    if endpoint.takes is not None:
        schema = taken[endpoint.takes]
        if route.method in _QUERY:
            operation["parameters"] += _query_parameters(schema, components)
        else:
            forms = _FORMS[2:] if endpoint.uploads and _is_file(endpoint.takes) else _FORMS
            operation["requestBody"] = {"content": {form: {"schema": schema} for form in forms}}
    if endpoint.deprecated:
        operation["deprecated"] = True
    return operation


def _plain_operation(route: Route, plain: _Plain) -> Schema:
    operation: Schema = {
        "operationId": _identity(route),
        "summary": plain.about,
        "responses": _responses(plain.answer, plain.media_type, plain.fails),
    }
    if plain.token:
        operation["security"] = [{"token": []}]
    if plain.takes:
        schema = _entity(plain.takes)
        operation["requestBody"] = {"content": {form: {"schema": schema} for form in _FORMS}}
    return operation


def _is_file(takes: type[msgspec.Struct]) -> bool:
    """Whether there is nothing to send without a file."""
    return any(field.required and field.type is Upload for field in msgspec.structs.fields(takes))


def _identity(route: Route) -> str:
    return "_".join(re.findall(r"\w+", f"{route.method.lower()} {route.path}"))


def _path_parameters(route: Route) -> list[Schema]:
    return [
        {"name": found, "in": "path", "required": True, "schema": {"type": "string"}}
        for found in _NAMES.findall(route.path)
    ]


def _paging(size: Size) -> list[Schema]:
    limit = {"type": "integer", "default": size.default}
    more = {"max_id": "Older than", "since_id": "Newer than", "min_id": "Immediately newer than"}
    return [
        {"name": "limit", "in": "query", "schema": limit, "description": f"At most {size.maximum}"},
        *(
            {"name": cursor, "in": "query", "schema": {"type": "string"}, "description": text}
            for cursor, text in more.items()
        ),
        {
            "name": "offset",
            "in": "query",
            "schema": {"type": "integer"},
            "description": "Where it is by number",
        },
    ]


def _query_parameters(schema: Schema, components: Mapping[str, Schema]) -> list[Schema]:
    whole = components[schema["$ref"].rpartition("/")[2]]
    required = whole.get("required", ())
    found: list[Schema] = []
    for field, kind in whole["properties"].items():
        many = kind.get("type") == "array"
        parameter = {"name": f"{field}[]" if many else field, "in": "query", "schema": kind}
        found.append(parameter | ({"required": True} if field in required else {}))
    return found


def _failures(route: Route, endpoint: Endpoint) -> tuple[int, ...]:
    """The errors that an endpoint of this kind may answer with; 503 is for a node that stops, or has no room."""
    found = {429, 503}
    if endpoint.knows_viewer or endpoint.needs_token:
        found |= {401, 403}
    if endpoint.needs_token:
        found.add(422)
    if endpoint.takes is not None or endpoint.size is not None:
        found |= {400, 422}
    if route.method not in _QUERY:
        found |= {400, 413, 422}
    if _NAMES.search(route.path) or endpoint.function.__module__.endswith(_MAY_LACK):
        found.add(404)
    return tuple(sorted(found | set(_ALSO.get(name(route), ()))))


_ALSO: Final[dict[str, tuple[int, ...]]] = {
    "accounts.by_handle": (404,),
    "admin_figures.dimensions": (404,),
    "admin_figures.measures": (404,),
    "collections.create": (404,),
    "posting.create": (404,),
    "reports.create": (404,),
    "sign_up.create": (403,),
    "streaming.unknown": (400,),
    "timelines.link": (404,),
}
"""Errors that an endpoint's kind does not tell of."""


_NOT_YET: Final = {"media.upload": 202, "media.upload_and_wait": 202, "media.show": 206, "media.change": 206}
"""What an endpoint answers, with the same entity, as long as the thing is not ready."""


def _responses(answer: str, media_type: str, fails: Iterable[int], not_yet: int | None = None) -> Schema:
    said: Schema = {"204": {"description": "Nothing"}} if answer == "nothing" else {}
    if answer not in ("nothing", "elsewhere"):
        said = {"200": {"description": "As asked", "content": {media_type: {"schema": _kind(answer)}}}}
    if not_yet is not None:
        said[str(not_yet)] = said["200"] | {"description": "Not ready yet: ask again"}
    # Whoever comes from a blocked network is refused everywhere.
    return said | {str(code): _failure(code, media_type) for code in sorted({*fails, 403})}


def _failure(code: int, media_type: str) -> Schema:
    if code < 400:
        return {"description": "Elsewhere"}
    found: Schema = {"description": HTTPStatus(code).phrase}
    if media_type != _PAGE:
        found["content"] = {"application/json": {"schema": {"$ref": _REF.format(name="Error")}}}
    return found


def _entity(text: str) -> Schema:
    """The schema of what is written as `name:kind` for each field."""
    properties: Schema = {}
    required: list[str] = []
    for word in text.split():
        if word.startswith("&"):
            below = _entity(ENTITIES[word[1:]])
            properties |= below["properties"]
            required += below["required"]
            continue
        field, _, kind = word.rpartition(":")
        properties[field.removesuffix("?")] = _kind(kind)
        if not field.endswith("?"):
            required.append(field)
    return {"type": "object", "properties": properties, "required": required}


def _kind(text: str) -> Schema:
    """The schema of `Status`, `string|null`, `Tag[]`."""
    if "|" in text:
        return {"anyOf": [{"type": "null"} if each == "null" else _kind(each) for each in text.split("|")]}
    if text.endswith("[]"):
        return {"type": "array", "items": _kind(text[:-2])}
    return dict(_PLAIN_KINDS[text]) if text in _PLAIN_KINDS else {"$ref": _REF.format(name=text)}


def _renamed(schema: Any, names: Mapping[str, str]) -> Any:
    """A schema with its references to `names` changed."""
    if isinstance(schema, dict):
        return {key: _renamed(value, names) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_renamed(value, names) for value in schema]
    prefix, _, last = schema.rpartition("/") if isinstance(schema, str) else ("", "", "")
    return f"{prefix}/{names[last]}" if prefix == _REF.rpartition("/")[0] and last in names else schema


def _file(kind: type) -> Schema:
    """An uploaded file, or another type that only we know."""
    return {"type": "string", "contentMediaType": "application/octet-stream"}
