"""The OpenAPI document tells of every path that answers, and of nothing else."""

import json
from collections.abc import Iterator
from typing import Any

from fediserver.web import openapi
from fediserver.web.api import routes as api
from fediserver.web.api.answers import ANSWERS, ENTITIES
from fediserver.web.site import table
from tests.town import Town

# Where routes may stand that the document need not tell of: pages, files, what servers say to each other.
_OTHERS = ("/users/", "/inbox", "/actor", "/activities/", "/contexts/", "/media/", "/@{name}", "/auth/")
_MORE = (
    "/tags/",
    "/collections/",
    "/static/",
    "/favicon.ico",
    "/about",
    "/embed/",
    "/settings/",
    "/privacy-policy",
    "/terms-of-service",
)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for below in value.values():
            yield from references(below)
    elif isinstance(value, list):
        for below in value:
            yield from references(below)


async def test_the_document_needs_no_token(town: Town) -> None:
    answer = await (await town.client()).get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["openapi"].startswith("3.1")
    assert answer.json() == json.loads(json.dumps(openapi.document()))


def test_every_route_is_in_the_document() -> None:
    paths = openapi.document()["paths"]
    routes = table()
    assert len(routes) > 200
    for route in routes:
        if route.path == "/" or route.path.startswith((*_OTHERS, *_MORE)):
            continue
        assert route.method.lower() in paths[openapi.address(route)], f"{route.method} {route.path}"


def test_references_lead_somewhere_and_operations_have_names_of_their_own() -> None:
    found = openapi.document()
    schemas = found["components"]["schemas"]
    assert {each.rpartition("/")[2] for each in references(found)} <= set(schemas)
    operations = [each for path in found["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(names) == len(set(names)) == len(openapi.declared())


def test_what_the_table_of_answers_names_exists() -> None:
    functions = {openapi.name(route) for route in openapi.declared()}
    assert set(ANSWERS) - functions == set()
    kinds = {kind.removesuffix("[]") for answer in ANSWERS.values() for kind in answer.split("|")}
    assert kinds - set(ENTITIES) == {"boolean", "events", "nothing", "object", "string", "text"}


def test_scopes_parameters_and_pages_are_told() -> None:
    paths = openapi.document()["paths"]
    home = paths["/api/v1/timelines/home"]["get"]
    assert home["security"] == [{"token": ["read:statuses"]}]
    assert {"limit", "max_id", "since_id", "min_id"} <= {each["name"] for each in home["parameters"]}
    assert paths["/api/v1/timelines/public"]["get"]["security"][-1] == {}
    assert "security" not in paths["/api/v2/instance"]["get"]
    upload = paths["/api/v2/media"]["post"]["requestBody"]["content"]
    assert list(upload) == ["multipart/form-data"]
    post = paths["/api/v1/statuses"]["post"]["requestBody"]["content"]
    assert len(post) == 3
    assert {"$ref": "#/components/schemas/Status"} in home["responses"]["200"]["content"]["application/json"][
        "schema"
    ].values()
    assert len(api.ROUTES) < len(openapi.declared())
