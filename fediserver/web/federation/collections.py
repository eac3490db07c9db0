"""Collections that others read: of a post, of an account, of a thread."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from fediserver import ids
from fediserver.actions import visibility
from fediserver.activitypub import follower_sync, outbox
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Document
from fediserver.activitypub.render import activity, collection
from fediserver.db import accounts, federation_pages, tags
from fediserver.db.database import Reader
from fediserver.errors import NotFound, Unauthorised
from fediserver.models.account import Account
from fediserver.web.federation.asking import answer, ours, signed_by
from fediserver.web.federation.documents import open_post

PAGE = 20
MOST = 1000


async def status_replies(ctx: Context, request: Request) -> Response:
    """GET …/statuses/ID/replies: open replies; the same as the one page that posts name."""
    status = await open_post(ctx, request)
    found = await federation_pages.replies(ctx.db, status_id=status.id, limit=MOST)
    uri = f"{status.uri}/replies"
    if "page" in request.query_params:
        return answer(collection.page(f"{uri}?page=1", part_of=uri, items=found))
    return answer(collection.collection(uri, total=len(found), items=found))


async def status_likes(ctx: Context, request: Request) -> Response:
    """GET …/statuses/ID/likes: how many; who, is their own business."""
    status = await open_post(ctx, request)
    return answer(collection.collection(f"{status.uri}/likes", total=status.favourites_count))


async def status_shares(ctx: Context, request: Request) -> Response:
    """GET …/statuses/ID/shares: how many."""
    status = await open_post(ctx, request)
    return answer(collection.collection(f"{status.uri}/shares", total=status.reblogs_count))


async def followers(ctx: Context, request: Request) -> Response:
    """GET /users/NAME/followers: the number, and page by page who they are."""
    account = await ours(ctx, request.path_params["name"])
    return await _people(ctx, request, account, account.followers_uri, account.followers_count)


async def following(ctx: Context, request: Request) -> Response:
    """GET /users/NAME/following."""
    account = await ours(ctx, request.path_params["name"])
    return await _people(ctx, request, account, account.following_uri, account.following_count)


async def followers_there(ctx: Context, request: Request) -> Response:
    """GET /users/NAME/followers_synchronization: for a server, those of its own people who follow (FEP-8fcf)."""
    asker = await signed_by(ctx, request)
    if asker is None:
        raise Unauthorised("Sign this request: each server is told of its own people")
    account = await ours(ctx, request.path_params["name"])
    items = await follower_sync.listed_for(ctx, account, asker)
    uri = f"{account.uri}/{follower_sync.PATH}"
    found = answer(collection.collection(uri, total=len(items), items=items))
    found.headers["cache-control"] = "private, no-store"
    return found


async def _people(ctx: Context, request: Request, account: Account, uri: str, total: int) -> Response:
    if account.hide_collections:
        return answer(collection.collection(uri, total=total))
    before = _cursor(request)
    if before is None:
        return answer(collection.collection(uri, total=total, first=f"{uri}?page=true"))
    listed = federation_pages.followers if uri == account.followers_uri else federation_pages.following
    rows = await listed(ctx.db, account_id=account.id, before=before, limit=PAGE)
    following_page = f"{uri}?page=true&before={rows[-1].id}" if len(rows) == PAGE else ""
    return answer(
        collection.page(
            _page_uri(uri, request),
            part_of=uri,
            items=[row.uri for row in rows],
            total=total,
            next_page=following_page,
        )
    )


async def outbox_collection(ctx: Context, request: Request) -> Response:
    """GET /users/NAME/outbox: open posts and boosts, newest first."""
    account = await ours(ctx, request.path_params["name"])
    before = _cursor(request)
    if before is None:
        first = f"{account.outbox}?page=true"
        return answer(collection.collection(account.outbox, total=account.statuses_count, first=first))

    async def read(tx: Reader) -> tuple[list[str | Document], int | None]:
        found = await federation_pages.posts(tx, account_id=account.id, before=before, limit=PAGE)
        items: list[str | Document] = []
        for status in found:
            if status.reblog_of_id is not None:
                items.append(status.uri)
            elif (post := await outbox.whole(tx, status)) is not None:
                note = outbox.note_document(ctx, post)
                items.append(activity.create(note, uri=f"{status.uri}/activity"))
        return items, found[-1].id if len(found) == PAGE else None

    items, last = await ctx.db.read(read)
    return answer(
        collection.page(
            _page_uri(account.outbox, request),
            part_of=account.outbox,
            items=items,
            next_page=f"{account.outbox}?page=true&before={last}" if last else "",
        )
    )


async def actor_collection(ctx: Context, request: Request) -> Response:
    """GET /users/NAME/collections/WHICH: pinned posts, hashtags, moderators, what a member recommends.

    Others are there and empty.
    """
    account = await ours(ctx, request.path_params["name"])
    which = request.path_params["which"]
    uri = ctx.uris.collection(account.username, which)
    items: Sequence[str | Document]
    if which == "featured":
        items = await federation_pages.featured(ctx.db, account_id=account.id)
    elif which == "moderators" and account.actor_type == "Group":
        items = await federation_pages.moderators(ctx.db, group_id=account.id)
    elif which == "tags":
        items = [
            collection.hashtag(ctx.uris.tag(one.folded), one.name)
            for one in await tags.featured(ctx.db, account.id)
        ]
    elif which in ("members", "resources", "posts", "todos", "discussions", "events"):
        items = []
    else:
        return await _recommended(ctx, account, which)
    return answer(collection.collection(uri, total=len(items), items=items))


async def _recommended(ctx: Context, owner: Account, which: str) -> Response:
    """The actors in a collection that a member made, for everybody who has its address."""
    found = await visibility.find_collection(ctx.db, None, ids.parse(which) or 0)
    if found.account_id != owner.id:
        raise NotFound
    items = [one.account_id for one in await visibility.collection_items(ctx.db, None, [found.id])]
    known = await accounts.by_ids(ctx.db, items)
    doc = collection.collection(
        ctx.uris.collection(owner.username, str(found.id)),
        total=len(items),
        items=[known[one].uri for one in items],
        owner=owner.uri,
    )
    named = {"name": found.name, "summary": found.description, "url": ctx.uris.collection_page(found.id)}
    return answer(doc | named)


async def context_collection(ctx: Context, request: Request) -> Response:
    """GET /contexts/ID: the open posts of a thread that began here (FEP-7888)."""
    number = ids.parse(request.path_params["id"])
    if number is None:
        raise NotFound
    uris = await federation_pages.conversation(ctx.db, conversation_id=number, limit=MOST)
    if not uris or not ctx.uris.is_ours(uris[0]):
        raise NotFound
    return answer(collection.collection(ctx.uris.context(number), total=len(uris), items=uris))


def _cursor(request: Request) -> int | None:
    """None for the collection itself, else the id below which a page begins."""
    if "page" not in request.query_params and "before" not in request.query_params:
        return None
    before = request.query_params.get("before", "")
    found = ids.parse(before)
    return ids.HIGHEST if found is None else found


def _page_uri(uri: str, request: Request) -> str:
    return f"{uri}?{request.url.query}"[:500]
