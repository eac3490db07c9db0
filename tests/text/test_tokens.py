"""What counts as a mention, hashtag, link or emoji in typed text."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from linkify_it import LinkifyIt

from fediserver.text.compose import find
from fediserver.text.handles import Handle
from fediserver.text.tokens import prepared, tokens


def names(text: str) -> list[str]:
    return [str(handle) for handle in find(text).mentions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@alice", ["alice"]),
        ("@Alice and @ALICE", ["alice"]),
        ("Hi @bob@b.example.", ["bob@b.example"]),
        ("(@bob@B.example), .@carol!", ["bob@b.example", "carol"]),
        ("@bob@b.example: hello", ["bob@b.example"]),
        ("@bob@localhost:8001: hello", ["bob@localhost:8001"]),
        ("@bob@127.0.0.1:8001", ["bob@127.0.0.1:8001"]),
        ("@bob@[::1]:8001 hi", ["bob@[::1]:8001"]),
        ("@bob@bücher.example", ["bob@xn--bcher-kva.example"]),
        ("@bobさんへ @bob@b.exampleさん", ["bob", "bob@b.example"]),
        ("@Bob@b.example @bob@b.example", ["Bob@b.example", "bob@b.example"]),
        ("@a.b-c. @d_", ["a.b-c", "d_"]),
        ("@alice's", ["alice"]),
        ("mail bob@b.example", []),
        ("https://b.example/@bob", []),
        ("see b.example/@bob", []),
        ("@@bob @bob@ @a@b@c", []),
        ("@josé नमस्ते@bob a=@bob", []),
        ("@http://x.example", []),
        ("@ bob", []),
        ("@bob@1.2.3", []),
        ("@" + "a" * 256, []),
    ],
)
def test_mentions(text: str, expected: list[str]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#Garden #garden #GARDEN", ["Garden"]),
        ("#café #हिन्दी #日本語 #ไทย", ["café", "हिन्दी", "日本語", "ไทย"]),
        ("#a·b #コーヒー・豆 #می\u200cخواهم", ["a·b", "コーヒー・豆", "می\u200cخواهم"]),
        ("#a· #b・", ["a", "b"]),
        ("＃wide", ["wide"]),
        ("(#one),#two.#three", ["one", "two", "three"]),
        ("#1a #a1 #8_3", ["1a", "a1", "8_3"]),
        ("#1 #2024 #_ # ##", []),
        ("x#y 1#y é#y ि#y", []),
        ("a/#b &#39; =#x (a)#b", []),
        ("https://x.example/#foo http://x.example/a?b#c", []),
        ("#·a", []),
        ("#don't", ["don"]),
        ("#tag☃http://x.example", ["tag"]),
        ("#" + "a" * 101, []),
    ],
)
def test_hashtags(text: str, expected: list[str]) -> None:
    assert find(text).tags == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://x.example", ["https://x.example"]),
        ("HTTP://X.example/", ["HTTP://X.example/"]),
        ("see https://x.example/a. And", ["https://x.example/a"]),
        ("(https://x.example/a_(b))", ["https://x.example/a_(b)"]),
        ("[https://x.example/a]", ["https://x.example/a"]),
        ("(see https://x.example/a(b).)", ["https://x.example/a(b)"]),
        ("https://x.example/?a=1&b=2", ["https://x.example/?a=1&b=2"]),
        ("https://x.example?q", ["https://x.example?q"]),
        ("https://x.example/?", ["https://x.example/"]),
        (
            "https://x.example:8443/a, https://x.example:1.",
            ["https://x.example:8443/a", "https://x.example:1"],
        ),
        ("http://localhost:8001/@bob", ["http://localhost:8001/@bob"]),
        ("http://[::1]:8001/x", ["http://[::1]:8001/x"]),
        ("https://bücher.example/ä", ["https://bücher.example/ä"]),
        ("https://日本語.jp/道", ["https://日本語.jp/道"]),
        ("https://x.exampleを見て", ["https://x.example"]),
        ("「https://x.example/a」、", ["https://x.example/a"]),
        ("<https://x.example/a>", ["https://x.example/a"]),
        ('"https://x.example/a"', ["https://x.example/a"]),
        ("見てhttps://x.example", ["https://x.example"]),
        ("https://x.example https://x.example", ["https://x.example"]),
        ("https://x.example,b", ["https://x.example"]),
        ("https://https://x.example", ["https://x.example"]),
        ("https://x.example/\u202egpj", ["https://x.example/"]),
        ("https://bank.example@evil.example http://u:p@x.example/", []),
        ("https:// http:/x https://. ftp://x.example javascript://x.example", []),
        ("x.example www.x.example xhttps://x.example", []),
        ("http://1.2.3/ http://0x7f.1/ https://-x.example", []),
    ],
)
def test_links(text: str, expected: list[str]) -> None:
    assert find(text).links == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":tea: :Tea_2:", ["tea", "Tea_2"]),
        ("é:tea: (:tea:)", ["tea"]),
        ("10:30:45 :a: ::tea:: :tea:x :te a:", []),
        (":a::bc:", []),
        ("https://x.example/:tea:", []),
    ],
)
def test_emojis(text: str, expected: list[str]) -> None:
    assert find(text).emojis == expected


def test_a_long_link_ends() -> None:
    (link,) = find("https://x.example/" + "a" * 5000).links
    assert len(link) == 2048


_SOUP = st.text(alphabet=st.sampled_from("aZ0é日ि @#＃:/.,()[]?&'\"<>-_·\n\r\x00\u200c\u202e😀")) | st.lists(
    st.sampled_from(
        ["https://", "http://x.example", "@a", "@b.example", "#t", ":tea:", " ", "\n\n", "(", ")", "://", "é"]
    )
).map("".join)


@settings(deadline=None)
@given(_SOUP | st.text())
@example("@")
@example("https://[")
@example("\ud800@a")
def test_tokens_never_raise_and_never_overlap(text: str) -> None:
    text = prepared(text)
    position = 0
    for token in tokens(text):
        assert position <= token.start < token.end <= len(text)
        position = token.end
    find(text)


_LABEL = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
_URL = st.builds(
    lambda scheme, host, port, path, query, fragment: (
        f"{scheme}://{'.'.join(host)}{port}/{'/'.join(path)}{query}{fragment}"
    ),
    st.sampled_from(["http", "https"]),
    st.lists(_LABEL, min_size=1, max_size=3).map(lambda labels: [*labels, "org"]),
    st.sampled_from(["", ":8080"]),
    st.lists(st.from_regex(r"[A-Za-z0-9_%~+=@-]{0,6}[A-Za-z0-9]", fullmatch=True), max_size=3),
    st.sampled_from(["", "?a=b", "?a=b&c=d%20", "?q"]),
    st.sampled_from(["", "#top", "#a=1"]),
)


_THEIRS = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False})


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "(", "see: ", "'"]), _URL, st.sampled_from(["", ".", ",", "!", ")", ")."])
        )
    )
)
def test_links_are_those_of_linkify_it(parts: list[tuple[str, str, str]]) -> None:
    text = " ".join("".join(part) for part in parts)
    theirs = [match.raw for match in _THEIRS.match(text) or []]
    ours = [text[token.start : token.end] for token in tokens(text)]
    assert ours == theirs == [url for _, url, _ in parts]


@pytest.mark.parametrize(
    "piece",
    [
        "@",
        "a.",
        "(",
        "https://",
        "@a",
        "@a.",
        "@a@",
        "#",
        "＃",
        "#é",
        "#a·",
        ":",
        ":a",
        "://",
        "http://a",
        "é@",
        "a-",
    ],
)
def test_hostile_repetition_is_read_in_one_go(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    find(text)
    find("@a@" + text)
    find("https://x.example/" + text)
    find("https://" + text)
    find("#" + text)


def test_a_handle_that_was_found_can_be_looked_up() -> None:
    assert find("@Bob@B.example @Bob").mentions == [Handle("Bob", "b.example"), Handle("bob")]
