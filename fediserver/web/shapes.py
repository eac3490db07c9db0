"""From loosely written parameters to a Struct: what each type makes of text, lists and index-keyed dicts."""

import enum
import math
import re
from collections.abc import Callable
from functools import cache
from typing import Final, TypeVar

import msgspec
from msgspec import inspect

from fediserver.errors import BadRequest, Invalid

T = TypeVar("T", bound=msgspec.Struct)

_HIGHEST = 2**63 - 1
_LONGEST_NUMBER = 40
# What a stranger wrote is quoted in errors, but not a megabyte of it.
_LONGEST = 200
_TRUE = frozenset({"true", "1", "on", "t", "yes"})
_FALSE = frozenset({"false", "0", "off", "f", "no"})
_INT = re.compile(r"[+-]?[0-9]+")
_PLACE = re.compile(r" - at `(?:key in )?\$([^`]*)`$")
_STEP = re.compile(r"[^.\[\]]+")


class Repeated(list[object]):
    """The values of a name that came more than once: the last of them, or all where a list is expected."""


class _Absent(enum.Enum):
    ABSENT = enum.auto()


_ABSENT: Final = _Absent.ABSENT

Shape = Callable[[object, str], object]
"""Takes a value and its place (`poll[options]`), and gives what msgspec can convert, or `_ABSENT`."""


def convert(found: dict[str, object], model: type[T]) -> T:
    """The parameters as a Struct; text becomes numbers and booleans, a single value a list, and so on.

    An empty value counts as absent except where text is expected (as null where that is allowed), and null
    as absent except where it is allowed. Raises BadRequest naming the parameter that is missing, Invalid
    naming the one that is wrong.
    """
    shaped = _struct(found, _plan(model), "")
    try:
        return msgspec.convert(shaped, model, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None


@cache
def _plan(model: type) -> tuple[tuple[str, bool, Shape], ...]:
    """Name, whether required, and shape of each field of a Struct."""
    described = inspect.type_info(model)
    if not isinstance(described, inspect.StructType):
        raise TypeError(f"{model.__name__} is not a msgspec.Struct")
    return tuple((field.encode_name, field.required, _shape(field.type)) for field in described.fields)


def _struct(
    found: dict[str, object], plan: tuple[tuple[str, bool, Shape], ...], place: str
) -> dict[str, object]:
    shaped: dict[str, object] = {}
    for name, required, shape in plan:
        value = found.get(name, _ABSENT)
        if value is not _ABSENT:
            value = shape(value, f"{place}[{name}]" if place else name)
        if value is not _ABSENT:
            shaped[name] = value
        elif required:
            missing = f"{place}[{name}]" if place else name
            raise BadRequest(f"The parameter {missing} is missing")
    return shaped


def _shape(kind: inspect.Type) -> Shape:
    """How a value for this type is read."""
    simple = _SIMPLE.get(type(kind))
    if simple is not None:
        return _scalar(simple)
    if isinstance(kind, inspect.Metadata):
        return _shape(kind.type)
    if isinstance(kind, inspect.UnionType):
        return _union(kind)
    if isinstance(kind, inspect.ListType | inspect.SetType | inspect.FrozenSetType | inspect.VarTupleType):
        return _list(_shape(kind.item_type))
    if isinstance(kind, inspect.DictType):
        return _dict(_shape(kind.value_type))
    if isinstance(kind, inspect.StructType):
        return _nested_struct(kind.cls)
    return _scalar(_as_it_is)


def _scalar(read: Shape) -> Shape:
    """One value: the last of several; null is absent."""

    def shape(value: object, place: str) -> object:
        if isinstance(value, Repeated):
            value = value[-1]
        return _ABSENT if value is None else read(value, place)

    return shape


def _union(kind: inspect.UnionType) -> Shape:
    """`X | None`: as X, and null stays; of several types, what the value is decides."""
    others = [_shape(each) for each in kind.types if not isinstance(each, inspect.NoneType)]
    inner = others[0] if len(others) == 1 else _scalar(_as_text)
    if len(others) == len(kind.types):
        return inner

    def shape(value: object, place: str) -> object:
        shaped = None if value is None else inner(value, place)
        # An emptied field of a form says what null says in JSON.
        return None if shaped is _ABSENT else shaped

    return shape


def _list(item: Shape) -> Shape:
    """A list from a list, a single value, or a dict whose keys are places: {"0": …, "1": …}."""

    def shape(value: object, place: str) -> object:
        if value is None:
            return _ABSENT
        items = _items(value)
        # An empty item is how a form says "none of these".
        shaped = [item(each, place) for each in items if each != ""]
        return [each for each in shaped if each is not _ABSENT]

    return shape


def _items(value: object) -> list[object]:
    """The items of an index-keyed dict, in the order of its places; any other single value is one item."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return [value]
    if all(key.isascii() and key.isdigit() and len(key) < 10 for key in value):
        return [value[key] for key in sorted(value, key=int)]
    if all(isinstance(each, dict) for each in value.values()):
        return list(value.values())
    return [value]


def _dict(item: Shape) -> Shape:
    def shape(value: object, place: str) -> object:
        if value is None or value == "":
            return _ABSENT
        if not isinstance(value, dict):
            return value
        shaped = {key: item(each, f"{place}[{key}]") for key, each in value.items()}
        return {key: each for key, each in shaped.items() if each is not _ABSENT}

    return shape


def _nested_struct(model: type) -> Shape:
    def shape(value: object, place: str) -> object:
        if value is None or value == "":
            return _ABSENT
        return _struct(value, _plan(model), place) if isinstance(value, dict) else value

    return shape


def _as_text(value: object, place: str) -> object:
    # Ids are text here, and some clients send them as numbers.
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _as_it_is(value: object, place: str) -> object:
    return _ABSENT if value == "" else value


def _as_int(value: object, place: str) -> object:
    if isinstance(value, str):
        value = value.strip()
        if value == "":
            return _ABSENT
        if _INT.fullmatch(value):
            # Python itself refuses texts of more than 4,300 digits.
            value = int(value) if len(value) <= _LONGEST_NUMBER else _HIGHEST + 1
    # JSON's 5.0 is a whole number, and orjson reads one above 64 bits as a float.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not -_HIGHEST <= value <= _HIGHEST:
        raise _wrong(place, "the number is too large")
    return value


def _as_float(value: object, place: str) -> object:
    if isinstance(value, str):
        if not value.strip():
            return _ABSENT
        try:
            value = float(value)
        except ValueError:
            return value
    if isinstance(value, float) and not math.isfinite(value):
        raise _wrong(place, "expected a finite number")
    return value


def _as_bool(value: object, place: str) -> object:
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    return value if word else _ABSENT


_SIMPLE: Final[dict[type[inspect.Type], Shape]] = {
    inspect.StrType: _as_text,
    inspect.IntType: _as_int,
    inspect.FloatType: _as_float,
    inspect.BoolType: _as_bool,
}


def _invalid(text: str) -> Invalid:
    """What msgspec says, with the parameter's name as the client wrote it."""
    found = _PLACE.search(text)
    steps = _STEP.findall(found[1]) if found else []
    what = _PLACE.sub("", text).replace("`", "").replace("Upload", "file")
    place = "".join(step if number == 0 else f"[{step}]" for number, step in enumerate(steps))
    return _wrong(place or "parameters", what[:1].lower() + what[1:])


def _wrong(place: str, what: str) -> Invalid:
    place, what = place[:_LONGEST], what[:_LONGEST]
    return Invalid(f"{place}: {what}", {place.partition("[")[0]: [("ERR_INVALID", what)]})
