import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.activitypub import document
from fediserver.activitypub.document import fields
from fediserver.activitypub.vocabulary import ACTIVITIES, ACTORS, AS2, POSTS, PUBLIC
from fediserver.errors import Ignored, Refused
from fediserver.models.visibility import Visibility
from fediserver.signatures import keys
from fediserver.text.sanitise import clean
from tests.activitypub.documents import ACTOR, BOB, ED25519, FOLLOWERS, RSA

# ---------------------------------------------------------------- every shape of every field

ADDRESSES = st.sampled_from(
    [
        "https://a.example/1",
        BOB,
        PUBLIC,
        "as:Public",
        "Public",
        "",
        "urn:x",
        "http://[",
        "https://a.example:99999/",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | ADDRESSES
    | st.sampled_from(
        ["<p>x</p>", "<a href=", "2026-01-02T10:00:00Z", "9999-99-99T99:99:99Z", "en", "text/html"]
    )
    | st.sampled_from(
        sorted(POSTS | ACTORS | ACTIVITIES | {"Link", "Mention", "Hashtag", "Emoji", "PropertyValue"})
    )
)
KEYS = st.sampled_from(
    """
    @context id type @type @value @language @id href url actor object target to cc audience attributedTo
    name nameMap content contentMap summary summaryMap mediaType published updated endTime closed startTime
    location address inReplyTo tag attachment image icon replies totalItems oneOf anyOf votersCount sensitive
    context conversation quote quoteUrl quoteUri _misskey_quote rel blurhash focalPoint width height language
    identifier preferredUsername inbox outbox followers following featured endpoints sharedInbox publicKey owner
    publicKeyPem assertionMethod controller publicKeyMultibase alsoKnownAs movedTo webfinger value
    manuallyApprovesFollowers discoverable en de items orderedItems first next
    """.split()  # noqa: SIM905 - the words of the vocabulary read better as a text
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(KEYS, ANYTHING, max_size=12)
VERDICTS = (Refused, Ignored)
fuzz = settings(deadline=None, max_examples=80)


@fuzz
@given(DOCUMENTS)
def test_readers_raise_nothing_but_verdicts(doc: dict[str, Any]) -> None:
    for reader in (document.read_activity, document.read_actor, document.read_key, document.read_note):
        with contextlib.suppress(*VERDICTS):
            reader(doc)


@fuzz
@given(DOCUMENTS, st.sampled_from(sorted(POSTS)))
def test_posts_survive_every_shape_of_every_field(doc: dict[str, Any], kind: str) -> None:
    note = document.read_note(doc | {"id": "https://b.example/n/1", "type": kind, "attributedTo": BOB})
    assert note.id == "https://b.example/n/1"
    # Nothing is left to clean; only the order of a link's attributes is another.
    assert sorted(clean(note.content)) == sorted(note.content.replace(' class=""', ""))
    assert len(note.attachments) <= 16
    assert all(fields.is_address(uri) for uri in (*note.to, *note.cc, note.url))
    assert note.visibility(FOLLOWERS) in Visibility


@fuzz
@given(ANYTHING | DOCUMENTS.map(lambda doc: doc | {"type": "Collection"}))
def test_collections_survive_every_shape_of_every_field(value: Any) -> None:
    found = document.read_collection(value)
    assert all(fields.ident(uri) == uri for uri in found.items)
    assert len(set(found.items)) == len(found.items)
    assert found.following == "" or fields.ident(found.following) == found.following


@pytest.mark.parametrize(
    ("value", "items", "following"),
    [
        (None, (), ""),
        ("https://b.example/r", (), "https://b.example/r"),
        ({"type": "Collection", "id": "https://b.example/r"}, (), "https://b.example/r"),
        ({"type": "Collection", "first": "https://b.example/r?page=1"}, (), "https://b.example/r?page=1"),
        (
            {"type": "Collection", "first": {"type": "CollectionPage", "items": ["https://b.example/1"]}},
            (1,),
            "",
        ),
        (
            {
                "type": "Collection",
                "first": {"type": "CollectionPage", "items": [{"id": "https://c.example/1"}], "next": BOB},
            },
            ("https://c.example/1",),
            BOB,
        ),
        (
            {"type": "OrderedCollectionPage", "orderedItems": ["https://b.example/1"] * 3, "next": BOB},
            (1,),
            BOB,
        ),
        ({"type": "Note", "items": ["https://b.example/1"]}, (), ""),
    ],
)
def test_what_a_collection_lists_and_what_follows(value: Any, items: Any, following: str) -> None:
    found = document.read_collection(value)
    assert found.items == tuple(f"https://b.example/{one}" if one == 1 else one for one in items)
    assert found.following == following


@fuzz
@given(DOCUMENTS)
def test_actors_survive_every_shape_of_every_field(doc: dict[str, Any]) -> None:
    certain = {key: ACTOR[key] for key in ("id", "type", "preferredUsername", "inbox", "publicKey")}
    actor = document.read_actor(doc | certain)
    assert actor.id == BOB
    assert clean(actor.note) == actor.note
    assert all(key.owner == BOB for key in actor.keys)


@fuzz
@given(DOCUMENTS, st.sampled_from(sorted(ACTIVITIES)))
def test_activities_survive_every_shape_of_every_field(doc: dict[str, Any], kind: str) -> None:
    activity = document.read_activity(doc | {"id": "https://b.example/act/1", "type": kind, "actor": BOB})
    assert activity.actor == BOB
    assert activity.type == kind


# ---------------------------------------------------------------- single fields


@pytest.mark.parametrize("public", [PUBLIC, "as:Public", "Public", {"id": PUBLIC}, [None, "as:Public"]])
def test_public_has_three_spellings(public: object) -> None:
    assert fields.ident(public) == PUBLIC
    assert fields.is_public(public)
    assert fields.is_public([BOB, public])


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "alice",
        "ftp://a.example/",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://a.example/ b",
        "https://a.example/\n",
        "https://victim.example\\@evil.example/",
        "https://victim.example@evil.example/",
        "https://[::1",
        "https://a.example:99999/",
        "https://a.example:0/",
        "https://a.example/\u202e",
        "https://a.example/" + "x" * 2048,
    ],
)
def test_what_two_readers_could_take_for_two_hosts_is_no_address(uri: str) -> None:
    assert fields.ident(uri) is None


