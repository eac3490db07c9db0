"""Filters of both APIs, and what they say of posts."""

from dataclasses import replace
from typing import Any

import pytest

from fediserver.actions import filter as filtering
from fediserver.actions.write import PollDraft
from fediserver.clock import HOUR, isoformat
from fediserver.db.bus import Bus
from tests.web.api.test_media import png

V1, V2 = "/api/v1/filters", "/api/v2/filters"


async def made(client: Any, **changes: Any) -> dict[str, Any]:
    """A filter with one keyword."""
    wish = {"title": "Pets", "context": ["home"], "keywords_attributes": [{"keyword": "cat"}]}
    answer = await client.post(V2, json=wish | changes)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def filtered(client: Any, status_id: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"/api/v1/statuses/{status_id}")).json()["filtered"]
    return found


async def test_a_filter_is_made_changed_and_removed(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    found = await made(
        client,
        context=["home", "public", "home"],
        filter_action="blur",
        expires_in=3600,
        keywords_attributes=[{"keyword": " cat "}, {"keyword": "do", "whole_word": False}],
    )
    assert (found["title"], found["context"], found["filter_action"]) == ("Pets", ["home", "public"], "blur")
    assert found["expires_at"] == isoformat(town.clock() + HOUR)
    words = [(word["keyword"], word["whole_word"]) for word in found["keywords"]]
    assert words == [("cat", True), ("do", False)]
    assert (await client.get(V2)).json() == [found]
    path = f"{V2}/{found['id']}"
    assert (await client.get(path)).json() == found

    cat, do = [word["id"] for word in found["keywords"]]
    changed = await client.put(
        path,
        json={
            "title": "Animals",
            "expires_in": None,
            "keywords_attributes": [
                {"id": cat, "_destroy": True},
                {"id": do, "keyword": "dog", "whole_word": True},
                {"keyword": "bird"},
            ],
        },
    )
    after = changed.json()
    assert (after["title"], after["context"], after["expires_at"]) == ("Animals", ["home", "public"], None)
    assert [word["keyword"] for word in after["keywords"]] == ["dog", "bird"]
    assert after["keywords"][0]["id"] == do
    assert (await client.patch(path, json={"title": "Beasts"})).json() == after | {"title": "Beasts"}

    assert (await client.delete(path)).json() == {}
    assert (await client.get(path)).status_code == 404
    assert (await client.delete(path)).status_code == 404
    assert (await client.get(V2)).json() == []


async def test_nested_keywords_come_in_forms_too(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    text = (
        "title=Pets&context[]=home&keywords_attributes[][keyword]=cat&keywords_attributes[][whole_word]=false"
    )
    form = {"content-type": "application/x-www-form-urlencoded"}
    found = (await client.post(V2, content=f"{text}&keywords_attributes[][keyword]=dog", headers=form)).json()
    assert [(word["keyword"], word["whole_word"]) for word in found["keywords"]] == [
        ("cat", False),
        ("dog", True),
    ]
    cat, dog = [word["id"] for word in found["keywords"]]
    changes = {
        "keywords_attributes[0][id]": cat,
        "keywords_attributes[0][_destroy]": "1",
        "keywords_attributes[1][id]": dog,
        "keywords_attributes[1][keyword]": "hound",
        "expires_in": "60",
    }
    after = (await client.put(f"{V2}/{found['id']}", data=changes)).json()
    assert [(word["id"], word["keyword"]) for word in after["keywords"]] == [(dog, "hound")]
    assert after["expires_at"] is not None
    assert (await client.put(f"{V2}/{found['id']}", data={"expires_in": ""})).json()["expires_at"] is None


async def test_keywords_have_endpoints_of_their_own(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    found = await made(client)
    path = f"{V2}/{found['id']}/keywords"
    added = (await client.post(path, data={"keyword": "dog", "whole_word": "false"})).json()
    assert (added["keyword"], added["whole_word"]) == ("dog", False)
    assert [word["keyword"] for word in (await client.get(path)).json()] == ["cat", "dog"]
    own = f"{V2}/keywords/{added['id']}"
    assert (await client.get(own)).json() == added
    changed = (await client.put(own, data={"keyword": "hound"})).json()
    assert changed == added | {"keyword": "hound"}
    assert (await client.patch(own, data={"whole_word": "1"})).json() == changed | {"whole_word": True}
    assert (await client.delete(own)).json() == {}
    assert (await client.get(own)).status_code == (await client.delete(own)).status_code == 404
    assert (await client.post(path, data={"keyword": " "})).status_code == 422
    assert (await client.post(path)).status_code == 422


async def test_posts_have_endpoints_of_their_own(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client = await town.client(alice)
    status, secret = await town.post(bob, "a dog"), await town.post(bob, "mine", "private")
    found = await made(client)
    path = f"{V2}/{found['id']}/statuses"
    added = (await client.post(path, data={"status_id": str(status.id)})).json()
    assert added["status_id"] == str(status.id)
    assert (await client.post(path, data={"status_id": str(status.id)})).json() == added
    assert (await client.get(path)).json() == [added]
    assert (await client.get(f"{V2}/{found['id']}")).json()["statuses"] == [added]
    assert (await client.post(path, data={"status_id": str(secret.id)})).status_code == 404
    assert (await client.post(path)).status_code == 400
    own = f"{V2}/statuses/{added['id']}"
    assert (await client.get(own)).json() == added

    result = (await filtered(client, status.id))[0]
    assert (result["keyword_matches"], result["status_matches"]) == (None, [str(status.id)])
    assert (await client.delete(own)).json() == {}
    assert await filtered(client, status.id) == []
    assert (await client.get(own)).status_code == (await client.delete(own)).status_code == 404
    # A post that is deleted leaves its filters.
    await client.post(path, data={"status_id": str(status.id)})
    assert (await (await town.client(bob)).delete(f"/api/v1/statuses/{status.id}")).status_code == 200
    assert (await client.get(path)).json() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"title": " "},
        {"title": "x" * (filtering.TITLE_CHARACTERS + 1)},
        {"context": []},
        {"context": ["home", "kitchen"]},
        {"filter_action": "burn"},
        {"keywords_attributes": [{"keyword": ""}]},
        {"keywords_attributes": [{"whole_word": True}]},
        {"keywords_attributes": [{"keyword": "x" * (filtering.KEYWORD_CHARACTERS + 1)}]},
        {"keywords_attributes": "cat"},
        {"expires_in": "soon"},
    ],
)
async def test_a_filter_out_of_order_is_refused(town: Any, changes: dict[str, Any]) -> None:
    client = await town.client(await town.account("alice"))
    wish = {"title": "Pets", "context": ["home"]} | changes
    assert (await client.post(V2, json=wish)).status_code == 422
    assert (await client.get(V2)).json() == []
    found = await made(client)
    assert (await client.put(f"{V2}/{found['id']}", json=changes)).status_code == 422
    assert (await client.get(V2)).json() == [found]


async def test_what_is_missing_is_named(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    answer = await client.post(V2, json={"context": ["home"]})
    assert (answer.status_code, "Title" in answer.json()["error"]) == (422, True)
    answer = await client.post(V2, json={"title": "Pets"})
    assert (answer.status_code, "Context" in answer.json()["error"]) == (422, True)


async def test_there_is_room_for_so_much(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    for name in ("FILTERS", "KEYWORDS", "STATUSES"):
        monkeypatch.setattr(filtering, name, 2)
    found = await made(client)
    for status in [await town.post(alice, text) for text in ("one", "two", "three")]:
        answer = await client.post(f"{V2}/{found['id']}/statuses", data={"status_id": str(status.id)})
    assert answer.status_code == 422
    words = [{"keyword": word} for word in ("dog", "bird")]
    for method, path in (("POST", V2), ("PUT", f"{V2}/{found['id']}")):
        wish = {"title": "x", "context": ["home"], "keywords_attributes": words}
        assert (await client.request(method, path, json=wish)).status_code == 422
    # What is dropped at the same time makes room.
    keyword = found["keywords"][0]["id"]
    swap = {"keywords_attributes": [{"id": keyword, "_destroy": True}, *words]}
    assert (await client.put(f"{V2}/{found['id']}", json=swap)).status_code == 200
    assert (await client.post(V2, json={"title": "x", "context": ["home"]})).status_code == 200
    refused = await client.post(V2, json={"title": "x", "context": ["home"]})
    assert (refused.status_code, "at most 2 filters" in refused.json()["error"]) == (422, True)


async def test_nobody_touches_somebody_elses(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    status = await town.post(alice, "hello")
    client, other = await town.client(alice), await town.client(bob)
    found = await made(client)
    added = (await client.post(f"{V2}/{found['id']}/statuses", data={"status_id": str(status.id)})).json()
    keyword = found["keywords"][0]["id"]
    own = await made(other)
    for method, path, body in (
        ("GET", f"{V2}/{found['id']}", {}),
        ("PUT", f"{V2}/{found['id']}", {"title": "mine"}),
        ("DELETE", f"{V2}/{found['id']}", {}),
        ("GET", f"{V2}/{found['id']}/keywords", {}),
        ("POST", f"{V2}/{found['id']}/keywords", {"keyword": "x"}),
        ("GET", f"{V2}/{found['id']}/statuses", {}),
        ("POST", f"{V2}/{found['id']}/statuses", {"status_id": str(status.id)}),
        ("GET", f"{V2}/keywords/{keyword}", {}),
        ("PUT", f"{V2}/keywords/{keyword}", {"keyword": "x"}),
        ("DELETE", f"{V2}/keywords/{keyword}", {}),
        ("GET", f"{V2}/statuses/{added['id']}", {}),
        ("DELETE", f"{V2}/statuses/{added['id']}", {}),
        ("PUT", f"{V2}/{own['id']}", {"keywords_attributes": [{"id": keyword, "keyword": "x"}]}),
        ("PUT", f"{V2}/{own['id']}", {"keywords_attributes": [{"id": keyword, "_destroy": True}]}),
        ("GET", f"{V1}/{keyword}", {}),
        ("PUT", f"{V1}/{keyword}", {"phrase": "x", "context": ["home"]}),
        ("DELETE", f"{V1}/{keyword}", {}),
    ):
        assert (await other.request(method, path, json=body)).status_code == 404, (method, path)
    assert (await client.get(V2)).json() == [found | {"statuses": [added]}]
    assert (await other.get(V2)).json() == [own]


async def test_scopes(town: Any) -> None:
    alice = await town.account("alice")
    reader, writer = [await town.client(alice, scopes=f"{verb}:filters") for verb in ("read", "write")]
    found = await made(writer)
    for path in (V1, V2):
        assert (await reader.get(path)).status_code == 200
        assert (await writer.get(path)).status_code == 403
        assert (await reader.post(path, json={})).status_code == 403
    assert (await reader.delete(f"{V2}/{found['id']}")).status_code == 403


async def test_the_first_api_sees_keywords_as_filters(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    wish = {"phrase": "cat", "context": ["home", "thread"], "irreversible": True, "expires_in": 60}
    answer = await client.post(V1, json=wish)
    assert answer.headers["deprecation"] == "@1668384000"
    single = answer.json()
    assert (single["phrase"], single["irreversible"], single["whole_word"]) == ("cat", True, False)
    whole = (await client.get(V2)).json()[0]
    assert (whole["title"], whole["filter_action"]) == ("cat", "hide")
    assert whole["keywords"][0]["id"] == single["id"]
    assert "deprecation" not in (await client.get(V2)).headers

    path = f"{V1}/{single['id']}"
    assert (await client.get(path)).json() == single
    changed = (
        await client.put(path, json={"phrase": "dog", "context": ["public"], "whole_word": True})
    ).json()
    assert changed == single | {"phrase": "dog", "context": ["public"], "whole_word": True}
    changed = (await client.put(path, data={"irreversible": "false"})).json()
    assert (changed["phrase"], changed["irreversible"], changed["whole_word"]) == ("dog", False, True)
    assert (await client.patch(path, json={"whole_word": False})).json()["whole_word"] is False
    assert (await client.get(V2)).json()[0]["title"] == "dog"
    for wrong in ({"context": ["home"]}, {"phrase": "x"}, {"phrase": "x", "context": ["kitchen"]}):
        assert (await client.post(V1, json=wrong)).status_code == 422
    for unfit in ({"context": ""}, {"phrase": " "}, {"phrase": "x", "context[]": "kitchen"}):
        assert (await client.put(path, data=unfit)).status_code == 422

    # With several keywords, the filter is another app's.
    await client.post(f"{V2}/{whole['id']}/keywords", data={"keyword": "bird"})
    assert [one["phrase"] for one in (await client.get(V1)).json()] == ["dog", "bird"]
    refused = await client.put(path, json={"phrase": "x", "context": ["home"]})
    assert (refused.status_code, "several keywords" in refused.json()["error"]) == (422, True)
    assert (await client.delete(path)).json() == {}
    assert (await client.get(path)).status_code == 404
    assert [one["phrase"] for one in (await client.get(V1)).json()] == ["bird"]
    last = (await client.get(V1)).json()[0]["id"]
    await client.delete(f"{V1}/{last}")
    assert (await client.get(V2)).json() == []


async def test_posts_say_what_filters_they_match(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client = await town.client(alice)
    pets = await made(
        client, filter_action="hide", keywords_attributes=[{"keyword": w} for w in ("cat", "dog")]
    )
    await made(client, title="Places", context=["thread"], keywords_attributes=[{"keyword": "Paris"}])
    status = await town.post(bob, "A CAT and a dog in Paris")
    results = await filtered(client, status.id)
    assert [(one["filter"]["title"], one["keyword_matches"]) for one in results] == [
        ("Pets", ["cat", "dog"]),
        ("Places", ["Paris"]),
    ]
    assert results[0]["filter"] == {
        name: pets[name] for name in ("id", "title", "context", "expires_at", "filter_action")
    }
    other = await town.post(bob, "concatenate")
    assert await filtered(client, other.id) == []
    assert await filtered(await town.client(bob), status.id) == []
    assert "filtered" not in (await (await town.client()).get(f"/api/v1/statuses/{status.id}")).json()


async def test_every_part_of_a_post_is_searched(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client, author = await town.client(alice), await town.client(bob)
    await made(client)
    poll = PollDraft(options=["a dog", "a cat"], expires_in=3600)
    uploaded = await author.post(
        "/api/v2/media", files={"file": ("x.png", png(), "image/png")}, data={"description": "My cat, asleep"}
    )
    for options in (
        {"text": "the cat"},
        {"text": "look", "spoiler_text": "Cat"},
        {"text": "which", "poll": poll},
        {"text": "asleep", "media_ids": [int(uploaded.json()["id"])]},
        {"text": "see #cat"},
        {"text": "at https://example.com/cat/1"},
    ):
        status = await town.post(bob, **options)
        assert len(await filtered(client, status.id)) == 1, options
    # An edit is searched anew.
    edited = await author.put(f"/api/v1/statuses/{status.id}", json={"status": "no pets"})
    assert edited.status_code == 200
    assert await filtered(client, status.id) == []


async def test_filters_show_wherever_posts_do(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await town.follow(alice, bob)
    client, booster = await town.client(alice), await town.client(bob)
    await made(client)
    said = await town.post(carol, "@alice #pets my cat")
    reply = await town.post(bob, "what a cat", in_reply_to_id=said.id)
    boost = (await booster.post(f"/api/v1/statuses/{said.id}/reblog")).json()
    assert boost["filtered"] == boost["reblog"]["filtered"] == []

    home = (await client.get("/api/v1/timelines/home")).json()
    assert len(home[0]["filtered"]) == 1
    assert home[0]["filtered"] == home[0]["reblog"]["filtered"]
    for path in (
        "/api/v1/timelines/public",
        "/api/v1/timelines/tag/pets",
        f"/api/v1/accounts/{carol.id}/statuses",
        f"/api/v1/statuses?id[]={said.id}",
    ):
        found = (await client.get(path)).json()
        assert [one["filtered"][0]["keyword_matches"] for one in found] == [["cat"]], path
    below = (await client.get(f"/api/v1/statuses/{said.id}/context")).json()["descendants"]
    assert [(one["id"], len(one["filtered"])) for one in below] == [(str(reply.id), 1)]
    told = (await client.get("/api/v1/notifications?types[]=mention")).json()
    assert len(told[0]["status"]["filtered"]) == 1
    done = (await client.post(f"/api/v1/statuses/{said.id}/favourite")).json()
    assert (done["favourited"], len(done["filtered"])) == (True, 1)
    # A boost that is filtered by its own id or by that of the post.
    one = await made(client, title="This", keywords_attributes=[])
    await client.post(f"/api/v2/filters/{one['id']}/statuses", data={"status_id": str(said.id)})
    again = (await client.get(f"/api/v1/statuses/{boost['id']}")).json()
    assert again["filtered"][1]["status_matches"] == [str(said.id)]


async def test_a_filter_ends_when_it_expires(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client = await town.client(alice)
    status = await town.post(bob, "cat")
    found = await made(client, expires_in=3600)
    assert len(await filtered(client, status.id)) == 1
    town.clock.advance(HOUR)
    assert await filtered(client, status.id) == []
    assert (await client.get(f"{V2}/{found['id']}")).status_code == 200
    await client.put(f"{V2}/{found['id']}", json={"expires_in": 60})
    assert len(await filtered(client, status.id)) == 1


async def test_changes_act_at_once_also_those_of_other_processes(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client = await town.client(alice)
    status = await town.post(bob, "cat dog")
    assert await filtered(client, status.id) == []
    found = await made(client)
    assert len(await filtered(client, status.id)) == 1
    keyword = found["keywords"][0]["id"]
    await client.put(f"{V2}/keywords/{keyword}", data={"keyword": "dog"})
    assert (await filtered(client, status.id))[0]["keyword_matches"] == ["dog"]
    await client.delete(f"{V2}/{found['id']}")
    assert await filtered(client, status.id) == []

    # Another process changes the rows, and this one is told by its signal.
    elsewhere = filtering.FilterWish(
        title="x", contexts=["home"], keywords=[filtering.KeywordWish(keyword="cat")]
    )
    await filtering.create(replace(town.ctx, bus=Bus()), alice.id, elsewhere)
    town.ctx.bus.publish("signals")
    assert len(await filtered(client, status.id)) == 1
