"""Rules for other servers over HTTP: made, changed and dropped by admins, and kept at once."""

from typing import Any

import httpx

from fediserver.activitypub import lookup
from fediserver.db import accounts, reports
from fediserver.text.handles import Handle
from tests.conftest import OpenTown
from tests.town import Town, settle
from tests.web.api.test_media import send
from tests.web.api.test_moderation import staff
from tests.web.api.test_timelines import ids, links

BLOCKS, ALLOWS = "/api/v1/admin/domain_blocks", "/api/v1/admin/domain_allows"


async def admin(town: Any) -> httpx.AsyncClient:
    return await staff(town, "ada", "admin")


async def test_a_block_is_made_changed_and_dropped(town: Any) -> None:
    client = await admin(town)
    said = {"domain": "Bücher.example", "public_comment": "loud", "private_comment": "see mail"}
    made = (await client.post(BLOCKS, json=said)).json()
    assert (made["domain"], made["severity"], made["public_comment"], made["private_comment"]) == (
        "xn--bcher-kva.example",
        "silence",
        "loud",
        "see mail",
    )
    path = f"{BLOCKS}/{made['id']}"
    changed = (await client.put(path, json={"severity": "suspend", "obfuscate": True})).json()
    assert changed == made | {"severity": "suspend", "obfuscate": True}
    assert (await client.get(path)).json() == changed
    assert (await client.put(path, json={"severity": "loud"})).status_code == 422
    assert town.ctx.domains.severity("deep.xn--bcher-kva.example") == ""
    await town.ctx.domains.refresh(town.ctx.db, town.clock())
    assert town.ctx.domains.severity("deep.xn--bcher-kva.example") == "suspend"
    again = await client.post(BLOCKS, json=said)
    assert (again.status_code, again.json()["existing_domain_block"]["id"]) == (422, made["id"])
    assert (await client.delete(path)).json() == {}
    assert (await client.get(path)).status_code == 404


async def test_a_server_that_is_allowed_is_no_block(town: Any) -> None:
    client = await admin(town)
    made = (await client.post(ALLOWS, json={"domain": "elm.example"})).json()
    assert (await client.get(f"{ALLOWS}/{made['id']}")).json() == made
    assert (await client.get(f"{BLOCKS}/{made['id']}")).status_code == 404
    assert ids(await client.get(BLOCKS)) == []
    block = (await client.post(BLOCKS, json={"domain": "elm.example", "severity": "noop"})).json()
    assert ids(await client.get(ALLOWS)) == []
    assert (await client.post(ALLOWS, json={"domain": "elm.example"})).json()["id"] == block["id"]
    assert (await client.delete(f"{ALLOWS}/{made['id']}")).json() == {}
    assert ids(await client.get(ALLOWS)) == []


async def test_rules_are_paged_there_and_back(town: Any) -> None:
    client = await admin(town)
    for path in (BLOCKS, ALLOWS):
        made = [
            (await client.post(path, json={"domain": f"{place}.{path[-6:]}.example"})).json()["id"]
            for place in "abc"
        ]
        newest = await client.get(f"{path}?limit=2")
        assert ids(newest) == made[:0:-1]
        rest = await client.get(links(newest)["next"])
        assert ids(rest) == made[:1]
        assert ids(await client.get(links(rest)["prev"])) == ids(newest)


async def test_rules_for_servers_are_for_admins(town: Any) -> None:
    moderator, client = await staff(town), await admin(town)
    narrow = await town.client(await town.account("olga", role="owner"), scopes="admin:read")
    for path in (BLOCKS, ALLOWS):
        assert (await (await town.client()).get(path)).status_code == 401
        assert (await moderator.get(path)).status_code == 403
        assert (await moderator.post(path, json={"domain": "elm.example"})).status_code == 403
        assert (await narrow.post(path, json={"domain": "elm.example"})).status_code == 403
        assert (await client.post(path, json={"domain": "no host"})).status_code == 422
        assert (await client.post(path, json={})).status_code == 400
        for method in ("GET", "DELETE"):
            assert (await client.request(method, f"{path}/7")).status_code == 404
    assert (await client.put(f"{BLOCKS}/7", json={})).status_code == 404
    odd = {"domain": "elm.example", "severity": "loud"}
    assert (await client.post(BLOCKS, json=odd)).status_code == 422
    long = {"domain": "elm.example", "private_comment": "x" * 1001}
    assert (await client.post(BLOCKS, json=long)).status_code == 422


