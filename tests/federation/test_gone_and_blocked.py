"""People who are gone, servers that are blocked, members who are suspended: what they send changes nothing."""

import msgspec
import pytest

from fediserver.actions import moderate, moderate_domains
from fediserver.actions.moderate import Decision
from fediserver.activitypub.document import Document
from fediserver.activitypub.vocabulary import PUBLIC
from fediserver.db import accounts
from fediserver.db.domain_rules import DomainRule, put
from fediserver.errors import Forbidden
from fediserver.models.status import Status
from tests.conftest import OpenTown
from tests.scene import Scene
from tests.stranger import JRD, Server, Stranger


async def rule(scene: Scene, domain: str, severity: str) -> None:
    """The organisers decide about a server, and every process has heard of it."""
    made = DomainRule(domain, severity, "", scene.town.clock())
    await moderate_domains.put(scene.town.ctx, made, Decision(by=None))
    scene.town.clock.advance(3000)


async def test_a_delete_of_an_unknown_actor_is_taken_without_asking_anybody(scene: Scene) -> None:
    nobody = Stranger(Server(scene.town.network, "fir.example"), "nobody")
    await scene.ignored(nobody, nobody.activity("Delete", nobody.uri))
    assert scene.town.network.requests == []


async def test_a_known_actor_whose_server_says_gone_is_deleted(scene: Scene) -> None:
    """Its key is new to us, and cannot be had any more: the server's 410 is proof enough, 404 is not."""
    bob = scene.bob
    new_key = f"{bob.uri}#key-2"
    farewell = bob.activity("Delete", bob.uri)
    scene.elm.serve(bob.uri, b"", 404)
    await scene.ignored(bob, farewell, key_id=new_key, pair=scene.mallory.pair)
    scene.elm.serve(bob.uri, b"", 410)
    await bob.told(scene.town, farewell, key_id=new_key, pair=scene.mallory.pair)
    assert (await scene.known(bob)).deleted_at is not None


async def test_a_delete_with_the_key_of_another_host_is_no_proof(scene: Scene) -> None:
    gone = scene.ash.serve("https://ash.example/users/gone", b"", 410)
    await scene.ignored(scene.mallory, scene.bob.activity("Delete", scene.bob.uri), key_id=f"{gone}#main-key")


@pytest.mark.parametrize("domain", ["ash.example", "example"])
async def test_a_blocked_server_is_not_heard(scene: Scene, domain: str) -> None:
    rule = DomainRule(domain, "suspend", "", scene.town.clock())
    await scene.town.ctx.db.write(lambda tx: put(tx, rule))
    scene.town.clock.advance(3000)
    before = await scene.rows()
    answer = await scene.mallory.send(scene.town, scene.mallory.activity("Follow", scene.alice.uri))
    assert (answer.status_code, "does not federate" in answer.json()["error"]) == (403, True)
    nested = Stranger(Server(scene.town.network, "deep.ash.example"), "nested")
    answer = await nested.send(scene.town, nested.activity("Follow", scene.alice.uri))
    assert answer.status_code == 403
    await scene.town.settle()
    await scene.unchanged(before)
    assert scene.town.network.requests == []


async def test_a_blocked_servers_posts_are_not_fetched_for_others(scene: Scene) -> None:
    rule = DomainRule("ash.example", "suspend", "", scene.town.clock())
    await scene.town.ctx.db.write(lambda tx: put(tx, rule))
    scene.town.clock.advance(3000)
    said = scene.mallory.note()
    await scene.refused(scene.bob, scene.bob.activity("Announce", said["id"]), "domain")
    assert scene.ash.fetched == []


async def test_somebody_suspended_is_not_heard(scene: Scene) -> None:
    row = msgspec.structs.replace(await scene.known(scene.mallory), suspended_at=scene.town.clock())
    await scene.town.ctx.db.write(lambda tx: accounts.update(tx, row))
    for activity in (
        scene.mallory.activity("Follow", scene.alice.uri),
        scene.mallory.activity("Create", scene.mallory.note(to=[PUBLIC, scene.alice.uri])),
    ):
        await scene.ignored(scene.mallory, activity)
    await scene.ignored(scene.bob, scene.bob.activity("Announce", scene.mallory.note()["id"]))


