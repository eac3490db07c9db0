"""Accounts: https://docs.joinmastodon.org/methods/accounts/."""

from typing import Annotated

import msgspec
from starlette.responses import Response

from fediserver.actions import endorse
from fediserver.activitypub import lookup
from fediserver.activitypub.context import Context
from fediserver.db import account_lists, endorsements, interactions, search, status_lists
from fediserver.db import accounts as account_rows
from fediserver.db.status_lists import Kinds
from fediserver.errors import Invalid, NotFound
from fediserver.models.account import Account
from fediserver.text import compose, handles
from fediserver.text.search import TERMS, Term
from fediserver.text.words import words
from fediserver.views.entities import accounts, relationships, statuses
from fediserver.views.entities.shelf import Json
from fediserver.web.api import targets
from fediserver.web.api.paging import Paging, People, Size
from fediserver.web.api.targets import id_of
from fediserver.web.auth import Viewer
from fediserver.web.responses import json_response

_MOST_IDS = 40
_MOST_STANDINGS = 300
_PROOFS_ENDED = {"Deprecation": "@1648598400"}

Endorsed = Annotated[Paging, Size(40, 80, zero=endorse.MOST)]
"""Pages of whom somebody shows; `limit=0` asks for all of them."""


class Ids(msgspec.Struct):
    """Several accounts or posts by id."""

    id: list[int] = []


class Others(Ids):
    """Accounts by id, those that are suspended only on demand."""

    with_suspended: bool = False


class Named(msgspec.Struct):
    """A handle."""

    acct: str


class Wanted(msgspec.Struct):
    """What `search` looks for."""

    q: str
    resolve: bool = False
    following: bool = False


class Posts(msgspec.Struct):
    """Which of an account's posts are wanted."""

    pinned: bool = False
    only_media: bool = False
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    exclude_direct: bool = False
    tagged: str = ""


async def show(ctx: Context, viewer: Viewer | None, account_id: int) -> Response:
    """GET /api/v1/accounts/:id: an account."""
    found = await targets.account(ctx, account_id)
    return json_response(await accounts.account(ctx, found, id_of(viewer)))


async def several(ctx: Context, viewer: Viewer | None, wanted: Ids) -> Response:
    """GET /api/v1/accounts: accounts by id."""
    if len(wanted.id) > _MOST_IDS:
        raise Invalid(f"At most {_MOST_IDS} accounts can be asked for at once")
    return json_response(await accounts.by_ids(ctx, wanted.id, id_of(viewer)))


async def by_handle(ctx: Context, viewer: Viewer | None, wanted: Named) -> Response:
    """GET /api/v1/accounts/lookup: the account of a handle that is known here; other servers are not asked."""
    handle = handles.parse(wanted.acct)
    found = None
    if handle is not None:
        ours = handle.domain in ("", ctx.uris.domain, ctx.config.web_host)
        found = await account_rows.by_handle(ctx.db, handle.name, "" if ours else handle.domain)
    if found is None or found.deleted_at is not None:
        raise NotFound
    return json_response(await accounts.account(ctx, found, id_of(viewer)))


async def find(ctx: Context, me: Viewer, page: People, wanted: Wanted) -> Response:
    """GET /api/v1/accounts/search: accounts whose handle begins so."""
    found = await matching(ctx, me, page, wanted.q, resolving=wanted.resolve, following=wanted.following)
    return json_response(found)


async def matching(
    ctx: Context, viewer: Viewer | None, page: Paging, text: str, *, resolving: bool, following: bool
) -> list[Json]:
    """Account entities for a name, a handle or the beginning of one; with `resolving`, asked for elsewhere.

    Without an @ sign, words may also stand in the display name, or in the biography of who wants that.
    """
    by_words = "@" not in text
    text = text.strip().removeprefix("@")
    name, at, domain = text.partition("@")
    if not name or len(text) > handles.NAME_LENGTH:
        return []
    terms = [Term((word,), begins=True) for word in words(text, most=TERMS)] if by_words else []
    rows: list[Account] = []
    handle = handles.parse(text) if at else None
    if handle is not None and resolving and not page.offset:
        exact = await lookup.account_by_handle(ctx, handle)
        if exact is not None and exact.suspended_at is None:
            rows.append(exact)
    ours = domain in (ctx.uris.domain, ctx.config.web_host)
    rows += await search.accounts(
        ctx.db.slow,
        name=name,
        domain="" if ours else domain.lower(),
        terms=terms,
        viewer_id=id_of(viewer) or 0,
        following=following,
        limit=page.page.limit,
        offset=page.offset,
    )
    unique = list({row.id: row for row in rows if not ours or row.domain == ""}.values())
    return await accounts.accounts(ctx, unique[: page.page.limit], id_of(viewer))


