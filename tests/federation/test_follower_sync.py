"""Followers compared between two servers (FEP-8fcf): what was lost on the way is made up for, and nothing is forged."""

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediserver.activitypub import follower_sync
from fediserver.activitypub.document import Document
from fediserver.activitypub.follower_sync import Comparison
from fediserver.activitypub.vocabulary import ACCEPT, CONTENT_TYPE
from fediserver.clock import MINUTE
from fediserver.db import accounts, relationships
from fediserver.db.database import Writer
from fediserver.models.account import Account
from fediserver.models.relationship import FollowRequest
from fediserver.signatures import Message, keys, sign
from tests.conftest import OpenTown
from tests.federation.test_two_towns import followed
from tests.scene import Scene
from tests.stranger import Stranger, post
from tests.town import Town, settle


class Pair:
    """bob and carol of elm follow alice of oak, whom elm knows as `alice_there`."""

    def __init__(self, oak: Town, elm: Town) -> None:
        self.oak, self.elm = oak, elm
        self.alice: Account
        self.alice_there: Account
        self.bob: Account

    async def open(self) -> None:
        self.alice = await self.oak.account("alice")
        self.bob, carol = await self.elm.account("bob"), await self.elm.account("carol")
        for one in (self.bob, carol):
            self.alice_there = await followed(self.elm, one, self.oak, self.alice)

    async def forget(self, town: Town, follower: Account, followed: Account) -> None:
        """Lose a follow at one end only."""
        await town.ctx.db.write(lambda tx: relationships.drop_follow(tx, follower.id, followed.id))

    async def compared(self) -> int:
        """Have alice say something to her followers, and wait; answers how often elm asked for the list."""
        before = len(self.oak.network.requests)
        await self.oak.post(self.alice, "For friends", visibility="private")
        await settle(self.oak, self.elm)
        for town in (self.oak, self.elm):
            town.clock.advance(2 * MINUTE)
        await settle(self.oak, self.elm)
        asked = [str(one.url) for one in self.oak.network.requests[before:] if one.method == "GET"]
        return sum(url.endswith(follower_sync.PATH) for url in asked)

    async def at_oak(self) -> bool:
        """Whether oak has bob among the followers."""
        bob = await accounts.by_uri(self.oak.ctx.db, self.bob.uri)
        assert bob is not None
        return await relationships.follow(self.oak.ctx.db, bob.id, self.alice.id) is not None

    async def at_elm(self) -> bool:
        return await relationships.follow(self.elm.ctx.db, self.bob.id, self.alice_there.id) is not None


@pytest.fixture
async def pair(open_town: OpenTown) -> Pair:
    found = Pair(await open_town("oak.example"), await open_town("elm.example"))
    await found.open()
    return found


async def test_where_both_have_the_same_followers_nothing_is_asked(pair: Pair) -> None:
    assert await pair.compared() == 0
    assert (await pair.at_oak(), await pair.at_elm()) == (True, True)


async def test_a_lost_undo_is_made_up_for(pair: Pair) -> None:
    await pair.forget(pair.elm, pair.bob, pair.alice_there)
    assert await pair.compared() == 1
    assert (await pair.at_oak(), await pair.at_elm()) == (False, False)
    assert await pair.compared() == 0


async def test_a_lost_reject_is_made_up_for(pair: Pair) -> None:
    bob = await accounts.by_uri(pair.oak.ctx.db, pair.bob.uri)
    assert bob is not None
    await pair.forget(pair.oak, bob, pair.alice)
    assert await pair.compared() == 1
    assert (await pair.at_oak(), await pair.at_elm()) == (False, False)


async def test_a_lost_accept_is_made_up_for(pair: Pair) -> None:
    known = await relationships.follow(pair.elm.ctx.db, pair.bob.id, pair.alice_there.id)
    assert known is not None
    await pair.forget(pair.elm, pair.bob, pair.alice_there)

    async def ask(tx: Writer) -> None:
        wish = FollowRequest(
            id=pair.elm.ctx.ids.next(),
            account_id=pair.bob.id,
            target_id=pair.alice_there.id,
            uri=known.uri,
            show_reblogs=True,
            notify=False,
            languages=None,
            created_at=pair.elm.clock(),
        )
        await relationships.put_request(tx, wish)

    await pair.elm.ctx.db.write(ask)
    assert await pair.compared() == 1
    assert (await pair.at_oak(), await pair.at_elm()) == (True, True)


async def test_the_list_is_for_servers_and_tells_each_of_its_own_people(pair: Pair) -> None:
    url = f"{pair.alice.uri}/{follower_sync.PATH}"
    client = await pair.oak.client()
    assert (await client.get(url, headers={"accept": ACCEPT})).status_code == 401
    ours = await pair.elm.ctx.keyring.ours(pair.elm.ctx, pair.bob.id)
    message = Message(method="GET", url=url, headers={}, body=b"")
    signed = sign(message, scheme="cavage", key_id=ours.id, key=ours.key, now=pair.oak.clock())
    answer = await client.get(url, headers={"accept": ACCEPT, **signed})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == CONTENT_TYPE
    assert "no-store" in answer.headers["cache-control"]
    doc = answer.json()
    assert (doc["type"], doc["id"]) == ("OrderedCollection", url)
    assert sorted(doc["orderedItems"]) == [pair.bob.uri, pair.bob.uri.replace("bob", "carol")]


