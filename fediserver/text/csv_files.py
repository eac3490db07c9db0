"""Follows, blocks, mutes, servers, bookmarks and lists as CSV files, in the columns that Mastodon writes and reads."""

import csv
import io
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from fediserver.errors import Invalid

Kind = Literal["follows", "blocks", "mutes", "domain_blocks", "bookmarks", "lists"]
KINDS: Final[tuple[Kind, ...]] = ("follows", "blocks", "mutes", "domain_blocks", "bookmarks", "lists")

LINES = 20_000
"""How many a file may have."""
LONGEST = 2_000
"""Characters of a cell that are kept; nothing that is meant to be here is longer."""

_ADDRESS = "Account address"
_COLUMNS: Final[dict[Kind, tuple[str, ...]]] = {
    "follows": (_ADDRESS, "Show boosts", "Notify on new posts", "Languages"),
    "blocks": (_ADDRESS,),
    "mutes": (_ADDRESS, "Hide notifications"),
    "domain_blocks": ("#domain",),
    "bookmarks": ("#uri",),
    "lists": ("List name", _ADDRESS),
}
# Files without a head have these columns.
_BARE: Final[dict[Kind, tuple[str, ...]]] = {
    **_COLUMNS,
    "follows": (_ADDRESS,),
    "mutes": (_ADDRESS,),
}
_HEADED = ("follows", "mutes")
_FIRST = {columns[0] for columns in _COLUMNS.values()}
_TRUE = frozenset({"true", "1", "t", "yes", "on"})


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line: `subject` is a handle, a host or a post's address; None where the file says nothing."""

    subject: str
    list_title: str = ""
    show_reblogs: bool | None = None
    notify: bool | None = None
    languages: tuple[str, ...] | None = None
    hide_notifications: bool | None = None


def read(kind: Kind, data: bytes) -> list[Entry]:
    """The lines of a file, each thing once, with or without a head; Invalid for what cannot be such a file."""
    try:
        text = data.decode("utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if any(cell.strip() for cell in row)]
    except (UnicodeDecodeError, csv.Error):
        raise _no_such_file() from None
    # A database need not take it.
    if "\0" in text:
        raise _no_such_file()
    if not rows:
        raise Invalid("The file is empty")
    columns = _BARE[kind]
    if rows[0][0].strip() in _FIRST:
        columns = tuple(cell.strip() for cell in rows.pop(0))
        if not set(_BARE[kind]) <= set(columns):
            raise Invalid("This file is for something else: its columns do not fit what you chose")
    if len(rows) > LINES:
        raise Invalid(f"The file has more than {LINES} lines; split it into several")
    entries = [_entry(dict(zip(columns, row, strict=False))) for row in rows]
    found: dict[tuple[str, str], Entry] = {}
    for one in entries:
        if one.subject:
            found.setdefault((one.list_title, one.subject), one)
    return list(found.values())


def _no_such_file() -> Invalid:
    return Invalid("This is no CSV file in UTF-8; export it again, and choose that file")


def write(kind: Kind, entries: Iterable[Entry]) -> str:
    """The file; `follows` and `mutes` have a head, as Mastodon's."""
    made = io.StringIO()
    out = csv.writer(made, lineterminator="\n")
    columns = _COLUMNS[kind]
    if kind in _HEADED:
        out.writerow(columns)
    for entry in entries:
        out.writerow([_cell(entry, column) for column in columns])
    return made.getvalue()


def _entry(cells: dict[str, str]) -> Entry:
    subject = cells.get(_ADDRESS) or cells.get("#domain") or cells.get("#uri") or ""
    languages = cells.get("Languages", "")
    return Entry(
        subject=subject.strip().removeprefix("@")[:LONGEST],
        list_title=cells.get("List name", "").strip()[:LONGEST],
        show_reblogs=_flag(cells.get("Show boosts")),
        notify=_flag(cells.get("Notify on new posts")),
        languages=tuple(one.strip()[:LONGEST] for one in languages.split(",")[:100] if one.strip()) or None,
        hide_notifications=_flag(cells.get("Hide notifications")),
    )


def _flag(cell: str | None) -> bool | None:
    return cell.strip().lower() in _TRUE if cell and cell.strip() else None


def _cell(entry: Entry, column: str) -> str:
    match column:
        case "Show boosts":
            return _said(entry.show_reblogs)
        case "Notify on new posts":
            return _said(entry.notify)
        case "Languages":
            return ", ".join(entry.languages or ())
        case "Hide notifications":
            return _said(entry.hide_notifications)
        case "List name":
            return entry.list_title
    return entry.subject


def _said(flag: bool | None) -> str:
    return "" if flag is None else str(flag).lower()
