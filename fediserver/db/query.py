"""One SQL text for both engines: `:name` parameters and a short fixed list of words that differ."""

import re
from typing import ClassVar, Final

import msgspec

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")
_ANY = re.compile(r"= any\(:([a-z_]+)\)")
_NONE = re.compile(r"<> all\(:([a-z_]+)\)")
_COMMENT = re.compile(r"--[^\n]*")

# Everything that may differ outside search.py: (word, SQLite, PostgreSQL).
_WORDS: Final = (
    ("/*id*/", "integer primary key", "bigint primary key"),
    ("/*bytes*/", "blob", "bytea"),
    ("/*clustered*/", "without rowid", ""),
    # An index that finds beginnings, whatever the database's collation is.
    ("/*prefix*/", "", "text_pattern_ops"),
    ("/*skip locked*/", "", "for update skip locked"),
    ("/*for update*/", "", "for update"),
    # Statements of one line that only one engine runs: what full-text search is kept in.
    ("/*on sqlite*/", "", "--"),
    ("/*on postgres*/", "--", ""),
)


class Query:
    """An SQL text, expanded once per engine; every one is registered, so that a test can explain it.

    `= any(:ids)` and `<> all(:ids)` take a list.
    """

    registry: ClassVar[list["Query"]] = []

    def __init__(self, text: str) -> None:
        self.text = text
        self.lists = frozenset(_ANY.findall(text)) | frozenset(_NONE.findall(text))
        # The order in which PostgreSQL numbers the parameters.
        self.names = tuple(dict.fromkeys(_PARAMETER.findall(text)))
        self.sqlite = for_sqlite(text)
        self.postgres = _numbered(for_postgres(text), self.names)
        self.checked: set[type] = set()
        Query.registry.append(self)

    def check(self, row: type, columns: list[str]) -> None:
        """Raise TypeError unless the columns are the row's fields, in order: rows are built by position."""
        fields = getattr(row, "__struct_fields__", None)
        if fields is not None and tuple(columns) != fields[: len(columns)]:
            raise TypeError(f"{row.__name__} has {fields}, the query answers {columns}: {self.text}")
        self.checked.add(row)


def columns(row: type[msgspec.Struct], alias: str = "", skip: tuple[str, ...] = ()) -> str:
    """The select list for a model: `s.id, s.uri, …`."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(prefix + name for name in row.__struct_fields__ if name not in skip)


def insertion(table: str, row: type[msgspec.Struct]) -> str:
    """`insert into …` for a whole model; parameters are named as its fields."""
    names = row.__struct_fields__
    return f"insert into {table} ({', '.join(names)}) values ({', '.join(':' + name for name in names)})"


def for_sqlite(text: str) -> str:
    """The text as SQLite takes it."""
    for word, sqlite, _ in _WORDS:
        text = text.replace(word, sqlite)
    text = _ANY.sub(r"in (select value from json_each(:\1))", text)
    return _NONE.sub(r"not in (select value from json_each(:\1))", text)


def for_postgres(text: str) -> str:
    """The text as PostgreSQL takes it, parameters still by name."""
    for word, _, postgres in _WORDS:
        text = text.replace(word, postgres)
    return text


def _numbered(text: str, names: tuple[str, ...]) -> str:
    return _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", text)


def statements(script: str) -> list[str]:
    """The single statements of a migration, without comments."""
    return [part.strip() for part in _COMMENT.sub("", script).split(";") if part.strip()]
