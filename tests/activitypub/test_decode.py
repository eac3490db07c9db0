import contextlib
import random
import tracemalloc

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.activitypub import document
from fediserver.errors import BadRequest, Refused

# Hypothesis knows the keys that are refused, for it reads our sources.
KEYS = st.text(max_size=8).filter(lambda key: not key.startswith("@"))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(KEYS, JSON, max_size=6))
def test_every_object_is_read_as_it_is_or_refused_for_a_nul(value: dict[str, object]) -> None:
    body = orjson.dumps(value)
    if b"\\u0000" in body and "\0" in str(orjson.loads(body)).replace("\\x00", "\0"):
        with pytest.raises(BadRequest):
            document.parse(body)
    else:
        assert document.parse(body) == orjson.loads(body)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\u0a ', max_size=60).map(str.encode))
def test_bytes_are_an_object_or_a_bad_request(body: bytes) -> None:
    with contextlib.suppress(BadRequest):
        assert isinstance(document.parse(body), dict)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"[]", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b'{"a":1', "brackets"),
        (b'{"a":}', "not JSON"),
        (b'{"a":"\xff"}', "not JSON"),
        (b'{"a":"\x00"}', "not JSON"),
        (b'{"a":"x\\u0000y"}', "text of the document has a NUL"),
        (b'{"a":{"\\u0000":1}}', "key of the document has a NUL"),
        (b'{"a":NaN}', "not JSON"),
        (b'{"a":1e999}', "not JSON"),
        (b'{"a":"\\ud800"}', "not JSON"),
        (b'{"id":"https://a.example/1","id":"https://b.example/1"}', "stands twice"),
        (b'{"a":[{"b":{"c":1,"c":1}}]}', "stands twice"),
        (b'{"a":1,"\\u0061":2}', "stands twice"),
        (b'{"a":"' + b"x" * document.MAX_BODY + b'"}', "larger than"),
        (b'{"a":[' + b"0," * 50_000 + b"0]}", "more than 50000 values"),
    ],
)
def test_bad_bodies_are_told_what_is_wrong(body: bytes, says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        document.parse(body)


def test_depth_ends_at_thirty_two() -> None:
    def nested(depth: int) -> bytes:
        return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)

    assert document.parse(nested(document.MAX_DEPTH))
    deep = (nested(document.MAX_DEPTH + 1), nested(10_000), b'{"a":' + b"[" * 500_000, b"}" * 9)
    for body in deep:
        with pytest.raises(BadRequest, match=r"nest deeper|more than"):
            document.parse(body)


def test_brackets_colons_and_nuls_in_strings_do_not_count() -> None:
    text = '[{:"\\ \\u0000 ,' * 50
    assert document.parse(orjson.dumps({"a": text, text: ":"})) == {"a": text, text: ":"}
    assert document.parse(b'{"a":"\\\\u0000"}') == {"a": "\\u0000"}


@pytest.mark.parametrize("key", ["@graph", "@included", "@reverse"])
def test_keys_that_hide_objects_are_refused_outside_of_contexts(key: str) -> None:
    for body in (b'{"%s":[]}', b'{"a":[{"b":{"%s":{}}}]}'):
        with pytest.raises(Refused) as refused:
            document.parse(body % key.encode())
        assert refused.value.rule == "graph"
    assert document.parse(orjson.dumps({"@context": [{"children": {key: "parent"}}]}))


def test_huge_whole_numbers_are_read_as_floats() -> None:
    assert document.parse(b'{"a":123456789012345678901234567890}')["a"] == pytest.approx(
        1.2345678901234568e29
    )


@pytest.mark.parametrize(
    "body",
    [
        b'"' + b'\\"' * 400_000,
        b'{"a":"' + b"\\" * 800_000,
        b'"' * 900_000,
        b"[]" * 500_000,
        b'{"a":[' + b'{"":[' * 100_000,
    ],
)
def test_hostile_bytes_take_no_more_memory_than_a_few_copies(body: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BadRequest):
            document.parse(body)
        assert tracemalloc.get_traced_memory()[1] < 16 * len(body)
    finally:
        tracemalloc.stop()


def test_any_cut_or_changed_byte_is_survived() -> None:
    dice = random.Random(7)
    body = orjson.dumps({"id": "https://a.example/1", "to": ["a", {"b": None}], "n": [1.5, -2, True]})
    for _ in range(300):
        damaged = bytearray(body[: dice.randrange(1, len(body) + 1)])
        damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        try:
            document.parse(bytes(damaged))
        except (BadRequest, Refused):
            continue
