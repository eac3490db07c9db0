"""Blocks of mail and networks over HTTP: made, shown and dropped by admins, logged, and what they keep out."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediserver.actions import register
from fediserver.clock import DAY, HOUR, SECOND, isoformat
from fediserver.db import accounts, ip_blocks
from fediserver.db.database import connect
from fediserver.db.query import Query
from fediserver.jobs.housekeeping import tidy
from fediserver.text.mail_address import canonical_hash
from tests.garden import hidden
from tests.town import Town
from tests.web.api.test_moderation import act, staff
from tests.web.api.test_sign_up import NEWCOMER, app_client
from tests.web.api.test_timelines import ids, links
from tests.web.streaming.wire import refused

API = "/api/v1/admin"
DOMAINS, MAILS, IPS = [f"{API}/{name}_blocks" for name in ("email_domain", "canonical_email", "ip")]
NEW = {DOMAINS: "domain", MAILS: "email", IPS: "ip"}
LOG = Query("select deed, reason from moderation_log where target_id is null order by id")


async def admin(town: Any) -> httpx.AsyncClient:
    return await staff(town, "ada", "admin")


def wish(path: str, number: int = 0) -> dict[str, str]:
    return {
        DOMAINS: {"domain": f"m{number}.example"},
        MAILS: {"email": f"m{number}@x.example"},
        IPS: {"ip": f"198.51.100.{number}", "severity": "sign_up_block"},
    }[path]


async def logged(town: Any) -> list[tuple[str, str]]:
    return [(deed, reason) for deed, reason in await town.ctx.db.rows(LOG)]


async def sign_up(town: Any, **more: str) -> httpx.Response:
    answer: httpx.Response = await (await app_client(town)).post("/api/v1/accounts", data=NEWCOMER | more)
    return answer


def coming_from(client: httpx.AsyncClient, address: str) -> httpx.AsyncClient:
    """The client, behind the proxy of this machine."""
    client.headers["x-forwarded-for"] = address
    return client


async def open_door(open_town: Any) -> Any:
    return await open_town("oak.example", registrations="open")


@pytest.mark.parametrize("path", [DOMAINS, MAILS, IPS])
async def test_blocks_are_made_shown_paged_and_dropped(town: Any, path: str) -> None:
    client = await admin(town)
    made = [(await client.post(path, json=wish(path, number))).json() for number in range(3)]
    for one in made:
        assert (await client.get(f"{path}/{one['id']}")).json() == one
    first = await client.get(f"{path}?limit=2")
    assert ids(first) == [made[2]["id"], made[1]["id"]]
    second = await client.get(links(first)["next"])
    assert ids(second) == [made[0]["id"]]
    assert ids(await client.get(links(second)["prev"])) == ids(first)
    assert (await client.post(path, json=wish(path, 1))).status_code == 422
    assert (await client.delete(f"{path}/{made[1]['id']}")).json() == {}
    assert ids(await client.get(path)) == [made[2]["id"], made[0]["id"]]
    for method in ("GET", "DELETE"):
        assert (await client.request(method, f"{path}/{made[1]['id']}")).status_code == 404
    assert (await client.post(path, json=wish(path, 1))).status_code == 200
    assert len(await logged(town)) == 5


@pytest.mark.parametrize("path", [DOMAINS, MAILS, IPS])
async def test_blocks_are_for_admins_with_the_scope(town: Any, path: str) -> None:
    made = (await (await admin(town)).post(path, json=wish(path))).json()
    olga = await town.account("olga", role="owner")
    clients = {
        401: await town.client(),
        403: await staff(town),
        "reads nothing": await town.client(olga, scopes="read write admin:read:reports admin:write:reports"),
    }
    for status, client in clients.items():
        wanted = status if isinstance(status, int) else 403
        for method, address in (
            ("GET", path),
            ("POST", path),
            ("GET", f"{path}/{made['id']}"),
            ("DELETE", f"{path}/{made['id']}"),
        ):
            answer = await client.request(method, address, json=wish(path, 9) if method == "POST" else None)
            assert answer.status_code == wanted, (status, method)
    reading = await town.client(olga, scopes="admin:read")
    assert ids(await reading.get(path)) == [made["id"]]
    assert (await reading.post(path, json=wish(path, 9))).status_code == 403
    assert (await reading.delete(f"{path}/{made['id']}")).status_code == 403


async def test_what_is_no_block_is_refused(town: Any) -> None:
    client = await admin(town)
    wrong: list[tuple[str, dict[str, Any], int]] = [
        (DOMAINS, {}, 400),
        (DOMAINS, {"domain": "no domain"}, 422),
        (DOMAINS, {"domain": "x.example:25"}, 422),
        (MAILS, {}, 422),
        (MAILS, {"email": "ann"}, 422),
        (MAILS, {"email": "a@" + "x" * 400}, 422),
        (MAILS, {"canonical_email_hash": "abc"}, 422),
        (f"{MAILS}/test", {}, 400),
        (f"{MAILS}/test", {"email": "ann"}, 422),
        (IPS, {"ip": "198.51.100.7"}, 400),
        (IPS, {"ip": "x", "severity": "no_access"}, 422),
        (IPS, {"ip": "198.51.100.7", "severity": "odd"}, 422),
        (IPS, {"ip": "0.0.0.0/0", "severity": "sign_up_block"}, 422),
        (IPS, {"ip": "2000::/3", "severity": "sign_up_block"}, 422),
        (IPS, {"ip": "127.0.0.0/8", "severity": "no_access"}, 422),
        (IPS, {"ip": "198.51.100.7", "severity": "no_access", "comment": "x" * 1001}, 422),
        (IPS, {"ip": "198.51.100.7", "severity": "no_access", "expires_in": 0}, 422),
        (IPS, {"ip": "198.51.100.7", "severity": "no_access", "expires_in": 10**12}, 422),
    ]
    for path, body, status in wrong:
        assert (await client.post(path, json=body)).status_code == status, (path, body)
    own = coming_from(await admin_again(town), "203.0.113.5")
    said = {"ip": "203.0.113.0/24", "severity": "no_access"}
    assert (await own.post(IPS, json=said)).status_code == 422
    assert await logged(town) == []


async def admin_again(town: Any) -> httpx.AsyncClient:
    return await staff(town, "alma", "admin")


async def test_a_network_is_blocked_changed_and_let_in_again(town: Any) -> None:
    client = await admin(town)
    said = {"ip": "198.51.100.7/24", "severity": "sign_up_block", "comment": "spam", "expires_in": 3600}
    made = (await client.post(IPS, json=said)).json()
    assert (made["ip"], made["severity"], made["comment"]) == ("198.51.100.0/24", "sign_up_block", "spam")
    assert made["expires_at"] == isoformat(town.clock() + HOUR)
    path = f"{IPS}/{made['id']}"
    changed = (await client.put(path, json={"severity": "no_access"})).json()
    assert changed == made | {"severity": "no_access"}
    forever = (await client.patch(path, json={"expires_in": None, "ip": "198.51.100.7"})).json()
    assert (forever["expires_at"], forever["ip"]) == (None, "198.51.100.7/32")
    other = (await client.post(IPS, json=wish(IPS, 9))).json()
    assert (await client.put(f"{IPS}/{other['id']}", json={"ip": "198.51.100.7"})).status_code == 422
    assert (await client.put(f"{IPS}/1", json={"comment": "x"})).status_code == 404
    assert (await client.delete(path)).json() == {}
    assert await logged(town) == [
        ("ip sign_up_block", "198.51.100.0/24 spam"),
        ("ip no_access", "198.51.100.0/24 spam"),
        ("ip no_access", "198.51.100.7/32 spam"),
        ("ip sign_up_block", "198.51.100.9/32"),
        ("unblock ip", "198.51.100.7/32"),
    ]


async def test_mail_of_a_blocked_domain_does_not_sign_up_and_is_counted(open_town: Any) -> None:
    town = await open_door(open_town)
    client = await admin(town)
    made = (await client.post(DOMAINS, json={"domain": "Mail.example"})).json()
    for email in ("new@mail.example", "new@deep.MAIL.example"):
        answer = await sign_up(town, email=email)
        assert answer.status_code == 422
        assert answer.json()["details"]["email"][0]["error"] == "ERR_BLOCKED"
    assert await accounts.by_handle(town.ctx.db, "newcomer") is None
    history = (await client.get(f"{DOMAINS}/{made['id']}")).json()["history"]
    assert [one["uses"] for one in history] == ["2", "0", "0", "0", "0", "0", "0"]
    assert history[0]["day"] == str(town.clock() // DAY * (DAY // SECOND))
    town.clock.advance(DAY)
    assert (await client.get(DOMAINS)).json()[0]["history"][1]["accounts"] == "2"
    assert (await sign_up(town, email="new@otherMail.example")).status_code == 200
    await client.delete(f"{DOMAINS}/{made['id']}")
    assert (await sign_up(town, username="second")).status_code == 200


async def test_mail_of_some_domains_needs_approval(open_town: Any) -> None:
    town = await open_door(open_town)
    await (await admin(town)).post(DOMAINS, json={"domain": "mail.example", "allow_with_approval": True})
    answer = await sign_up(town)
    assert answer.status_code == 200
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await (await town.client()).get("/api/v1/timelines/home", headers=headers)).status_code == 403
    user = await accounts.user_by_email(town.ctx.db, "new@mail.example")
    assert user is not None
    assert user.approved_at is None


async def test_a_blocked_address_does_not_sign_up_however_it_is_written(open_town: Any) -> None:
    town = await open_door(open_town)
    client = await admin(town)
    made = (await client.post(MAILS, json={"email": "N.e.w@mail.example"})).json()
    assert made["canonical_email_hash"] == canonical_hash("new@mail.example")
    for email in ("new@mail.example", "ne.w+again@Mail.example"):
        assert (await client.post(f"{MAILS}/test", json={"email": email})).json() == [made]
        assert (await sign_up(town, email=email)).status_code == 422
    assert (await client.post(f"{MAILS}/test", json={"email": "newer@mail.example"})).json() == []
    assert (await sign_up(town, email="newer@mail.example")).status_code == 200
    hashed = {"canonical_email_hash": canonical_hash("other@mail.example").upper()}
    assert (await client.post(MAILS, json=hashed)).json()["canonical_email_hash"] == canonical_hash(
        "other@mail.example"
    )


async def test_another_spelling_of_the_domain_is_the_same_address(open_town: Any) -> None:
    town = await open_door(open_town)
    client = await admin(town)
    await client.post(MAILS, json={"email": "new@bücher.example"})
    await client.post(DOMAINS, json={"domain": "bad.example"})
    others = [
        "new@xn--bcher-kva.example",
        "n.ew+x@BÜCHER.example",
        "new@bücher.example",
        "new@bücher。example",
    ]
    others += ["new@bücher.example.", "new@bad.example.", "new@bad.example..", "new@ｂad.example"]
    for email in others:
        town.clock.advance(HOUR)
        answer = await sign_up(town, email=email)
        assert (answer.status_code, list(answer.json()["details"])) == (422, ["email"]), email


async def test_who_is_suspended_does_not_sign_up_again(open_town: Any) -> None:
    town = await open_door(open_town)
    client = await admin(town)
    bob = await register.register(
        town.ctx,
        name="bob",
        email="b.ob@mail.example",
        password="",
        locale="en",
        confirmed=True,
        approved=True,
    )
    await act(client, bob, "suspend")
    assert (await sign_up(town, email="bob+2@mail.example")).status_code == 422
    assert len(ids(await client.get(MAILS))) == 1
    await client.post(f"{API}/accounts/{bob.id}/unsuspend")
    assert ids(await client.get(MAILS)) == []
    assert (await sign_up(town, email="bob+2@mail.example")).status_code == 200


async def test_a_suspension_leaves_a_block_that_was_there(open_town: Any) -> None:
    town = await open_door(open_town)
    client, bob = await admin(town), await town.account("bob")
    made = (await client.post(MAILS, json={"email": "bob@mail.example"})).json()
    await act(client, bob, "suspend")
    await client.post(f"{API}/accounts/{bob.id}/unsuspend")
    assert ids(await client.get(MAILS)) == [made["id"]]


@pytest.mark.parametrize(
    ("severity", "status", "approved"),
    [("sign_up_requires_approval", 200, False), ("sign_up_block", 403, None)],
)
async def test_a_network_does_not_sign_up_or_waits(
    open_town: Any, severity: str, status: int, approved: bool | None
) -> None:
    town = await open_door(open_town)
    client = await admin(town)
    await client.post(IPS, json={"ip": "198.51.100.0/24", "severity": severity, "expires_in": 3600})
    app = coming_from(await app_client(town), "198.51.100.7")
    answer = await app.post("/api/v1/accounts", data=NEWCOMER)
    assert answer.status_code == status, answer.text
    user = await accounts.user_by_email(town.ctx.db, "new@mail.example")
    assert (user and user.approved_at is not None) == approved
    town.clock.advance(HOUR)
    again = NEWCOMER | {"username": "second", "email": "second@mail.example"}
    assert (await app.post("/api/v1/accounts", data=again)).status_code == 200
    user = await accounts.user_by_email(town.ctx.db, "second@mail.example")
    assert user is not None
    assert user.approved_at is not None


async def test_the_page_obeys_the_same_blocks(open_town: Any) -> None:
    town = await open_door(open_town)
    client = await admin(town)
    await client.post(DOMAINS, json={"domain": "bad.example"})
    await client.post(DOMAINS, json={"domain": "odd.example", "allow_with_approval": True})
    await client.post(IPS, json={"ip": "198.51.100.7", "severity": "sign_up_block"})
    fields = {"username": "rose", "password": "a quiet bed of leeks"}

    async def ask(email: str, address: str = "203.0.113.5") -> httpx.Response:
        page = coming_from(await town.client(), address)
        page.event_hooks = {}
        shown = await page.get("/auth/sign_up")
        sent = fields | {"email": email} | hidden(shown.text)
        answer: httpx.Response = await page.post(
            "/auth/sign_up", data=sent, headers={"origin": "https://oak.example"}
        )
        return answer

    refused_mail = await ask("rose@bad.example")
    assert (refused_mail.status_code, "cannot be used here" in refused_mail.text) == (422, True)
    assert (await ask("rose@fine.example", "198.51.100.7")).status_code == 403
    assert (await ask("rose@odd.example")).status_code == 200
    user = await accounts.user_by_email(town.ctx.db, "rose@odd.example")
    assert user is not None
    assert user.approved_at is None


async def test_who_has_no_access_gets_no_answer_at_all(town: Any) -> None:
    client = await admin(town)
    alice = await town.account("alice")
    hers = coming_from(await town.client(alice), "198.51.100.7")
    neighbour = coming_from(await town.client(alice), "198.51.101.7")
    for one in (hers, neighbour):
        one.event_hooks = {}
        assert (await one.get("/api/v1/timelines/home")).status_code == 200
    made = (await client.post(IPS, json={"ip": "198.51.100.0/24", "severity": "no_access"})).json()
    for path in ("/api/v1/timelines/home", "/", "/users/alice", "/auth/sign_in", "/nodeinfo/2.0"):
        answer = await hers.get(path)
        assert (answer.status_code, "error" in answer.json()) == (403, True), path
    assert (await hers.post("/inbox", json={})).status_code == 403
    assert (await hers.get("/api/v1/instance")).headers["access-control-allow-origin"] == "*"
    assert (await neighbour.get("/api/v1/timelines/home")).status_code == 200
    await client.delete(f"{IPS}/{made['id']}")
    assert (await hers.get("/api/v1/timelines/home")).status_code == 200


async def test_only_proxies_are_believed_about_addresses(town: Any) -> None:
    client = await admin(town)
    await client.post(IPS, json={"ip": "198.51.100.7", "severity": "no_access"})
    transport = httpx.ASGITransport(town.app, client=("203.0.113.5", 1))
    async with httpx.AsyncClient(transport=transport, base_url="https://oak.example") as direct:
        said = {"x-forwarded-for": "198.51.100.7"}
        assert (await direct.get("/api/v1/instance", headers=said)).status_code == 200
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(town.app, client=("198.51.100.7", 1)), base_url="https://oak.example"
    ) as blocked:
        said = {"x-forwarded-for": "203.0.113.5"}
        assert (await blocked.get("/api/v1/instance", headers=said)).status_code == 403


async def test_a_blocked_network_streams_nothing(town: Town) -> None:
    client, alice = await admin(town), await town.account("alice")
    # Where tests with WebSockets come from.
    await client.post(IPS, json={"ip": "192.0.2.0/24", "severity": "no_access"})
    status, body = await refused(town, token=await town.token(alice), stream="user")
    assert (status, "network" in body["error"]) == (403, True)


async def test_access_comes_back_by_itself_and_ended_blocks_are_forgotten(town: Any) -> None:
    client = await admin(town)
    hers = coming_from(await town.client(await town.account("alice")), "198.51.100.7")
    hers.event_hooks = {}
    said = {"ip": "198.51.100.7", "severity": "no_access", "expires_in": 60}
    await client.post(IPS, json=said)
    assert (await hers.get("/api/v1/instance")).status_code == 403
    town.clock.advance(60 * SECOND)
    assert (await hers.get("/api/v1/instance")).status_code == 200
    assert await ip_blocks.count(town.ctx.db) == 1
    await tidy(town.ctx)
    assert await ip_blocks.count(town.ctx.db) == 0


async def test_no_request_asks_the_database_for_blocks_unless_they_have_changed(
    town: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await admin(town)
    reads = []
    plain = ip_blocks.no_access

    async def counted(db: Any) -> Any:
        reads.append(1)
        return await plain(db)

    monkeypatch.setattr(ip_blocks, "no_access", counted)
    for _ in range(3):
        await client.get("/api/v1/instance")
    before = len(reads)
    await client.post(IPS, json=wish(IPS))
    for _ in range(3):
        await client.get("/api/v1/instance")
    assert (before <= 1, len(reads) - before) == (True, 1)
    town.ctx.bus.publish("signals")
    await client.get("/api/v1/instance")
    assert len(reads) - before == 2


async def test_other_processes_notice_a_change(town: Any) -> None:
    client = await admin(town)
    other = await connect(town.ctx.db.url)
    seen = [await other.change_counter()]
    made = (await client.post(IPS, json=wish(IPS))).json()
    seen.append(await other.change_counter())
    town.clock.advance(1)
    await client.delete(f"{IPS}/{made['id']}")
    seen.append(await other.change_counter())
    await other.close()
    assert len(set(seen)) == 3


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_has_a_canonical_form(name: str, domain: str) -> None:
    assert len(canonical_hash(f"{name}@{domain}")) == 64
    assert canonical_hash(f"x+{name.replace('@', '')}@y") == canonical_hash("x@y")