def test_numbers_times_and_booleans_are_read_from_what_servers_write() -> None:
    doc = {"a": "12", "b": 12.0, "c": True, "d": -1, "e": 10**30, "f": [7], "g": {"@value": 3}, "h": 1.5}
    assert [fields.number(doc, key) for key in "abcdefghi"] == [12, 12, None, None, None, 7, 3, 1, None]
    flags: dict[str, Any] = {"a": True, "b": "false", "c": "True", "d": 1, "e": None, "f": {"@value": True}}
    assert [fields.boolean(flags, key) for key in "abcdef"] == [True, False, True, False, False, True]
    assert fields.time({"t": ["2026-01-02T10:00:00Z"]}, "t") == 1_767_348_000_000
    assert fields.time({"t": 5}, "t") is None


def test_language_is_that_of_the_text_or_the_first() -> None:
    both = {"de": "Hallo", "en": "Hello"}
    assert fields.language_map({"content": "Hello", "contentMap": both}, "content") == ("Hello", "en")
    assert fields.language_map({"content": "Hi", "contentMap": both}, "content") == ("Hi", "de")
    assert fields.language_map({"contentMap": both}, "content") == ("Hallo", "de")
    assert fields.language_map({"contentMap": {"it": "", "en": "Hello"}}, "content") == ("Hello", "en")
    assert fields.language_map({"content": "", "contentMap": {"it": ""}}, "content") == ("", "it")
    assert fields.language_map({"content": "Hi", "contentMap": {"und": "Hi"}}, "content") == ("Hi", None)
    assert fields.language_map({"name": {"@value": "Ciao", "@language": "it"}}, "name") == ("Ciao", "it")


def test_types_lose_their_prefix() -> None:
    assert fields.types({"type": ["as:Note", f"{AS2}#Page", 5, None]}) == ("Note", "Page")
    assert fields.types({"@type": "Person"}) == ("Person",)


# ---------------------------------------------------------------- activities


def test_an_activity_names_its_parts_in_any_form() -> None:
    activity = document.read_activity(
        {
            "id": "https://b.example/act/1",
            "type": ["Flag"],
            "actor": {"id": BOB, "type": "Person"},
            "object": [
                "https://a.example/users/eve",
                {"id": "https://a.example/n/1"},
                5,
                "https://a.example/n/1",
            ],
            "to": "as:Public",
            "cc": None,
            "content": "<b>rude</b>",
            "published": "2026-01-02T10:00:00Z",
        }
    )
    assert activity.actor == BOB
    assert activity.object == "https://a.example/users/eve"
    assert activity.embedded is None
    assert activity.objects == ("https://a.example/users/eve", "https://a.example/n/1")
    assert activity.to == (PUBLIC,)
    assert activity.cc == ()
    assert activity.content == "rude"


def test_an_activity_may_lack_an_id_but_not_an_actor() -> None:
    accept = {"type": "Accept", "actor": BOB, "object": {"type": "Follow", "actor": "https://a.example/u"}}
    read = document.read_activity(accept)
    assert read.id == ""
    assert read.object == ""
    assert read.embedded == accept["object"]
    for changes, rule in (({"actor": "bob"}, "activity-actor"), ({"id": "act/1"}, "activity-id")):
        with pytest.raises(Refused) as refused:
            document.read_activity(accept | changes)
        assert refused.value.rule == rule


def test_what_is_no_activity_is_ignored() -> None:
    for doc in ({}, {"type": "Note"}, {"type": "Activity", "actor": BOB}, {"type": {"id": "Create"}}):
        with pytest.raises(Ignored):
            document.read_activity(doc)


# ---------------------------------------------------------------- actors


