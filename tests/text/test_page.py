"""What pages say of themselves, however they are written."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediserver.text.handles import Handle
from fediserver.text.page import DESCRIPTION, TITLE, Page, decoded, read, with_oembed

URL = "https://paper.example/a/story"


def meta(**values: str) -> str:
    return "".join(
        f'<meta property="{name.replace("_", ":")}" content="{value}">' for name, value in values.items()
    )


def test_a_page_with_everything() -> None:
    page = read(
        """<!DOCTYPE html><html lang="de-AT"><head><title>Not this</title>
        <meta property="og:title" content="Lauch &amp; Liebe">
        <meta name='description' content='Eine Suppe
            für alle'>
        <meta property=og:site_name content=Zeitung>
        <meta content="/p.jpg" property="og:image"><meta property="og:image:width" content="1200"/>
        <meta property="og:image:height" content="630"><meta property="og:image:alt" content="Ein Topf">
        <meta name="author" content="Ada"><meta property="article:author" content="https://paper.example/ada">
        <meta name="fediverse:creator" content="@ada@oak.example"><meta name="fediverse:creator" content="nonsense">
        <meta property="article:published_time" content="2026-09-03T10:00:00+02:00">
        <link rel="alternate" type="application/json+oembed" href="/oembed?x=1&amp;y=2">
        </head><body>text</body></html>""",
        URL,
    )
    assert page == Page(
        title="Lauch & Liebe",
        description="Eine Suppe für alle",
        language="de-AT",
        author_name="Ada",
        author_url="https://paper.example/ada",
        creators=(Handle("ada", "oak.example"),),
        provider_name="Zeitung",
        image="https://paper.example/p.jpg",
        image_width=1200,
        image_height=630,
        image_description="Ein Topf",
        published_at=1_788_422_400_000,
        oembed="https://paper.example/oembed?x=1&y=2",
    )


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<TITLE>Leek\n soup</TITLE>", "Leek soup"),
        ("<title>a &lt;b&gt; c</title>", "a <b> c"),
        ("<!-- <title>hidden</title> --><title>shown</title>", "shown"),
        ("<script>'<title>hidden</title>'</script><title>shown</title>", "shown"),
        ("<svg><title>icon</title></svg><title>shown</title>", "shown"),
        ('<meta name="twitter:title" content="bird"><title>page</title>', "bird"),
        ("<titles>no</titles>", ""),
        ("<title>", ""),
        ("", ""),
    ],
)
def test_titles(html: str, title: str) -> None:
    assert read(html, URL).title == title


def test_texts_are_bounded() -> None:
    page = read(meta(og_title="t" * 3000, og_description="d" * 3000, og_image="x" * 3000), URL)
    assert len(page.title) == TITLE
    assert len(page.description) == DESCRIPTION
    assert page.image == ""


@pytest.mark.parametrize("image", ["javascript:alert(1)", "data:image/png;base64,x", "http://[", "ftp://x/y"])
def test_pictures_are_on_the_web(image: str) -> None:
    assert read(meta(og_image=image), URL).image == ""


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        ("<p>Grüße".encode(), "text/html", "<p>Grüße"),
        ("<p>Grüße".encode("cp1252"), "text/html", "<p>Grüße"),
        ("<p>Grüße".encode("cp1252"), "text/html; charset=ISO-8859-1", "<p>Grüße"),
        ('<meta charset="shift_jis">東京'.encode("shift_jis"), "text/html", '<meta charset="shift_jis">東京'),
        ("東京".encode("euc_jp"), 'text/html; charset="EUC-JP"', "東京"),
        ("東京".encode("utf-16"), "text/html", "東京"),
        (b"\xef\xbb\xbf\xc3\xbc", "text/html; charset=latin1", "ü"),
        (b"abc", "text/html; charset=unicode_escape", "abc"),
        (b"abc", "text/html; charset=zlib", "abc"),
        (b"abc", "text/html; charset=nothing", "abc"),
        ("ü".encode() * 5 + b"\xc3", "text/html", "üüüüü�"),
    ],
)
def test_charsets(body: bytes, content_type: str, expected: str) -> None:
    assert decoded(body, content_type) == expected


def test_oembed_fills_what_the_page_lacks() -> None:
    page = read(meta(og_site__name="x"), URL)
    said: Any = {
        "title": "A film",
        "author_name": "Ada",
        "author_url": "/ada",
        "thumbnail_url": 5,
        "html": "<b>",
    }
    filled = with_oembed(page, said, URL)
    assert (filled.title, filled.author_name, filled.author_url) == (
        "A film",
        "Ada",
        "https://paper.example/ada",
    )
    assert with_oembed(page, ["no"], URL) == page


@given(st.text())
def test_anything_is_a_page(html: str) -> None:
    read(html, URL)


@given(st.binary(), st.text(max_size=30))
def test_anything_is_text(body: bytes, content_type: str) -> None:
    assert isinstance(decoded(body, content_type), str)


@pytest.mark.parametrize(
    "piece",
    [
        "<meta ",
        '<meta content="',
        "<!--",
        "<script",
        "<title>",
        "<link '",
        "<html a=b ",
        "<svg",
        '<meta a="b" ',
    ],
)
def test_pages_that_repeat_themselves_are_read_to_the_end(piece: str) -> None:
    read(piece * (400_000 // len(piece)), URL)