async def test_no_redirect_leads_to_a_suspended_server(scene: Scene) -> None:
    """elm federates with us, and sends whoever asks it on to ash, which does not."""
    await rule(scene, "ash.example", "suspend")
    said = scene.mallory.note("Only by a detour")
    detour = scene.elm.redirect("https://elm.example/r", said["id"])
    await scene.refused(scene.bob, scene.bob.activity("Announce", detour), "domain")
    client = await scene.town.client(scene.alice)
    found = await client.get("/api/v2/search", params={"q": detour, "resolve": "true"})
    assert found.json()["statuses"] == []
    answer = scene.bob.note(inReplyTo=detour)
    await scene.bob.told(scene.town, scene.bob.activity("Create", answer))
    assert await scene.town.status(said["id"]) is None
    assert "https://elm.example/r" in scene.elm.fetched
    assert scene.ash.fetched == []


async def test_no_handle_leads_to_a_suspended_server(scene: Scene) -> None:
    await rule(scene, "ash.example", "suspend")
    here = "https://elm.example/.well-known/webfinger?resource=acct:new@elm.example"
    there = "https://ash.example/.well-known/webfinger?resource=acct:new@elm.example"
    link = {"rel": "self", "type": "application/activity+json", "href": scene.mallory.uri}
    scene.ash.serve(there, {"subject": "acct:new@elm.example", "links": [link]}, content_type=JRD)
    client = await scene.town.client(scene.alice)
    for answer in (scene.elm.redirect(here, there), here):
        found = await client.get("/api/v2/search", params={"q": "new@elm.example", "resolve": "true"})
        assert found.json()["accounts"] == []
        assert answer in scene.elm.fetched
        assert scene.ash.fetched == []
        scene.elm.serve(here, {"subject": "acct:new@elm.example", "links": [link]}, content_type=JRD)


async def test_no_picture_and_no_page_is_asked_of_a_suspended_server(scene: Scene) -> None:
    await rule(scene, "ash.example", "suspend")
    picture = scene.elm.redirect("https://elm.example/p.png", "https://ash.example/p.png")
    page = scene.elm.redirect("https://elm.example/page", "https://ash.example/page")
    image = {"type": "Document", "mediaType": "image/png", "url": picture}
    pictured = await scene.posted(scene.bob, attachment=[image])
    linked = await scene.posted(scene.bob, content=f'<p><a href="{page}">{page}</a></p>')
    client = await scene.town.client(scene.alice)
    assert (await client.get(f"/api/v1/statuses/{linked.id}")).json()["card"] is None
    shown = (await client.get(f"/api/v1/statuses/{pictured.id}")).json()
    assert (await client.get(shown["media_attachments"][0]["url"])).status_code == 404
    await scene.town.settle()
    assert {picture, page} <= set(scene.elm.fetched)
    assert scene.ash.fetched == []
    assert (await client.get(f"/api/v1/statuses/{linked.id}")).json()["card"] is None


async def test_what_waits_here_when_its_server_is_suspended_changes_nothing(scene: Scene) -> None:
    note = scene.mallory.note()
    answer = await scene.mallory.send(scene.town, scene.mallory.activity("Create", note))
    assert answer.status_code == 202
    await rule(scene, "ash.example", "suspend")
    await scene.town.settle()
    assert await scene.town.status(note["id"]) is None


async def test_where_only_some_may_federate_pages_are_still_asked(open_town: OpenTown) -> None:
    town = await open_town("oak.example", federation="allowlist")
    elsewhere = Server(town.network, "elsewhere.example")
    page = elsewhere.serve(
        "https://elsewhere.example/page", b"<title>A page</title>", content_type="text/html"
    )
    alice = await town.account("alice")
    post = await town.post(alice, f"Look at {page}")
    client = await town.client(alice)
    await client.get(f"/api/v1/statuses/{post.id}")
    await town.settle()
    assert (await client.get(f"/api/v1/statuses/{post.id}")).json()["card"]["title"] == "A page"
    await client.get("/api/v2/search", params={"q": "x@elsewhere.example", "resolve": "true"})
    assert elsewhere.fetched == [page]


