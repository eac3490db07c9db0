"""Posts as strangers write them, and what is read of them."""

from typing import Any

import msgspec
import pytest

from fediserver.activitypub import document
from fediserver.activitypub.vocabulary import AS2, PUBLIC
from fediserver.errors import Refused
from fediserver.models.visibility import Visibility
from tests.activitypub.documents import ACTOR, BOB, FOLLOWERS, post


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"id": None}, "note-id"),
        ({"id": "notes/1"}, "note-id"),
        ({"attributedTo": None}, "note-author"),
        ({"attributedTo": "https://c.example/users/eve"}, "note-origin"),
        ({"attributedTo": "https://b.example:8443/users/bob"}, "note-origin"),
        ({"attributedTo": "http://b.example/users/bob"}, "note-origin"),
    ],
)
def test_posts_without_owner_or_with_a_strange_one_are_refused(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused) as refused:
        post(**changes)
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    ("to", "cc", "expected"),
    [
        ("as:Public", None, Visibility.PUBLIC),
        ([FOLLOWERS], ["Public"], Visibility.UNLISTED),
        ([FOLLOWERS, BOB], ..., Visibility.PRIVATE),
        (..., {"id": FOLLOWERS}, Visibility.PRIVATE),
        (["https://a.example/users/alice"], [], Visibility.DIRECT),
        ("https://c.example/users/eve/followers", [], Visibility.DIRECT),
        (None, None, Visibility.DIRECT),
    ],
)
def test_visibility_follows_the_addresses(to: object, cc: object, expected: Visibility) -> None:
    assert post(to=to, cc=cc).visibility(FOLLOWERS) is expected
    assert post(to=to, cc=cc).visibility("") is expected


def test_the_envelope_lends_audience_and_time_only_where_the_post_has_none() -> None:
    envelope = document.read_activity(
        {"type": "Create", "actor": BOB, "to": PUBLIC, "cc": FOLLOWERS, "published": "2026-01-02T10:00:00Z"}
    )
    bare = {"id": "https://b.example/n/1", "type": "Note", "attributedTo": BOB}
    read = document.read_note(bare, envelope)
    assert (read.to, read.cc, read.published) == ((PUBLIC,), (FOLLOWERS,), 1_767_348_000_000)
    assert document.read_note(bare | {"to": [FOLLOWERS]}, envelope).to == (FOLLOWERS,)
    assert document.read_note(bare | {"to": [FOLLOWERS]}, envelope).cc == ()


def test_a_note_is_cleaned_and_its_parts_are_found() -> None:
    note = post(
        content='<p onclick="x">Hi <a href="https://a.example/@alice" class="mention">@alice</a></p><script>1</script>',
        contentMap={"de": "…"},
        summary="<i>Careful</i>",
        inReplyTo=[{"id": "https://a.example/n/2"}],
        url=["https://evil.example/phish", {"href": "https://b.example/@bob/1", "mediaType": "text/html"}],
        tag=[
            {"type": "Mention", "href": "https://a.example/users/alice", "name": "@alice@a.example"},
            {"type": "Hashtag", "name": "#Beans", "href": "https://b.example/tags/beans"},
            {"type": "Hashtag", "name": "beans"},
            {"type": "Hashtag", "name": "#two words!"},
            {"type": "Emoji", "name": "bean", "icon": {"type": "Image", "url": "https://b.example/e.png"}},
            "nonsense",
        ],
        context={"id": "https://b.example/ctx/1"},
        conversation="tag:b.example,2026:1",
        replies={"id": "https://b.example/n/1/replies", "type": "Collection"},
    )
    assert note.content.startswith("<p>Hi <a")
    assert "script" not in note.content
    assert (note.spoiler_text, note.sensitive, note.language) == ("Careful", True, "de")
    assert note.in_reply_to == "https://a.example/n/2"
    assert note.url == "https://b.example/@bob/1"
    assert [mention.href for mention in note.mentions] == ["https://a.example/users/alice"]
    assert note.tags == ("Beans", "twowords")
    assert [emoji.shortcode for emoji in note.emojis] == ["bean"]
    assert note.context == "https://b.example/ctx/1"
    assert note.conversation == "tag:b.example,2026:1"
    assert note.replies == "https://b.example/n/1/replies"


