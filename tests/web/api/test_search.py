"""Search: names, hashtags, addresses."""

from typing import Any


async def found(client: Any, **query: str) -> tuple[list[str], list[str], list[str]]:
    answer = await client.get("/api/v2/search", params=query)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return (
        [account["acct"] for account in body["accounts"]],
        [status["id"] for status in body["statuses"]],
        [tag["name"] for tag in body["hashtags"]],
    )


async def test_search_finds_names_and_hashtags(town: Any) -> None:
    alice = await town.account("alice")
    await town.post(alice, "#Alpine #Alps #leek")
    client = await town.client(alice)
    assert await found(client, q="al") == (["alice"], [], ["Alpine", "Alps"])
    assert await found(client, q="al", type="hashtags", limit="1") == ([], [], ["Alpine"])
    assert await found(client, q="al", type="accounts") == (["alice"], [], [])
    assert await found(client, q="#al") == ([], [], ["Alpine", "Alps"])
    assert await found(client, q=" ") == ([], [], [])
    assert (await client.get("/api/v2/search")).status_code == 400


async def test_an_address_leads_to_one_thing(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    status = await town.post(alice, "hello")
    private = await town.post(alice, "friends", visibility="private")
    client, stranger = await town.client(bob), await town.client()
    for address in (status.uri, town.ctx.uris.page(status)):
        assert await found(client, q=address, resolve="true") == ([], [str(status.id)], [])
        assert await found(stranger, q=address) == ([], [str(status.id)], [])
    assert await found(client, q=alice.uri, resolve="true") == (["alice"], [], [])
    assert await found(client, q=alice.url) == (["alice"], [], [])
    assert await found(client, q=private.uri, resolve="true") == ([], [], [])
    assert await found(client, q="https://elm.example/users/zoe", resolve="true") == ([], [], [])
    assert await found(client, q=status.uri, type="accounts") == ([], [], [])


async def test_a_stranger_may_not_make_us_ask_others(town: Any) -> None:
    stranger = await town.client()
    answer = await stranger.get("/api/v2/search?q=zoe@elm.example&resolve=true")
    assert answer.status_code == 401
    assert town.network.requests == []


async def test_a_handle_elsewhere_is_resolved(open_town: Any) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, zoe = await oak.account("alice"), await elm.account("zoe")
    client = await oak.client(alice)
    assert await found(client, q="@zoe@elm.example") == ([], [], [])
    assert await found(client, q="@zoe@elm.example", resolve="true") == (["zoe@elm.example"], [], [])
    assert (await client.get("/api/v1/accounts/lookup?acct=zoe@elm.example")).json()["username"] == "zoe"
    status = await elm.post(zoe, "from elm")
    accounts, statuses, tags = await found(client, q=status.uri, resolve="true")
    assert (accounts, len(statuses), tags) == ([], 1, [])


async def test_a_tag_is_shown_whether_used_or_not(town: Any) -> None:
    alice = await town.account("alice")
    await town.post(alice, "#Leek")
    client = await town.client(alice)
    used = (await client.get("/api/v1/tags/leek")).json()
    assert (used["name"], used["url"], used["following"]) == ("Leek", "https://oak.example/tags/leek", False)
    unused = await client.get("/api/v1/tags/Caf%C3%A9")
    assert (unused.json()["id"], unused.json()["name"]) == ("", "Café")


async def test_mentions_of_people_never_met_are_found_before_the_post(open_town: Any) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice = await oak.account("alice")
    await elm.account("zoe")
    client = await oak.client(alice)
    wanted = {"status": "@zoe@elm.example hello", "visibility": "direct"}
    status = (await client.post("/api/v1/statuses", json=wanted)).json()
    assert [mention["acct"] for mention in status["mentions"]] == ["zoe@elm.example"]
    elm_down = {"status": "@yan@elm.example hello @zoe@elm.example"}
    oak.network.down.add("elm.example")
    answer = await client.post("/api/v1/statuses", json=elm_down)
    assert answer.status_code == 200
    assert [mention["acct"] for mention in answer.json()["mentions"]] == ["zoe@elm.example"]
