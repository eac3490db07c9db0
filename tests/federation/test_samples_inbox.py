"""Every activity that other servers really send goes through the inbox, as if its actor had sent it to us."""

import logging
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson
import pytest

from fediserver.activitypub.document import Document, fields
from fediserver.activitypub.vocabulary import ACTIVITIES, CONTENT_TYPE
from fediserver.db import accounts, hosts, relationships
from fediserver.db.database import Writer
from fediserver.models.account import Account, Key
from fediserver.models.relationship import Follow
from fediserver.models.uris import host
from tests.conftest import OpenTown
from tests.stranger import Server, Stranger
from tests.town import Network, Town

SAMPLES = Path(__file__).parents[3] / "shared/spec/samples"
pytestmark = [
    pytest.mark.needs_shared,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/spec/samples is not here"),
]

_ADDRESS = re.compile(r"https?://[^ ]+")

TABLE: dict[str, dict[str, int]] = {
    "(no activity)": {"ignored: no activity": 588, "unreadable": 1},
    "Accept": {
        "ignored: it answers no follow of ours": 18,
        "ignored: it answers no wish of ours to quote": 1,
        "refused: activity-actor": 3,
    },
    "Add": {
        "ignored: ADDRESS is not the actor's collection of pinned posts": 1,
        "ignored: the pinned post cannot be had": 8,
        "refused: activity-actor": 2,
    },
    "Announce": {
        "ignored: the announced post cannot be had": 51,
        "refused: activity-actor": 3,
        "refused: activity-id": 1,
        "stored": 2,
    },
    "Arrive": {"ignored: activities of type Arrive change nothing here": 1, "refused: activity-actor": 2},
    "Block": {"ignored: ADDRESS is no account of ours": 3},
    "Create": {
        "ignored: posts of type Badge are not kept": 1,
        "ignored: posts of type Commitment are not kept": 2,
        "ignored: posts of type EconomicEvent are not kept": 2,
        "ignored: the post cannot be had from its own server": 11,
        "refused: activity-actor": 4,
        "stored": 46,
    },
    "Delete": {"refused: activity-actor": 1, "refused: delete-owner": 3, "stored": 15},
    "Dislike": {"ignored: activities of type Dislike change nothing here": 2},
    "EmojiReact": {"ignored: no such post, or the actor may not see it": 5},
    "Flag": {"ignored: it names nobody and nothing of ours": 5, "refused: activity-actor": 1},
    "Follow": {"ignored: ADDRESS is no account of ours": 15, "refused: activity-actor": 2},
    "Ignore": {"refused: activity-actor": 1},
    "Invite": {"ignored: activities of type Invite change nothing here": 7, "refused: activity-actor": 1},
    "Join": {"ignored: activities of type Join change nothing here": 4, "refused: activity-actor": 1},
    "Leave": {"ignored: activities of type Leave change nothing here": 3, "refused: activity-actor": 2},
    "Like": {
        "ignored: ADDRESS is suspended or gone": 1,
        "ignored: no such post, or the actor may not see it": 18,
        "refused: activity-actor": 2,
        "refused: activity-origin": 2,
        "stored": 1,
    },
    "Listen": {"refused: activity-actor": 2},
    "Lock": {"ignored: activities of type Lock change nothing here": 1},
    "Move": {"refused: activity-actor": 2, "refused: ssrf": 3, "without effect: ADDRESS answers 404": 8},
    "Offer": {"ignored: activities of type Offer change nothing here": 14, "refused: activity-actor": 3},
    "QuoteRequest": {"ignored: no such post, or the actor may not see it": 1},
    "Read": {"refused: activity-actor": 1},
    "Reject": {
        "ignored: it answers no follow of ours": 6,
        "ignored: it answers no wish of ours to quote": 1,
        "refused: activity-actor": 1,
    },
    "Remove": {"ignored: no such post": 3, "refused: activity-actor": 2},
    "TentativeAccept": {"refused: activity-actor": 2},
    "TentativeReject": {"refused: activity-actor": 1},
    "Travel": {"refused: activity-actor": 2},
    "Undo": {
        "ignored: ADDRESS is no account of ours": 8,
        "ignored: ADDRESS is suspended or gone": 2,
        "ignored: an Undo of Delete changes nothing here": 2,
        "ignored: an Undo of Dislike changes nothing here": 1,
        "ignored: an Undo of Lock changes nothing here": 2,
        "ignored: an Undo of Offer changes nothing here": 1,
        "ignored: no such post": 4,
        "ignored: what it undoes is not known here": 2,
        "refused: activity-origin": 1,
        "refused: undo-actor": 1,
    },
    "Update": {
        "ignored: an Update of Badge changes nothing here": 1,
        "ignored: an Update of Commitment changes nothing here": 1,
        "ignored: an Update of Create changes nothing here": 1,
        "ignored: an Update of Like changes nothing here": 1,
        "refused: activity-actor": 1,
        "refused: activity-id": 1,
        "refused: ssrf": 1,
        "stored": 9,
        "without effect: ADDRESS answers 404": 6,
    },
    "View": {"refused: activity-actor": 1},
}
"""By type of activity: what became of it, for what reason, and how often."""

