"""HTML from strangers."""

from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fediserver.text.sanitise import ESCAPED, INPUT_LENGTH, clean, clean_text

REL = 'rel="nofollow noopener" target="_blank"'


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("plain & <3", "plain &amp; &lt;3"),
        ("<p>a<br/>b</p>", "<p>a<br>b</p>"),
        ("<div><p>a</p></div><img src=x onerror=alert(1)>", "<p>a</p>"),
        (
            "<b>a</b><STRONG>b</STRONG><u><i><em><s><del>c",
            "<b>a</b><strong>b</strong><u><i><em><s><del>c</del></s></em></i></u>",
        ),
        ("<pre><code>x\n y</code></pre>", "<pre><code>x\n y</code></pre>"),
        ("<ol start='3' reversed><li value=7>x</ol>", '<ol start="3" reversed=""><li value="7">x</li></ol>'),
        ("<ol start='x'><li value='1e9'>x</ol>", "<ol><li>x</li></ol>"),
        (
            "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>",
            "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>",
        ),
        ("<h1>A</h1><h6 class=x>B</h6>", "<p><strong>A</strong></p><p><strong>B</strong></p>"),
        ("a<script>alert(1)</script><style>p{}</style>b", "ab"),
        ("<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "'&gt;"),
        ("<!-- x -->a<![CDATA[b]]>", "a"),
        ("<p style='x' id=y onclick=z title=t dir=rtl>a</p>", "<p>a</p>"),
        ("\x00a\x08b&#1;c\x7f", "abc"),
        ("<a>x</a>", "x"),
    ],
)
def test_only_harmless_tags_stay(html: str, expected: str) -> None:
    assert clean(html) == expected


@pytest.mark.parametrize(
    ("classes", "kept"),
    [
        ("h-card p-name u-url dt-published e-content", "h-card p-name u-url dt-published e-content"),
        ("mention hashtag", "mention hashtag"),
        ("ellipsis evil invisible", "ellipsis invisible"),
        ("quote-inline", "quote-inline"),
        ("btn h- hcard x-h-card mention2", ""),
        ("h-" + "x" * 300, ""),
    ],
)
def test_classes(classes: str, kept: str) -> None:
    assert clean(f'<span class="{classes}">x</span>') == (
        f'<span class="{kept}">x</span>' if kept else "<span>x</span>"
    )


@pytest.mark.parametrize(
    "scheme",
    ["http", "https", "dat", "dweb", "ipfs", "ipns", "ssb", "gopher", "xmpp", "magnet", "gemini", "HTTPS"],
)
def test_known_schemes_stay_links(scheme: str) -> None:
    assert clean(f'<a href="{scheme}:x">y</a>') == f'<a href="{scheme}:x" {REL}>y</a>'


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "&#106;avascript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "mailto:a@b.example",
        "/settings",
        "//b.example/",
        "page",
        "#top",
        "",
        "https://x.example/" + "a" * 2048,
    ],
)
def test_other_links_become_text(href: str) -> None:
    assert clean(f'<p><a class="mention" href="{href}">y</a> z</p>') == "<p>y z</p>"


@pytest.mark.parametrize(
    ("rel", "kept"),
    [
        ("", "nofollow noopener"),
        ("tag", "nofollow noopener tag"),
        ("UGC me noreferrer opener", "nofollow noopener me ugc"),
        ("x" * 300, "nofollow noopener"),
    ],
)
def test_rel(rel: str, kept: str) -> None:
    assert clean(f'<a href="https://x.example/" rel="{rel}" target="top">y</a>') == (
        f'<a href="https://x.example/" rel="{kept}" target="_blank">y</a>'
    )


def test_translate_may_only_say_no() -> None:
    assert clean('<span translate="no">a</span><span translate="yes">b</span>') == (
        '<span translate="no">a</span><span>b</span>'
    )


def test_a_link_in_a_link_is_text() -> None:
    nested = '<a href="https://x.example/">a<table><td><a href="https://y.example/">b</a></table>c</a>'
    assert clean(nested) == f'<a href="https://x.example/" {REL}>abc</a>'


def test_mastodon_mark_up_stays() -> None:
    post = (
        '<p><span class="h-card" translate="no"><a href="https://b.example/@bob" class="u-url mention">'
        '@<span>bob</span></a></span> <a href="https://a.example/tags/tea" class="mention hashtag" rel="tag">'
        "#<span>tea</span></a></p>"
    )
    assert clean(post) == post.replace('u-url mention"', f'u-url mention" {REL}').replace(
        'rel="tag"', 'rel="nofollow noopener tag" target="_blank"'
    )


def test_long_input_is_cut_before_a_tag() -> None:
    start = "x" * (INPUT_LENGTH - 4)
    assert clean(start + '<a href="https://x.example/">y</a>') == start
    assert clean(start + "&amp;&amp;") == start
    assert clean("<p>" + "<b>x</b> " * 40_000).count("<b>") <= 4_000


