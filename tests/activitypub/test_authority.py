"""Each rule of trust, with the forged input that it is there for."""

from collections.abc import Callable
from typing import Any

import pytest

from fediserver.activitypub import authority, document
from fediserver.activitypub.document import Activity, ActorDocument, NoteDocument
from fediserver.errors import Refused
from fediserver.models.uris import Uris

ALICE = "https://a.example/users/alice"
BOB = "https://b.example/users/bob"
EVE = "https://b.example/users/eve"
FAR = "https://evil.example/users/mallory"
NOTE = "https://b.example/n/1"


def activity(**changes: Any) -> Activity:
    doc = {"id": "https://b.example/act/1", "type": "Create", "actor": BOB, "object": NOTE}
    return document.read_activity(doc | changes)


def note(**changes: Any) -> NoteDocument:
    return document.read_note({"id": NOTE, "type": "Note", "attributedTo": BOB} | changes)


def actor(**changes: Any) -> ActorDocument:
    doc = {"id": BOB, "type": "Person", "preferredUsername": "bob", "inbox": f"{BOB}/inbox"}
    return document.read_actor(doc | changes)


def refused(rule: str, call: Callable[[], object]) -> None:
    with pytest.raises(Refused) as problem:
        call()
    assert problem.value.rule == rule


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (BOB, "https://b.example/x?y#z", True),
        (BOB, "https://B.Example:443/", True),
        (BOB, "http://b.example/users/bob", False),
        (BOB, "https://b.example:8443/", False),
        (BOB, "https://sub.b.example/", False),
        (BOB, "https://b.example.evil.example/", False),
        (BOB, "https://b.example@evil.example/", False),
        ("https://b.example@evil.example/", "https://b.example@evil.example/", False),
        ("", "", False),
        ("https://[", "https://[", False),
        ("urn:a", "urn:a", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(one: str, other: str, expected: bool) -> None:
    assert authority.same_origin(one, other) is expected
    assert authority.same_origin(other, one) is expected


def test_rule_1_the_key_is_the_actors() -> None:
    authority.signer_speaks_for(BOB, BOB)
    refused("signer", lambda: authority.signer_speaks_for(BOB, EVE))
    refused("signer", lambda: authority.signer_speaks_for(BOB, FAR))


def test_rule_2_ids_are_of_their_owners_origin() -> None:
    authority.activity_is_actors_own(activity())
    authority.activity_is_actors_own(activity(id=None))
    authority.object_is_owners(NOTE, BOB)
    refused(
        "activity-origin", lambda: authority.activity_is_actors_own(activity(id="https://a.example/act/1"))
    )
    refused("activity-origin", lambda: authority.activity_is_actors_own(activity(actor=FAR)))
    refused("object-origin", lambda: authority.object_is_owners(NOTE, ALICE))


def test_rule_3_only_ones_own_objects_are_taken_as_they_came() -> None:
    own = {"id": NOTE, "type": "Note", "attributedTo": BOB}
    profile = {"id": BOB, "type": "Person"}
    group = {"id": BOB, "type": "Group", "attributedTo": f"{BOB}/collections/moderators"}
    for embedded in (own, own | {"attributedTo": [{"id": BOB, "type": "Person"}]}, profile, group):
        assert authority.embedded_is_trustworthy(activity(), embedded), embedded


@pytest.mark.parametrize(
    "forged",
    [
        {"type": "Note", "attributedTo": BOB},
        {"id": "https://a.example/n/1", "type": "Note", "attributedTo": BOB},
        {"id": "https://a.example/n/1", "type": "Note", "attributedTo": ALICE},
        {"id": NOTE, "type": "Note", "attributedTo": EVE},
        {"id": NOTE, "type": "Note"},
        {"id": EVE, "type": "Person"},
        # What one reader takes for Bob's and another for Eve's.
        {"id": NOTE, "type": "Note", "attributedTo": [{"id": BOB, "type": "Group"}, EVE]},
        {"id": NOTE, "type": "Note", "attributedTo": [EVE, BOB]},
        {"id": BOB, "type": ["Person", "Note"], "attributedTo": EVE},
    ],
)
def test_rule_3_others_objects_are_fetched(forged: dict[str, Any]) -> None:
    assert not authority.embedded_is_trustworthy(activity(), forged)


def test_rule_3_and_the_reader_agree_on_the_author() -> None:
    for value in (BOB, [BOB, EVE], [EVE, BOB], [{"id": BOB, "type": "Group"}, EVE], {"id": BOB}, [None, BOB]):
        doc = {"id": NOTE, "type": "Note", "attributedTo": value}
        trusted = authority.embedded_is_trustworthy(activity(), doc)
        assert trusted is (document.read_note(doc).attributed_to == BOB)


def test_rule_4_a_document_is_what_was_asked_for() -> None:
    asked = authority.fetched_is_what_was_asked
    assert asked(NOTE, NOTE, {"id": NOTE}) is None
    assert asked(f"{BOB}#main-key", BOB, {"id": BOB}) is None
    # A page that was pasted, and redirects within a server and to another.
    assert asked("https://b.example/@bob/1", "https://b.example/@bob/1", {"id": NOTE}) == NOTE
    assert asked("https://b.example/@bob/1", NOTE, {"id": NOTE}) is None
    assert asked("https://short.example/x", NOTE, {"id": NOTE}) is None
    # Somebody else's id: straight, and by a redirect away from the victim's server.
    refused("fetched-origin", lambda: asked(FAR, FAR, {"id": NOTE}))
    refused("fetched-origin", lambda: asked(NOTE, FAR, {"id": NOTE}))
    refused("fetched-id", lambda: asked(NOTE, NOTE, {"type": "Note"}))
    refused("fetched-id", lambda: asked(NOTE, NOTE, {"id": "n/1"}))


def test_rule_4_an_id_is_fetched_once_more_and_no_further() -> None:
    again = authority.refetched_is_what_was_asked
    again(NOTE, NOTE, {"id": NOTE})
    refused("fetched-id", lambda: again(NOTE, NOTE, {"id": "https://b.example/n/2"}))
    refused("fetched-id", lambda: again(NOTE, FAR, {"id": NOTE}))


def test_rule_4_nothing_from_outside_is_ours() -> None:
    ours = Uris("https://garden.example", "garden.example")
    authority.never_ours(ours, NOTE)
    authority.never_ours(ours, "https://garden.example.evil.example/users/alice")
    for uri in (
        "https://garden.example",
        "https://GARDEN.example:443/users/alice",
        "https://garden.example/x",
    ):
        refused("ours", lambda uri=uri: authority.never_ours(ours, uri))  # type: ignore[misc]


@pytest.mark.parametrize(
    "header",
    [
        "application/activity+json",
        "Application/Activity+JSON; charset=utf-8",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        'application/ld+json;charset=utf-8; profile="x https://www.w3.org/ns/activitystreams"',
    ],
)
def test_rule_5_the_content_types_of_activitypub(header: str) -> None:
    authority.content_type_is_activitypub(header)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "application/json",
        "application/ld+json",
        'application/ld+json; profile="https://evil.example/"',
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams-evil"',
        "text/html",
        "application/activity+json-evil",
        "application/octet-stream; x=application/activity+json",
        "text/plain, application/activity+json",
        "application/json; profile=https://www.w3.org/ns/activitystreams",
        ";" * 5000,
        "\udcff\x00\r\nX: application/activity+json",
    ],
)
def test_rule_5_uploads_are_no_documents(header: str | None) -> None:
    refused("content-type", lambda: authority.content_type_is_activitypub(header))


