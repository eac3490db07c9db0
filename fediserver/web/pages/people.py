"""Profiles, threads and tags, for everybody to read."""

from starlette.requests import Request
from starlette.responses import Response

from fediserver import ids
from fediserver.actions import visibility
from fediserver.actions.core import Core
from fediserver.db import accounts, public, statuses, tags
from fediserver.errors import Forbidden, Gone, NotFound
from fediserver.models.status import Status
from fediserver.text import plain
from fediserver.web import pagination
from fediserver.web.pages import show
from fediserver.web.pages.kit import visit
from fediserver.web.pages.show import Post
from fediserver.web.params import query_pairs

_POSTS = 20
_THREAD = 300
_ABOVE = 20
_BELOW = 60
_PINS = 5
_DEEPEST = 4
_NO_POST = "There is no such post here, or it is not for everybody"


async def profile(core: Core, request: Request) -> Response:
    """GET /@{name}: a member or group and their open posts."""
    name, _, domain = request.path_params["name"].lower().partition("@")
    if domain not in ("", core.config.domain):
        raise NotFound("Only people of this place have a page here; look for this one where they live")
    page = pagination.parse(dict(query_pairs(request.scope["query_string"])))
    found = await public.profile(
        core.db,
        name=name,
        before=page.max_id or ids.HIGHEST,
        pins=0 if page.max_id else _PINS,
        limit=_POSTS,
    )
    if found is None:
        raise NotFound("Nobody of this name is here")
    account = found.account
    if account.deleted_at is not None:
        raise Gone("This account was deleted")
    if account.suspended_at is not None:
        raise Forbidden("This account is suspended")
    guest = await visit(core, request)
    now = core.clock()
    pinned = show.posts(found.pinned, guest.file, now)
    above = {post.key for post in pinned}
    return guest.page(
        "profile.html",
        account=account,
        description=plain.excerpt(account.note, 200),
        pinned=pinned,
        found=[post for post in show.posts(found.posts, guest.file, now) if post.key not in above],
        older=found.before if found.more else 0,
    )


async def thread(core: Core, request: Request) -> Response:
    """GET /@{name}/{id}: a post, what it answers, and what answers it."""
    name, status_id = request.path_params["name"].lower(), ids.parse(request.path_params["id"])
    if status_id is None:
        # `/@mira/followers` and the like: apps have them, we do not.
        raise NotFound
    found = await public.thread(core.db, name=name, status_id=status_id, limit=_THREAD)
    if found is None:
        if await statuses.tombstone(core.db, core.uris.status(name, status_id)) is not None:
            raise Gone("This post was deleted")
        raise NotFound(_NO_POST)
    guest = await visit(core, request)
    ready = {post.status.id: post for post in show.posts(found.posts, guest.file, core.clock())}
    if found.status.id not in ready:
        raise NotFound(_NO_POST)
    focus = ready[found.status.id]
    ancestors, replies = _ancestors(ready, found.status), _replies(ready, found.status)
    return guest.page(
        "thread.html",
        author=found.author,
        description=found.status.spoiler_text or plain.excerpt(found.status.content, 200),
        image=_image(focus),
        ancestors=ancestors[-_ABOVE:],
        focus=focus,
        replies=replies[:_BELOW],
        more=found.more or len(ancestors) > _ABOVE or len(replies) > _BELOW,
    )


async def tag(core: Core, request: Request) -> Response:
    """GET /tags/{name}: public posts with a hashtag that are known here."""
    name = request.path_params["name"].lower()[:100]
    page = pagination.parse(dict(query_pairs(request.scope["query_string"])))
    found = await public.tagged(core.db, name=name, before=page.max_id or ids.HIGHEST, limit=_POSTS)
    guest = await visit(core, request)
    return guest.page(
        "tag.html",
        tag=name,
        found=show.posts(found.posts, guest.file, core.clock()),
        older=found.before if found.more else 0,
    )


async def collection(core: Core, request: Request) -> Response:
    """GET /collections/{id}: accounts that a member recommends, as far as whoever looks may see them."""
    guest = await visit(core, request)
    viewer_id = guest.viewer.id if guest.viewer else None
    try:
        found = await visibility.find_collection(
            core.db, viewer_id, ids.parse(request.path_params["id"]) or 0
        )
    except NotFound:
        raise NotFound("There is no such collection here, or it is not for everybody") from None
    items = await visibility.collection_items(core.db, viewer_id, [found.id])
    known = await accounts.by_ids(core.db, [found.account_id, *(one.account_id for one in items)])
    owner = known[found.account_id]
    return guest.page(
        "collection.html",
        collection=found,
        owner=owner,
        uri=core.uris.collection(owner.username, str(found.id)),
        topic=None if found.tag_id is None else await tags.by_id(core.db, found.tag_id),
        people=[known[one.account_id] for one in items],
    )


def _ancestors(ready: dict[int, Post], status: Status) -> list[Post]:
    """What a post answers, the beginning first; up to where a post is missing or not for everybody."""
    chain: list[Post] = []
    seen = {status.id}
    above = status.in_reply_to_id
    while above is not None and above in ready and above not in seen:
        seen.add(above)
        chain.append(ready[above])
        above = ready[above].status.in_reply_to_id
    return chain[::-1]


def _replies(ready: dict[int, Post], status: Status) -> list[Post]:
    """What answers a post, each answer followed by its own answers, indented."""
    below: dict[int, list[Post]] = {}
    for post in ready.values():
        if post.status.in_reply_to_id is not None:
            below.setdefault(post.status.in_reply_to_id, []).append(post)
    ordered: list[Post] = []
    # A stack, not recursion: threads are as deep as strangers make them.
    waiting = [(post, 1) for post in reversed(below.get(status.id, []))]
    seen = {status.id}
    while waiting:
        post, depth = waiting.pop()
        if post.status.id in seen:
            continue
        seen.add(post.status.id)
        ordered.append(post._replace(depth=min(depth, _DEEPEST)))
        waiting.extend((each, depth + 1) for each in reversed(below.get(post.status.id, [])))
    return ordered


def _image(post: Post) -> show.Picture | None:
    """The picture for previews elsewhere: the first that is not behind a warning."""
    is_sensitive = post.status.sensitive or post.author.sensitized_at is not None
    if is_sensitive or post.status.spoiler_text:
        return None
    return next((one for one in post.pictures if one.kind == "image" and one.url), None)