@pytest.mark.parametrize(
    "part", ["&", "&a", "&am", "&#", "&#160;", "&nbsp;", "&lt;", "\xa0", ">", "x>", "<b>&</b>&&&&"]
)
def test_what_is_escaped_is_bounded(part: str) -> None:
    """A parser's work grows with the square of it, and what is stored to six times its length."""
    cleaned = clean(f"<p>Before</p>{part * (250_000 // len(part))}")
    assert cleaned.startswith("<p>Before</p>")
    assert 5_000 < cleaned.count("&") <= ESCAPED
    assert len(cleaned) <= INPUT_LENGTH
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    "tag",
    [
        "div",
        "b",
        "p",
        "ul><li",
        "blockquote",
        "a href='https://x.example/'",
        "table><td",
        "h1",
        "svg",
        "span",
    ],
)
def test_deep_nesting_is_survived(tag: str) -> None:
    html = f"<{tag}>" * 10_000 + "deep"
    assert len(clean(html)) < 2_000_000
    small = clean(f"<{tag}>" * 500 + "deep")
    assert "deep" in small
    assert clean(small) == small


@pytest.mark.parametrize(
    "html",
    [
        "<p>" + "".join(f"<b x={i}>" for i in range(1_000)) + "</p><p>x" * 3_000,
        "<p><b " + " ".join(f"a{i}" for i in range(40_000)) + "></p>" + "<p>x</p>" * 1_000,
        f'<p><a href="https://x.example/{"a" * 2_000}"></p>' + "<p>x" * 3_500,
        '<p><b a=">" ' + "a " * 100_000 + "></p>" + "<p>x" * 3_000,
        "<!--" * 60_000,
        '<a "' * 60_000,
        "<" * 250_000,
        "&" * 250_000,
        "</b>" * 60_000,
        "<table>" + "<b>x<p>" * 3_000,
    ],
)
def test_what_would_grow_out_of_measure_is_bounded(html: str) -> None:
    assert len(clean(html)) <= 1_400_000


def test_large_documents_keep_their_links() -> None:
    cleaned = clean(
        '<p><a class="mention" rel=tag href=https://x.example/?a&b>x</a> <em onclick="x">y</em></p>' * 300
    )
    link = '<a class="mention" rel="nofollow noopener tag" href="https://x.example/?a&amp;b" target="_blank">x</a>'
    one = f"<p>{link} <em>y</em></p>"
    assert cleaned == one * 300


_STAY = "p br span a del s pre blockquote code b strong u i em ul ol li ruby rt rp"
_ALLOWED = set(_STAY.split())


class _Seen(HTMLParser):
    """What a lenient reader finds in HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.hrefs: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.hrefs += [value or "" for name, value in attrs if name == "href"]


_SOUP = """
<p> </p> <b> </b> <b/x=1> <i </i> <a/href='https://x.example/'> <a/href=javascript:x> <a/href="java&#10;script:x"> </a>
<h2> </h2> <ul> <li> </ul> <ol/reversed> <pre> </pre> <script> </script> <style> </style> <svg> <math> <mi> <mglyph>
<table> <tr> <td> </td> </table> <button> <form> <select> <option> <textarea> </textarea> <template> <noscript> <title>
<img/src=x/onerror=alert(1)> <p/onclick='x'> <iframe/srcdoc='<script>'> <!-- --> <![CDATA[
]]> &lt; &#60;script&#62; &amp;
<blockquote> </blockquote> <ruby> <rt> <rp> <br> </br> <span/class='mention/x'> </span> text ' " < > / =
<style><img/title='</style><img/src=x/onerror=y>'> <object> <applet> <marquee> <div> </div> <nobr> <font> <h1/><p>
"""
_PIECES = st.sampled_from([*_SOUP.split(), " ", "\n", "\n\n"])
_HTML = st.lists(_PIECES, max_size=30).map("".join) | st.text()


@settings(max_examples=100, deadline=None)
@given(_HTML)
@example("<svg></p><style><a title='</style><img src onerror=alert(1)>'>")
@example(
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>"
)
@example("<pre>\n\n\nx</pre>")
@example("<ruby>x<li><a href=javascript:x><rt></pre>")
@example("<h1><p>x</p><ul><li>y</h1>")
def test_nothing_dangerous_survives_and_cleaning_is_done_once(html: str) -> None:
    cleaned = clean(html)
    assert clean(cleaned) == cleaned
    seen = _Seen(cleaned)
    assert seen.tags <= _ALLOWED
    assert seen.attributes <= {"href", "rel", "class", "translate", "target", "start", "reversed", "value"}
    assert all(href.startswith("https:") for href in seen.hrefs)
    assert "<script" not in cleaned


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I <3 you & <all> of it", "I <3 you & of it"),
        ("I <3 you &amp; all", "I <3 you &amp; all"),
        ("<b>Tea</b> &amp; <i>cake</i>", "Tea & cake"),
        ("<p>a</p><p>b</p>", "a b"),
        ("x<script>alert(1)</script>y", "xy"),
        ("a\x00\n\tb\u202ec\u200b", "a bc"),
        ("  Ali\u0301ce 👩‍🌾 ", "Ali\u0301ce 👩‍🌾"),
        ("\ud800x", "x"),
        ("", ""),
    ],
)
def test_names_are_one_line_of_text(text: str, expected: str) -> None:
    assert clean_text(text) == expected


def test_names_are_cut_between_characters() -> None:
    assert clean_text("abc" + "e\u0301" * 10, limit=4) == "abc"
    assert clean_text("x" * 10_000, limit=30) == "x" * 30
    assert len(clean_text("a" + "\u0301" * 1_000_000, limit=100)) <= 100


def test_halves_of_surrogate_pairs_are_no_error() -> None:
    assert clean("<p>a\ud800b</p>") == "<p>a?b</p>"
