"""The address of a collection: a page for people, a document for servers."""

from typing import Any

from tests.web.api.test_collections import found, made


async def test_its_address_is_a_page_and_a_document(town: Any) -> None:
    alice, bob = await found(town, "alice", "bob")
    client = await town.client(alice)
    entity = await made(client, bob, description="<b>bold</b>", sensitive=True, tag_name="leeks")
    visitor = await town.client()
    page = await visitor.get(entity["url"], headers={"accept": "text/html"})
    assert page.status_code == 200
    for words in ("Gardeners", "&lt;b&gt;bold", "@bob", "/@alice", "#leeks", "<details"):
        assert words in page.text
    document = await visitor.get(entity["uri"], headers={"accept": "application/activity+json"})
    assert document.json()["orderedItems"] == [bob.uri]
    assert document.json()["attributedTo"] == alice.uri
    for gone in (
        "https://oak.example/collections/17",
        f"https://oak.example/users/bob/collections/{entity['id']}",
    ):
        assert (await visitor.get(gone, headers={"accept": "application/activity+json"})).status_code == 404
    assert (await visitor.get("/collections/x", headers={"accept": "text/html"})).status_code == 404
