"""What we send keeps the rules of all peers, and we read it back as what it was."""

import json
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.activitypub import document, render
from fediserver.activitypub.document import Document
from fediserver.activitypub.render import activity, actor, collection, note
from fediserver.activitypub.vocabulary import AS2, PUBLIC
from fediserver.models.account import Account
from fediserver.models.status import Status
from fediserver.models.visibility import Visibility
from fediserver.text import compose, sanitise
from tests.activitypub import peer_rules
from tests.activitypub.rows import (
    ALICE,
    BOB,
    GARDENERS,
    NOON,
    PHOTO,
    URIS,
    account,
    key_rows,
    media_url,
    poll,
    status,
)

ACT = URIS.activity(4)
fuzz = settings(deadline=None, max_examples=50)


def rendered(row: Status | None = None, **others: Any) -> Document:
    return note.note(row or status(), others.pop("author", ALICE), uris=URIS, media_url=media_url, **others)


def profile(row: Account = ALICE, **others: Any) -> Document:
    return actor.actor(row, key_rows(row.uri), uris=URIS, media_url=media_url, **others)


def received(doc: Document) -> Document:
    """The document as the other side has it."""
    peer_rules.check(doc)
    return document.parse(render.dumps(doc))


# ---------------------------------------------------------------- actors


@pytest.mark.parametrize("kind", ["Person", "Service", "Group"])
def test_an_actor_is_read_back_as_it_was(kind: str) -> None:
    row = msgspec.structs.replace(ALICE, actor_type=kind, locked=True)
    read = document.read_actor(received(profile(row, moved_to="https://new.example/users/alice")))
    assert (read.id, read.type, read.username) == (ALICE.uri, kind, "alice")
    assert read.webfinger == "alice@garden.example"
    assert (read.name, read.note, read.url) == ("Alice", "<p>I am alice.</p>", ALICE.url)
    assert (read.inbox, read.outbox) == (ALICE.inbox, ALICE.outbox)
    assert read.shared_inbox == "https://garden.example/inbox"
    assert (read.followers, read.following) == (ALICE.followers_uri, ALICE.following_uri)
    assert read.featured == ALICE.featured_uri
    assert (read.locked, read.discoverable, read.indexable) == (True, True, True)
    assert read.icon is not None
    assert (read.icon.url, read.icon.media_type) == (media_url("a/face.png"), "image/png")
    assert read.image is not None
    assert [msgspec.to_builtins(field) for field in read.fields] == [
        {"name": field["name"], "value": field["value"]} for field in json.loads(ALICE.fields)
    ]
    assert [emoji.shortcode for emoji in read.emojis] == ["bean"]
    assert read.aliases == ("https://old.example/users/me",)
    assert read.moved_to == "https://new.example/users/alice"
    assert read.published == NOON
    assert [(key.id, key.pem) for key in read.keys] == [
        (key.id, key.public_pem) for key in key_rows(ALICE.uri)
    ]


def test_a_group_has_what_lemmy_and_mobilizon_ask_for() -> None:
    doc = received(profile(GARDENERS))
    base = "https://garden.example/users/gardeners/collections"
    assert doc["attributedTo"] == doc["moderators"] == f"{base}/moderators"
    for name in ("members", "resources", "posts", "todos", "discussions", "events"):
        assert doc[name] == f"{base}/{name}"
    assert doc["postingRestrictedToMods"] is False
    assert doc["openness"] == "open"


def test_a_suspended_actor_tells_nothing_of_itself() -> None:
    doc = received(profile(account("alice", suspended_at=NOON)))
    read = document.read_actor(doc)
    assert read.suspended
    assert (read.name, read.note, read.fields, read.emojis, read.icon) == ("", "", (), (), None)


@pytest.mark.parametrize(
    ("base", "domain", "name"), [("https://garden.example", "garden.example", "garden.example")]
)
def test_the_instance_actor_is_an_application(base: str, domain: str, name: str) -> None:
    read = document.read_actor(received(actor.instance(key_rows(ALICE.uri), uris=URIS)))
    assert (read.type, read.id, read.username) == ("Application", f"{base}/actor", name)
    assert read.webfinger == f"{name}@{domain}"
    assert {key.id for key in read.keys} == {f"{base}/actor#main-key", f"{base}/actor#ed25519-key"}


# ---------------------------------------------------------------- posts


