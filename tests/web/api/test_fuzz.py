"""Whatever the OpenAPI document lets a client send, with a good token, is answered as the document says.

Requests are made from the document's own schemas with a fixed seed: what is meant, what is nearly meant, and
nonsense. No answer may be a 500, of a status that the document does not name, or of another shape.
"""

import io
import random
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from fediserver.actions import announce
from fediserver.web import openapi
from fediserver.web.router import Route
from tests.api_document import check_documented, resolved
from tests.conftest import OpenTown
from tests.town import Town

ROUNDS = 15
# Streams do not end, and what ends the token would end the test.
_LEFT_OUT = ("/api/v1/streaming", "/oauth/revoke")
_TEXTS = (
    "",
    "a",
    "hello @bob #tag https://x.example/",
    "é漢字🙂",
    "0",
    "-1",
    "null",
    "true",
    "a" * 700,
    "%",
    "'\"<b>",
)
_NUMBERS = (0, 1, -1, 2, 40, 81, 300, 86_400, 2**31, 2**63 - 1, 2**63, -(2**63), 10**30)

_NONSENSE: tuple[Any, ...] = (None, [], {}, "x", 5, -1.5, True, [[]], [{"a": {}}])


class Maker:
    """Makes requests; `ids` are those of what is there, by kind."""

    def __init__(self, seed: int, ids: dict[str, list[str]]) -> None:
        self.random = random.Random(seed)
        self.ids = ids
        self.every = [each for some in ids.values() for each in some]

    def known(self, name: str) -> str:
        """An id for a parameter, mostly of the right kind."""
        kind = name.removesuffix("s").removesuffix("_id").removeprefix("in_reply_to")
        fitting = self.ids.get(kind or "status", self.every)
        return self.random.choice(fitting if self.random.random() < 0.8 else self.every)

    def segment(self, name: str) -> str:
        """A parameter of a path."""
        if self.random.random() < 0.85:
            return self.known(name)
        return quote(self.random.choice([*filter(None, _TEXTS), *map(str, _NUMBERS)]), safe="")

    def value(self, schema: dict[str, Any], name: str = "") -> Any:
        """Something for a schema, or something else in its place."""
        if self.random.random() < 0.05:
            return self.random.choice(_NONSENSE)
        schema = resolved(schema)
        if "anyOf" in schema:
            return self.value(self.random.choice(schema["anyOf"]), name)
        kind = schema.get("type")
        if kind == "object":
            return self.fields(schema)
        if kind == "array":
            return [self.value(schema["items"], name) for _ in range(self.random.choice([0, 1, 1, 2, 5]))]
        return self.scalar(schema, name)

    def scalar(self, schema: dict[str, Any], name: str) -> Any:
        """A single value."""
        kind = schema.get("type")
        if "enum" in schema:
            return self.random.choice([*schema["enum"], "nonsense"])
        if kind == "null":
            return None
        if kind == "boolean":
            return self.random.choice([True, False, "1", "false"])
        if name.endswith(("id", "ids")) and self.random.random() < 0.8:
            return self.known(name)
        return self.random.choice(_NUMBERS if kind in ("integer", "number") else _TEXTS)

    def fields(self, schema: dict[str, Any]) -> dict[str, Any]:
        """An object with some of its properties, those that have to be there more often."""
        required = schema.get("required", ())
        return {
            name: self.value(below, name)
            for name, below in schema.get("properties", {}).items()
            if self.random.random() < (0.95 if name in required else 0.4)
        }


def flat(name: str, value: Any) -> list[tuple[str, str]]:
    """A value as a form has it."""
    if isinstance(value, dict):
        return [
            pair for key, below in value.items() for pair in flat(f"{name}[{key}]" if name else key, below)
        ]
    if isinstance(value, list):
        return [pair for below in value for pair in flat(f"{name}[]", below)]
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return [(name, text)]


