"""What the node tells of itself and of others: rules, terms, peers, activity; and what it does not have."""

from hashlib import sha256
from typing import Any

import msgspec
import pytest

from fediserver.actions import about
from fediserver.clock import DAY, isoformat
from fediserver.db import domain_rules, hosts
from fediserver.db.domain_rules import DomainRule
from fediserver.errors import Invalid
from tests.garden import unlisted

REACHED = unlisted("update hosts set last_success_at = 1 where name = :name")


def configure(town: Any, **changes: Any) -> None:
    object.__setattr__(town.ctx, "config", msgspec.structs.replace(town.ctx.config, **changes))


async def test_who_sees_the_rules_for_other_servers(town: Any) -> None:
    for domain, severity, reason in (
        ("bad.example", "suspend", "spam"),
        ("loud.example", "silence", ""),
        ("good.example", "allow", ""),
    ):
        rule = DomainRule(domain, severity, reason, town.clock())
        await town.ctx.db.write(lambda tx, rule=rule: domain_rules.put(tx, rule))
    path = "/api/v1/instance/domain_blocks"
    stranger, client = await town.client(), await town.client(await town.account("alice"))
    assert (await stranger.get(path)).status_code == 404
    found = (await client.get(path)).json()
    assert [(one["domain"], one["severity"], one["comment"]) for one in found] == [
        ("bad.example", "suspend", "spam"),
        ("loud.example", "silence", None),
    ]
    assert found[0]["digest"] == sha256(b"bad.example").hexdigest()
    configure(town, domain_blocks_shown="everybody")
    assert (await stranger.get(path)).json() == found
    configure(town, domain_blocks_shown="nobody")
    assert (await client.get(path)).status_code == 404


async def test_terms_of_service(town: Any) -> None:
    stranger = await town.client()
    path = "/api/v1/instance/terms_of_service"
    assert (await stranger.get(path)).status_code == 404
    for text, day in (("later", "2027-01-01"), ("no", "2026-01-01"), ("now", "2026-01-01")):
        await about.publish_terms(town.ctx, text, day)
    current = {
        "effective_date": "2026-01-01",
        "effective": True,
        "content": "<p>now</p>",
        "succeeded_by": "2027-01-01",
    }
    assert (await stranger.get(path)).json() == (await stranger.get(f"{path}/2026-01-01")).json() == current
    later = (await stranger.get(f"{path}/2027-01-01")).json()
    assert (later["effective"], later["succeeded_by"]) == (False, None)
    assert (await stranger.get(f"{path}/2025-01-01")).status_code == 404


async def test_what_organisers_write_is_shown(town: Any) -> None:
    stranger = await town.client()
    policy, extended = "/api/v1/instance/privacy_policy", "/api/v1/instance/extended_description"
    assert (await stranger.get(policy)).status_code == 404
    assert (await stranger.get(extended)).json() == {"updated_at": None, "content": ""}
    await about.put(town.ctx, "title", "The garden\nof all")
    await about.put(town.ctx, "description", "Growing together")
    await about.put(town.ctx, "contact_email", "hello@oak.example")
    await about.put(town.ctx, "privacy_policy", "<h2>Kept</h2><p onclick='x()'>Nothing<script>x</script></p>")
    await about.put(town.ctx, "extended_description", "We & you\n\nhttps://oak.example/more")
    for version in ("v1", "v2"):
        shown = (await stranger.get(f"/api/{version}/instance")).json()
        assert (shown["title"], shown["description"]) == ("The garden of all", "Growing together")
    assert shown["contact"]["email"] == "hello@oak.example"
    assert shown["configuration"]["urls"]["privacy_policy"] == "https://oak.example/privacy-policy"
    assert (await stranger.get(policy)).json() == {
        "updated_at": isoformat(town.clock()),
        "content": "<p><strong>Kept</strong></p><p>Nothing</p>",
    }
    assert "<p>We &amp; you</p><p><a href=" in (await stranger.get(extended)).json()["content"]
    node = (await stranger.get("/nodeinfo/2.1")).json()["metadata"]
    assert (node["nodeName"], node["nodeDescription"]) == ("The garden of all", "Growing together")
    await about.put(town.ctx, "privacy_policy", " ")
    assert (await stranger.get(policy)).status_code == 404


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("title", "x" * 101),
        ("contact_email", "nobody"),
        ("source_url", "javascript:alert(1)"),
        ("privacy_policy", "x" * 100_001),
        ("secret", "mine"),
    ],
)
async def test_what_organisers_write_has_its_forms(town: Any, name: str, text: str) -> None:
    with pytest.raises(Invalid):
        await about.put(town.ctx, name, text)
    for day in ("tomorrow", "2026-02-30"):
        with pytest.raises(Invalid):
            await about.publish_terms(town.ctx, "Be kind", day)


async def test_peers_by_the_beginning_of_their_name(town: Any) -> None:
    for number, name in enumerate(("elm.example", "elder.example", "oak.example", "elf.example"), 1):
        await town.ctx.db.write(lambda tx, name=name, number=number: hosts.ensure(tx, name, new_id=number))
        if name != "elf.example":
            await town.ctx.db.write(lambda tx, name=name: tx.run(REACHED, name=name))
    stranger = await town.client()

    async def named(q: str) -> Any:
        return (await stranger.get("/api/v1/peers/search", params={"q": q})).json()

    assert await named("EL") == ["elder.example", "elm.example"]
    assert await named("") == await named("%") == await named("zzz") == []
    assert (await stranger.get("/api/v1/peers/search")).status_code == 400
    assert (await stranger.get("/api/v1/instance/peers")).json() == [
        "elder.example",
        "elm.example",
        "oak.example",
    ]


