"""Moderation over HTTP: who may do what against whom, what it does, and that it is logged."""

from typing import Any

import httpx
import pytest

from fediserver.actions import block, register, rules, sessions
from fediserver.db import accounts, moderation, reports
from tests.web.api.test_timelines import ids, links

STAFF = "read write admin:read admin:write"
API = "/api/v1/admin"


async def staff(town: Any, name: str = "mona", role: str = "moderator") -> httpx.AsyncClient:
    client: httpx.AsyncClient = await town.client(await town.account(name, role=role), scopes=STAFF)
    return client


async def act(client: httpx.AsyncClient, target: Any, kind: str, **more: Any) -> httpx.Response:
    return await client.post(f"{API}/accounts/{target.id}/action", json={"type": kind, **more})


async def deeds(town: Any, target: Any) -> list[str]:
    return [one.deed for one in await moderation.about(town.ctx.db, target.id)]


async def waiting(town: Any, name: str) -> Any:
    return await register.register(
        town.ctx,
        name=name,
        email=f"{name}@mail.example",
        password="",
        reason="please",
        locale="en",
        confirmed=True,
        approved=False,
    )


async def reported(town: Any, reporter: Any, target: Any, **more: Any) -> str:
    client = await town.client(reporter)
    answer = await client.post("/api/v1/reports", json={"account_id": str(target.id), **more})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def test_accounts_are_found_by_what_they_are(town: Any) -> None:
    client = await staff(town)
    alice = await town.account("alice")
    bob = await waiting(town, "bob")
    await act(client, alice, "silence")
    cases = {
        "v2 username=ALI": [alice],
        "v2 status=pending": [bob],
        "v2 status=silenced": [alice],
        "v2 status=suspended": [],
        "v2 email=bob@": [bob],
        "v2 origin=remote": [],
        "v2 origin=local&status=pending": [bob],
        "v2 by_domain=elm.example": [],
        "v2 ip=192.0.2.1": [],
        "v2 role_ids[]=99": [],
        "v1 pending=true": [bob],
        "v1 silenced=true&local=true": [alice],
        "v1 remote=true": [],
        "v1 display_name=x": [],
    }
    for case, wanted in cases.items():
        version, query = case.split(" ")
        found = await client.get(f"/api/{version}/admin/accounts?{query}")
        assert ids(found) == [str(one.id) for one in wanted], case
    for query in ("/api/v2/admin/accounts?permissions=staff", "/api/v1/admin/accounts?staff=true"):
        assert [one["username"] for one in (await client.get(query)).json()] == ["mona"]
    assert (await client.get("/api/v2/admin/accounts?status=odd")).status_code == 422


async def test_the_list_of_accounts_is_paged_there_and_back(town: Any) -> None:
    client = await staff(town)
    made = [await town.account(f"person{number}") for number in range(4)]
    first = await client.get("/api/v2/admin/accounts?username=person&limit=2")
    assert ids(first) == [str(made[3].id), str(made[2].id)]
    second = await client.get(links(first)["next"])
    assert ids(second) == [str(made[1].id), str(made[0].id)]
    assert ids(await client.get(links(second)["prev"])) == ids(first)


async def test_an_account_is_shown_with_what_staff_know(town: Any) -> None:
    client = await staff(town)
    bob = await waiting(town, "bob")
    shown = (await client.get(f"{API}/accounts/{bob.id}")).json()
    assert (shown["email"], shown["invite_request"], shown["approved"], shown["domain"]) == (
        "bob@mail.example",
        "please",
        False,
        None,
    )
    assert (await client.get(f"{API}/accounts/1")).status_code == 404


async def test_somebody_who_waits_is_let_in_or_turned_away(town: Any) -> None:
    client = await staff(town)
    bob, carol = await waiting(town, "bob"), await waiting(town, "carol")
    assert (await client.post(f"{API}/accounts/{bob.id}/approve")).json()["approved"] is True
    assert (await client.post(f"{API}/accounts/{bob.id}/approve")).status_code == 403
    assert (await client.post(f"{API}/accounts/{bob.id}/reject")).status_code == 403
    assert (await client.post(f"{API}/accounts/{carol.id}/reject")).json() == {}
    assert (await client.get(f"{API}/accounts/{carol.id}")).status_code == 404
    assert await accounts.user_by_email(town.ctx.db, "carol@mail.example") is None
    assert await deeds(town, bob) == ["approve"]
    assert await deeds(town, carol) == ["reject"]


