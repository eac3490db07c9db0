"""Checks an answer against what the OpenAPI document says of it."""

import json
from collections.abc import Iterator
from typing import Any

import httpx

from fediserver.web import openapi
from fediserver.web.router import Match, Router

_router = Router(openapi.declared())
_KINDS: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}


def check_documented(response: httpx.Response) -> None:
    """Fail unless the document knows the path, the status, and the shape of the body."""
    request = response.request
    found = _router.match(request.method, request.url.raw_path.decode().partition("?")[0])
    if not isinstance(found, Match):
        # Pages and what servers say to each other are not in it; tests/web/test_openapi.py says what has to be.
        return
    said = openapi.document()["paths"][openapi.address(found.route)][found.route.method.lower()]
    responses = said["responses"]
    called = f"{request.method} {request.url}"
    assert str(response.status_code) in responses, (
        f"{called} answers {response.status_code}: {response.text[:300]}"
    )
    content = responses[str(response.status_code)].get("content", {})
    schema = content.get("application/json", {}).get("schema")
    if schema is not None and request.method != "HEAD":
        wrong = list(faults(schema, json.loads(response.content), "$"))
        assert not wrong, f"{called}: {wrong[:5]}"


def faults(schema: dict[str, Any], value: Any, place: str) -> Iterator[str]:
    """Every fault of a value, as far as the document's schemas go."""
    if "$ref" in schema:
        yield from faults(resolved(schema), value, place)
        return
    if "anyOf" in schema:
        tries = [list(faults(each, value, place)) for each in schema["anyOf"]]
        if all(tries):
            yield from min(tries, key=len)
        return
    kind = schema.get("type")
    if kind is not None and (
        not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "boolean")
    ):
        yield f"{place} is {value!r:.200}, not {kind}"
        return
    if kind == "array":
        for number, item in enumerate(value):
            yield from faults(schema["items"], item, f"{place}[{number}]")
    if kind == "object":
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{place}.{name} is missing"
        for name, below in schema.get("properties", {}).items():
            if name in value:
                yield from faults(below, value[name], f"{place}.{name}")


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, of one that may only point to it."""
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = openapi.document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found