def test_a_post_is_read_back_as_it_was() -> None:
    row = status(
        content='<p>Hello <a href="https://bob.example/@bob" class="u-url mention">@bob</a> <em>you</em></p>',
        spoiler_text="Beans",
        sensitive=True,
        emojis='[{"shortcode":"bean","path":"e/bean.png"}]',
        edited_at=NOON + 1000,
        context_uri="https://bob.example/ctx/1",
    )
    parent = "https://bob.example/n/1"
    doc = received(rendered(row, mentioned=[BOB], media=[PHOTO], parent_uri=parent))
    read = document.read_note(doc)
    assert (read.id, read.type, read.attributed_to, read.url) == (row.uri, "Note", ALICE.uri, URIS.page(row))
    assert read.content == row.content.replace(
        'mention">', 'mention" rel="nofollow noopener" target="_blank">'
    )
    assert (read.spoiler_text, read.sensitive, read.language) == ("Beans", True, "en")
    assert (read.published, read.updated) == (NOON, NOON + 1000)
    assert read.in_reply_to == parent
    assert [(mention.href, mention.name) for mention in read.mentions] == [(BOB.uri, "@bob@bob.example")]
    assert read.tags == ("beans",)
    assert [emoji.url for emoji in read.emojis] == [media_url("e/bean.png")]
    assert read.context == read.conversation == "https://bob.example/ctx/1"
    assert read.replies == f"{row.uri}/replies"
    file = read.attachments[0]
    assert (file.url, file.media_type, file.kind) == (media_url("m/beans.jpg"), "image/jpeg", "image")
    assert (file.description, file.blurhash) == (PHOTO.description, PHOTO.blurhash)
    assert (file.focus, file.width, file.height) == ((0.0, -0.25), 800, 600)


@pytest.mark.parametrize("visibility", list(Visibility))
@pytest.mark.parametrize("mentioned", [[], [BOB]])
def test_visibility_is_read_back_as_it_was(visibility: Visibility, mentioned: list[Account]) -> None:
    doc = received(rendered(status(visibility=visibility), mentioned=mentioned))
    read = document.read_note(doc)
    assert read.visibility(ALICE.followers_uri) is visibility
    assert isinstance(doc["to"], list)
    assert isinstance(doc["cc"], list)
    if visibility is Visibility.DIRECT:
        assert doc["to"] == [account.uri for account in mentioned]
        assert doc["cc"] == []


def test_a_post_to_a_group_is_for_its_like() -> None:
    doc = received(rendered(mentioned=[GARDENERS], group=GARDENERS))
    assert doc["audience"] == GARDENERS.uri
    assert doc["to"] == [PUBLIC, GARDENERS.uri]
    assert doc["cc"] == [ALICE.followers_uri, GARDENERS.followers_uri]
    assert "inReplyTo" not in doc
    private = received(rendered(status(visibility=Visibility.PRIVATE), group=GARDENERS))
    assert GARDENERS.followers_uri not in private["to"] + private["cc"]


def test_a_local_thread_has_a_context_of_ours() -> None:
    assert rendered()["context"] == "https://garden.example/contexts/117"


@pytest.mark.parametrize("multiple", [False, True])
def test_a_poll_is_read_back_as_it_was(multiple: bool) -> None:
    read = document.read_note(received(rendered(poll=poll(multiple=multiple))))
    assert read.type == "Question"
    assert read.poll is not None
    assert [(option.title, option.votes) for option in read.poll.options] == [
        ("Tea & <milk>", 3),
        ("Coffee", 2),
    ]
    assert read.poll.multiple is multiple
    assert (read.poll.ends_at, read.poll.closed_at, read.poll.voters_count) == (NOON + 3_600_000, None, 5)


def test_hidden_totals_show_when_the_poll_is_closed() -> None:
    open_poll = document.read_note(received(rendered(poll=poll(hide_totals=True)))).poll
    closed = document.read_note(received(rendered(poll=poll(hide_totals=True, closed_at=NOON)))).poll
    assert open_poll is not None
    assert closed is not None
    assert [option.votes for option in open_poll.options] == [0, 0]
    assert [option.votes for option in closed.options] == [3, 2]
    assert closed.closed_at == NOON


def test_an_article_has_name_and_preview() -> None:
    doc = received(rendered(status(object_type="Article", name="Beans & peas")))
    assert (doc["type"], doc["name"]) == ("Article", "Beans & peas")
    assert doc["preview"] == {"type": "Note", "content": "<p><strong>Beans &amp; peas</strong></p>"}
    assert document.read_note(doc).name == "Beans & peas"