async def test_a_suspended_member_is_out_at_once_and_can_come_back(town: Any) -> None:
    client = await staff(town)
    alice = await town.account("alice")
    status = await town.post(alice, "hello")
    hers = await town.client(alice)
    cookie = await sessions.open_session(town.ctx, alice, user_agent="x")
    assert (await hers.get("/api/v1/timelines/home")).status_code == 200
    assert (await act(client, alice, "suspend", text="spam")).json() == {}
    assert (await hers.get("/api/v1/timelines/home")).status_code == 403
    assert await sessions.session(town.ctx, cookie) is None
    stranger = await town.client()
    assert (await stranger.get(f"/api/v1/statuses/{status.id}")).status_code == 404
    assert (await stranger.get(f"/api/v1/accounts/{alice.id}")).json()["suspended"] is True
    assert (await moderation.about(town.ctx.db, alice.id))[0].reason == "spam"
    shown = (await client.post(f"{API}/accounts/{alice.id}/unsuspend")).json()
    assert shown["suspended"] is False
    assert (await hers.get("/api/v1/timelines/home")).status_code == 200
    assert (await client.post(f"{API}/accounts/{alice.id}/unsuspend")).status_code == 403


async def test_a_disabled_log_in_is_of_no_use_until_it_is_enabled(town: Any) -> None:
    client = await staff(town)
    alice = await town.account("alice")
    hers = await town.client(alice)
    await act(client, alice, "disable")
    assert (await hers.get("/api/v1/timelines/home")).status_code == 403
    assert (await client.post(f"{API}/accounts/{alice.id}/enable")).json()["disabled"] is False
    assert (await hers.get("/api/v1/timelines/home")).status_code == 200


async def test_posts_of_a_sensitive_account_are_sensitive(town: Any) -> None:
    client = await staff(town)
    alice = await town.account("alice")
    status = await town.post(alice, "hello")
    path = f"/api/v1/statuses/{status.id}"
    assert (await client.get(path)).json()["sensitive"] is False
    await act(client, alice, "sensitive")
    assert (await client.get(path)).json()["sensitive"] is True
    document = await (await town.client()).get(status.uri, headers={"accept": "application/activity+json"})
    assert document.json()["sensitive"] is True
    assert (await client.post(f"{API}/accounts/{alice.id}/unsensitive")).json()["sensitized"] is False
    assert (await client.get(path)).json()["sensitive"] is False


async def test_what_a_silenced_member_says_in_public_is_unlisted(town: Any) -> None:
    moderator, alice = await staff(town), await town.account("alice")
    await act(moderator, alice, "silence")
    client = await town.client(alice)
    for asked, given in (("public", "unlisted"), (None, "unlisted"), ("private", "private")):
        wish = {"status": "hello"} | ({"visibility": asked} if asked else {})
        assert (await client.post("/api/v1/statuses", json=wish)).json()["visibility"] == given
    await moderator.post(f"/api/v1/admin/accounts/{alice.id}/unsilence")
    again = await (await town.client(alice)).post("/api/v1/statuses", json={"status": "hello"})
    assert again.json()["visibility"] == "public"


async def test_a_silenced_account_is_limited_and_not_in_public(town: Any) -> None:
    client = await staff(town)
    alice = await town.account("alice")
    await town.post(alice, "hello")
    await act(client, alice, "silence")
    assert (await client.get(f"/api/v1/accounts/{alice.id}")).json()["limited"] is True
    assert ids(await client.get("/api/v1/timelines/public")) == []
    assert (await client.post(f"{API}/accounts/{alice.id}/unsilence")).json()["silenced"] is False
    assert len(ids(await client.get("/api/v1/timelines/public"))) == 1


