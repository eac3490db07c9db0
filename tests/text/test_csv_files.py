import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediserver.errors import Invalid
from fediserver.text import csv_files
from fediserver.text.csv_files import Entry, Kind

CELL = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), min_size=1, max_size=30
)
SUBJECT = CELL.map(lambda text: text.strip().removeprefix("@")).filter(
    lambda text: bool(text.strip()) and text == text.strip() and text not in csv_files._FIRST
)
FLAG = st.none() | st.booleans()
LANGUAGES = st.none() | st.lists(st.sampled_from(["de", "en", "fr"]), min_size=1, max_size=3).map(tuple)


@given(st.lists(st.builds(Entry, SUBJECT, show_reblogs=FLAG, notify=FLAG, languages=LANGUAGES), min_size=1))
def test_follows_that_are_written_can_be_read(entries: list[Entry]) -> None:
    first = {entry.subject: entry for entry in reversed(entries)}
    assert {
        one.subject: one for one in csv_files.read("follows", csv_files.write("follows", entries).encode())
    } == first


@given(st.lists(st.builds(Entry, SUBJECT, list_title=SUBJECT), min_size=1))
def test_lists_that_are_written_can_be_read(entries: list[Entry]) -> None:
    found = csv_files.read("lists", csv_files.write("lists", entries).encode())
    assert found == list(dict.fromkeys(entries))


@given(st.sampled_from(csv_files.KINDS), st.binary(max_size=300))
def test_anything_else_is_refused_or_read_in_bounds(kind: Kind, data: bytes) -> None:
    try:
        found = csv_files.read(kind, data)
    except Invalid:
        return
    assert all(0 < len(one.subject) <= csv_files.LONGEST for one in found)


def test_files_of_mastodon_are_read() -> None:
    follows = (
        b'Account address,Show boosts,Notify on new posts,Languages\nbob@elm.example,false,true,"de, en"\n'
    )
    assert csv_files.read("follows", follows) == [
        Entry("bob@elm.example", show_reblogs=False, notify=True, languages=("de", "en"))
    ]
    assert csv_files.read("follows", b"@bob@elm.example\r\ncarol@elm.example\r\n") == [
        Entry("bob@elm.example"),
        Entry("carol@elm.example"),
    ]
    mutes = "\ufeffAccount address,Hide notifications\nbob@elm.example,false\n".encode()
    assert csv_files.read("mutes", mutes) == [Entry("bob@elm.example", hide_notifications=False)]
    assert csv_files.read("domain_blocks", b"#domain\nbad.example\n\nbad.example\n") == [Entry("bad.example")]
    assert csv_files.read("lists", b"Herbs,bob@elm.example\n") == [
        Entry("bob@elm.example", list_title="Herbs")
    ]
    assert csv_files.read("bookmarks", b"https://elm.example/1\n") == [Entry("https://elm.example/1")]


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("follows", b"", "empty"),
        ("follows", b"\n , \n", "empty"),
        ("follows", b"\xff\xfe", "UTF-8"),
        ("lists", b"Account address,Show boosts\nbob@elm.example,true\n", "something else"),
        ("follows", b"#domain\nbad.example\n", "something else"),
        ("blocks", b"a@b.example\n" * (csv_files.LINES + 1), "more than 20000 lines"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(kind: Kind, data: bytes, text: str) -> None:
    with pytest.raises(Invalid, match=text):
        csv_files.read(kind, data)