async def test_activity_counts_what_members_do(town: Any) -> None:
    alice = await town.account("alice")
    town.clock.advance(8 * DAY)
    first = await town.post(alice, "one")
    await town.post(alice, "two", "private")
    client = await town.client(alice)
    await client.post(f"/api/v1/statuses/{first.id}/reblog")
    weeks = (await client.get("/api/v1/instance/activity")).json()
    assert len(weeks) == 12
    assert [week["statuses"] for week in weeks[:3]] == ["2", "0", "0"]
    assert [week["registrations"] for week in weeks[:3]] == ["0", "1", "0"]
    assert int(weeks[0]["week"]) - int(weeks[1]["week"]) == 7 * DAY // 1000


async def test_nothing_here_translates_or_asks_for_money(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    public, private = await town.post(alice, "hello"), await town.post(alice, "friends", "private")
    client, other, stranger = await town.client(alice), await town.client(bob), await town.client()
    answer = await client.post(f"/api/v1/statuses/{public.id}/translate")
    assert (answer.status_code, answer.json()["error"]) == (404, "This server has no translation service")
    assert (await client.post(f"/api/v1/statuses/{private.id}/translate")).status_code == 403
    assert (await other.post(f"/api/v1/statuses/{private.id}/translate")).status_code == 404
    assert (await stranger.post(f"/api/v1/statuses/{public.id}/translate")).status_code == 401
    no_scope = await town.client(alice, scopes="write")
    assert (await no_scope.post(f"/api/v1/statuses/{public.id}/translate")).status_code == 403
    assert (await stranger.get("/api/v1/instance/translation_languages")).json() == {}
    assert (await client.get("/api/v1/donation_campaigns")).status_code == 204
    assert (await stranger.get("/api/v1/donation_campaigns")).status_code == 401


async def test_a_year_looked_back_at(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await town.follow(alice, bob)
    await town.follow(carol, alice)
    posts = [await town.post(alice, f"number {number} #leek") for number in range(9)]
    await town.post(alice, "#soup and #leek", in_reply_to_id=posts[0].id)
    other = await town.client(bob)
    await other.post(f"/api/v1/statuses/{posts[3].id}/reblog")
    client, path = await town.client(alice), "/api/v1/annual_reports"

    async def state(year: str) -> str:
        return str((await client.get(f"{path}/{year}/state")).json()["state"])

    empty: dict[str, Any] = {"annual_reports": [], "accounts": [], "statuses": []}
    assert (await client.get(path)).json() == empty
    assert await state("2026") == "ineligible"
    assert (await client.post(f"{path}/2026/generate")).json() == {}
    assert (await client.get(f"{path}/2026")).status_code == 404
    assert (await client.post(f"{path}/2026/read")).status_code == 404
    town.clock.advance(90 * DAY)
    assert [await state(year) for year in ("2025", "2026", "2027", "99999999")] == [
        "ineligible",
        "eligible",
        "ineligible",
        "ineligible",
    ]
    assert (await client.post(f"{path}/2026/generate")).json() == {}
    assert await state("2026") == "available"
    wrapped = (await client.get(f"{path}/2026")).json()
    data = wrapped["annual_reports"][0]["data"]
    assert data["archetype"] == "oracle"
    assert data["top_statuses"]["by_reblogs"] == wrapped["statuses"][0]["id"] == str(posts[3].id)
    assert data["top_hashtags"] == [{"name": "leek", "count": 10}, {"name": "soup", "count": 1}]
    assert data["time_series"][8] == {"month": 9, "statuses": 10, "following": 1, "followers": 1}
    assert data["time_series"][0] == {"month": 1, "statuses": 0, "following": 0, "followers": 0}
    assert wrapped["accounts"][0]["acct"] == "alice"
    assert (await client.get(path)).json() == wrapped
    assert (await client.post(f"{path}/2026/read")).json() == {}
    assert (await client.get(path)).json() == empty
    assert (await client.get(f"{path}/2026")).json() == wrapped
    assert (await other.get(f"{path}/2026")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "wrong"),
    [
        ("GET", "/api/v1/annual_reports", "write"),
        ("GET", "/api/v1/annual_reports/2026", "write"),
        ("GET", "/api/v1/annual_reports/2026/state", "write"),
        ("POST", "/api/v1/annual_reports/2026/generate", "read"),
        ("POST", "/api/v1/annual_reports/2026/read", "read"),
    ],
)
async def test_years_are_for_those_whose_they_are(town: Any, method: str, path: str, wrong: str) -> None:
    alice = await town.account("alice")
    assert (await (await town.client()).request(method, path)).status_code == 401
    assert (await (await town.client(alice, scopes=wrong)).request(method, path)).status_code == 403


async def test_the_first_description_of_the_node_is_called_deprecated(town: Any) -> None:
    stranger = await town.client()
    old, new = [await stranger.get(f"/api/v{version}/instance") for version in (1, 2)]
    assert (old.headers["deprecation"], "deprecation" in new.headers) == ("@1668384000", False)
