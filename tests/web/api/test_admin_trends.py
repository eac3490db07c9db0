"""Trends and hashtags over HTTP: what moderators decide, and what everybody sees then."""

from typing import Any

import httpx
import msgspec
import pytest

from fediserver.actions import favourite
from fediserver.actions.edit import Revision, edit
from fediserver.clock import isoformat
from fediserver.db.query import Query
from fediserver.errors import Invalid
from tests.stranger import Server
from tests.web.api.test_moderation import staff
from tests.web.api.test_timelines import ids, links
from tests.web.api.test_trends import PAGE, names, refreshed

API = "/api/v1/admin"
KINDS = ("tags", "statuses", "links")
LOG = Query("select deed, reason from moderation_log order by id")


async def talked_about(town: Any) -> dict[str, str]:
    """A tag, a post and a page that two people use; their ids."""
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    paper = Server(town.network, "paper.example")
    paper.serve(PAGE, b"<title>Leek soup</title>", content_type="text/html")
    liked = await town.post(alice, "Worth it")
    for author in (alice, bob):
        status = await town.post(author, f"#soup {PAGE}")
    for reader in (bob, await town.account("carol")):
        await favourite.add(town.ctx, reader, liked)
    await (await town.client(alice)).get(f"/api/v1/statuses/{status.id}")
    await town.settle()
    await refreshed(town)
    client = await staff(town)
    found = {kind: (await client.get(f"{API}/trends/{kind}")).json()[0]["id"] for kind in KINDS}
    return {kind: str(one) for kind, one in found.items()}


def reviewing(town: Any) -> None:
    """From now on only what was allowed is shown."""
    changed = msgspec.structs.replace(town.ctx.config, trends_review="on")
    object.__setattr__(town.ctx, "config", changed)