async def compares(
    scene: Scene, sender: Stranger, comparison: Comparison, *, is_signed: bool = True
) -> httpx.Response:
    """Something from a stranger that has followers compared."""
    body = orjson.dumps(sender.activity("Create", sender.note("For friends", to=[sender.uri + "/followers"])))
    url = f"{scene.town.ctx.config.base_url}/inbox"
    header = {"collection-synchronization": follower_sync.write(comparison)}
    message = Message("POST", url, {"content-type": CONTENT_TYPE, **(header if is_signed else {})}, body)
    key = keys.load_private(sender.pair.private_pem)
    signed = sign(message, scheme="cavage", key_id=sender.key_id, key=key, now=scene.town.clock())
    headers = {name.lower(): value for name, value in signed.items()}
    answer = await post(scene.town, url, body, {**headers, **header, "content-type": CONTENT_TYPE})
    await scene.town.settle()
    scene.town.clock.advance(2 * MINUTE)
    await scene.town.settle()
    return answer


async def follows(scene: Scene, stranger: Stranger) -> bool:
    known = await scene.known(stranger)
    return await relationships.follow(scene.town.ctx.db, scene.alice.id, known.id) is not None


@pytest.mark.parametrize("whose", ["another's followers", "another's server"])
async def test_nobody_speaks_of_the_followers_of_others(scene: Scene, whose: str) -> None:
    mallory, bob = scene.mallory, scene.bob
    listed = scene.ash.serve(f"{mallory.uri}/sync", collection_of(f"{mallory.uri}/sync"))
    forged = Comparison(f"{mallory.uri}/followers", f"{bob.uri}/followers", "0" * 64)
    if whose == "another's followers":
        forged = Comparison(f"{bob.uri}/followers", listed, "0" * 64)
    assert (await compares(scene, mallory, forged)).status_code == 202
    assert await follows(scene, bob)
    assert await follows(scene, mallory)
    assert listed not in scene.ash.fetched
    assert "by the rule followers" in scene.caplog.text


def collection_of(uri: str, *items: str, **changes: object) -> Document:
    return {"id": uri, "type": "OrderedCollection", "orderedItems": list(items), **changes}


async def test_what_is_not_signed_is_not_looked_at(scene: Scene) -> None:
    listed = scene.elm.serve(f"{scene.bob.uri}/sync", collection_of(f"{scene.bob.uri}/sync"))
    comparison = Comparison(f"{scene.bob.uri}/followers", listed, "0" * 64)
    await compares(scene, scene.bob, comparison, is_signed=False)
    assert listed not in scene.elm.fetched
    assert await follows(scene, scene.bob)
    await compares(scene, scene.bob, comparison)
    assert listed in scene.elm.fetched
    assert not await follows(scene, scene.bob)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "Note"},
        {"orderedItems": None},
        {"orderedItems": "https://oak.example/users/carol"},
        {"next": "https://elm.example/users/bob/sync?page=2"},
        {"id": "https://elm.example/users/carol/sync"},
        {"orderedItems": ["https://oak.example/users/x"] * follower_sync.MOST},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_only_a_whole_list_counts(scene: Scene, changes: Document) -> None:
    uri = f"{scene.bob.uri}/sync"
    scene.elm.serve(uri, {**collection_of(uri), **changes})
    await compares(scene, scene.bob, Comparison(f"{scene.bob.uri}/followers", uri, "0" * 64))
    assert uri in scene.elm.fetched
    assert await follows(scene, scene.bob)


@given(st.text(max_size=300))
def test_any_header_can_be_read(text: str) -> None:
    found = follower_sync.read(text)
    assert found is None or follower_sync.read(follower_sync.write(found)) == found


def test_the_header_is_read_in_any_order_and_the_digest_does_not_depend_on_it() -> None:
    header = 'digest="AB", url="https://a.example/s" , collectionId="https://a.example/f"'
    assert follower_sync.read(header) == Comparison("https://a.example/f", "https://a.example/s", "ab")
    uris = ["https://a.example/1", "https://a.example/2"]
    assert follower_sync.digest(uris) == follower_sync.digest(reversed(uris))
    assert follower_sync.digest([]) == "0" * 64
    # SHA-256 of "abc" (FIPS 180-4, example B.1).
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert follower_sync.digest(["abc"]) == abc
    for broken in (
        "",
        "digest",
        'digest="a"',
        'digest="a", digest="b", url="c", collectionId="d"',
        "x" * 5000,
    ):
        assert follower_sync.read(broken) is None
