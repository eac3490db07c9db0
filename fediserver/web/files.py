"""Uploads and other servers' files under /media/: never anything that a browser would run."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from fediserver import ids
from fediserver.activitypub.context import Context
from fediserver.activitypub.remote_files import GATE
from fediserver.db import media
from fediserver.errors import NotFound
from fediserver.media import blurhash
from fediserver.media.kinds import KINDS
from fediserver.views import media_keys
from fediserver.web.router import Route

_TYPES = {kind.suffix: kind.mime for kind in KINDS.values()}
_HEADERS = {
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "cache-control": "public, max-age=31536000, immutable",
    "cross-origin-resource-policy": "cross-origin",
}
# As documents of their own they are shown by the browser's player, which a sandbox keeps from loading them.
_PLAYED = {**_HEADERS, "content-security-policy": "default-src 'none'; media-src 'self'"}
_STANDS_IN = {**_HEADERS, "cache-control": "public, max-age=60"}


async def upload(ctx: Context, request: Request) -> Response:
    """GET /media/KEY: a file of ours."""
    return _file(ctx.storage.path(request.path_params["key"]))


async def remote(ctx: Context, request: Request) -> Response:
    """GET /media/remote/ID?key=…: with the key that members are given it is fetched; else what is here.

    Where the file cannot be shown its blurhash stands in, so that no page has a hole.
    """
    file_id = ids.parse(request.path_params["id"])
    if file_id is None:
        raise NotFound
    allowed = media_keys.check(ctx.secret, file_id, request.query_params.get("key", ""))
    found = await (GATE.fetched if allowed else GATE.cached)(ctx, file_id)
    if found is not None:
        return _file(ctx.storage.path(found.path))
    row = await media.remote_file(ctx.db, file_id)
    if row is None or not row.blurhash or not blurhash.valid(row.blurhash):
        raise NotFound
    return Response(blurhash.render(row.blurhash), headers=_STANDS_IN, media_type="image/png")


def _file(path: Path) -> Response:
    mime = _TYPES.get(path.suffix)
    if mime is None or not path.is_file():
        raise NotFound
    headers = _HEADERS if mime.startswith("image/") else _PLAYED
    # Answers requests for a range, without which Safari plays nothing.
    return FileResponse(path, headers=headers, media_type=mime)


ROUTES: list[Route] = [
    Route(method="GET", path="/media/remote/{id}", endpoint=remote),
    Route(method="GET", path="/media/{key*}", endpoint=upload),
]
"""Each endpoint takes the context and the request, with parameters in `request.path_params`."""
