"""Typed text becomes the HTML that client apps expect."""

import re
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.text.compose import MentionLink, find, html, inline, tag_name
from fediserver.text.handles import Handle
from fediserver.text.plain import plain
from fediserver.text.sanitise import clean
from fediserver.text.tokens import prepared

TAGS = "https://a.example/tags/"
BOB = {Handle("bob", "b.example"): MentionLink("bob", "https://b.example/@bob")}


def made(text: str) -> str:
    return html(text, mentions=BOB, tag_url=TAGS)


def test_mention() -> None:
    assert made("Hi @bob@b.example!") == (
        '<p>Hi <span class="h-card" translate="no"><a href="https://b.example/@bob" class="u-url mention">'
        "@<span>bob</span></a></span>!</p>"
    )


def test_unknown_mention_stays_text() -> None:
    assert made("Hi @carol@c.example & @dave") == "<p>Hi @carol@c.example &amp; @dave</p>"


def test_hashtag() -> None:
    assert made("#GardenDay") == (
        '<p><a href="https://a.example/tags/gardenday" class="mention hashtag" rel="tag">'
        "#<span>GardenDay</span></a></p>"
    )


def test_hashtag_address_is_encoded_or_called_for() -> None:
    assert f'href="{TAGS}caf%C3%A9"' in made("#Café")
    assert 'href="/t?n=caf&amp;é"' in html(
        "#Caf·é", mentions={}, tag_url=lambda name: "/t?n=" + name.replace("·", "&")
    )


def test_short_link() -> None:
    assert made("https://x.example/a?b&c") == (
        '<p><a href="https://x.example/a?b&amp;c" target="_blank" rel="nofollow noopener" translate="no">'
        '<span class="invisible">https://</span><span class="">x.example/a?b&amp;c</span>'
        '<span class="invisible"></span></a></p>'
    )


def test_long_link_is_shortened_after_thirty_characters() -> None:
    assert made("http://www.x.example/0123456789012345678901234567") == (
        '<p><a href="http://www.x.example/0123456789012345678901234567" target="_blank" rel="nofollow noopener" '
        'translate="no"><span class="invisible">http://www.</span>'
        '<span class="ellipsis">x.example/01234567890123456789</span><span class="invisible">01234567</span></a></p>'
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \r\n\n ", ""),
        ("a\r\nb\rc\nd", "<p>a<br>b<br>c<br>d</p>"),
        ("a\n\nb\n \n\t\n\nc", "<p>a</p><p>b</p><p>c</p>"),
        ("\n a \n", "<p>a</p>"),
        ("<b>\"x\" & 'y'</b>", "<p>&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/b&gt;</p>"),
        ("a\x00b\x1b\x85c", "<p>abc</p>"),
        (":tea: time", "<p>:tea: time</p>"),
    ],
)
def test_paragraphs_and_escapes(text: str, expected: str) -> None:
    assert made(text) == expected


def test_inline_has_no_paragraph_and_can_say_me() -> None:
    field = inline(" https://x.example\n#tea ", mentions={}, tag_url=TAGS, rel="me nofollow noopener")
    assert field.startswith('<a href="https://x.example" target="_blank" rel="me nofollow noopener"')
    assert field.endswith("#<span>tea</span></a>")
    assert "<br>" not in field


def test_links_in_names_of_mentions_are_escaped() -> None:
    hostile = {Handle("bob", "b.example"): MentionLink('"><script>', 'https://b.example/"onclick="x')}
    made = html("@bob@b.example", mentions=hostile, tag_url=TAGS)
    assert "<script" not in made
    assert '"onclick' not in made


def test_tag_name_is_one_for_all_spellings() -> None:
    assert tag_name("ＴＥＡ") == tag_name("Tea") == tag_name("tea") == "tea"
    assert tag_name(normalize("NFD", "Café")) == tag_name("café")


_TYPED = st.text() | st.lists(
    st.sampled_from(
        [
            "https://x.example/a?b=1&c",
            "#tea",
            "#Café",
            "@carol",
            " ",
            "\n",
            "\n\n",
            "<b>",
            "&amp;",
            "</p>",
            "'",
            '"',
            ".",
        ]
    )
).map("".join)


def words(text: str) -> list[str]:
    return prepared(text).replace("＃", "#").split()


@settings(deadline=None)
@given(_TYPED)
def test_what_was_typed_can_be_read_back(text: str) -> None:
    assert plain(made(text)).split() == words(text)


@settings(deadline=None)
@given(_TYPED)
def test_our_own_html_passes_the_sanitiser_whole(text: str) -> None:
    ours = made(text)
    cleaned = clean(ours)
    assert plain(cleaned) == plain(ours)
    assert re.findall(r'href="[^"]*"', cleaned.replace("'", "&#39;")) == re.findall(r'href="[^"]*"', ours)


@settings(deadline=None)
@given(_TYPED)
def test_everything_found_is_in_the_html(text: str) -> None:
    assert made(text).count('rel="tag"') >= len(find(text.strip()).tags)
