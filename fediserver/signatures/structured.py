"""The part of structured fields (RFC 8941) that RFC 9421 needs: dictionaries of inner lists and of bytes."""

import re

import msgspec

from fediserver.signatures.claims import BLANKS, MAX_COMPONENTS, MAX_HEADER
from fediserver.signatures.message import SignatureError

_MAX_MEMBERS = 8
_MAX_PARAMETERS = 16

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]{0,63}")
_STRING = re.compile(r'"(?:[ !#-\[\]-~]|\\["\\])*"')
_INTEGER = re.compile(r"-?[0-9]{1,15}(?![0-9.])")
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*")
_BYTES = re.compile(r":([A-Za-z0-9+/]*={0,2}):")
_BOOLEAN = re.compile(r"\?[01]")
_SPACES = re.compile(r" *")
_COMMA = re.compile(r"[ \t]*,[ \t]*(?=[a-z*])")


class InnerList(msgspec.Struct, frozen=True):
    """Strings, each without parameters, and the parameters of the list, as canonical text by name.

    A parameter that is only named (true) has an empty text.
    """

    items: tuple[str, ...]
    parameters: dict[str, str]

    def __str__(self) -> str:
        """The canonical form, which is what is signed (RFC 8941 4.1.1)."""
        items = " ".join(f'"{item}"' for item in self.items)
        tail = "".join(f";{name}={text}" if text else f";{name}" for name, text in self.parameters.items())
        return f"({items}){tail}"

    def string(self, name: str) -> str | None:
        """The parameter, when it is there and a string."""
        text = self.parameters.get(name, "")
        if not text.startswith('"'):
            return None
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")

    def integer(self, name: str) -> int | None:
        """The parameter, when it is there and an integer."""
        text = self.parameters.get(name, "")
        return int(text) if _INTEGER.fullmatch(text) else None


class _Reader:
    """A place in a header value."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_HEADER:
            raise SignatureError("malformed", f"A signature header is longer than {MAX_HEADER} characters")
        self.text = text.strip(BLANKS)
        self.position = 0

    def take(self, pattern: re.Pattern[str]) -> str | None:
        """The text that matches here, passed over; None when it does not match."""
        found = pattern.match(self.text, self.position)
        if found is None:
            return None
        self.position = found.end()
        return found[0]

    def take_character(self, character: str) -> bool:
        """Whether this character is here; it is then passed over."""
        if not self.text.startswith(character, self.position):
            return False
        self.position += 1
        return True

    def expect(self, pattern: re.Pattern[str], what: str) -> str:
        """The text that matches here; SignatureError (malformed) when it does not match."""
        text = self.take(pattern)
        if text is None:
            raise self.error(what)
        return text

    def error(self, what: str) -> SignatureError:
        """What was expected at this place."""
        return SignatureError(
            "malformed", f"A signature header must have {what} at character {self.position}"
        )

    @property
    def at_end(self) -> bool:
        """Whether everything was read."""
        return self.position >= len(self.text)


def inner_lists(header: str) -> dict[str, InnerList]:
    """A Signature-Input header, by label; SignatureError for anything else, and for too many."""
    reader = _Reader(header)
    found: dict[str, InnerList] = {}
    while True:
        label = _label(reader, found)
        found[label] = InnerList(_items(reader), _parameters(reader))
        if reader.at_end:
            return found
        reader.expect(_COMMA, "a comma")


def byte_sequences(header: str) -> dict[str, str]:
    """A Signature header (RFC 9421), base64 text by label; SignatureError for anything else."""
    reader = _Reader(header)
    found: dict[str, str] = {}
    while True:
        label = _label(reader, found)
        found[label] = reader.expect(_BYTES, "bytes between colons")[1:-1]
        _parameters(reader)
        if reader.at_end:
            return found
        reader.expect(_COMMA, "a comma")


def _label(reader: _Reader, found: dict[str, InnerList] | dict[str, str]) -> str:
    label = reader.expect(_KEY, "a label")
    if label in found or len(found) >= _MAX_MEMBERS or not reader.take_character("="):
        raise SignatureError(
            "malformed", f"Label each signature once, with a value, at most {_MAX_MEMBERS} of them"
        )
    return label


def _items(reader: _Reader) -> tuple[str, ...]:
    if not reader.take_character("("):
        raise reader.error("an opening parenthesis")
    items: list[str] = []
    while True:
        spaces = reader.take(_SPACES)
        if reader.take_character(")"):
            return tuple(items)
        if items and not spaces:
            raise reader.error("a space")
        item = reader.expect(_STRING, "a string or closing parenthesis")[1:-1]
        if "\\" in item or item in items or len(items) >= MAX_COMPONENTS:
            raise SignatureError("malformed", f"Name each component once, at most {MAX_COMPONENTS} of them")
        if reader.take_character(";"):
            raise SignatureError(
                "headers", f"Parameters of the component {item} are not supported: sign without"
            )
        items.append(item)


def _parameters(reader: _Reader) -> dict[str, str]:
    found: dict[str, str] = {}
    while reader.take_character(";"):
        reader.take(_SPACES)
        name = reader.expect(_KEY, "the name of a parameter")
        if name in found or len(found) >= _MAX_PARAMETERS:
            raise SignatureError("malformed", f"Give each parameter once, at most {_MAX_PARAMETERS} of them")
        found[name] = _bare_item(reader) if reader.take_character("=") else ""
    return found


def _bare_item(reader: _Reader) -> str:
    """The canonical text of an item; decimals, which no signature parameter has, are not read."""
    for pattern in (_STRING, _TOKEN, _BYTES):
        text = reader.take(pattern)
        if text is not None:
            return text
    number = reader.take(_INTEGER)
    if number is not None:
        return str(int(number))
    boolean = reader.expect(_BOOLEAN, "a string, integer, token, boolean or bytes")
    return "" if boolean == "?1" else boolean
