"""Puts into words what our people did: from a row in `outgoing` to the bytes that are sent."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec
import orjson

from fediserver.actions.visibility import can_see
from fediserver.activitypub import proofs, render
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Document
from fediserver.activitypub.render import activity, actor, collection, note
from fediserver.activitypub.vocabulary import STAMP
from fediserver.db import accounts, links, media, polls, quotes, statuses
from fediserver.db.database import Reader
from fediserver.models.account import Account, Key
from fediserver.models.delivery import Outgoing
from fediserver.models.media import MediaAttachment
from fediserver.models.poll import Poll, PollOption
from fediserver.models.quote import Quote, QuoteState
from fediserver.models.status import Status
from fediserver.models.visibility import Visibility

Facts = dict[str, Any]


class Whole(msgspec.Struct, frozen=True):
    """A post with everything that its document shows."""

    status: Status
    author: Account
    mentioned: tuple[Account, ...]
    media: tuple[MediaAttachment, ...]
    poll: tuple[Poll, tuple[PollOption, ...]] | None
    parent_uri: str
    group: Account | None
    quote: tuple[Quote, Status, Account] | None


async def document_of(ctx: Context, outgoing: Outgoing) -> Document | None:
    """The activity as a document; None when its object is gone, so that nothing is left to say."""
    facts: Facts = orjson.loads(outgoing.facts)
    doer = await accounts.by_id(ctx.db, outgoing.actor_id)
    if doer is None:
        return None
    return await _VERBS[outgoing.verb](ctx, outgoing, doer, facts)


async def body_of(ctx: Context, outgoing: Outgoing) -> bytes | None:
    """The bytes that every host gets; what was kept as received goes out as it came."""
    if outgoing.body is not None:
        return outgoing.body
    doc = await document_of(ctx, outgoing)
    return None if doc is None else render.dumps(await proofs.proved(ctx, outgoing, doc))


async def whole(db: Reader, status: Status) -> Whole | None:
    """Gather a post for its document; None when its author is gone."""
    ids = await statuses.mentioned(db, status.id)
    wanted = [*ids, status.account_id] + ([status.group_id] if status.group_id else [])
    people = await accounts.by_ids(db, wanted)
    author = people.get(status.account_id)
    if author is None:
        return None
    poll = await polls.by_id(db, status.poll_id) if status.poll_id else None
    options = tuple(await polls.options(db, [poll.id])) if poll else ()
    parent = await statuses.by_id(db, status.in_reply_to_id) if status.in_reply_to_id else None
    return Whole(
        status=status,
        author=author,
        mentioned=tuple(people[one] for one in ids if one in people),
        media=tuple(await media.of_statuses(db, [status.id])) if status.media_count else (),
        poll=(poll, options) if poll else None,
        parent_uri=parent.uri if parent else status.in_reply_to_uri or "",
        group=people.get(status.group_id) if status.group_id else None,
        quote=await _quote(db, status),
    )


async def _quote(db: Reader, status: Status) -> tuple[Quote, Status, Account] | None:
    """What a post quotes, and who wrote that."""
    quote = await quotes.of_status(db, status.id) if status.quote_id else None
    if quote is None or quote.quoted_id is None:
        return None
    quoted = await statuses.by_id(db, quote.quoted_id)
    author = await accounts.by_id(db, quoted.account_id) if quoted else None
    return (quote, quoted, author) if quoted and author else None


def media_url(ctx: Context) -> Callable[[str], str]:
    """Addresses of files, as other servers are told them."""
    base = ctx.config.media_url
    return lambda path: base + path


def _stamp(ctx: Context, quote: Quote, author: Account) -> str:
    """The address of the author's consent to a quote; '' as long as there is none."""
    if quote.state is not QuoteState.ACCEPTED:
        return ""
    return quote.stamp_uri if author.domain else ctx.uris.quote_stamp(author.username, quote.id)


def note_document(ctx: Context, post: Whole) -> Document:
    """The document of a post."""
    quoting = None
    if post.quote is not None:
        quote, quoted, author = post.quote
        is_refused = quote.state in (QuoteState.REJECTED, QuoteState.REVOKED)
        quoting = note.Quoting(quoted.uri, _stamp(ctx, quote, author), is_refused)
    return note.note(
        post.status,
        post.author,
        uris=ctx.uris,
        media_url=media_url(ctx),
        mentioned=post.mentioned,
        media=post.media,
        poll=post.poll,
        parent_uri=post.parent_uri,
        group=post.group,
        quote=quoting,
    )