async def test_what_is_deleted_was_suspended_and_is_gone(town: Any) -> None:
    client = await staff(town, "ada", "admin")
    alice = await town.account("alice")
    status = await town.post(alice, "hello")
    path = f"{API}/accounts/{alice.id}"
    assert (await client.delete(path)).status_code == 403
    await act(client, alice, "suspend")
    moderator = await staff(town)
    assert (await moderator.delete(path)).status_code == 403
    assert (await client.delete(path)).json() == {}
    await town.settle()
    assert (await client.get(path)).status_code == 404
    assert await town.status(status.uri) is None
    assert await accounts.user(town.ctx.db, alice.id) is None


@pytest.mark.parametrize(
    ("by", "against", "status"),
    [
        ("member", "member", 403),
        ("moderator", "member", 200),
        ("moderator", "moderator", 403),
        ("moderator", "owner", 403),
        ("admin", "moderator", 200),
        ("admin", "admin", 403),
        ("owner", "admin", 200),
    ],
)
async def test_nobody_acts_on_their_own_rank(town: Any, by: str, against: str, status: int) -> None:
    target = await town.account("target", role=against)
    client = await staff(town, "mona", by)
    assert (await act(client, target, "silence")).status_code == status
    assert await deeds(town, target) == (["silence"] if status == 200 else [])


async def test_moderation_needs_token_scope_and_sense(town: Any) -> None:
    alice, mona = await town.account("alice"), await town.account("mona", role="moderator")
    path = f"{API}/accounts/{alice.id}"
    for address in (path, f"{API}/accounts", "/api/v2/admin/accounts", f"{API}/reports"):
        assert (await (await town.client()).get(address)).status_code == 401
        assert (await (await town.client(mona)).get(address)).status_code == 403
        narrow = await town.client(alice, scopes="admin:read")
        assert (await narrow.get(address)).status_code == 403
    reading = await town.client(mona, scopes="admin:read")
    assert (await act(reading, alice, "silence")).status_code == 403
    client = await town.client(mona, scopes="admin:write:accounts")
    assert (await act(client, alice, "tickle")).status_code == 422
    assert (await act(client, alice, "none", text="x" * 2001)).status_code == 422
    assert (await act(client, alice, "none", report_id="7")).status_code == 404
    assert (await client.post(f"{API}/accounts/1/action", json={"type": "none"})).status_code == 404
    assert await deeds(town, alice) == []


