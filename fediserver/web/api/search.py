"""Search: https://docs.joinmastodon.org/methods/search/."""

import re
from contextlib import suppress

import msgspec
from starlette.responses import Response

from fediserver.actions import find, visibility
from fediserver.activitypub import resolve
from fediserver.activitypub.context import Context
from fediserver.db import accounts as account_rows
from fediserver.db import search, trends
from fediserver.db import statuses as status_rows
from fediserver.db.trends import Kind
from fediserver.errors import NotFound, Unauthorised
from fediserver.models.account import Account
from fediserver.models.status import Status
from fediserver.text import compose
from fediserver.text.search import LENGTH
from fediserver.views.entities import accounts, collections, statuses
from fediserver.views.entities.tags import tags
from fediserver.web.api import targets
from fediserver.web.api.accounts import matching
from fediserver.web.api.paging import Paging
from fediserver.web.api.targets import id_of
from fediserver.web.auth import Viewer
from fediserver.web.responses import json_response

_ADDRESS = ("https://", "http://")
# `elm.example/@bob`, `elm.example/users/bob/statuses/1`: what is left when the scheme was not copied.
_WITHOUT_SCHEME = re.compile(r"[^\s/@]+\.[^\s/@]+/\S+|localhost(:\d+)?/\S+")


class Wanted(msgspec.Struct):
    """What is looked for: text, an address or a handle, which kind of thing, and whose posts."""

    q: str
    type: str = ""
    resolve: bool = False
    following: bool = False
    account_id: int | None = None
    exclude_unreviewed: bool = False


async def everything(ctx: Context, viewer: Viewer | None, page: Paging, wanted: Wanted) -> Response:
    """GET /api/v2/search: accounts, posts, hashtags, and what an address leads to.

    Posts are for members only. An offset counts within one type.
    """
    if viewer is None and (wanted.resolve or page.offset):
        raise Unauthorised("Search queries pagination and resolving are not supported without authentication")
    found: dict[str, list[object]] = {"accounts": [], "statuses": [], "hashtags": [], "collections": []}
    text = wanted.q.strip()
    if not text or len(text) > LENGTH:
        return json_response(found)
    address = _address(ctx, text)
    if address is not None:
        if not page.offset:
            await _at_address(ctx, viewer, address, wanted, found)
        return json_response(found)
    if wanted.type in ("", "accounts") and not text.startswith("#"):
        found["accounts"] = list(
            await matching(ctx, viewer, page, text, resolving=wanted.resolve, following=wanted.following)
        )
    if wanted.type in ("", "hashtags") and "@" not in text:
        found["hashtags"] = await _hashtags(ctx, viewer, page, text, wanted)
    if viewer is not None and (wanted.type == "statuses" or (not wanted.type and not _is_name(text))):
        ids = await find.posts(
            ctx, viewer.account, text, page.bounds, author_id=wanted.account_id, offset=page.offset
        )
        found["statuses"] = list(await statuses.by_ids(ctx, ids, viewer.id))
    return json_response(found)


async def _hashtags(
    ctx: Context, viewer: Viewer | None, page: Paging, text: str, wanted: Wanted
) -> list[object]:
    """Hashtags that begin so; without the unreviewed, those that organisers let trend, and the exact one."""
    name = compose.tag_name(text.removeprefix("#"))
    rows = await search.tags(ctx.db.slow, name=name, limit=page.page.limit, offset=page.offset)
    if wanted.exclude_unreviewed:
        allowed = await trends.allowed_among(ctx.db, Kind.TAG, [row.id for row in rows])
        rows = [row for row in rows if row.id in allowed or row.name == name]
    return list(await tags(ctx, rows, id_of(viewer)))


def _is_name(text: str) -> bool:
    """Whether somebody means one hashtag or one handle, and no posts unless they say so."""
    return " " not in text and (text.startswith("#") or ("@" in text and ":" not in text))


def _address(ctx: Context, text: str) -> str | None:
    """The address that somebody pasted, with its scheme; None for words."""
    if text.startswith(_ADDRESS):
        return text
    if not _WITHOUT_SCHEME.fullmatch(text):
        return None
    ours = text.partition("/")[0] == ctx.config.web_host
    return f"{ctx.config.base_url.partition('://')[0] if ours else 'https'}://{text}"


async def _at_address(
    ctx: Context, viewer: Viewer | None, address: str, wanted: Wanted, found: dict[str, list[object]]
) -> None:
    """What an address leads to, put into the one list where it belongs."""
    collection_id = ctx.uris.collection_id(address)
    if collection_id is not None:
        if wanted.type not in ("", "collections"):
            return
        rows = await visibility.open_collections(ctx.db, id_of(viewer), [collection_id])
        found["collections"] = list(await collections.collections(ctx, list(rows.values()), id_of(viewer)))
        return
    known = await _known(ctx, address)
    if known is None and viewer is not None and wanted.resolve:
        known = await resolve.by_url(ctx, address, viewer.account)
    if isinstance(known, Account) and wanted.type in ("", "accounts"):
        if known.suspended_at is None and known.deleted_at is None:
            found["accounts"] = [await accounts.account(ctx, known, id_of(viewer))]
    elif isinstance(known, Status) and wanted.type in ("", "statuses"):
        with suppress(NotFound):
            status = await targets.status(ctx, viewer, known.id)
            found["statuses"] = [await statuses.status(ctx, status, id_of(viewer))]


async def _known(ctx: Context, address: str) -> Account | Status | None:
    """What is here under an address, without asking anybody."""
    local = ctx.uris.local(address)
    if local is not None and local.kind == "status":
        return await status_rows.by_id(ctx.db, int(local.key))
    if local is not None and local.kind == "actor":
        return await account_rows.by_handle(ctx.db, local.key)
    return await status_rows.by_address(ctx.db, address) or await account_rows.by_uri(ctx.db, address)