async def actor_document(ctx: Context, account: Account) -> Document:
    """The document of one of our own."""

    async def read(tx: Reader) -> tuple[list[Key], Account | None, list[str]]:
        moved_to = await accounts.by_id(tx, account.moved_to_id) if account.moved_to_id else None
        return await accounts.keys(tx, account.id), moved_to, await links.domains(tx, account.id)

    keys, moved_to, domains = await ctx.db.read(read)
    return actor.actor(
        account,
        keys,
        uris=ctx.uris,
        media_url=media_url(ctx),
        moved_to=moved_to.uri if moved_to else "",
        attribution_domains=domains,
    )


async def _note(ctx: Context, uri: str) -> Document | None:
    async def read(tx: Reader) -> Whole | None:
        status = await statuses.by_uri(tx, uri)
        return await whole(tx, status) if status else None

    post = await ctx.db.read(read)
    return None if post is None else note_document(ctx, post)


async def _create(ctx: Context, outgoing: Outgoing, _: Account, __: Facts) -> Document | None:
    found = await _note(ctx, outgoing.object_uri)
    return None if found is None else activity.create(found, uri=ctx.uris.activity(outgoing.id))


async def _update(ctx: Context, outgoing: Outgoing, doer: Account, facts: Facts) -> Document | None:
    found = await actor_document(ctx, doer) if facts.get("actor") else await _note(ctx, outgoing.object_uri)
    if found is None:
        return None
    published = facts.get("edited_at") or outgoing.created_at
    return activity.update(found, uri=ctx.uris.activity(outgoing.id), published=published)


async def _delete(ctx: Context, outgoing: Outgoing, doer: Account, facts: Facts) -> Document | None:
    if facts.get("actor"):
        return activity.delete_actor(uri=ctx.uris.activity(outgoing.id), actor=doer.uri)
    told = note.audience(Visibility(facts["visibility"]), doer, mentioned=facts["addressed"])
    return activity.delete(
        uri=ctx.uris.activity(outgoing.id),
        actor=doer.uri,
        object_uri=outgoing.object_uri,
        former_type=facts["former_type"],
        deleted_at=facts["deleted_at"],
        audience=told,
    )


async def _announce(ctx: Context, outgoing: Outgoing, doer: Account, facts: Facts) -> Document | None:
    told = note.audience(Visibility(facts["visibility"]), doer, mentioned=[facts["author"]])
    return activity.announce(
        uri=ctx.uris.activity(outgoing.id),
        actor=doer.uri,
        object_uri=outgoing.object_uri,
        audience=told,
        published=facts["published"],
    )


async def _undo(ctx: Context, outgoing: Outgoing, doer: Account, facts: Facts) -> Document | None:
    """Peers ignore an Undo that only names an id: what is undone goes along whole."""
    undone, target = outgoing.object_uri, outgoing.target_uri
    match facts["verb"]:
        case "announce":
            original = activity.announce(
                uri=undone,
                actor=doer.uri,
                object_uri=target,
                audience=note.audience(Visibility(facts["visibility"]), doer),
                published=facts["published"],
            )
        case "like":
            original = activity.like(uri=undone, actor=doer.uri, object_uri=target, author=facts["author"])
        case _:
            original = activity.follow(uri=undone, actor=doer.uri, target=target)
    return activity.undo(original, uri=ctx.uris.activity(outgoing.id))


async def _follow(ctx: Context, outgoing: Outgoing, doer: Account, __: Facts) -> Document | None:
    return activity.follow(uri=ctx.uris.activity(outgoing.id), actor=doer.uri, target=outgoing.object_uri)


async def _accept(ctx: Context, outgoing: Outgoing, doer: Account, __: Facts) -> Document | None:
    return activity.accept(
        uri=ctx.uris.activity(outgoing.id),
        follow_uri=outgoing.object_uri,
        follower=outgoing.target_uri,
        followed=doer.uri,
    )


async def _reject(ctx: Context, outgoing: Outgoing, doer: Account, __: Facts) -> Document | None:
    return activity.reject(
        uri=ctx.uris.activity(outgoing.id),
        follow_uri=outgoing.object_uri,
        follower=outgoing.target_uri,
        followed=doer.uri,
    )


async def _like(ctx: Context, outgoing: Outgoing, doer: Account, __: Facts) -> Document | None:
    return activity.like(
        uri=ctx.uris.activity(outgoing.id),
        actor=doer.uri,
        object_uri=outgoing.object_uri,
        author=outgoing.target_uri,
    )


