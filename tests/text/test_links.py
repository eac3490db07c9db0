"""Links in posts."""

from fediserver.text import compose
from fediserver.text.compose import MentionLink
from fediserver.text.handles import Handle
from fediserver.text.links import links


def test_links_of_typed_text() -> None:
    html = compose.html(
        "@bob #leek see https://elm.example/a?b=1&c=2 and https://elm.example/a?b=1&c=2, http://oak.example",
        mentions={Handle("bob"): MentionLink("bob", "https://oak.example/@bob")},
        tag_url="https://oak.example/tags/",
    )
    assert links(html) == ["https://elm.example/a?b=1&c=2", "http://oak.example"]


def test_links_of_others() -> None:
    html = (
        '<p class="quote-inline">RE: <a href="https://elm.example/1" rel="nofollow">x</a></p>'
        '<p><a href="https://elm.example/tags/leek" rel="tag nofollow">#leek</a> <a href="mailto:x@y.z">mail</a> '
        '<a href="https://elm.example/@bob" class="u-url mention">bob</a> <a href="https://elm.example/2">two</a></p>'
    )
    assert links(html) == ["https://elm.example/2"]
    assert links("<a href='https://elm.example'>not as we write it</a>") == []