def test_rule_6_only_the_owner_updates_and_nothing_changes_hands() -> None:
    def update(who: str, new: NoteDocument | ActorDocument, kind: str = "Note", uri: str = NOTE) -> None:
        authority.may_update(who, stored_uri=uri, stored_owner=BOB, stored_type=kind, new=new)

    update(BOB, note())
    update(BOB, note(type="Question"))
    update(BOB, actor(type="Service"), "Person", BOB)
    refused("update-owner", lambda: update(EVE, note()))
    refused("update-id", lambda: update(BOB, note(id="https://b.example/n/2")))
    refused("update-attribution", lambda: update(BOB, note(attributedTo=EVE)))
    refused("update-type", lambda: update(BOB, note(id=BOB), "Person", BOB))
    refused("update-type", lambda: update(BOB, actor(), "Note", BOB))


def test_rule_6_only_the_owner_deletes() -> None:
    authority.may_delete(BOB, uri=NOTE, owner=BOB)
    authority.may_delete(BOB, uri="https://b.example/n/unknown", owner=None)
    refused("delete-owner", lambda: authority.may_delete(EVE, uri=NOTE, owner=BOB))
    refused("delete-owner", lambda: authority.may_delete(FAR, uri=NOTE, owner=None))


def test_rule_6_only_the_doer_undoes() -> None:
    authority.may_undo(BOB, original_actor=BOB)
    refused("undo-actor", lambda: authority.may_undo(EVE, original_actor=BOB))


def test_only_the_followed_answers_a_follow() -> None:
    def answer(**changes: Any) -> None:
        accept = activity(**({"type": "Accept", "object": "https://a.example/act/9"} | changes))
        authority.accept_matches(accept, follower=ALICE, followed=BOB)

    follow = {"id": "https://a.example/act/9", "type": "Follow", "actor": ALICE, "object": BOB}
    answer()
    answer(object=follow)
    answer(object={"type": "Follow"})
    refused("accept-actor", lambda: answer(actor=EVE))
    refused("accept-actor", lambda: answer(actor=FAR, id="https://evil.example/act/1"))
    refused("accept-object", lambda: answer(object=follow | {"object": EVE}))
    refused("accept-object", lambda: answer(object=follow | {"actor": FAR}))


def test_pins_are_ones_own_in_ones_own_collection() -> None:
    featured = f"{BOB}/featured"

    def pin(*, collection: str = featured, author: str = BOB, **changes: Any) -> None:
        add = activity(**({"type": "Add", "target": featured} | changes))
        authority.may_feature(add, featured=collection, author=author)

    pin()
    refused("featured", lambda: pin(author=EVE))
    refused("featured", lambda: pin(target=f"{EVE}/featured"))
    refused("featured", lambda: pin(target=None, collection=""))


def test_a_move_needs_both_sides() -> None:
    new = "https://a.example/users/bob"
    moved = actor(id=new, inbox=f"{new}/inbox", alsoKnownAs=[BOB])

    def move(to: ActorDocument = moved, **changes: Any) -> None:
        authority.may_move(
            activity(**({"type": "Move", "object": BOB, "target": new} | changes)), old=BOB, new=to
        )

    move()
    refused("move", lambda: move(actor(id=new, inbox=f"{new}/inbox", alsoKnownAs=[EVE])))
    refused("move", lambda: move(actor=EVE))
    refused("move", lambda: move(object=EVE))
    refused("move", lambda: move(target=FAR))
    refused("move", lambda: move(actor(alsoKnownAs=[BOB]), target=BOB))
