"""HTML as readable text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.text.compose import html
from fediserver.text.plain import excerpt, plain


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>a</p><p>b<br>c<br />d</p>", "a\n\nb\nc\nd"),
        ("<p>a</p>\n\n  <p> b\n c </p>", "a\n\nb c"),
        ("x &amp; &lt;b&gt; &#39;&nbsp;y", "x & <b> '\u00a0y"),
        ("<ul><li>a</li><li>b</li></ul><p>c</p>", "- a\n- b\n\nc"),
        ("<p>x</p><pre><code>if a:\n    b\n</code></pre><p>y</p>", "x\n\nif a:\n    b\n\ny"),
        ("<blockquote><p>a</p></blockquote>b", "a\n\nb"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "漢(kan)"),
        ("<!-- x -->a<!DOCTYPE html>", "a"),
        ("1 < 2", "1 < 2"),
        ("", ""),
    ],
)
def test_structure(source: str, expected: str) -> None:
    assert plain(source) == expected


def test_links_give_their_full_address() -> None:
    address = "https://www.x.example/a/very/long/path/that/is/cut/in/what/readers/see"
    assert plain(html(f"see {address}.", mentions={}, tag_url="/")) == f"see {address}."


def test_limit_counts_code_points_and_cuts_no_character() -> None:
    assert plain("<p>abcdef</p>", limit=3) == "abc"
    assert plain("<p>ab</p><p>cd</p>", limit=4) == "ab"
    assert plain("<p>ae\u0301</p>", limit=2) == "a"
    assert plain("<p>ab</p>" * 10_000, limit=9) == "ab\n\nab\n\na"


@pytest.mark.parametrize(
    ("source", "length", "expected"),
    [
        ("<p>one two</p><p>three</p>", 100, "one two three"),
        ("<p>one two three</p>", 10, "one two…"),
        ("<p>one two three</p>", 8, "one two…"),
        ("<p>one two three</p>", 7, "one…"),
        ("日本語の長い文章です", 5, "日本語の…"),
        ("a bcdefghijklmnop", 10, "a bcdefgh…"),
    ],
)
def test_excerpt(source: str, length: int, expected: str) -> None:
    assert excerpt(source, length) == expected


@settings(deadline=None)
@given(st.text(), st.integers(1, 40))
def test_limits_are_kept(text: str, limit: int) -> None:
    assert len(plain(text, limit=limit)) <= limit
    assert len(excerpt(text, limit)) <= limit


@pytest.mark.parametrize("piece", ["<", "<a", "<!", "<p>", "<pre>", " ", "\n", "&", "<a '", "</pre>\n "])
def test_hostile_repetition_is_read_in_one_go(piece: str) -> None:
    plain(piece * (100_000 // len(piece)))
