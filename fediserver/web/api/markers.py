"""How far the member has read: https://docs.joinmastodon.org/methods/markers/."""

import msgspec
from starlette.responses import Response

from fediserver import ids
from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db import markers
from fediserver.db.database import Writer
from fediserver.errors import Invalid
from fediserver.models.notification import Marker
from fediserver.web.auth import Viewer
from fediserver.web.responses import json_response

_TIMELINES = ("home", "notifications")


class Asked(msgspec.Struct):
    """The timelines that are asked for."""

    timeline: list[str] = []


class Read(msgspec.Struct):
    """The last item read of a timeline."""

    last_read_id: str


class Moves(msgspec.Struct):
    """Markers to move."""

    home: Read | None = None
    notifications: Read | None = None


async def show(ctx: Context, me: Viewer, asked: Asked) -> Response:
    """GET /api/v1/markers: where the member stopped reading."""
    wanted = [name for name in _TIMELINES if name in asked.timeline]
    found = await markers.of(ctx.db, account_id=me.id, timelines=wanted)
    return json_response({row.timeline: _entity(row) for row in found})


async def move(ctx: Context, me: Viewer, moves: Moves) -> Response:
    """POST /api/v1/markers: the member has read so far."""
    wanted = {"home": moves.home, "notifications": moves.notifications}
    last_read = {name: read.last_read_id for name, read in wanted.items() if read is not None}
    for last_read_id in last_read.values():
        if ids.parse(last_read_id) is None:
            raise Invalid("Validation failed: last_read_id must be the id of a post or notification")

    async def work(tx: Writer) -> list[Marker]:
        return [
            await markers.put(tx, account_id=me.id, timeline=name, last_read_id=read, now=ctx.clock())
            for name, read in last_read.items()
        ]

    return json_response({row.timeline: _entity(row) for row in await ctx.db.write(work)})


def _entity(row: Marker) -> dict[str, object]:
    return {
        "last_read_id": row.last_read_id,
        "version": row.version,
        "updated_at": isoformat(row.updated_at),
    }
