"""RFC 8785: its examples, numbers at every edge, and what I-JSON cannot hold."""

import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.signatures import SignatureError, jcs

NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "expected"), NUMBERS)
def test_appendix_b_numbers(bits: str, expected: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert jcs.canonical([value]).decode() == f"[{expected}]"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5.0, "5"), (100.0, "100"), (1.5, "1.5"), (0.1, "0.1"), (1e-6, "0.000001"), (1e-7, "1e-7"), (1.5e-9, "1.5e-9"),
     (1e20, "100000000000000000000"), (123e300, "1.23e+302"), (-12.5, "-12.5"),
     (2**53, "9007199254740992"), (-1, "-1")],
)  # fmt: skip
def test_other_numbers(value: float, expected: str) -> None:
    assert jcs.canonical(value).decode() == expected


def test_section_3_2_2_serialisation() -> None:
    document = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert jcs.canonical(document).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_section_3_2_3_sorting_by_utf_16() -> None:
    document = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    order = json.loads(jcs.canonical(document), object_pairs_hook=lambda pairs: [value for _, value in pairs])
    assert order == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


def test_control_characters() -> None:
    assert (
        jcs.canonical("\b\t\n\f\r\x00\x1f\x7f\u2028").decode() == '"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\u2028"'
    )


def nested(depth: int) -> Any:
    value: Any = []
    for level in range(depth - 1):
        value = [value] if level % 2 else {"a": value}
    return value


def test_depth_is_bounded() -> None:
    jcs.canonical(nested(64))
    for depth in (65, 5000):
        with pytest.raises(SignatureError, match="64 levels"):
            jcs.canonical(nested(depth))


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, 2**53 + 1, -(2**53) - 1, 10**400, "\ud800", "a\udfff", {"\ud800": 1}, {1: 2},
     {None: 1}, b"bytes", (1, 2), {1, 2}, object()],
)  # fmt: skip
def test_what_i_json_cannot_hold(value: object) -> None:
    with pytest.raises(SignatureError) as caught:
        jcs.canonical({"a": [value]})
    assert caught.value.reason == "malformed"


documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)  # fmt: skip


@given(documents)
@settings(max_examples=100)
def test_canonical_text_means_the_same_and_stays_the_same(document: Any) -> None:
    text = jcs.canonical(document)
    # Doubles beyond 2^53 are written without a point, so they must be read as doubles again.
    again = json.loads(text, parse_int=float)
    assert again == document
    assert jcs.canonical(again) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=100)
def test_numbers_read_back_exactly(value: float) -> None:
    assert float(jcs.number(value)) == value
