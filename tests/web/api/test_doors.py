"""Tokens, scopes, limits, odd requests, and what is asked for at log-in."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fediserver.actions import moderate
from fediserver.actions.moderate import Decision
from fediserver.clock import SECOND
from fediserver.web.api.routes import ROUTES

SHARED = Path(__file__).parents[4] / "shared" / "spec"

AT_LOG_IN = [
    "/api/v1/accounts/verify_credentials",
    "/api/v1/preferences",
    "/api/v1/instance",
    "/api/v2/instance",
    "/api/v1/instance/rules",
    "/api/v1/instance/peers",
    "/api/v1/instance/activity",
    "/api/v1/instance/extended_description",
    "/api/v1/instance/translation_languages",
    "/api/v1/custom_emojis",
    "/api/v1/announcements",
    "/api/v1/lists",
    "/api/v1/filters",
    "/api/v2/filters",
    "/api/v1/followed_tags",
    "/api/v1/featured_tags",
    "/api/v1/markers?timeline[]=home",
    "/api/v1/timelines/home?limit=20",
    "/api/v1/notifications?limit=80&exclude_types[]=follow_request",
    "/api/v1/notifications/policy",
    "/api/v2/notifications/policy",
    "/api/v1/notifications/requests",
    "/api/v1/follow_requests?limit=80",
    "/api/v1/conversations/",
    "/api/v1/domain_blocks",
    "/api/v1/endorsements",
    "/api/v1/scheduled_statuses",
    "/api/v1/suggestions",
    "/api/v2/suggestions",
    "/api/v1/trends/tags",
    "/api/v1/trends/statuses",
    "/api/v1/trends/links",
    "/api/v1/directory",
    "/api/v1/favourites",
    "/api/v1/bookmarks",
]


async def test_log_in_finds_everything_there(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    for path in AT_LOG_IN:
        for asked in (path, path if "?" in path else path.rstrip("/") + "/"):
            answer = await client.get(asked)
            assert answer.status_code == 200, asked
            assert answer.headers["content-type"].startswith("application/json"), asked


@pytest.mark.needs_shared
async def test_no_path_of_any_client_fails_or_logs_out(town: Any) -> None:
    alice = await town.account("alice")
    status = await town.post(alice, "hello")
    client = await town.client(alice)
    rows = (SHARED / "clients-endpoints.tsv").read_text(encoding="utf-8").splitlines()[1:]
    paths = [row.split("\t")[0] for row in rows]
    for path in paths:
        if not path.startswith("/api/") or "streaming" in path or "[" in path:
            continue
        some_id = alice.id if "/accounts/" in path else status.id
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            answer = await client.request(method, path.replace("{}", str(some_id)))
            assert answer.status_code not in (401, 500, 501), f"{method} {path}: {answer.text}"


async def test_unknown_paths_are_told_in_json(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    for path in ("/api/v1/nothing", "/api/v7/statuses", "/api/v1/statuses/1/nothing"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()) == (404, {"error": "Record not found"})


async def test_every_route_that_is_a_members_wants_a_token(town: Any) -> None:
    stranger = await town.client()
    for route in ROUTES:
        path = re.sub(r"\{\w+\}", "1", route.path)
        answer = await stranger.request(route.method, path)
        if route.endpoint.needs_token:  # type: ignore[attr-defined]
            assert answer.status_code == 401, path
            assert answer.json() == {"error": "The access token is invalid"}
        else:
            assert answer.status_code in (200, 400, 404), path


async def test_every_route_with_scopes_refuses_a_token_without_them(town: Any) -> None:
    alice = await town.account("alice", role="owner")
    pusher, lister = await town.client(alice, scopes="push"), await town.client(alice, scopes="read:lists")
    tried = 0
    for route in ROUTES:
        endpoint: Any = route.endpoint
        if not endpoint.needs_token or not endpoint.scopes:
            continue
        client = lister if "push" in endpoint.scopes else pusher
        answer = await client.request(route.method, re.sub(r"\{\w+\}", "1", route.path))
        assert answer.status_code == 403, f"{route.method} {route.path}"
        assert answer.json() == {"error": "This action is outside the authorized scopes"}
        tried += 1
    assert tried > 150


async def test_an_application_without_a_member_is_no_member_anywhere(town: Any) -> None:
    client = await town.client()
    scopes = "read write follow push"
    wish = {"client_name": "Bot", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": scopes}
    made = (await client.post("/api/v1/apps", data=wish)).json()
    credentials = {"client_id": made["client_id"], "client_secret": made["client_secret"], "scope": scopes}
    token = (
        await client.post("/oauth/token", data=credentials | {"grant_type": "client_credentials"})
    ).json()
    client.headers["authorization"] = f"Bearer {token['access_token']}"
    for route in ROUTES:
        endpoint: Any = route.endpoint
        if endpoint.needs_member and not any(scope.startswith("admin") for scope in endpoint.scopes):
            answer = await client.request(route.method, re.sub(r"\{\w+\}", "1", route.path))
            assert answer.status_code == 422, f"{route.method} {route.path}"
            assert answer.json() == {"error": "This method requires an authenticated user"}


async def test_a_bad_token_is_401_and_a_narrow_one_403(town: Any) -> None:
    alice = await town.account("alice")
    stranger = await town.client()
    bad = await stranger.get("/api/v1/timelines/home", headers={"authorization": "Bearer nonsense"})
    assert bad.status_code == 401
    narrow = await town.client(alice, scopes="read:statuses")
    assert (await narrow.get("/api/v1/timelines/home")).status_code == 200
    for method, path in (
        ("GET", "/api/v1/notifications"),
        ("POST", "/api/v1/statuses"),
        ("GET", f"/api/v1/accounts/{alice.id}"),
    ):
        refused = await narrow.request(method, path)
        assert refused.status_code == 403
        assert refused.json() == {"error": "This action is outside the authorized scopes"}
    profile = await town.client(alice, scopes="profile")
    assert (await profile.get("/api/v1/accounts/verify_credentials")).status_code == 200


async def test_who_is_shut_out_while_their_request_arrives_does_nothing_more(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"status":'
        await moderate.take(town.ctx, alice.id, "disable", Decision(by=None))
        town.clock.advance(3 * SECOND)
        yield b'"not any more"}'

    headers = {"content-type": "application/json"}
    answer = await client.post("/api/v1/statuses", content=slowly(), headers=headers)
    assert answer.status_code == 403
    stranger = await town.client()
    assert (await stranger.get(f"/api/v1/accounts/{alice.id}/statuses")).json() == []


async def test_answers_say_how_much_is_left(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    left = [int((await client.get("/api/v1/preferences")).headers["x-ratelimit-remaining"]) for _ in range(2)]
    assert left[1] == left[0] - 1
    for _ in range(31):
        answer = await client.post("/api/v2/media", data={})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["x-ratelimit-remaining"] == "0"


async def test_limits_can_be_off(open_town: Any) -> None:
    oak = await open_town("oak.example", rate_limits="off")
    stranger = await oak.client()
    assert "x-ratelimit-limit" not in (await stranger.get("/api/v1/instance")).headers


async def test_what_depends_on_the_viewer_is_not_shared(town: Any) -> None:
    alice = await town.account("alice")
    client, stranger = await town.client(alice), await town.client()
    own = await client.get("/api/v1/timelines/home")
    assert own.headers["cache-control"] == "private, no-store"
    assert "Authorization" in own.headers["vary"]
    public = await stranger.get("/api/v1/timelines/public")
    assert "Authorization" in public.headers["vary"]
    assert public.headers["cache-control"] == "public, max-age=15"
    assert "cache-control" not in (await stranger.get("/api/v1/statuses/1")).headers
    assert "public" in (await stranger.get("/api/v1/instance")).headers["cache-control"]


async def test_the_node_says_what_it_is(town: Any) -> None:
    await town.account("olga", role="owner")
    stranger = await town.client()
    first, second = [(await stranger.get(f"/api/{version}/instance")).json() for version in ("v1", "v2")]
    assert re.fullmatch(r"4\.6\.0 \(compatible; fediserver \S+\)", first["version"])
    assert first["version"] == second["version"]
    assert second["api_versions"] == {"mastodon": 10}
    assert (first["uri"], second["domain"]) == ("oak.example", "oak.example")
    assert (
        first["urls"]["streaming_api"] == second["configuration"]["urls"]["streaming"] == "wss://oak.example"
    )
    assert first["contact_account"]["username"] == second["contact"]["account"]["username"] == "olga"
    assert first["configuration"]["statuses"]["max_characters"] == 500