def test_an_actor_is_read_whole() -> None:
    actor = document.read_actor(
        ACTOR
        | {
            "type": ["Service", "vcard:individual"],
            "name": "Bob <b>the</b> \u202ebuilder",
            "summary": '<p onclick="x">Hi<script>alert(1)</script></p>',
            "url": [{"type": "Link", "href": "https://b.example/@bob", "mediaType": "text/html"}],
            "outbox": f"{BOB}/outbox",
            "followers": {"id": FOLLOWERS, "type": "Collection"},
            "endpoints": {"sharedInbox": "https://b.example/inbox"},
            "icon": [
                {"type": "Image", "url": [{"href": "https://cdn.example/b.png"}], "blurhash": "UBL_:rOpGG-;"}
            ],
            "image": "https://cdn.example/top.jpg",
            "attachment": [
                {"type": "schema:PropertyValue", "name": "Site", "value": '<a href="javascript:x">s</a>'},
                {"type": "Note", "name": "no field"},
            ],
            "tag": {"type": "toot:Emoji", "name": ":bean:", "icon": {"url": "https://cdn.example/e.png"}},
            "manuallyApprovesFollowers": True,
            "alsoKnownAs": ["https://old.example/users/bob", 7],
            "movedTo": {"id": "https://new.example/users/bob"},
            "assertionMethod": [
                {
                    "id": f"{BOB}#ed25519-key",
                    "type": "Multikey",
                    "controller": BOB,
                    "publicKeyMultibase": keys.multibase(ED25519),
                },
                {"id": f"{BOB}#other", "type": "Multikey", "controller": "https://c.example/users/eve"},
            ],
        }
    )
    assert (actor.type, actor.bot, actor.username, actor.host) == ("Service", True, "bob", "b.example")
    assert actor.name == "Bob the builder"
    assert actor.note == "<p>Hi</p>"
    assert actor.url == "https://b.example/@bob"
    assert actor.followers == FOLLOWERS
    assert actor.shared_inbox == "https://b.example/inbox"
    assert actor.icon is not None
    assert actor.icon.url == "https://cdn.example/b.png"
    assert actor.image is not None
    assert [(field.name, field.value) for field in actor.fields] == [("Site", "s")]
    assert [(emoji.shortcode, emoji.url) for emoji in actor.emojis] == [("bean", "https://cdn.example/e.png")]
    assert actor.locked
    assert actor.aliases == ("https://old.example/users/bob",)
    assert actor.moved_to == "https://new.example/users/bob"
    assert [(key.id, key.algorithm, key.pem) for key in actor.keys] == [
        (f"{BOB}#main-key", "rsa", RSA),
        (f"{BOB}#ed25519-key", "ed25519", ED25519),
    ]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"type": "Note"}, "actor-type"),
        ({"id": None}, "actor-id"),
        ({"id": "https://b.example@c.example/"}, "actor-id"),
        ({"inbox": None}, "actor-inbox"),
        ({"preferredUsername": "bob@c.example"}, "actor-name"),
        ({"preferredUsername": ""}, "actor-name"),
        ({"publicKey": {"id": f"{BOB}#k", "owner": "https://b.example/users/eve"}}, "key-owner"),
    ],
)
def test_actors_that_nobody_can_know_are_refused(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused) as refused:
        document.read_actor(ACTOR | changes)
    assert refused.value.rule == rule


def test_a_deleted_actor_is_ignored() -> None:
    with pytest.raises(Ignored):
        document.read_actor(ACTOR | {"type": ["Person", "Tombstone"]})


def test_collections_and_pages_of_other_hosts_are_dropped() -> None:
    elsewhere = "https://c.example/users/eve"
    names = ("outbox", "followers", "following", "featured")
    actor = document.read_actor(
        ACTOR
        | dict.fromkeys(names, f"{elsewhere}/x")
        | {"url": elsewhere, "endpoints": {"sharedInbox": elsewhere}}
    )
    assert [getattr(actor, name) for name in (*names, "shared_inbox")] == [""] * 5
    assert actor.url == BOB


def test_keys_of_other_origins_and_broken_keys_are_left_out() -> None:
    foreign = {"id": "https://c.example/key", "owner": BOB, "publicKeyPem": RSA}
    assert (
        document.read_actor(ACTOR | {"publicKey": [foreign, {"id": f"{BOB}#b", "publicKeyPem": "x"}]}).keys
        == ()
    )


def test_the_name_may_come_from_webfinger_alone() -> None:
    doc: dict[str, Any] = {**ACTOR, "preferredUsername": None, "webfinger": "Bob@B.example"}
    actor = document.read_actor(doc)
    assert (actor.username, actor.webfinger) == ("Bob", "Bob@b.example")


def test_a_key_with_a_document_of_its_own_names_its_owner() -> None:
    key = document.read_key({"id": f"{BOB}/main-key", "owner": BOB, "publicKeyPem": RSA})
    assert (key.owner, key.algorithm) == (BOB, "rsa")
    for broken in ({"id": "https://c.example/k", "owner": BOB, "publicKeyPem": RSA}, {"id": f"{BOB}/k"}):
        with pytest.raises(Refused) as refused:
            document.read_key(broken)
        assert refused.value.rule == "key"