async def test_a_report_tells_nobody_of_posts_that_are_not_for_who_reports(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await town.follow(carol, bob)
    hidden = [await town.post(bob, "hush", "private"), await town.post(bob, "@carol hush", "direct")]
    shown = [await town.post(bob, "buy"), await town.post(bob, "@alice buy", "direct")]
    # Who attacks somebody and blocks them then does not get away with it.
    await block.block(town.ctx, bob, alice)
    asked = [str(one.id) for one in (*hidden, *shown, hidden[0])]
    client = await town.client(alice)
    made = await client.post("/api/v1/reports", json={"account_id": str(bob.id), "status_ids": asked})
    assert sorted(made.json()["status_ids"]) == sorted(str(one.id) for one in shown)


async def test_a_report_is_taken_on_and_closed_and_opened_again(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.follow(alice, bob)
    status = await town.post(bob, "buy", "private")
    rule = await rules.add(town.ctx, "No trade", "Not even pills")
    report_id = await reported(
        town, alice, bob, status_ids=[str(status.id)], rule_ids=[str(rule.id)], comment="again"
    )
    client, path = await staff(town), f"{API}/reports/{report_id}"
    shown = (await client.get(path)).json()
    assert (shown["category"], [one["text"] for one in shown["rules"]]) == ("violation", ["No trade"])
    assert [one["id"] for one in shown["statuses"]] == [str(status.id)]
    assert shown["target_account"]["id"] == str(bob.id)
    assert (await client.post(f"{path}/assign_to_self")).json()["assigned_account"]["username"] == "mona"
    assert (await client.post(f"{path}/unassign")).json()["assigned_account"] is None
    assert ids(await client.get(f"{API}/reports")) == [report_id]
    closed = (await client.post(f"{path}/resolve")).json()
    assert (closed["action_taken"], closed["action_taken_by_account"]["username"]) == (True, "mona")
    assert ids(await client.get(f"{API}/reports")) == []
    assert ids(await client.get(f"{API}/reports?resolved=true")) == [report_id]
    assert (await client.post(f"{path}/reopen")).json()["action_taken"] is False
    changed = (await client.put(path, json={"category": "spam", "rule_ids": []})).json()
    assert (changed["category"], changed["rules"]) == ("spam", [])
    assert (await client.put(path, json={"rule_ids": ["99"]})).status_code == 422
    assert (await client.put(path, json={"category": "odd"})).status_code == 422
    verbs = ("assign_to_self", "unassign", "resolve", "reopen")
    for method, end in (("GET", ""), ("PUT", ""), *(("POST", f"/{verb}") for verb in verbs)):
        assert (await client.request(method, f"{API}/reports/1{end}")).status_code == 404
    assert "resolve_report" in await deeds(town, bob)


async def test_what_is_asked_of_somebody_unknown_is_404(town: Any) -> None:
    client = await staff(town, role="admin")
    verbs = ("approve", "reject", "enable", "unsensitive", "unsilence", "unsuspend", "action")
    for verb in verbs:
        asked = await client.post(f"{API}/accounts/1/{verb}", json={"type": "silence"})
        assert asked.status_code == 404, verb
    for method in ("GET", "DELETE"):
        assert (await client.request(method, f"{API}/accounts/1")).status_code == 404


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_accounts_are_paged_there_and_back(town: Any, version: str) -> None:
    client = await staff(town)
    names = [(await town.account(name)).username for name in ("alice", "bob", "carol")]
    path = f"/api/{version}/admin/accounts"
    newest = await client.get(f"{path}?limit=2")
    assert [one["username"] for one in newest.json()] == names[:0:-1]
    rest = await client.get(links(newest)["next"])
    assert [one["username"] for one in rest.json()] == ["alice", "mona"]
    assert ids(await client.get(links(rest)["prev"])) == ids(newest)


async def test_an_action_answers_a_report(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    report_id = await reported(town, alice, bob)
    await act(await staff(town), bob, "silence", report_id=report_id)
    row = await reports.by_id(town.ctx.db, int(report_id))
    assert row is not None
    assert row.resolved_at == town.clock()
    assert (await moderation.about(town.ctx.db, bob.id))[0].report_id == row.id


async def test_reports_are_found_by_whom_they_are_of_and_about_and_paged(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    first, second, third = [
        await reported(town, *pair) for pair in ((alice, bob), (alice, carol), (bob, carol))
    ]
    client = await staff(town)
    assert ids(await client.get(f"{API}/reports?account_id={alice.id}")) == [second, first]
    assert ids(await client.get(f"{API}/reports?target_account_id={carol.id}")) == [third, second]
    newest = await client.get(f"{API}/reports?limit=2")
    assert ids(newest) == [third, second]
    rest = await client.get(links(newest)["next"])
    assert ids(rest) == [first]
    assert ids(await client.get(links(rest)["prev"])) == ids(newest)


async def test_rules_are_shown_and_their_numbers_are_not_used_again(town: Any) -> None:
    client = await town.client()
    first = await rules.add(town.ctx, "Be kind")
    await rules.remove(town.ctx, first.id)
    second = await rules.add(town.ctx, "Be brief", "Really")
    expected = [{"id": str(second.id), "text": "Be brief", "hint": "Really", "translations": {}}]
    assert second.id != first.id
    assert (await client.get("/api/v1/instance/rules")).json() == expected
    assert (await client.get("/api/v2/instance")).json()["rules"] == expected
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    wrong = {"account_id": str(bob.id), "rule_ids": [str(first.id)]}
    assert (await (await town.client(alice)).post("/api/v1/reports", json=wrong)).status_code == 422
