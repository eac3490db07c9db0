"""Preview cards: when a page is asked, what of it is shown, and the lists and embeds around them."""

import io
from typing import Any

import httpx
import pytest
from PIL import Image

from fediserver.actions import profile
from fediserver.actions.profile import ProfileChange
from fediserver.clock import DAY, HOUR
from fediserver.jobs.housekeeping import tidy
from fediserver.text.page import Page, read
from tests.garden import unlisted
from tests.stranger import Server

PAGE = "https://paper.example/story"
HTML = (
    '<html lang="en"><title>Leek soup</title><meta name="description" content="For everybody">'
    '<meta property="og:image" content="/soup.png"><meta property="og:image:alt" content="A pot">'
    '<meta property="og:site_name" content="The Paper"><meta name="author" content="Ada">'
)
LINKS = unlisted("select count(*) from links")


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (64, 32), "green").save(made, "PNG")
    return made.getvalue()


@pytest.fixture
def paper(town: Any) -> Server:
    """A site with one story and its picture."""
    server = Server(town.network, "paper.example")
    server.serve(PAGE, HTML.encode(), content_type="text/html; charset=utf-8")
    server.serve("https://paper.example/soup.png", picture(), content_type="image/png")
    return server


async def shown(client: Any, status: Any) -> Any:
    answer = await client.get(f"/api/v1/statuses/{getattr(status, 'id', status)}")
    assert answer.status_code == 200, answer.text
    return answer.json()["card"]


async def test_a_card_comes_when_a_member_has_looked(town: Any, paper: Server) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    status = await town.post(alice, f"@bob #leek read {PAGE}#top and https://other.example/")
    await town.settle()
    stranger, client = await town.client(), await town.client(bob)
    assert await shown(stranger, status) is None
    await town.settle()
    assert paper.fetched == []
    assert await shown(client, status) is None
    await town.settle()
    card = await shown(client, status)
    assert card["url"] == PAGE
    assert (card["title"], card["description"], card["language"]) == ("Leek soup", "For everybody", "en")
    assert (card["type"], card["html"], card["embed_url"]) == ("link", "", "")
    assert (card["provider_name"], card["provider_url"]) == ("The Paper", "https://paper.example/")
    assert card["authors"] == [{"name": "Ada", "url": PAGE, "account": None}]
    assert (card["author_name"], card["author_url"]) == ("Ada", "")
    assert (card["image_description"], card["missing_attribution"]) == ("A pot", False)
    assert card["blurhash"]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(town.app)) as browser:
        image = await browser.get(card["image"])
    assert image.headers["content-type"].startswith("image/")
    assert (await shown(stranger, status))["title"] == "Leek soup"
    assert paper.fetched == [PAGE, "https://paper.example/soup.png"]


async def test_a_page_is_asked_once_for_all_posts_and_all_who_look(town: Any, paper: Server) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    first, second = [await town.post(alice, f"{word} {PAGE}") for word in ("one", "two")]
    for member in (alice, bob):
        await (await town.client(member)).get("/api/v1/timelines/public")
    await town.settle()
    client = await town.client(bob)
    assert (await shown(client, first))["title"] == (await shown(client, second))["title"] == "Leek soup"
    third = await town.post(alice, f"three {PAGE}")
    assert (await shown(client, third))["title"] == "Leek soup"
    await town.settle()
    assert paper.fetched.count(PAGE) == 1
    town.clock.advance(15 * DAY)
    paper.serve(PAGE, b"<title>New</title>", content_type="text/html")
    await shown(client, await town.post(alice, f"four {PAGE}"))
    await town.settle()
    assert (await shown(client, first))["title"] == "New"