def test_files_are_found_in_every_form() -> None:
    note = post(
        attachment=[
            {
                "type": "Document",
                "mediaType": "image/jpeg",
                "url": "https://cdn.example/1.jpg",
                "name": "Beans\0",
                "blurhash": "UBL_:rOpGG-;~qRjRjof",
                "focalPoint": [0, -0.25],
                "width": 800,
                "height": "600",
            },
            {"type": "Image", "url": [{"href": "https://cdn.example/2.webp", "mediaType": "image/webp"}]},
            {"type": "Link", "href": "https://cdn.example/3.mp4?x=1"},
            {"type": "Link", "href": "https://a.example/article"},
            {"type": "Document", "url": "javascript:alert(1)", "mediaType": "image/png"},
            {"type": "Image", "url": "https://cdn.example/2.webp", "focalPoint": [7, 0]},
            "https://cdn.example/4.bin",
            None,
        ],
        image={"type": "Image", "url": "https://cdn.example/5"},
    )
    seen = [(file.url[-6:], file.kind, file.media_type) for file in note.attachments]
    assert seen == [
        ("/1.jpg", "image", "image/jpeg"),
        ("2.webp", "image", "image/webp"),
        ("p4?x=1", "video", "video/mp4"),
        ("/4.bin", "unknown", ""),
        ("mple/5", "image", ""),
    ]
    first = note.attachments[0]
    assert (first.description, first.focus, first.width, first.height) == ("Beans", (0.0, -0.25), 800, 600)
    many = [{"type": "Image", "url": f"https://cdn.example/{n}.png"} for n in range(40)]
    assert len(post(attachment=many).attachments) == 16


def test_a_question_is_a_poll() -> None:
    question = post(
        type="Question",
        anyOf=[{"name": "Tea & <milk>", "replies": {"totalItems": 3}}, {"name": "Coffee"}, {"name": ""}],
        endTime="2026-01-09T10:00:00Z",
        closed=True,
        votersCount="4",
    ).poll
    assert question is not None
    assert [(option.title, option.votes) for option in question.options] == [
        ("Tea & <milk>", 3),
        ("Coffee", 0),
    ]
    assert question.multiple
    assert question.closed_at == question.ends_at
    assert question.voters_count == 4
    assert post(type="Question", oneOf=[{"name": "only"}]).poll is None


def test_a_vote_is_a_note_with_a_name_that_answers() -> None:
    poll = "https://a.example/q/1"
    vote = post(name=" Tea ", inReplyTo=poll, content=...)
    assert (vote.choice, vote.is_vote) == (" Tea ", True)
    talkative = post(name="Tea", inReplyTo=poll, content="<p>Tea</p>")
    assert (talkative.choice, talkative.is_vote) == ("Tea", False)
    assert post(name="Tea", content="<p>x</p>").choice == ""
    assert post(inReplyTo=poll, content="<p>x</p>").choice == ""


def test_an_article_is_title_summary_and_link() -> None:
    article = post(
        type="Article",
        name="Beans & peas",
        summary="<p>How they came.</p>",
        content="<h2>One</h2><p>Long.</p>",
        url="https://b.example/s/1",
        image={"url": "https://cdn.example/s.jpg"},
    )
    assert article.name == "Beans & peas"
    assert article.content.startswith(
        "<p><strong>Beans &amp; peas</strong></p><p>How they came.</p><p><a href="
    )
    assert "Long." not in article.content
    assert article.spoiler_text == ""
    assert [file.url for file in article.attachments] == ["https://cdn.example/s.jpg"]
    bare = post(type="Article", name="Beans", content="<p>Long.</p>", url="https://b.example/s/1")
    assert bare.content.startswith("<p><strong>Beans</strong></p><p>Long.</p><p><a")
    warned = post(type="Article", name="Beans", summary="War", sensitive=True, content="<p>Long.</p>")
    assert (warned.spoiler_text, warned.sensitive) == ("War", True)
    assert "Long." in warned.content