@fuzz
@given(
    text=st.text(max_size=60),
    spoiler=st.text(max_size=30),
    language=st.sampled_from([None, "en", "pt-BR", "yue"]),
    visibility=st.sampled_from(Visibility),
    at=st.integers(0, 4_000_000_000_000),
)
def test_whatever_is_posted_is_read_back(
    text: str, spoiler: str, language: str | None, visibility: Visibility, at: int
) -> None:
    spoiler = sanitise.clean_text(spoiler)
    html = compose.html(text, mentions={}, tag_url="https://garden.example/tags/")
    row = status(
        content=html,
        text=text.replace("\0", ""),
        spoiler_text=spoiler,
        visibility=visibility,
        language=language,
        created_at=at,
    )
    doc = rendered(row, mentioned=[BOB])
    read = document.read_note(received(activity.create(doc, uri=ACT))["object"])
    assert sorted(read.content) == sorted(sanitise.clean(html))
    assert (read.spoiler_text, read.language, read.published) == (spoiler, language, at)
    assert read.visibility(ALICE.followers_uri) is visibility


# ---------------------------------------------------------------- activities


def test_create_and_update_carry_the_post_and_its_audience() -> None:
    post = rendered(mentioned=[BOB], group=GARDENERS)
    for doc in (activity.create(post, uri=ACT), activity.update(post, uri=ACT, published=NOON)):
        read = document.read_activity(received(doc))
        assert (read.id, read.actor, read.object) == (ACT, ALICE.uri, post["id"])
        assert (read.to, read.cc) == (tuple(post["to"]), tuple(post["cc"]))
        assert read.audience == (GARDENERS.uri,)
        assert read.published == NOON
        assert read.embedded == render.embedded(post)


def test_an_updated_actor_goes_to_public_and_followers() -> None:
    doc = received(activity.update(profile(), uri=ACT, published=NOON))
    assert (doc["to"], doc["cc"]) == ([PUBLIC], [ALICE.followers_uri])
    assert doc["object"]["publicKey"]["id"] == f"{ALICE.uri}#main-key"


def test_a_delete_leaves_a_tombstone() -> None:
    audience = note.audience(Visibility.PUBLIC, ALICE, mentioned=[BOB.uri])
    doc = received(
        activity.delete(
            uri=ACT,
            actor=ALICE.uri,
            object_uri=status().uri,
            former_type="Note",
            deleted_at=NOON,
            audience=audience,
        )
    )
    assert doc["object"] == {
        "id": status().uri,
        "type": "Tombstone",
        "formerType": "Note",
        "deleted": "2026-01-02T10:00:00.000Z",
    }
    assert doc["cc"] == [ALICE.followers_uri, BOB.uri]
    gone = received(activity.delete_actor(uri=ACT, actor=ALICE.uri))
    assert gone["object"] == gone["actor"] == ALICE.uri
    assert activity.tombstone(status().uri, "Note", NOON)["@context"] == AS2


def test_a_boost_and_its_undo() -> None:
    audience = note.audience(Visibility.PUBLIC, ALICE, mentioned=[BOB.uri])
    boost = activity.announce(
        uri=ACT, actor=ALICE.uri, object_uri="https://bob.example/n/1", audience=audience, published=NOON
    )
    assert document.read_activity(received(boost)).object == "https://bob.example/n/1"
    undo = received(activity.undo(boost, uri=URIS.activity(5)))
    assert undo["object"] == render.embedded(boost)
    assert (undo["actor"], undo["to"], undo["cc"]) == (ALICE.uri, boost["to"], boost["cc"])


def test_a_group_passes_on_the_very_bytes() -> None:
    inner = b'{ "id":"https://bob.example/act/1","type":"Create",  "actor":"https://bob.example/users/bob", "n":1.0 }'
    doc = activity.announce_raw(uri=ACT, actor=GARDENERS.uri, followers=GARDENERS.followers_uri, inner=inner)
    body = render.dumps(doc)
    assert inner in body
    read = document.read_activity(document.parse(body))
    assert read.embedded == orjson.loads(inner)
    assert (read.to, read.cc) == ((PUBLIC,), (GARDENERS.followers_uri,))


