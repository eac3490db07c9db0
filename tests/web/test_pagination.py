"""Cursors, and links that lead where they say."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediserver.web.pagination import Page, kept, link_header, offset_link_header, parse
from fediserver.web.params import nested, query_pairs

BASE = "https://garden.example"
LINK = re.compile(r'<([^>]+)>; rel="(\w+)"')


def links(header: str) -> dict[str, str]:
    return {rel: url for url, rel in LINK.findall(header)}


@pytest.mark.parametrize(
    ("fields", "page"),
    [
        ({}, Page(20)),
        ({"limit": "5", "max_id": "7"}, Page(5, max_id=7)),
        ({"limit": 5, "min_id": 7}, Page(5, min_id=7)),
        ({"limit": "1000"}, Page(40)),
        ({"limit": "0"}, Page(20)),
        ({"limit": "-1"}, Page(20)),
        ({"limit": "x", "since_id": "", "max_id": "1a", "min_id": "٣"}, Page(20)),
        ({"max_id": "9223372036854775807"}, Page(20, max_id=2**63 - 1)),
        ({"max_id": "9223372036854775808", "since_id": 2**64}, Page(20)),
        ({"max_id": True, "since_id": ["1"], "min_id": 1.5}, Page(20)),
        ({"offset": "40"}, Page(20, offset=40)),
        ({"offset": "99999999"}, Page(20, offset=10_000)),
    ],
)
def test_parse(fields: dict[str, object], page: Page) -> None:
    assert parse(fields) == page


def test_min_id_makes_a_page_ascend() -> None:
    assert parse({"min_id": "1", "since_id": "2"}).ascending
    assert not parse({"since_id": "2"}).ascending


def test_next_comes_first() -> None:
    header = link_header(BASE, "/api/v1/timelines/home", limit=20, first_id=9, last_id=3)
    assert header == (
        '<https://garden.example/api/v1/timelines/home?limit=20&max_id=3>; rel="next", '
        '<https://garden.example/api/v1/timelines/home?limit=20&min_id=9>; rel="prev"'
    )


def test_filters_are_repeated_and_cursors_and_tokens_are_not() -> None:
    query = b"exclude_types[]=a&exclude_types[]=b%26&max_id=1&limit=9&access_token=secret"
    header = link_header(
        BASE, "/x", query_pairs(query), limit=9, first_id="8", last_id=None, newer="since_id"
    )
    assert header == (
        f'<{BASE}/x?exclude_types%5B%5D=a&exclude_types%5B%5D=b%26&limit=9&since_id=8>; rel="prev"'
    )


def test_an_empty_page_has_no_links() -> None:
    assert link_header(BASE, "/x", limit=20, first_id=None, last_id=None) == ""


def test_offsets() -> None:
    assert links(offset_link_header(BASE, "/t", page=Page(10, offset=None), full=True)) == {
        "next": f"{BASE}/t?limit=10&offset=10"
    }
    assert links(offset_link_header(BASE, "/t", page=Page(10, offset=5), full=False)) == {
        "prev": f"{BASE}/t?limit=10&offset=0"
    }


@given(
    st.lists(st.tuples(st.text(st.characters(exclude_characters="\0", codec="utf-8")), st.text(max_size=9))),
    st.integers(0, 2**63 - 1),
    st.integers(1, 40),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9),
)
def test_a_link_comes_back_as_it_was_meant(
    filters: list[tuple[str, str]], last: int, limit: int, tag: str
) -> None:
    filters = [(name, value.replace("\0", "").encode(errors="ignore").decode()) for name, value in filters]
    header = link_header(BASE, f"/tag/{tag}", filters, limit=limit, first_id=1, last_id=last)
    assert header.isascii()
    assert header.isprintable()
    following = urlsplit(links(header)["next"])
    pairs = query_pairs(following.query.encode())
    assert pairs == parse_qsl(following.query, keep_blank_values=True)
    assert parse(nested(pairs)) == Page(limit, max_id=last)
    assert kept(pairs) == kept(filters)