STORED_ABOUT_US: dict[str, int] = {
    "Accept": 6,
    "Announce": 51,
    "Block": 3,
    "Create": 46,
    "Delete": 14,
    "EmojiReact": 5,
    "Flag": 5,
    "Follow": 15,
    "Like": 19,
    "Reject": 1,
    "Undo": 14,
    "Update": 6,
}
"""By type: how many change something here when they are about somebody or something of ours."""


class Sample(NamedTuple):
    """A file and what stands in it."""

    name: str
    document: Any

    @property
    def is_activity(self) -> bool:
        return isinstance(self.document, dict) and bool(fields.type_among(self.document, ACTIVITIES))

    @property
    def actor(self) -> str:
        return fields.ident(self.document.get("actor")) or "" if isinstance(self.document, dict) else ""


class Archive(Network):
    """Where every host has what the samples say that it has, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.documents: dict[str, Document] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        if request.url.host in ("oak.example", "elm.example"):
            return await super().handle_async_request(request)
        if url in self.documents:
            body = orjson.dumps(self.documents[url])
            return httpx.Response(200, content=body, headers={"content-type": CONTENT_TYPE})
        return httpx.Response(404)


def samples() -> list[Sample]:
    # Their tests cut the ids out, and only those.
    return [
        Sample(
            str(file.relative_to(SAMPLES)),
            orjson.loads(file.read_bytes().replace(b'"SCRUBBED_ID"', b'"https://kbin.test/scrubbed"')),
        )
        for file in sorted(SAMPLES.glob("*/*.json"))
    ]


@pytest.fixture
def network() -> Archive:
    made = Archive()
    for sample in samples():
        uri = fields.ident(sample.document.get("id")) if isinstance(sample.document, dict) else None
        if uri and not sample.is_activity:
            made.documents.setdefault(uri.partition("#")[0], sample.document)
    return made


class Post:
    """The inbox of oak.example, with alice who follows everybody who sends."""

    def __init__(self, town: Town, bob: Stranger, alice: Account, caplog: pytest.LogCaptureFixture) -> None:
        self.town = town
        self.bob = bob
        self.alice = alice
        self.caplog = caplog

    async def deliver(self, sample: Sample) -> tuple[str, str]:
        """Have the actor send it; answers what became of it and why."""
        self.caplog.clear()
        key_id = await self._known(sample.actor) if sample.actor else self.bob.key_id
        answer = await self.bob.send(self.town, orjson.dumps(sample.document), key_id=key_id)
        assert answer.status_code in (202, 400, 403), f"{sample.name}: {answer.status_code} {answer.text}"
        if sample.is_activity:
            await self.town.settle()
        faults = [record for record in self.caplog.records if record.levelno >= logging.WARNING]
        assert faults == [], f"{sample.name}: {faults[0].getMessage()}"
        return self._outcome(sample, answer)

    def _outcome(self, sample: Sample, answer: httpx.Response) -> tuple[str, str]:
        if answer.status_code == 400:
            return "unreadable", ""
        if not sample.is_activity and answer.status_code == 202:
            return "ignored", "no activity"
        for record in self.caplog.records:
            text = record.getMessage()
            if text.startswith("refused from"):
                return "refused", text.partition("by the rule ")[2].partition(":")[0]
            if record.name == "fediserver.jobs.process_inbox":
                verdict, _, rest = text.partition(" from ")
                return verdict, rest.partition(": ")[2]
        return "stored", ""

    async def _known(self, actor: str) -> str:
        """Make the actor somebody whom we know, with the key of whoever signs, and alice a follower."""
        key_id = f"{actor}#test-key"
        town, alice = self.town, self.alice
        number = town.ctx.ids.next()

        async def work(tx: Writer) -> None:
            row = await accounts.by_uri(tx, actor)
            if row is None:
                host_id = await hosts.ensure(tx, host(actor), new_id=number)
                row = stranger_row(number, actor, host_id, town.clock())
                await accounts.insert(tx, row)
            key = Key(key_id, row.id, "rsa", self.bob.pair.public_pem, None, town.clock())
            await accounts.put_key(tx, key)
            follow = Follow(town.ctx.ids.next(), alice.id, row.id, "", True, False, None, town.clock())
            await relationships.put_follow(tx, follow)

        await town.ctx.db.write(work)
        return key_id


def stranger_row(number: int, actor: str, host_id: int, now: int) -> Account:
    empty = dict.fromkeys(Account.__struct_fields__, "")
    numbers = dict.fromkeys(("statuses_count", "followers_count", "following_count"), 0)
    flags = dict.fromkeys(
        (
            "locked",
            "bot",
            "discoverable",
            "indexable",
            "hide_collections",
            "suspended_there",
            "suspended_with_host",
            "silenced_by_rule",
        ),
        False,
    )
    tabs = dict.fromkeys(("show_media", "show_media_replies", "show_featured"), True)
    moments = dict.fromkeys(
        ("last_status_at", "suspended_at", "silenced_at", "deleted_at", "moved_to_id", "sensitized_at")
    )
    return Account(
        **empty  # type: ignore[arg-type]
        | numbers
        | flags
        | tabs
        | moments
        | {"id": number, "username": f"u{number}", "domain": host(actor), "uri": actor, "url": actor}
        | {"actor_type": "Person", "fields": "[]", "emojis": "[]", "aliases": "[]", "host_id": host_id}
        | {
            "inbox": f"{actor}/inbox",
            "followers_uri": f"{actor}/followers",
            "featured_uri": f"{actor}/featured",
        }
        | {"created_at": now, "refreshed_at": now, "version": 1}
    )


@pytest.fixture
async def inbox(open_town: OpenTown, network: Archive, caplog: pytest.LogCaptureFixture) -> Post:
    caplog.set_level(logging.DEBUG, "fediserver")
    town = await open_town("oak.example")
    bob = Stranger(Server(network, "elm.example"), "bob")
    made = Post(town, bob, await town.account("alice"), caplog)
    await bob.told(town, bob.activity("View", made.alice.uri))
    return made


async def test_every_sample_is_stored_ignored_or_refused_for_a_reason(inbox: Post) -> None:
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for sample in samples():
        verdict, why = await inbox.deliver(sample)
        kind = fields.type_among(sample.document, ACTIVITIES) if sample.is_activity else "(no activity)"
        table[kind][f"{verdict}: {_ADDRESS.sub('ADDRESS', why)}" if why else verdict] += 1
    assert {kind: dict(counts) for kind, counts in table.items()} == TABLE


def about_ours(sample: Sample, alice: Account, post: str) -> Document:
    """The same activity about alice or her post: what it would be if it were meant for us."""
    doc: Document = orjson.loads(orjson.dumps(sample.document))
    inner = doc.get("object")
    match fields.type_among(doc, ACTIVITIES):
        case "Like" | "EmojiReact" | "Dislike" | "Announce" | "Add" | "Remove":
            doc["object"] = post
        case "Follow" | "Block" | "Flag" | "Join" | "Invite" | "Offer":
            doc["object"] = alice.uri
        case "Accept" | "Reject" if isinstance(inner, dict):
            inner |= {"actor": alice.uri, "object": sample.actor}
        case "Undo" if isinstance(inner, dict):
            person = fields.type_among(inner, frozenset({"Follow", "Block"}))
            inner["object"] = alice.uri if person else post
        case "Create" | "Update" if isinstance(inner, dict):
            inner |= {
                "inReplyTo": post,
                "to": [alice.uri],
                "tag": [*fields.objects(inner.get("tag"), 9), _mention(alice)],
            }
    return doc


def _mention(alice: Account) -> Document:
    return {"type": "Mention", "href": alice.uri, "name": "@alice@oak.example"}


async def test_every_activity_about_us_is_taken_and_what_comes_of_it_can_be_shown(inbox: Post) -> None:
    town, alice = inbox.town, inbox.alice
    post = await town.post(alice, "What do you say?")
    await town.settle()
    stored: Counter[str] = Counter()
    for sample in samples():
        if sample.is_activity and sample.actor:
            doc = about_ours(sample, alice, post.uri)
            verdict, _ = await inbox.deliver(Sample(sample.name, doc))
            stored[fields.type_among(doc, ACTIVITIES)] += verdict == "stored"
    assert +stored == STORED_ABOUT_US
    client = await town.client(alice)
    for path in (
        "/api/v1/timelines/home?limit=40",
        "/api/v1/timelines/public?limit=40",
        "/api/v1/notifications?limit=80",
        f"/api/v1/statuses/{post.id}/context",
        f"/api/v1/accounts/{alice.id}/followers?limit=80",
        f"/api/v1/statuses/{post.id}/favourited_by",
        f"/api/v1/statuses/{post.id}/reblogged_by",
    ):
        url, pages = path, 0
        while url and pages < 20:
            answer = await client.get(url)
            assert answer.status_code == 200, f"{url}: {answer.text}"
            url, pages = answer.links.get("next", {}).get("url", ""), pages + 1