async def _flag(ctx: Context, outgoing: Outgoing, _: Account, facts: Facts) -> Document | None:
    return activity.flag(
        uri=ctx.uris.activity(outgoing.id),
        actor=ctx.uris.instance_actor,
        target=outgoing.object_uri,
        status_uris=facts["status_uris"],
        comment=facts["comment"],
    )


async def _add(ctx: Context, outgoing: Outgoing, doer: Account, __: Facts) -> Document | None:
    return activity.add(
        uri=ctx.uris.activity(outgoing.id),
        actor=doer.uri,
        object_uri=outgoing.object_uri,
        target=outgoing.target_uri,
        followers=doer.followers_uri,
    )


async def _remove(ctx: Context, outgoing: Outgoing, doer: Account, __: Facts) -> Document | None:
    return activity.remove(
        uri=ctx.uris.activity(outgoing.id),
        actor=doer.uri,
        object_uri=outgoing.object_uri,
        target=outgoing.target_uri,
        followers=doer.followers_uri,
    )


def _tagged(kind: Literal["Add", "Remove"]) -> "_Renderer":
    async def render_tag(ctx: Context, outgoing: Outgoing, doer: Account, facts: Facts) -> Document | None:
        return activity.tagged(
            kind,
            uri=ctx.uris.activity(outgoing.id),
            actor=doer.uri,
            hashtag=collection.hashtag(outgoing.object_uri, facts["name"]),
            target=outgoing.target_uri,
            followers=doer.followers_uri,
        )

    return render_tag


async def _vote(ctx: Context, outgoing: Outgoing, doer: Account, facts: Facts) -> Document | None:
    return activity.vote(
        uri=ctx.uris.activity(outgoing.id),
        vote_uri=f"{ctx.uris.activity(outgoing.id)}#vote",
        actor=doer.uri,
        choice=facts["choice"],
        poll_uri=outgoing.object_uri,
        author=outgoing.target_uri,
    )


async def _answer_quote(ctx: Context, outgoing: Outgoing, doer: Account, facts: Facts) -> Document | None:
    """Consent with its stamp, or none."""
    stamp: str = facts.get("stamp", "")
    said = activity.quote_answer(
        "Accept" if stamp else "Reject",
        uri=ctx.uris.activity(outgoing.id),
        actor=doer.uri,
        request_uri=outgoing.object_uri,
        asker=outgoing.target_uri,
        quoted=facts["quoted"],
        quoting=facts["quoting"],
    )
    return said | {"result": stamp} if stamp else said


async def _quote_request(ctx: Context, outgoing: Outgoing, doer: Account, _: Facts) -> Document | None:
    """The post goes along, unless it is none for the quoted author's eyes: then their server may ask for it."""

    async def read(tx: Reader) -> tuple[Whole | None, Account | None, bool]:
        status = await statuses.by_uri(tx, outgoing.object_uri)
        post = await whole(tx, status) if status else None
        author = post.quote[2] if post and post.quote else None
        return post, author, bool(author and post and await can_see(tx, author, post.status))

    post, author, is_for_them = await ctx.db.read(read)
    if post is None or author is None:
        return None
    return activity.quote_request(
        uri=ctx.uris.activity(outgoing.id),
        actor=doer.uri,
        quoted=outgoing.target_uri,
        author=author.uri,
        quoting=note_document(ctx, post) if is_for_them else post.status.uri,
    )


async def _revoke_quote(ctx: Context, outgoing: Outgoing, doer: Account, facts: Facts) -> Document | None:
    return activity.delete(
        uri=ctx.uris.activity(outgoing.id),
        actor=doer.uri,
        object_uri=outgoing.object_uri,
        former_type=STAMP,
        deleted_at=facts["deleted_at"],
        audience=note.Audience([outgoing.target_uri], []),
    )


_Renderer = Callable[[Context, Outgoing, Account, Facts], Awaitable[Document | None]]
_VERBS: dict[str, _Renderer] = {
    "accept": _accept,
    "accept_quote": _answer_quote,
    "add": _add,
    "add_tag": _tagged("Add"),
    "announce": _announce,
    "create": _create,
    "delete": _delete,
    "flag": _flag,
    "follow": _follow,
    "like": _like,
    "quote_request": _quote_request,
    "reject": _reject,
    "reject_quote": _answer_quote,
    "remove": _remove,
    "remove_tag": _tagged("Remove"),
    "revoke_quote": _revoke_quote,
    "undo": _undo,
    "update": _update,
    "vote": _vote,
}
