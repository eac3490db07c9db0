"""Two nodes as processes of their own, one person each at least, and only the client API between test and node."""

import asyncio
import datetime as dt
import io
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from PIL import Image

from tests.processes import Entity, Node, Person, eventually, free_port, marker, node, postgres_database

# One pair of nodes serves the module, so the module has one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="module")

QUIET = 1.5
"""Seconds in which nothing arrives that must not: other things arrive in a tenth of that."""


class Pair(NamedTuple):
    """Oak with its people, and elm with Bob."""

    oak: Node
    elm: Node
    alice: Person
    carol: Person
    dave: Person
    bob: Person


def authority(folder: Path) -> tuple[Path, Path]:
    """PEM files of a new authority and of a server on this machine (certificate and key)."""
    now, day = dt.datetime.now(dt.UTC), dt.timedelta(days=1)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    loopback = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]

    def certificate(name: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        serial = x509.random_serial_number()
        made = x509.CertificateBuilder(issuer, name, public, serial, now - day, now + day)
        is_authority = name == issuer
        return made.add_extension(x509.BasicConstraints(is_authority, None), critical=True)

    ca = certificate(issuer, ca_key.public_key()).sign(ca_key, hashes.SHA256())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    leaf = certificate(named, key.public_key()).add_extension(
        x509.SubjectAlternativeName(loopback), critical=False
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    trust, server = folder / "ca.pem", folder / "server.pem"
    trust.write_bytes(ca.public_bytes(pem))
    server.write_bytes(leaf.sign(ca_key, hashes.SHA256()).public_bytes(pem) + private)
    return trust, server


@asynccontextmanager
async def tls_in_front(server: Path, *, port: int, behind: int) -> AsyncIterator[None]:
    """TLS on a port, ended here; the bytes go on to another port as they are."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server)
    running: set[asyncio.Task[None]] = set()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_relay(reader, writer, behind))
        running.add(task)
        task.add_done_callback(running.discard)

    listener = await asyncio.start_server(accepted, "127.0.0.1", port, ssl=context)
    try:
        yield
    finally:
        listener.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await listener.wait_closed()


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    async with AsyncExitStack() as stack:
        stack.push_async_callback(_closed, writer)
        there, back = await asyncio.open_connection("127.0.0.1", port)
        stack.push_async_callback(_closed, back)
        ways = {asyncio.create_task(_copy(reader, back)), asyncio.create_task(_copy(there, writer))}
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=["https-and-postgres", "https", "http"])
async def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Pair]:
    """Two nodes that know nothing of each other yet."""
    folder = tmp_path_factory.mktemp("pair")
    async with AsyncExitStack() as stack:
        database_url = None
        if "postgres" in request.param:
            socket = request.getfixturevalue("postgres_socket")
            database_url = await stack.enter_async_context(postgres_database(socket))
        trust, server = authority(folder) if "https" in request.param else (None, None)

        async def start(name: str, url: str | None) -> Node:
            inner, outer = free_port(), free_port()
            if server is not None:
                await stack.enter_async_context(tls_in_front(server, port=outer, behind=inner))
            base_url = f"https://localhost:{outer}" if server else f"http://localhost:{inner}"
            opened = node(folder / name, base_url=base_url, port=inner, database_url=url, trust=trust)
            return await stack.enter_async_context(opened)

        oak, elm = await asyncio.gather(start("oak", None), start("elm", database_url))
        (alice, carol, dave), (bob,) = await asyncio.gather(
            oak.accounts("alice", "carol", "dave"), elm.accounts("bob")
        )
        yield Pair(oak, elm, alice, carol, dave, bob)


async def copy_of(post: Entity, reader: Person) -> Entity:
    """A post as its reader's node has it, looked for by its address."""

    async def found() -> list[Entity]:
        answer = await reader.get("/v2/search", q=post["uri"], resolve="true", type="statuses")
        return list(answer["statuses"])

    return (await eventually(f"{reader.handle} finds {post['uri']}", found))[0]


async def known(reader: Person, post: Entity) -> bool:
    """Whether somebody may see a post, without their node asking for it."""
    found = await reader.get("/v2/search", q=post["uri"], resolve="false", type="statuses")
    return bool(found["statuses"])


async def test_a_follow_is_accepted_told_and_counted(pair: Pair) -> None:
    alice, bob = pair.alice, pair.bob
    there = await alice.follows(bob)
    assert there["acct"] == f"bob@{pair.elm.host}"
    told = await bob.told("follow")
    assert told["account"]["acct"] == f"alice@{pair.oak.host}"
    relationship = await bob.relationship(told["account"]["id"])
    assert relationship["followed_by"]
    assert (await bob.get("/v1/accounts/verify_credentials"))["followers_count"] == 1


async def test_a_post_arrives_at_home(pair: Pair) -> None:
    alice, bob = pair.alice, pair.bob
    await alice.follows(bob)
    post = await bob.post(f"{marker()} see https://example.org/?a=1&b=2 #Seeds", spoiler_text="garden")
    copy = await alice.at_home(post["uri"])
    assert copy["content"].startswith(post["content"].partition("<a")[0])
    assert copy["spoiler_text"] == "garden"
    assert [tag["name"] for tag in copy["tags"]] == ["seeds"]
    assert copy["created_at"] == post["created_at"]
    assert [entity["uri"] for entity in await alice.home()].count(post["uri"]) == 1


async def test_replies_thread_on_both_sides(pair: Pair) -> None:
    alice, bob = pair.alice, pair.bob
    await alice.follows(bob)
    first, second, third = marker(), marker(), marker()
    post = await bob.post(first)
    copy = await alice.at_home(post["uri"])
    reply = await alice.post(f"{bob.handle} {second}", in_reply_to_id=copy["id"])
    arrived = (await bob.told("mention", text=second))["status"]
    assert arrived["in_reply_to_id"] == post["id"]
    await bob.post(f"{alice.handle} {third}", in_reply_to_id=arrived["id"])
    answer = (await alice.told("mention", text=third))["status"]
    assert answer["in_reply_to_id"] == reply["id"]
    below = await bob.get(f"/v1/statuses/{post['id']}/context")
    assert [second in below["descendants"][0]["content"], third in below["descendants"][1]["content"]] == [
        True
    ] * 2
    above = await alice.get(f"/v1/statuses/{answer['id']}/context")
    assert [entity["uri"] for entity in above["ancestors"]] == [post["uri"], reply["uri"]]


async def test_favourite_and_boost_are_told_counted_and_taken_back(pair: Pair) -> None:
    alice, bob = pair.alice, pair.bob
    await alice.follows(bob)
    text = marker()
    post = await bob.post(text)
    copy = await alice.at_home(post["uri"])

    async def counts() -> tuple[int, int]:
        now = await bob.get(f"/v1/statuses/{post['id']}")
        return now["favourites_count"], now["reblogs_count"]

    async def counted() -> bool:
        return await counts() == (1, 1)

    async def taken_back() -> bool:
        return await counts() == (0, 0)

    await alice.do(f"/v1/statuses/{copy['id']}/favourite")
    await alice.do(f"/v1/statuses/{copy['id']}/reblog")
    await bob.told("favourite", text=text)
    await bob.told("reblog", text=text)
    await eventually("favourite and boost are counted", counted)
    await alice.do(f"/v1/statuses/{copy['id']}/unfavourite")
    await alice.do(f"/v1/statuses/{copy['id']}/unreblog")
    await eventually("favourite and boost are taken back", taken_back)


async def test_edit_and_delete_arrive(pair: Pair) -> None:
    alice, bob = pair.alice, pair.bob
    await alice.follows(bob)
    post = await bob.post("Meet at ten")
    copy = await alice.at_home(post["uri"])
    await bob.do(f"/v1/statuses/{post['id']}", method="PUT", status="Meet at eleven")

    async def edited() -> bool:
        now = await alice.get(f"/v1/statuses/{copy['id']}")
        return "eleven" in now["content"] and now["edited_at"] is not None

    await eventually("the edit arrives", edited)
    assert len(await alice.get(f"/v1/statuses/{copy['id']}/history")) == 2
    await bob.do(f"/v1/statuses/{post['id']}", method="DELETE")

    async def gone() -> bool:
        return (await alice.client.get(f"/api/v1/statuses/{copy['id']}")).status_code == 404

    await eventually("the deletion arrives", gone)
    assert post["uri"] not in [entity["uri"] for entity in await alice.home()]


async def test_a_vote_is_counted_where_the_poll_is(pair: Pair) -> None:
    alice, bob = pair.alice, pair.bob
    await alice.follows(bob)
    post = await bob.post(f"{marker()}?", poll={"options": ["tea", "coffee"], "expires_in": 3600})
    copy = await alice.at_home(post["uri"])
    assert [option["title"] for option in copy["poll"]["options"]] == ["tea", "coffee"]
    voted = await alice.do(f"/v1/polls/{copy['poll']['id']}/votes", choices=[1])
    assert (voted["voted"], voted["own_votes"]) == (True, [1])

    async def counted() -> bool:
        poll = await bob.get(f"/v1/polls/{post['poll']['id']}")
        return [option["votes_count"] for option in poll["options"]] == [0, 1] and poll["voters_count"] == 1

    await eventually("the vote is counted", counted)


async def test_what_is_not_public_stays_private(pair: Pair) -> None:
    alice, carol, bob = pair.alice, pair.carol, pair.bob
    await alice.follows(bob)
    private, direct, public = marker(), marker(), marker()
    posts = [
        await bob.post(private, "private"),
        await bob.post(f"{alice.handle} {direct}", "direct"),
    ]
    later = await bob.post(public)
    await alice.at_home(later["uri"])
    received = await alice.at_home(posts[0]["uri"])
    told = (await alice.told("mention", text=direct))["status"]
    assert (received["visibility"], told["visibility"]) == ("private", "direct")
    stranger = await pair.oak.client()
    for post, copy in zip(posts, (received, told), strict=True):
        assert await known(alice, post)
        assert not await known(carol, post)
        for client in (carol.client, stranger):
            assert (await client.get(f"/api/v1/statuses/{copy['id']}")).status_code in (401, 404)
        # Nor does the author's node give it to whoever asks without a signature.
        answer = await (await pair.elm.client()).get(
            urlsplit(post["uri"]).path, headers={"accept": "application/activity+json"}
        )
        assert answer.status_code in (401, 404)
    await asyncio.sleep(QUIET)
    timeline = await stranger.get("/api/v1/timelines/public")
    assert private not in timeline.text
    assert direct not in timeline.text


async def test_an_image_arrives_with_its_description_and_its_bytes(pair: Pair) -> None:
    alice, bob = pair.alice, pair.bob
    await alice.follows(bob)
    file = io.BytesIO()
    Image.effect_noise((64, 48), 80).convert("RGB").save(file, "PNG")
    uploaded = await bob.client.post(
        "/api/v2/media",
        files={"file": ("leeks.png", file.getvalue(), "image/png")},
        data={"description": "A bed of leeks"},
    )
    assert uploaded.status_code == 200, uploaded.text
    post = await bob.post(marker(), media_ids=[uploaded.json()["id"]])
    [picture] = (await alice.at_home(post["uri"]))["media_attachments"]
    assert (picture["type"], picture["description"]) == ("image", "A bed of leeks")
    assert picture["meta"]["original"]["size"] == "64x48"
    assert picture["url"].startswith(f"{pair.oak.base_url}/media/remote/")
    # As an <img> has it: the address alone, without token or cookie.
    answer = await (await pair.oak.client()).get(picture["url"])
    assert answer.status_code == 200
    with Image.open(io.BytesIO(answer.content)) as shown:
        assert shown.size == (64, 48)
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_unfollow_and_block_end_it(pair: Pair) -> None:
    dave, bob = pair.dave, pair.bob
    account = await dave.follows(bob)
    there = await bob.sees(dave)

    async def followed(wanted: bool) -> None:
        async def so() -> bool:
            return bool((await bob.relationship(there["id"]))["followed_by"]) is wanted

        await eventually(f"followed_by is {wanted}", so)

    await followed(True)
    await dave.do(f"/v1/accounts/{account['id']}/unfollow")
    await followed(False)
    await dave.follows(bob)
    await followed(True)
    await bob.do(f"/v1/accounts/{there['id']}/block")

    async def ended() -> bool:
        return not (await dave.relationship(account["id"]))["following"]

    await eventually("the block ends the follow", ended)
    unheard, heard = marker(), marker()
    await dave.post(f"{bob.handle} {unheard}")
    await pair.alice.post(f"{bob.handle} {heard}")
    await bob.told("mention", text=heard)
    await asyncio.sleep(QUIET)
    assert unheard not in str(await bob.get("/v1/notifications", limit=40))


async def test_a_group_follows_a_group_and_followers_of_both_see_a_members_post_once(pair: Pair) -> None:
    alice, bob = pair.alice, pair.bob
    oaks, elms = await asyncio.gather(pair.oak.group("oaks", owner=alice), pair.elm.group("elms", owner=bob))
    assert (await alice.sees(elms))["group"] is True
    await oaks.follows(elms)
    await alice.follows(oaks)
    await alice.follows(elms)
    text, back = marker(), marker()
    post = await bob.post(f"@elms {text}")
    seen = await alice.at_home(post["uri"])

    async def boosted_by_both() -> bool:
        copy = await copy_of(post, alice)
        names = {one["acct"] for one in await alice.get(f"/v1/statuses/{copy['id']}/reblogged_by")}
        return names == {"oaks", f"elms@{pair.elm.host}"}

    await eventually("both groups pass it on", boosted_by_both)
    await asyncio.sleep(QUIET)
    at_home = [
        entity for entity in await alice.home() if text in str(entity["content"]) + str(entity["reblog"])
    ]
    assert [entity["id"] for entity in at_home] == [seen["id"]]
    copy = seen["reblog"] or seen
    await alice.post(f"{bob.handle} {back}", in_reply_to_id=copy["id"])
    reply = (await bob.told("mention", text=back))["status"]
    assert reply["in_reply_to_id"] == post["id"]


async def test_a_node_stops_when_asked_and_goes_on_where_it_was(pair: Pair) -> None:
    alice, bob = pair.alice, pair.bob
    await alice.follows(bob)
    await pair.oak.stop()
    post = await bob.post(marker())
    with pytest.raises(httpx.TransportError):
        await alice.client.get("/health")
    await pair.oak.start()
    await alice.at_home(post["uri"])