async def seen(scene: Scene, post: Status, author: Stranger) -> list[bool]:
    """Where a post of a stranger is seen: by its id, at its author, in home, by its address, as bob's boost."""
    client = await scene.town.client(scene.alice)
    author_id = (await scene.known(author)).id
    by_id = await client.get(f"/api/v1/statuses/{post.id}")
    at_author = await client.get(f"/api/v1/accounts/{author_id}/statuses")
    home = (await client.get("/api/v1/timelines/home")).json()
    booster_id = (await scene.known(scene.bob)).id
    boosts = (await client.get(f"/api/v1/accounts/{booster_id}/statuses")).json()
    found = (await client.get("/api/v2/search", params={"q": post.uri, "resolve": "true"})).json()
    return [
        by_id.status_code == 200,
        str(post.id) in [one["id"] for one in at_author.json()],
        str(post.id) in [one["id"] for one in home],
        found["statuses"] != [],
        str(post.id) in [one["reblog"]["id"] for one in boosts],
    ]


@pytest.mark.parametrize("domain", ["ash.example", "example"])
async def test_who_is_known_of_a_suspended_server_is_not_shown_until_it_is_let_in(
    scene: Scene, domain: str
) -> None:
    post = await scene.posted(scene.mallory, "Seen before")
    await scene.bob.told(scene.town, scene.bob.activity("Announce", post.uri))
    client = await scene.town.client(scene.alice)
    address = f"/api/v1/accounts/{(await scene.known(scene.mallory)).id}"
    assert await seen(scene, post, scene.mallory) == [True] * 5
    assert "suspended" not in (await client.get(address)).json()
    await rule(scene, domain, "suspend")
    assert await seen(scene, post, scene.mallory) == [False] * 5
    shown = (await client.get(address)).json()
    assert (shown["suspended"], shown["display_name"], shown["note"]) == (True, "", "")
    await moderate_domains.drop(scene.town.ctx, DomainRule(domain, "suspend", "", 0), Decision(by=None))
    scene.town.clock.advance(3000)
    assert await seen(scene, post, scene.mallory) == [True] * 5
    assert "suspended" not in (await client.get(address)).json()
    assert (await scene.known(scene.mallory)).suspended_at is None


async def test_the_nearest_rule_tells_who_is_suspended_with_their_server(scene: Scene) -> None:
    nested = Stranger(Server(scene.town.network, "deep.ash.example"), "nested", unlike=scene.mallory)
    ported = Stranger(Server(scene.town.network, "ash.example:8443"), "ported", unlike=scene.mallory)
    likely = Stranger(Server(scene.town.network, "bash.example"), "likely", unlike=scene.mallory)
    everybody = (scene.mallory, nested, ported, likely)
    for stranger in everybody[1:]:
        await scene.meet(stranger)

    async def suspended() -> list[str]:
        rows = [await scene.known(stranger) for stranger in everybody]
        return [row.username for row in rows if row.suspended_at is not None]

    await rule(scene, "deep.ash.example", "noop")
    await rule(scene, "ash.example", "suspend")
    assert await suspended() == ["mallory", "ported"]
    await rule(scene, "deep.ash.example", "suspend")
    assert await suspended() == ["mallory", "nested", "ported"]
    await rule(scene, "ash.example", "silence")
    assert await suspended() == ["nested"]
    await rule(scene, "ash.example", "suspend")
    await moderate_domains.drop(scene.town.ctx, DomainRule("deep.ash.example", "", "", 0), Decision(by=None))
    assert await suspended() == ["mallory", "nested", "ported"]