async def test_silence_and_rejected_reports_act(town: Town, open_town: OpenTown) -> None:
    elm = await open_town("elm.example")
    alice, bob = await town.account("alice"), await elm.account("bob")
    await elm.follow(bob, await _met(elm, town, "alice"))
    await settle(town, elm)
    client = await admin(town)
    made = (await client.post(BLOCKS, json={"domain": "elm.example", "reject_reports": True})).json()
    bob_here = await accounts.by_handle(town.ctx.db, "bob", "elm.example")
    assert bob_here is not None
    assert bob_here.silenced_at is not None
    theirs = await elm.client(bob)
    alice_there = await elm.known(f"alice@{town.host}")
    complaint = {"account_id": str(alice_there.id), "forward": True}
    assert (await theirs.post("/api/v1/reports", json=complaint)).json()["forwarded"] is True
    await settle(town, elm)
    assert await reports.about(town.ctx.db, alice.id) == []
    await client.put(f"{BLOCKS}/{made['id']}", json={"reject_reports": False, "severity": "noop"})
    await theirs.post("/api/v1/reports", json=complaint)
    await settle(town, elm)
    assert len(await reports.about(town.ctx.db, alice.id)) == 1
    assert (await town.now(bob_here)).silenced_at is None


async def test_who_was_silenced_alone_stays_so_when_the_server_is_heard_again(
    town: Town, open_town: OpenTown
) -> None:
    elm, client = await open_town("elm.example"), await admin(town)
    names = ("before", "during", "never", "spared")
    people = {name: await _met(town, elm, name) for name in names if await elm.account(name)}

    async def act(name: str, deed: str, **more: Any) -> None:
        answer = await client.post(f"/api/v1/admin/accounts/{people[name].id}/{deed}", json=more)
        assert answer.status_code == 200, answer.text

    async def silenced() -> set[str]:
        return {name for name, row in people.items() if (await town.now(row)).silenced_at is not None}

    await act("before", "action", type="silence")
    made = (await client.post(BLOCKS, json={"domain": "elm.example"})).json()
    assert await silenced() == set(names)
    await act("during", "action", type="silence")
    await act("spared", "unsilence")
    await client.put(f"{BLOCKS}/{made['id']}", json={"public_comment": "loud"})
    assert await silenced() == {"before", "during", "never"}
    await client.delete(f"{BLOCKS}/{made['id']}")
    assert await silenced() == {"before", "during"}


async def test_files_of_a_server_are_left_out(town: Town, open_town: OpenTown) -> None:
    elm = await open_town("elm.example")
    alice, bob = await town.account("alice"), await elm.account("bob")
    await town.follow(alice, await _met(town, elm, "bob"))
    await settle(town, elm)
    client = await admin(town)
    await client.post(BLOCKS, json={"domain": "elm.example", "severity": "noop", "reject_media": True})
    file = (await send(await elm.client(bob))).json()
    post = await elm.post(bob, "A picture", media_ids=[int(file["id"])])
    await settle(town, elm)
    copy = await town.status(post.uri)
    assert copy is not None
    assert copy.media_count == 0
    assert post.media_count == 1


async def _met(there: Town, here: Town, name: str) -> Any:
    found = await lookup.account_by_handle(there.ctx, Handle(name, here.host))
    assert found is not None
    return found


async def test_the_public_list_hides_what_is_to_be_hidden(open_town: OpenTown) -> None:
    town = await open_town("oak.example", domain_blocks_shown="everybody")
    client = await admin(town)
    await client.post(BLOCKS, json={"domain": "spam.example", "obfuscate": True, "private_comment": "secret"})
    await client.post(BLOCKS, json={"domain": "fine.example", "severity": "noop"})
    answer = await (await town.client()).get("/api/v1/instance/domain_blocks")
    assert [(one["domain"], one["comment"]) for one in answer.json()] == [("spa*.****ple", None)]