def picture() -> bytes:
    """A small one."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(file, "PNG")
    return file.getvalue()


async def inhabited(town: Town) -> tuple[httpx.AsyncClient, dict[str, list[str]]]:
    """A town with a little of everything: a member's client, and the ids of what is there."""
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.follow(alice, bob)
    await town.follow(bob, alice)
    mine, theirs = await town.client(alice), await town.client(bob)
    post = (await mine.post("/api/v1/statuses", json={"status": "hello @bob #tag"})).json()
    reply = {"status": "hi @alice", "in_reply_to_id": post["id"]}
    answer = (await theirs.post("/api/v1/statuses", json=reply)).json()
    direct = (
        await theirs.post("/api/v1/statuses", json={"status": "@alice psst", "visibility": "direct"})
    ).json()
    poll = {"options": ["a", "b"], "expires_in": 3600}
    question = (await theirs.post("/api/v1/statuses", json={"status": "?", "poll": poll})).json()
    await theirs.post(f"/api/v1/statuses/{post['id']}/favourite")
    file = (await mine.post("/api/v2/media", files={"file": ("a.png", picture(), "image/png")})).json()
    made = (await mine.post("/api/v1/lists", json={"title": "friends"})).json()
    wished = {"title": "no", "context": ["home"], "keywords_attributes": [{"keyword": "no"}]}
    kept = (await mine.post("/api/v2/filters", json=wished)).json()
    told = (await mine.get("/api/v1/notifications")).json()
    groups = (await mine.get("/api/v2/notifications")).json()["notification_groups"]
    talks = (await mine.get("/api/v1/conversations")).json()
    made_of = {
        "status": [post, answer, direct, question],
        "poll": [question["poll"]],
        "media": [file],
        "list": [made],
        "filter": [kept],
        "keyword": kept["keywords"],
        "notification": told,
        "conversation": talks,
    }
    ids = {kind: [str(each["id"]) for each in some] for kind, some in made_of.items()}
    accounts = [str(alice.id), str(bob.id)]
    keys = [each["group_key"] for each in groups]
    return mine, ids | {
        "account": accounts,
        "id": accounts,
        "group_key": keys,
        "name": ["tag"],
        "year": ["2026"],
    }


ADMIN = "/api/v1/admin"


async def run_by(town: Town, ids: dict[str, list[str]]) -> tuple[httpx.AsyncClient, dict[str, list[str]]]:
    """What an admin has made here: their client, and the ids of it."""
    owner = await town.client(
        await town.account("olga", role="owner"), scopes="admin:read admin:write read write"
    )
    announcement = await announce.create(town.ctx, announce.Draft(text="The well is dry #tag"))

    async def made(path: str, **fields: object) -> str:
        answer = await owner.post(path, json=fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    return owner, {
        "announcement": [str(announcement.id)],
        "report": [await made("/api/v1/reports", account_id=ids["account"][1], comment="rude")],
        "rule": [
            await made(f"{ADMIN}/domain_blocks", domain="spam.example"),
            await made(f"{ADMIN}/domain_allows", domain="good.example"),
        ],
        "block": [
            await made(f"{ADMIN}/email_domain_blocks", domain="spam.example"),
            await made(f"{ADMIN}/canonical_email_blocks", email="a@spam.example"),
            await made(f"{ADMIN}/ip_blocks", ip="192.0.2.0/24", severity="no_access"),
        ],
        "tag": [one["id"] for one in (await owner.get(f"{ADMIN}/tags")).json()],
    }


def asked(maker: Maker, route: Route) -> tuple[str, dict[str, Any]]:
    """Path and the rest of a request that an operation may get."""
    said = openapi.operation(route)
    path = openapi.address(route)
    query: list[tuple[str, str]] = []
    for parameter in said.get("parameters", ()):
        name = parameter["name"]
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", maker.segment(name))
        elif maker.random.random() < 0.5:
            query += flat(name.removesuffix("[]"), maker.value(parameter["schema"], name))
    content = said.get("requestBody", {}).get("content", {})
    if not content:
        return path, {"params": query}
    form = maker.random.choice(list(content))
    sent = maker.fields(resolved(content[form]["schema"]))
    if form == "application/json":
        return path, {"params": query, "json": sent}
    fields: dict[str, list[str]] = {}
    for name, text in flat("", sent):
        fields.setdefault(name, []).append(text)
    files = {"file": ("a.png", picture(), "image/png")} if form == "multipart/form-data" else None
    return path, {"params": query, "data": fields, "files": files}


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_answer_is_as_documented(open_town: OpenTown, seed: int) -> None:
    town = await open_town("oak.example", rate_limits="off")
    member, ids = await inhabited(town)
    owner, more = await run_by(town, ids)
    ids |= more
    maker = Maker(seed, ids)
    stranger = await town.client()
    routes = [route for route in openapi.declared() if not route.path.startswith(_LEFT_OUT)]
    for _ in range(ROUNDS):
        maker.random.shuffle(routes)
        for route in routes:
            path, options = asked(maker, route)
            town.clock.advance(1000)
            # What is done to accounts would end the tests of whoever has them.
            runs_it = route.path.startswith(ADMIN) and not route.path.startswith(f"{ADMIN}/accounts/")
            asking = maker.random.choice([owner if runs_it else member] * 9 + [stranger])
            check_documented(await asking.request(route.method, path, **options))