async def test_a_handle_of_one_domain_at_a_server_of_another_is_suspended_with_either(scene: Scene) -> None:
    """oak knows @mallory@fir.example, who is on ash."""
    fir = Server(scene.town.network, "fir.example")
    moved = Stranger(scene.ash, "moved", unlike=scene.bob)
    moved.actor["webfinger"] = "moved@fir.example"
    link = {"rel": "self", "type": "application/activity+json", "href": moved.uri}
    address = "https://fir.example/.well-known/webfinger?resource=acct:moved@fir.example"
    fir.serve(address, {"subject": "acct:moved@fir.example", "links": [link]}, content_type=JRD)
    await moved.told(scene.town, moved.activity("View", scene.alice.uri))

    async def is_suspended() -> bool:
        return (await scene.town.known("moved@fir.example")).suspended_at is not None

    async def let_in(domain: str) -> None:
        await moderate_domains.drop(scene.town.ctx, DomainRule(domain, "", "", 0), Decision(by=None))

    await rule(scene, "ash.example", "suspend")
    assert await is_suspended()
    await rule(scene, "fir.example", "suspend")
    await let_in("ash.example")
    assert await is_suspended()
    await rule(scene, "ash.example", "suspend")
    await let_in("fir.example")
    assert await is_suspended()
    await let_in("ash.example")
    assert not await is_suspended()
    await rule(scene, "fir.example", "suspend")
    await moved.told(scene.town, moved.activity("Update", moved.actor))
    assert await is_suspended()


async def test_what_was_decided_about_somebody_outlasts_what_is_decided_of_their_server(scene: Scene) -> None:
    ctx, decision = scene.town.ctx, Decision(by=None)

    async def suspended() -> bool:
        return (await scene.known(scene.mallory)).suspended_at is not None

    mallory = (await scene.known(scene.mallory)).id
    await moderate.take(ctx, mallory, "suspend", decision)
    await rule(scene, "ash.example", "suspend")
    await moderate_domains.drop(ctx, DomainRule("ash.example", "", "", 0), decision)
    assert await suspended()
    await rule(scene, "ash.example", "suspend")
    await moderate.unsuspend(ctx, mallory, decision)
    assert await suspended()
    with pytest.raises(Forbidden, match="take that rule back first"):
        await moderate.unsuspend(ctx, mallory, decision)
    await moderate_domains.drop(ctx, DomainRule("ash.example", "", "", 0), decision)
    assert not await suspended()
    # Decided while the server is suspended, it holds too.
    await rule(scene, "ash.example", "suspend")
    await moderate.take(ctx, mallory, "suspend", decision)
    await moderate_domains.drop(ctx, DomainRule("ash.example", "", "", 0), decision)
    assert await suspended()


async def test_no_emoji_comes_from_a_server_whose_files_are_left_out(scene: Scene) -> None:
    """Neither in a post, old or new, nor in a name."""

    def emoji(name: str) -> Document:
        icon = {"type": "Image", "mediaType": "image/png", "url": f"https://ash.example/{name}.png"}
        return {"type": "Emoji", "name": f":{name}:", "icon": icon}

    said = scene.mallory.note("Hello :wave:", tag=[emoji("wave")])
    await scene.mallory.told(scene.town, scene.mallory.activity("Create", said))
    before = await scene.status(said)
    assert b"wave" in before.emojis.encode()
    made = DomainRule("ash.example", "noop", "", scene.town.clock(), reject_media=True)
    await moderate_domains.put(scene.town.ctx, made, Decision(by=None))
    scene.town.clock.advance(3000)
    after = await scene.posted(scene.mallory, "Hello :wave:", tag=[emoji("wave")])
    assert after.emojis == "[]"
    edit = {
        **said,
        "content": "<p>Bye :wave:</p>",
        "updated": "2026-09-22T00:00:00Z",
    }
    await scene.mallory.told(scene.town, scene.mallory.activity("Update", edit))
    edited = await scene.town.status(before.uri)
    assert edited is not None
    assert (edited.content, edited.emojis) == ("<p>Bye :wave:</p>", "[]")
    scene.mallory.actor |= {"name": "mallory :wave:", "tag": [emoji("wave")]}
    await scene.mallory.told(scene.town, scene.mallory.activity("Update", scene.mallory.actor))
    row = await scene.known(scene.mallory)
    assert (row.display_name, row.emojis) == ("mallory :wave:", "[]")