async def test_a_page_that_cannot_be_had_is_left_alone_for_a_while(town: Any, paper: Server) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    paper.serve(PAGE, b"away", 503)

    async def look() -> Any:
        status = await town.post(alice, f"read {PAGE}")
        await shown(client, status)
        await town.settle()
        return await shown(client, status)

    assert await look() is None
    paper.serve(PAGE, HTML.encode(), content_type="text/html")
    assert await look() is None
    assert paper.fetched.count(PAGE) == 1
    town.clock.advance(2 * HOUR)
    assert (await look())["title"] == "Leek soup"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<p>no title", "text/html"),
        (b'{"title": 1}', "application/json"),
        (b"<title>big</title>" + b"x" * (4 << 20), "text/html"),
    ],
)
async def test_what_is_no_page_has_no_card(town: Any, paper: Server, body: bytes, kind: str) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    paper.serve(PAGE, body, content_type=kind)
    status = await town.post(alice, PAGE)
    await shown(client, status)
    await town.settle()
    assert await shown(client, status) is None
    assert paper.fetched == [PAGE]


async def test_a_page_that_cannot_even_be_read_stops_no_other(
    town: Any, paper: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    other = "https://paper.example/other"
    paper.serve(other, b"<title>broken</title>", content_type="text/html")

    def broken(html: str, url: str) -> Page:
        if url == other:
            raise ZeroDivisionError
        return read(html, url)

    monkeypatch.setattr("fediserver.net.preview.read", broken)
    posts = [await town.post(alice, url) for url in (other, PAGE)]
    for status in posts:
        await shown(client, status)
    await town.settle()
    assert [card and card["title"] for card in [await shown(client, one) for one in posts]] == [
        None,
        "Leek soup",
    ]


async def test_very_long_links_have_no_card(town: Any) -> None:
    alice = await town.account("alice")
    await town.post(alice, "https://paper.example/" + "ü" * 1500)
    assert await town.ctx.db.value(LINKS) == 0


async def test_nothing_is_asked_of_private_networks_blocked_sites_and_ourselves(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    for text in ("https://127.0.0.1/", "https://10.0.0.1/", "https://oak.example/@alice", "@alice #leek"):
        await shown(client, await town.post(alice, text))
    await town.settle()
    assert town.network.requests == []


async def test_files_leave_no_room_for_a_card(town: Any, paper: Server) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    files = {"file": ("soup.png", picture(), "image/png")}
    media = (await client.post("/api/v2/media", files=files)).json()
    wanted = {"status": PAGE, "media_ids": [media["id"]]}
    status = (await client.post("/api/v1/statuses", json=wanted)).json()
    await town.settle()
    assert await shown(client, status["id"]) is None
    assert paper.fetched == []


async def test_an_edit_changes_the_card(town: Any, paper: Server) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    status = await town.post(alice, f"read {PAGE}")
    await shown(client, status)
    await town.settle()
    await client.put(f"/api/v1/statuses/{status.id}", json={"status": "nothing to read"})
    assert await shown(client, status) is None
    await client.put(f"/api/v1/statuses/{status.id}", json={"status": f"read {PAGE}"})
    assert (await shown(client, status))["title"] == "Leek soup"


async def test_authors_are_named_when_they_let_the_site(town: Any, paper: Server) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    creator = HTML + '<meta name="fediverse:creator" content="@bob@oak.example">'
    paper.serve(PAGE, creator.encode(), content_type="text/html")
    status = await town.post(alice, PAGE)
    reader, author = await town.client(alice), await town.client(bob)
    await shown(reader, status)
    await town.settle()
    assert (await shown(reader, status))["missing_attribution"] is False
    card = await shown(author, status)
    assert (card["missing_attribution"], card["authors"][0]["account"]) == (True, None)
    change = {"attribution_domains": ["paper.example"]}
    answer = await author.patch("/api/v1/accounts/update_credentials", json=change)
    assert answer.json()["source"]["attribution_domains"] == ["paper.example"]
    wrong = await author.patch("/api/v1/accounts/update_credentials", json={"attribution_domains": ["a b"]})
    assert wrong.status_code == 422
    document = await author.get("/users/bob", headers={"accept": "application/activity+json"})
    assert document.json()["attributionDomains"] == ["paper.example"]
    town.clock.advance(15 * DAY)
    await shown(reader, await town.post(alice, PAGE))
    await town.settle()
    card = await shown(author, status)
    assert (card["missing_attribution"], card["authors"][0]["account"]["acct"]) == (False, "bob")


async def test_remote_authors_say_which_sites_may_name_them(open_town: Any) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, zoe = await oak.account("alice"), await elm.account("zoe")
    await profile.update(elm.ctx, zoe, ProfileChange(attribution_domains=["paper.example"]))
    server = Server(oak.network, "paper.example")
    creator = HTML + '<meta name="fediverse:creator" content="zoe@elm.example">'
    server.serve(PAGE, creator.encode(), content_type="text/html")
    client = await oak.client(alice)
    status = await oak.post(alice, PAGE)
    await shown(client, status)
    await oak.settle()
    assert (await shown(client, status))["authors"][0]["account"]["acct"] == "zoe@elm.example"


async def test_link_timeline(town: Any, paper: Server) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    posts = [await town.post(bob, f"{number} {PAGE}") for number in range(3)]
    await town.post(bob, f"quiet {PAGE}", "unlisted")
    client, stranger = await town.client(alice), await town.client()

    async def ids(who: Any, **query: str) -> list[str]:
        answer = await who.get("/api/v1/timelines/link", params={"url": PAGE, **query})
        return [status["id"] for status in answer.json()]

    everything = [str(one.id) for one in posts[::-1]]
    assert await ids(client) == await ids(stranger) == everything
    assert await ids(client, limit="1") == everything[:1]
    assert await ids(client, max_id=everything[0]) == everything[1:]
    assert await ids(client, min_id=everything[2], limit="1") == everything[1:2]
    page = await client.get("/api/v1/timelines/link", params={"url": PAGE, "limit": "2"})
    assert "url=https%3A%2F%2Fpaper.example%2Fstory" in page.headers["link"]
    unknown = await client.get("/api/v1/timelines/link", params={"url": "https://paper.example/other"})
    assert unknown.status_code == 404
    assert (await client.get("/api/v1/timelines/link")).status_code == 400
    no_scope = await town.client(alice, scopes="write")
    assert (await no_scope.get("/api/v1/timelines/link", params={"url": PAGE})).status_code == 403


async def test_links_that_no_post_has_are_forgotten(town: Any, paper: Server) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    kept, gone = await town.post(alice, "https://paper.example/kept"), await town.post(alice, PAGE)
    await client.delete(f"/api/v1/statuses/{gone.id}")
    await tidy(town.ctx)
    assert await town.ctx.db.value(LINKS) == 1
    await shown(client, kept)


async def test_embeds(town: Any) -> None:
    alice = await town.account("alice")
    status = await town.post(alice, "Leek <soup>")
    private = await town.post(alice, "friends", "private")
    stranger = await town.client()
    answer = await stranger.get("/api/oembed", params={"url": town.ctx.uris.page(status), "maxwidth": "300"})
    found = answer.json()
    assert (found["type"], found["width"], found["height"]) == ("rich", 300, None)
    assert (found["author_name"], found["author_url"]) == ("alice", "https://oak.example/@alice")
    assert "Leek &lt;soup&gt;" in found["html"]
    assert "<script" not in found["html"]
    by_id = await stranger.get(f"/api/web/embeds/{status.id}")
    assert by_id.json() == found | {"width": 400}
    for path in (
        f"/api/oembed?url={town.ctx.uris.page(private)}",
        f"/api/web/embeds/{private.id}",
        "/api/web/embeds/1",
    ):
        assert (await stranger.get(path)).status_code == 404, path
    for url in ("https://oak.example/", "https://elm.example/@zoe/1", "nonsense"):
        assert (await stranger.get("/api/oembed", params={"url": url})).status_code == 404
    assert (await stranger.get("/api/oembed")).status_code == 400