async def posts(
    ctx: Context, viewer: Viewer | None, account_id: int, page: Paging, wanted: Posts
) -> Response:
    """GET /api/v1/accounts/:id/statuses: what somebody said, as far as the viewer may see it."""
    author = await targets.account(ctx, account_id)
    if author.suspended_at is not None:
        return json_response([])
    if wanted.pinned:
        ids = await targets.visible(ctx.db, viewer, await interactions.pinned(ctx.db, author.id))
        return json_response(await statuses.by_ids(ctx, ids[: page.page.limit], id_of(viewer)))
    by_kind = wanted.only_media or bool(wanted.tagged)
    kinds = Kinds(
        only_media=wanted.only_media,
        exclude_replies=wanted.exclude_replies,
        exclude_reblogs=wanted.exclude_reblogs or by_kind,
        exclude_direct=wanted.exclude_direct,
    )
    tag = compose.tag_name(wanted.tagged.removeprefix("#"))
    return await targets.posts(
        ctx,
        viewer,
        page,
        lambda tx, bounds: status_lists.of_account(tx, bounds, account_id=author.id, kinds=kinds, tag=tag),
    )


async def followers(ctx: Context, viewer: Viewer | None, account_id: int, page: People) -> Response:
    """GET /api/v1/accounts/:id/followers: who follows somebody, unless they hide it."""
    whose = await targets.account(ctx, account_id)
    if _hides(whose, viewer):
        return json_response([])
    entries = await account_lists.followers(ctx.db, page.bounds, account_id=whose.id)
    found = await accounts.by_ids(ctx, [entry.id for entry in entries], id_of(viewer))
    return page.related(found, entries)


async def following(ctx: Context, viewer: Viewer | None, account_id: int, page: People) -> Response:
    """GET /api/v1/accounts/:id/following: whom somebody follows, unless they hide it."""
    whose = await targets.account(ctx, account_id)
    if _hides(whose, viewer):
        return json_response([])
    entries = await account_lists.following(ctx.db, page.bounds, account_id=whose.id)
    found = await accounts.by_ids(ctx, [entry.id for entry in entries], id_of(viewer))
    return page.related(found, entries)


async def standings(ctx: Context, me: Viewer, wanted: Others) -> Response:
    """GET /api/v1/accounts/relationships: how the member stands to others."""
    found = await relationships.relationships(
        ctx, me.id, wanted.id[:_MOST_STANDINGS], with_suspended=wanted.with_suspended
    )
    return json_response(found)


async def familiar_followers(ctx: Context, me: Viewer, wanted: Ids) -> Response:
    """GET /api/v1/accounts/familiar_followers: who of those the member follows follows others."""
    known = await account_lists.familiar(ctx.db, viewer_id=me.id, target_ids=wanted.id[:_MOST_IDS])
    everybody = list(dict.fromkeys(one for ids in known.values() for one in ids))
    rows = await account_rows.by_ids(ctx.db, everybody)
    rendered = dict(zip(rows, await accounts.accounts(ctx, list(rows.values()), me.id), strict=True))
    return json_response(
        [
            {"id": str(target_id), "accounts": [rendered[one] for one in ids if one in rendered]}
            for target_id, ids in known.items()
        ]
    )


async def endorsed(ctx: Context, me: Viewer, page: Endorsed) -> Response:
    """GET /api/v1/endorsements: whom the member shows on their profile."""
    return await _endorsed(ctx, me, me.id, page)


async def endorsed_by(ctx: Context, viewer: Viewer | None, account_id: int, page: Endorsed) -> Response:
    """GET /api/v1/accounts/:id/endorsements: whom somebody shows on their profile."""
    whose = await targets.account(ctx, account_id)
    if whose.suspended_at is not None:
        return json_response([])
    return await _endorsed(ctx, viewer, whose.id, page)


async def _endorsed(ctx: Context, viewer: Viewer | None, account_id: int, page: Paging) -> Response:
    entries = await endorsements.of(ctx.db, page.bounds, account_id=account_id)
    found = await accounts.by_ids(ctx, [entry.id for entry in entries], id_of(viewer))
    return page.related(found, entries)


async def identity_proofs(ctx: Context, me: Viewer, account_id: int) -> Response:
    """GET /api/v1/accounts/:id/identity_proofs: Mastodon has had none since 3.5."""
    await targets.account(ctx, account_id)
    return json_response([], headers=_PROOFS_ENDED)


def _hides(whose: Account, viewer: Viewer | None) -> bool:
    return whose.suspended_at is not None or (whose.hide_collections and whose.id != id_of(viewer))
