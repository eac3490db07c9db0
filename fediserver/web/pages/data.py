"""What members take along as CSV files, and what they bring: the page, the files, and how far those have come."""

import asyncio
from collections.abc import Iterable
from typing import Final, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from fediserver.actions import take_along
from fediserver.actions.core import Core
from fediserver.db import imports
from fediserver.errors import Invalid, NotFound
from fediserver.models.account import Account
from fediserver.text import csv_files
from fediserver.text.csv_files import Entry, Kind
from fediserver.web.pages.kit import Visit, visit

FILE_BYTES = 4 << 20
"""How large a file may be; 20,000 lines are about one MB."""
_NAMES: Final[dict[Kind, str]] = {
    "follows": "Whom you follow",
    "blocks": "Whom you block",
    "mutes": "Whom you mute",
    "domain_blocks": "Servers that you block",
    "bookmarks": "Bookmarks",
    "lists": "Lists",
}


async def data(core: Core, request: Request) -> Response:
    """GET /settings/data: files to take along, a form to bring one, and how far the latest have come."""
    guest = await visit(core, request)
    if guest.viewer is None:
        return guest.redirect("/auth/sign_in?next=/settings/data")
    return await _page(guest, guest.viewer.account, "")


async def bring(core: Core, request: Request) -> Response:
    """POST /settings/data: take a file in; it is worked on behind."""
    guest = await visit(core, request)
    sent = await guest.form(uploads=FILE_BYTES)
    if guest.viewer is None:
        return guest.redirect("/auth/sign_in?next=/settings/data")
    me = guest.viewer.account
    try:
        kind = _kind(sent.get("kind", ""))
        entries = await _read(guest, kind)
        await take_along.begin(core, me, kind, entries, overwrite=sent.get("mode") == "overwrite")
    except Invalid as problem:
        return await _page(guest, me, str(problem))
    return guest.redirect("/settings/data")


async def export(core: Core, request: Request) -> Response:
    """GET /settings/exports/{name}: `follows.csv` and the like."""
    name = request.path_params["name"]
    kind = next((kind for kind in csv_files.KINDS if name == f"{kind}.csv"), None)
    if kind is None:
        raise NotFound("There is no such file")
    guest = await visit(core, request)
    if guest.viewer is None:
        return guest.redirect("/auth/sign_in?next=/settings/data")
    return await _file(kind, await take_along.taken(core, guest.viewer.account, kind), f"{kind}.csv")


async def failures(core: Core, request: Request) -> Response:
    """GET /settings/imports/{import_id}/failures.csv: the lines that came to nothing."""
    guest = await visit(core, request)
    if guest.viewer is None:
        return guest.redirect("/auth/sign_in?next=/settings/data")
    number = request.path_params["import_id"]
    if not number.isascii() or not number.isdigit() or len(number) > 19:
        raise NotFound("There is no such file")
    row = await take_along.find(core, guest.viewer.account, int(number))
    entries = [msgspec.json.decode(text, type=Entry) for text in await imports.failed(core.db, row.id)]
    return await _file(cast("Kind", row.kind), entries, f"failed-{row.kind}.csv")


def _kind(text: str) -> Kind:
    for kind in csv_files.KINDS:
        if text == kind:
            return kind
    raise Invalid("Choose what is in the file")


async def _read(guest: Visit, kind: Kind) -> list[Entry]:
    upload = await guest.uploaded("file")
    if upload is None:
        raise Invalid("Choose a file")
    # Reading and parsing take a tenth of a second when the file is large.
    return await asyncio.to_thread(lambda: csv_files.read(kind, upload.file.read()))


async def _page(guest: Visit, me: Account, problem: str) -> Response:
    brought = await imports.of_account(guest.core.db, me.id, limit=take_along.KEPT)
    return guest.page(
        "data.html",
        status=422 if problem else 200,
        kinds={kind: guest.say(name) for kind, name in _NAMES.items()},
        brought=brought,
        problem=guest.say(problem) if problem else "",
    )


async def _file(kind: Kind, entries: Iterable[Entry], name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    written = await asyncio.to_thread(csv_files.write, kind, entries)
    return Response(written, 200, headers, "text/csv; charset=utf-8")
