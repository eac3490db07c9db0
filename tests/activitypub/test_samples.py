"""Every sample of other servers goes through the readers: what is read, what is not, and why."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

from fediserver.activitypub import authority, document, webfinger
from fediserver.activitypub.document import Document, fields
from fediserver.activitypub.vocabulary import ACTIVITIES, ACTORS, COLLECTIONS, POSTS
from fediserver.errors import BadRequest, Ignored, Refused

SAMPLES = Path(__file__).parents[3] / "shared/spec/samples"
pytestmark = [
    pytest.mark.needs_shared,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/spec/samples is not here"),
]
# Examples of specifications, which leave out what the point at hand does not need.
EXAMPLES = {"fep-examples", "w3c-as2-examples", "mastodon-docs", "communecter"}


class Verdict(NamedTuple):
    """What became of a document: read, ignored, or the rule that refused it."""

    family: str
    outcome: str


def judge(body: bytes) -> Verdict:
    """Read a document and what it carries, as the inbox does before it asks anybody."""
    try:
        # Their tests cut the ids out, and only those.
        doc = document.parse(body.replace(b'"SCRUBBED_ID"', b'"https://kbin.test/scrubbed"'))
    except BadRequest:
        return Verdict("none", "bad request")
    family = _family(doc)
    try:
        match family:
            case "activity":
                _read_activity(doc)
            case "actor":
                document.read_actor(doc)
            case "post":
                document.read_note(doc)
    except Refused as problem:
        return Verdict(family, problem.rule)
    except Ignored:
        return Verdict(family, "ignored")
    return Verdict(family, "read")


def _family(doc: Document) -> str:
    families = {"activity": ACTIVITIES, "actor": ACTORS, "post": POSTS, "collection": COLLECTIONS}
    return next((name for name, types in families.items() if fields.type_among(doc, types)), "other")


def _read_activity(doc: Document) -> None:
    activity = document.read_activity(doc)
    authority.activity_is_actors_own(activity)
    embedded = activity.embedded
    if embedded is None or not authority.embedded_is_trustworthy(activity, embedded):
        return
    if fields.type_among(embedded, POSTS):
        document.read_note(embedded, activity)
    elif fields.type_among(embedded, ACTORS) and activity.type == "Update":
        document.read_actor(embedded)


def verdicts(*, examples: bool) -> dict[str, Verdict]:
    """By file, for the examples of specifications or for what servers really send."""
    files = sorted(SAMPLES.glob("*/*.json"))
    return {
        str(file.relative_to(SAMPLES)): judge(file.read_bytes())
        for file in files
        if (file.parent.name in EXAMPLES) is examples
    }


# What servers really send and is not read: a file, the rule, and why that is right.
NOT_READ = {
    "bovine/basic_app.py_1.json": ("activity-actor", "a draft that a client sends to its own server"),
    "fedify/alice.json": ("actor-name", "documentation: no preferredUsername"),
    "fedify/announce.json": ("activity-actor", "documentation: only type and object"),
    "fedify/handle.json": ("actor-inbox", "documentation: no inbox"),
    "fedify/hong-gildong.json": ("actor-id", "documentation: names in many languages, no id"),
    "fedify/person.json": ("actor-inbox", "documentation: no inbox"),
    "fedify/vocab.md_block1.json": ("activity-actor", "documentation: no actor"),
    "gnusocial/objects_group.json": ("key-owner", "the group presents the key of actor 2"),
    "gotosocial/astointernal_test.go_1.json": ("note-id", "a template: the id is put together by the test"),
    "gotosocial/astointernal_test.go_7.json": (
        "activity-actor",
        "a template: the actor is put in by the test",
    ),
    "gotosocial/astointernal_test.go_9.json": (
        "activity-actor",
        "a template: the actor is put in by the test",
    ),
    "gotosocial/extractpolicy_test.go_2.json": ("note-id", "a policy alone"),
    "gotosocial/extractpolicy_test.go_3.json": ("note-id", "a policy alone"),
    "gotosocial/http_signatures.md_block4.json": ("actor-inbox", "a stub that holds only a key"),
    "gotosocial/normalize_test.go_6.json": ("actor-inbox", "a summary alone"),
    "gotosocial/properties_test.go_1.json": ("note-author", "a video without author"),
    "gotosocial/wrap_test.go_3.json": ("activity-id", "a template: the id is put in by the test"),
    "mastodon/activitypub-actor-noinbox.txt_1.json": ("actor-inbox", "made to be refused: the inbox is null"),
    "other/activitypub-client-post-activity.json": (
        "activity-actor",
        "a draft that a client sends to its own server",
    ),
    "pleroma/https__info.pleroma.site_activity3.json": (
        "note-origin",
        "made to be refused: another host's author",
    ),
}

REAL = {
    # Like, Announce, Create and all others, with the posts and actors that they carry.
    ("activity", "read"): 175,
    ("activity", "activity-actor"): 6,
    ("activity", "activity-id"): 1,
    ("actor", "read"): 69,
    ("actor", "actor-inbox"): 5,
    ("actor", "actor-id"): 1,
    ("actor", "actor-name"): 1,
    ("actor", "key-owner"): 1,
    ("post", "read"): 69,
    ("post", "note-id"): 3,
    ("post", "note-author"): 1,
    ("post", "note-origin"): 1,
    # Collections, tombstones, places, WebFinger, NodeInfo: parsed here, read where they are asked for.
    ("collection", "read"): 33,
    ("other", "read"): 51,
}

# Most examples leave out id, author, actor, name or inbox; whoever has all of them is read.
FROM_SPECIFICATIONS = {
    ("activity", "read"): 130,
    ("activity", "activity-actor"): 37,
    ("activity", "activity-id"): 1,
    # The ids of the examples are on other hosts than their actors.
    ("activity", "activity-origin"): 4,
    ("actor", "read"): 5,
    ("actor", "actor-id"): 22,
    ("actor", "actor-inbox"): 20,
    ("actor", "actor-name"): 17,
    # Person and Tombstone at once.
    ("actor", "ignored"): 2,
    ("post", "read"): 29,
    ("post", "note-id"): 47,
    ("post", "note-author"): 43,
    ("post", "note-origin"): 3,
    ("collection", "read"): 59,
    ("other", "read"): 106,
    # A list at the top.
    ("none", "bad request"): 1,
}


def test_what_servers_send_is_read_but_for_what_is_known_and_why() -> None:
    found = verdicts(examples=False)
    assert dict(Counter(found.values())) == REAL
    not_read = {name: verdict.outcome for name, verdict in found.items() if verdict.outcome != "read"}
    assert not_read == {name: rule for name, (rule, _) in NOT_READ.items()}


def test_examples_of_specifications_are_read_where_they_are_whole() -> None:
    assert dict(Counter(verdicts(examples=True).values())) == FROM_SPECIFICATIONS


def test_what_is_read_of_posts_is_worth_storing() -> None:
    for file in sorted(SAMPLES.glob("*/*.json")):
        body = file.read_bytes()
        if judge(body) != ("post", "read"):
            continue
        note = document.read_note(document.parse(body))
        assert note.content or note.attachments or note.choice or note.poll or file.parent.name in EXAMPLES, (
            file.name
        )
        assert authority.same_origin(note.id, note.attributed_to)


def test_answers_of_webfinger_lead_to_actors() -> None:
    found = 0
    for file in sorted((SAMPLES / "webfinger").glob("*.json")):
        body = file.read_bytes()
        if "links" in document.parse(body):
            answer = webfinger.read(body)
            assert answer.actor
            assert answer.subject is not None
            found += 1
    assert found == 16


def test_our_own_examples_are_read() -> None:
    examples = orjson.loads((SAMPLES.parent / "federation-examples.json").read_bytes())
    refused = {
        name: verdict.outcome
        for name, doc in examples.items()
        if (verdict := judge(orjson.dumps(doc))).outcome != "read"
    }
    assert refused == {}
