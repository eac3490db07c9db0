"""RFC 8785 JSON Canonicalization Scheme: the one way to write a document that all parties agree on."""

import math
from collections.abc import Iterator

import orjson

from fediserver.signatures.message import SignatureError

MAX_DEPTH = 64
_MAX_INTEGER = 2**53


def canonical(document: object) -> bytes:
    """The canonical UTF-8 text of a JSON document made of dict, list, str, int, float, bool and None.

    SignatureError (malformed) for what I-JSON cannot hold: NaN and infinities, integers beyond 2^53, lone
    surrogates, keys that are no text, other types; and for more than 64 levels.
    """
    return b"".join(_pieces(document, 0))


def _pieces(value: object, depth: int) -> Iterator[bytes]:
    if isinstance(value, dict):
        _check_depth(depth)
        yield b"{"
        for position, key in enumerate(_sorted_keys(value)):
            yield b"," if position else b""
            yield _string(key)
            yield b":"
            yield from _pieces(value[key], depth + 1)
        yield b"}"
    elif isinstance(value, list):
        _check_depth(depth)
        yield b"["
        for position, item in enumerate(value):
            yield b"," if position else b""
            yield from _pieces(item, depth + 1)
        yield b"]"
    else:
        yield _scalar(value)


def _scalar(value: object) -> bytes:
    if isinstance(value, str):
        return _string(value)
    if value is None:
        return b"null"
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise SignatureError("malformed", "The document holds an integer beyond 2^53")
        return str(value).encode()
    if isinstance(value, float):
        return number(value).encode()
    raise SignatureError("malformed", f"JSON cannot hold a {type(value).__name__}")


def number(value: float) -> str:
    """A double as ECMAScript writes it (Number::toString): the digits that Python finds, laid out its way."""
    if not math.isfinite(value):
        raise SignatureError("malformed", "JSON has no NaN and no infinity")
    if value == 0:
        return "0"
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    written = whole + fraction
    digits = written.lstrip("0")
    # Where the decimal point stands, counted from the first digit that is not zero.
    point = len(whole) + int(exponent or 0) - (len(written) - len(digits))
    digits = digits.rstrip("0")
    sign = "-" if value < 0 else ""
    if len(digits) <= point <= 21:
        return f"{sign}{digits:0<{point}}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


def _sorted_keys(value: dict[object, object]) -> list[str]:
    """By UTF-16 code units, which differs from Python's order beyond U+FFFF."""
    keys = [key for key in value if isinstance(key, str)]
    if len(keys) != len(value):
        raise SignatureError("malformed", "The keys of a JSON object must be text")
    if all(map(str.isascii, keys)):
        return sorted(keys)
    return sorted(keys, key=lambda key: key.encode("utf-16-be", "surrogatepass"))


def _string(text: str) -> bytes:
    try:
        # orjson escapes exactly what ECMAScript does, and refuses lone surrogates.
        return orjson.dumps(text)
    except TypeError as error:
        raise SignatureError("malformed", "The document holds half a surrogate pair") from error


def _check_depth(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise SignatureError("malformed", f"The document is nested deeper than {MAX_DEPTH} levels")