def test_a_page_keeps_its_text_and_the_link_that_it_is_about() -> None:
    page = post(
        type="Page",
        name="Spare seeds",
        content="<p>Take some.</p>",
        attachment=[{"type": "Link", "href": "https://seeds.example.org"}],
        audience="https://b.example/c/garden",
        language={"identifier": "fr", "name": "Français"},
    )
    assert page.content.startswith("<p><strong>Spare seeds</strong></p><p>Take some.</p><p><a")
    assert 'href="https://seeds.example.org"' in page.content
    assert 'href="https://b.example/n/1"' in page.content
    assert page.audience == ("https://b.example/c/garden",)
    assert page.language == "fr"


def test_an_event_tells_when_and_where() -> None:
    event = post(
        type="Event",
        attributedTo=[{"type": "Group", "id": "https://b.example/c/garden"}, {"type": "Person", "id": BOB}],
        name="Seed swap",
        content="<p>Bring seeds.</p>",
        startTime="2026-10-03T14:00:00+02:00",
        location={"type": "Place", "name": "Old Mill", "address": {"addressLocality": "Town"}},
    )
    assert event.attributed_to == BOB
    assert "<p>2026-10-03 14:00, Old Mill, Town</p><p>Bring seeds.</p>" in event.content
    told = post(type="Event", name="Swap", summary="<p>Saturday</p>", startTime="2026-10-03T14:00:00Z")
    assert "<p>Saturday</p>" in told.content
    assert "2026-10-03" not in told.content


@pytest.mark.parametrize(
    "changes",
    [
        {"quote": "https://a.example/n/9"},
        {"quoteUrl": "https://a.example/n/9"},
        {"quoteUri": "https://a.example/n/9"},
        {"_misskey_quote": "https://a.example/n/9"},
        {
            "tag": {
                "type": "Link",
                "rel": "https://misskey-hub.net/ns#_misskey_quote",
                "href": "https://a.example/n/9",
            }
        },
        {
            "tag": [
                {
                    "type": "Link",
                    "mediaType": f'application/ld+json; profile="{AS2}"',
                    "href": "https://a.example/n/9",
                }
            ]
        },
    ],
)
def test_a_quote_has_many_spellings(changes: dict[str, Any]) -> None:
    assert post(**changes).quote == "https://a.example/n/9"


def test_plain_text_and_markdown_stay_what_they_are() -> None:
    assert post(content="1 < 2\n\n<b>", mediaType="text/plain").content == "<p>1 &lt; 2</p><p>&lt;b&gt;</p>"
    assert post(content="*a*", mediaType="text/markdown; charset=utf-8").content == "<p>*a*</p>"


def test_everything_is_bounded() -> None:
    huge = "<p>" + "x" * 300_000
    note = post(
        content=huge,
        summary=huge,
        name=huge,
        conversation=huge,
        to=[f"https://a.example/{n}" for n in range(5_000)],
        tag=[{"type": "Mention", "href": f"https://a.example/{n}"} for n in range(5_000)],
        oneOf=[{"name": str(n)} for n in range(500)],
        type="Question",
    )
    assert len(msgspec.json.encode(note)) < 250_000
    actor = document.read_actor(
        ACTOR
        | {
            "summary": huge,
            "name": huge,
            "attachment": [{"type": "PropertyValue", "name": huge, "value": huge}] * 50,
        }
    )
    assert len(msgspec.json.encode(actor)) < 60_000