def test_follows_and_their_answers_name_the_same_follow() -> None:
    follow = activity.follow(uri=ACT, actor=ALICE.uri, target=BOB.uri)
    assert document.read_activity(received(follow)).object == BOB.uri
    for answer in (activity.accept, activity.reject):
        doc = received(answer(uri=URIS.activity(6), follow_uri=ACT, follower=ALICE.uri, followed=BOB.uri))
        assert doc["object"] == render.embedded(follow)
        assert (doc["actor"], doc["to"]) == (BOB.uri, [ALICE.uri])
    nameless = activity.accept(uri=ACT, follow_uri="", follower=BOB.uri, followed=ALICE.uri)
    assert "id" not in received(nameless)["object"]
    assert received(activity.undo(follow, uri=URIS.activity(7)))["object"]["id"] == ACT


def test_small_activities() -> None:
    post = "https://bob.example/n/1"
    like = received(activity.like(uri=ACT, actor=ALICE.uri, object_uri=post, author=BOB.uri))
    assert (like["type"], like["object"], like["to"]) == ("Like", post, [BOB.uri])
    block = received(activity.block(uri=ACT, actor=ALICE.uri, target=BOB.uri))
    assert (block["type"], block["object"], block["to"]) == ("Block", BOB.uri, [BOB.uri])
    flag = activity.flag(
        uri=ACT, actor=URIS.instance_actor, target=BOB.uri, status_uris=[post], comment="rude <b>"
    )
    read = document.read_activity(received(flag))
    assert (read.actor, read.objects, read.content) == (URIS.instance_actor, (BOB.uri, post), "rude")
    for make in (activity.add, activity.remove):
        pin = received(
            make(
                uri=ACT,
                actor=ALICE.uri,
                object_uri=status().uri,
                target=ALICE.featured_uri,
                followers=ALICE.followers_uri,
            )
        )
        assert (pin["type"], pin["target"]) == (make.__name__.title(), ALICE.featured_uri)


def test_a_vote_is_read_back_as_a_vote() -> None:
    question = "https://bob.example/q/1"
    doc = activity.vote(
        uri=ACT,
        vote_uri=f"{ACT}#vote",
        actor=ALICE.uri,
        choice="Tea & <milk>",
        poll_uri=question,
        author=BOB.uri,
    )
    read = document.read_note(received(doc)["object"])
    assert (read.choice, read.is_vote, read.in_reply_to) == ("Tea & <milk>", True, question)
    assert read.to == (BOB.uri,)


# ---------------------------------------------------------------- size, collections


def test_what_is_too_large_loses_what_can_be_had_elsewhere() -> None:
    post = rendered(status(content="<p>" + "x" * 30_000 + "</p>", text="x" * 30_000))
    doc = document.parse(render.dumps(activity.create(post, uri=ACT)))
    assert "source" not in doc["object"]
    assert "contentMap" in doc["object"]
    assert doc["object"]["content"] == post["content"]
    peer_rules.check(activity.create(post, uri=ACT))
    assert "source" in document.parse(render.dumps(rendered()))


def test_collections_and_pages() -> None:
    followers = ALICE.followers_uri
    summary = collection.collection(followers, total=3, first=f"{followers}?page=1")
    peer_rules.check(summary)
    assert "orderedItems" not in summary
    page = collection.page(
        f"{followers}?page=1", part_of=followers, items=[BOB.uri], total=3, next_page=f"{followers}?page=2"
    )
    peer_rules.check(page)
    assert (page["orderedItems"], page["next"]) == ([BOB.uri], f"{followers}?page=2")
    assert "prev" not in page
    thread = collection.collection(URIS.context(117), total=1, items=[status().uri], owner=ALICE.uri)
    peer_rules.check(thread)
    assert (thread["attributedTo"], thread["orderedItems"]) == (ALICE.uri, [status().uri])
    assert collection.collection(followers, total=0, items=[])["orderedItems"] == []


def test_an_outbox_page_has_one_context_for_all() -> None:
    boost = activity.like(uri=ACT, actor=ALICE.uri, object_uri="https://bob.example/n/1", author=BOB.uri)
    create = activity.create(rendered(), uri=URIS.activity(9))
    page = collection.page(
        f"{ALICE.outbox}?page=1",
        part_of=ALICE.outbox,
        items=[boost, create],
        previous_page="https://garden.example/p",
    )
    peer_rules.check(page)
    assert page["@context"] == create["@context"]
    assert [item["type"] for item in page["orderedItems"]] == ["Like", "Create"]
    assert page["prev"] == "https://garden.example/p"