async def decide(client: httpx.AsyncClient, kind: str, one: str, deed: str) -> dict[str, Any]:
    answer = await client.post(f"{API}/trends/{kind}/{one}/{deed}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_refused_is_not_shown_but_to_moderators(town: Any, kind: str) -> None:
    one = (await talked_about(town))[kind]
    client, stranger = await staff(town, "mike"), await town.client()
    waiting = (await client.get(f"{API}/trends/{kind}")).json()
    assert [entry["requires_review"] for entry in waiting] == [True]
    assert len(await names(stranger, kind)) == 1
    assert (await decide(client, kind, one, "reject"))["requires_review"] is False
    assert await names(stranger, kind) == []
    seen = (await client.get(f"{API}/trends/{kind}")).json()
    assert [(str(entry["id"]), entry["requires_review"]) for entry in seen] == [(one, False)]
    await decide(client, kind, one, "approve")
    assert len(await names(stranger, kind)) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_where_all_is_reviewed_only_what_was_allowed_is_shown(town: Any, kind: str) -> None:
    one = (await talked_about(town))[kind]
    reviewing(town)
    client, stranger = await staff(town, "mike"), await town.client()
    assert await names(stranger, kind) == []
    await decide(client, kind, one, "approve")
    assert len(await names(stranger, kind)) == 1


async def test_a_site_stands_for_its_pages(town: Any) -> None:
    link = (await talked_about(town))["links"]
    client, stranger = await staff(town, "mike"), await town.client()
    (site,) = (await client.get(f"{API}/trends/links/publishers")).json()
    assert (site["domain"], site["trendable"], site["requires_review"]) == ("paper.example", None, True)
    assert site["requested_review_at"] == isoformat(town.clock())
    refused = await decide(client, "links/publishers", site["id"], "reject")
    assert (refused["trendable"], refused["reviewed_at"]) == (False, isoformat(town.clock()))
    assert await names(stranger, "links") == []
    assert (await client.get(f"{API}/trends/links")).json()[0]["requires_review"] is False
    await decide(client, "links", link, "approve")
    assert await names(stranger, "links") == ["Leek soup"]
    await decide(client, "links", link, "reject")
    assert (await decide(client, "links/publishers", site["id"], "approve"))["trendable"] is True
    assert await names(stranger, "links") == []


async def test_sites_keep_their_number_and_are_paged(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    for number in range(3):
        for author in (alice, bob):
            await town.post(author, f"https://s{number}.example/")
        await refreshed(town)
    client = await staff(town)
    path = f"{API}/trends/links/publishers"
    first = await client.get(f"{path}?limit=2")
    assert [(one["id"], one["domain"]) for one in first.json()] == [(3, "s2.example"), (2, "s1.example")]
    second = await client.get(links(first)["next"])
    assert [one["id"] for one in second.json()] == [1]
    assert (await client.get(links(second)["prev"])).json() == first.json()


async def test_trends_are_paged_by_number(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    for author in (alice, bob):
        await town.post(author, "#one #two #three")
    await refreshed(town)
    client = await staff(town)
    first = await client.get(f"{API}/trends/tags?limit=2")
    assert len(first.json()) == 2
    second = await client.get(links(first)["next"])
    assert len(second.json()) == 1
    assert ids(await client.get(links(second)["prev"])) == ids(first)


async def test_every_hashtag_is_listed_shown_and_changed(town: Any) -> None:
    alice = await town.account("alice")
    for name in ("one", "two", "three"):
        await town.post(alice, f"#{name}")
    client = await staff(town)
    first = await client.get(f"{API}/tags?limit=2")
    assert [one["name"] for one in first.json()] == ["three", "two"]
    second = await client.get(links(first)["next"])
    assert [one["name"] for one in second.json()] == ["one"]
    assert ids(await client.get(links(second)["prev"])) == ids(first)
    shown = second.json()[0]
    standing = ("trendable", "usable", "listable", "requires_review")
    assert [shown[name] for name in standing] == [True, True, True, True]
    path = f"{API}/tags/{shown['id']}"
    assert (await client.get(path)).json() == shown
    changed = (await client.put(path, json={"display_name": "ONE", "trendable": False})).json()
    assert [changed[name] for name in ("name", *standing)] == ["ONE", False, True, True, False]
    again = (await client.patch(path, data={"trendable": "1"})).json()
    assert [again[name] for name in ("name", *standing)] == ["ONE", True, True, True, False]
    assert (await client.put(path, json={"display_name": "two"})).status_code == 422
    assert (await client.put(path, json={"usable": "perhaps"})).status_code == 422
    assert (await client.get(f"{API}/tags/1")).status_code == 404
    assert (await client.put(f"{API}/tags/1", json={})).status_code == 404


async def tag_id(client: httpx.AsyncClient, name: str) -> str:
    return str(next(one["id"] for one in (await client.get(f"{API}/tags")).json() if one["name"] == name))


async def test_a_hashtag_that_is_not_to_be_used_is_in_no_new_post_and_no_trend(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    statuses = [await town.post(author, "#Leek") for author in (alice, bob)]
    await refreshed(town)
    client = await staff(town)
    await client.put(f"{API}/tags/{await tag_id(client, 'Leek')}", json={"usable": False})
    hers, stranger = await town.client(alice), await town.client()
    refused = await hers.post("/api/v1/statuses", json={"status": "more #leek"})
    assert (refused.status_code, "#Leek" in refused.json()["error"]) == (422, True)
    with pytest.raises(Invalid):
        await edit(town.ctx, alice, statuses[0], Revision(text="again #LEEK"))
    later = {"status": "#leek", "scheduled_at": isoformat(town.clock() + 10**6)}
    assert (await hers.post("/api/v1/statuses", json=later)).status_code == 422
    assert (await hers.post("/api/v1/statuses", json={"status": "leek, #leeks"})).status_code == 200
    assert await names(stranger) == []
    assert len((await client.get(f"{API}/trends/tags")).json()) == 1


async def test_a_hashtag_that_is_not_to_be_found_is_not(town: Any) -> None:
    alice, client = await town.account("alice"), await staff(town)
    await town.post(alice, "#leek #leeks")
    await client.put(f"{API}/tags/{await tag_id(client, 'leek')}", json={"listable": False})
    found = await client.get("/api/v2/search?q=leek&type=hashtags")
    assert [one["name"] for one in found.json()["hashtags"]] == ["leeks"]


async def test_decisions_are_logged(town: Any) -> None:
    found = await talked_about(town)
    client = await staff(town, "mike")
    for kind in KINDS:
        await decide(client, kind, found[kind], "reject")
    await decide(client, "links/publishers", "1", "approve")
    deeds = [tuple(row) for row in await town.ctx.db.rows(LOG)]
    assert [deed for deed, _ in deeds] == [
        "change tag",
        "refuse trending status",
        "refuse trending link",
        "allow trending publisher",
    ]
    assert deeds[0][1] == "#soup trendable=false"
    assert deeds[2][1] == PAGE


async def test_trends_are_for_moderators_with_the_scope(town: Any) -> None:
    found = await talked_about(town)
    member = await town.client(await town.account("dave"), scopes="read write admin:read admin:write")
    narrow = await town.client(await town.account("nora", role="moderator"), scopes="admin:read:reports")
    reading = await town.client(await town.account("rita", role="moderator"), scopes="admin:read")
    lists = [f"{API}/tags", f"{API}/tags/{found['tags']}", f"{API}/trends/links/publishers"]
    lists += [f"{API}/trends/{kind}" for kind in KINDS]
    deeds = [f"{API}/trends/{kind}/{found[kind]}/{deed}" for kind in KINDS for deed in ("approve", "reject")]
    deeds += [f"{API}/trends/links/publishers/1/{deed}" for deed in ("approve", "reject")]
    for method, paths in (("GET", lists), ("POST", deeds), ("PUT", [f"{API}/tags/{found['tags']}"])):
        for path in paths:
            assert (await (await town.client()).request(method, path)).status_code == 401, path
            assert (await member.request(method, path)).status_code == 403, path
            assert (await narrow.request(method, path)).status_code == 403, path
            assert (await reading.request(method, path)).status_code == (200 if method == "GET" else 403), (
                path
            )
    writing = await staff(town, "mike")
    for kind in (*KINDS, "links/publishers"):
        for deed in ("approve", "reject"):
            assert (await writing.post(f"{API}/trends/{kind}/99/{deed}")).status_code == 404


async def test_a_post_that_a_moderator_may_not_see_is_not_decided_about(town: Any) -> None:
    alice, client = await town.account("alice"), await staff(town)
    secret = await town.post(alice, "mine", "private")
    assert (await client.post(f"{API}/trends/statuses/{secret.id}/approve")).status_code == 404
