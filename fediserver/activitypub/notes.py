"""Takes posts of other servers into our rows, new ones and new versions."""

import logging
from collections.abc import Sequence

import msgspec
import orjson

from fediserver.actions import converse, errand, index, link, notify, outbox, vote
from fediserver.actions.core import Core
from fediserver.actions.edit import keep_version, keep_versions, tell_boosters
from fediserver.actions.place import Parts, place, write_tags
from fediserver.actions.quote import tell_quoters
from fediserver.actions.upload import size
from fediserver.activitypub import authority, document, lookup, quotes
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Attachment, Document, NoteDocument
from fediserver.activitypub.fetch import Budget, fetch, permitted
from fediserver.db import accounts, media, polls, relationships, statuses
from fediserver.db.database import Clash, Reader, Writer
from fediserver.errors import BadRequest, FediserverError, Gone, Ignored, NotFound, Refused, TooLarge
from fediserver.models.account import Account
from fediserver.models.event import Edited
from fediserver.models.media import MediaAttachment
from fediserver.models.poll import Poll, PollOption
from fediserver.models.status import Status
from fediserver.models.uris import host
from fediserver.text import compose

ANCESTORS = 100
"""Posts above a reply that are fetched, one after the other, as far as the budget of what began it goes."""
_NOT_TO_BE_HAD = (NotFound, Gone, Refused, Ignored, BadRequest, TooLarge)

log = logging.getLogger(__name__)


async def fetched(ctx: Context, uri: str, budget: Budget) -> Status | None:
    """The post with that id from its own server, taken in; None when it cannot be had."""
    if await statuses.tombstone(ctx.db, uri) is not None:
        return None
    try:
        return await take_in_fetched(ctx, await fetch(ctx, uri, budget), budget)
    except _NOT_TO_BE_HAD as problem:
        _note_refusal(uri, problem)
        return None


def _note_refusal(uri: str, problem: FediserverError) -> None:
    if isinstance(problem, Refused):
        log.info("refused %s by the rule %s: %s", uri, problem.rule, problem)


async def take_in_fetched(ctx: Context, found: Document, budget: Budget) -> Status | None:
    """Take in a post that its own server has just sent us."""
    note = document.read_note(found)
    authority.object_is_owners(note.id, note.attributed_to)
    author = await lookup.account(ctx, note.attributed_to, budget)
    return await take_in(ctx, note, author, budget)


async def concerns_us(ctx: Context, note: NoteDocument, author: Account) -> bool:
    """Whether somebody here wants a post that was sent to us: follows its author, is addressed, or is answered."""
    addressed = [uri for uri in (*note.to, *note.cc, *note.audience) if ctx.uris.is_ours(uri)]
    if addressed or any(ctx.uris.is_ours(mention.href) for mention in note.mentions):
        return True

    async def known(tx: Reader) -> bool:
        if note.in_reply_to and await statuses.by_uri(tx, note.in_reply_to) is not None:
            return True
        return await relationships.has_local_follower(tx, author.id)

    return await ctx.db.read(known)


def _shown(ctx: Context, note: NoteDocument) -> NoteDocument:
    """The post without its files and emoji, where the organisers show none of its server."""
    if (note.attachments or note.emojis) and ctx.domains.rejects_media(host(note.id)):
        return msgspec.structs.replace(note, attachments=(), emojis=())
    return note


async def take_in(
    ctx: Context, note: NoteDocument, author: Account, budget: Budget, *, depth: int = 0
) -> Status | None:
    """Add a post; answers the one that is there when it is known, None when it was deleted.

    A parent that is not here is fetched later, with what is left of the budget: `depth` counts how far
    above the first reply we are.
    """
    authority.never_ours(ctx.uris, note.id)
    await permitted(ctx, note.id)
    if author.suspended_at is not None or author.deleted_at is not None:
        raise Ignored(f"{author.uri} is suspended or gone")
    note = _shown(ctx, note)
    parts = await ctx.db.read(lambda tx: _parties(tx, ctx, note, author))
    for_quote = quotes.set_aside(ctx, note, budget)

    async def work(tx: Writer) -> Status | None:
        if await statuses.tombstone(tx, note.id) is not None:
            return None
        known = await statuses.by_uri(tx, note.id)
        if known is not None:
            await _name_more(ctx, tx, note, author, known, parts)
            return known
        parent = await statuses.by_uri(tx, note.in_reply_to) if note.in_reply_to else None
        status = await _row(ctx, tx, note, author, parts, parent)
        poll, options = _poll(ctx, note, status)
        if poll is not None:
            status = msgspec.structs.replace(status, poll_id=poll.id)
        quote = await quotes.claimed(ctx, tx, note, status)
        if quote is not None:
            status = msgspec.structs.replace(status, quote_id=quote.id)
        await place(ctx, tx, author, status, msgspec.structs.replace(parts, poll=poll, options=options))
        await _attach(ctx, tx, note, status)
        if quote is not None:
            await quotes.enter(ctx, tx, author, status, quote, for_quote)
        if note.in_reply_to and parent is None and depth < ANCESTORS and budget.left:
            await _fetch_parent_later(ctx, tx, note.in_reply_to, depth, budget)
        return status

    try:
        status = await ctx.db.write(work)
    except Clash:
        # The same post came twice at once.
        return await statuses.by_uri(ctx.db, note.id)
    ctx.bus.publish(outbox.TOPIC)
    ctx.bus.publish("jobs")
    return status


async def _name_more(
    ctx: Context, tx: Writer, note: NoteDocument, author: Account, known: Status, parts: Parts
) -> None:
    """A known post comes to people to whom it did not come before: its server has met them since, or they share one
    with somebody whose copy was faster. An edit says itself who is named."""
    if known.account_id != author.id or known.edited_at is not None:
        return
    there = set(await statuses.mentioned(tx, known.id))
    named = [one for one in parts.named if one.id not in there]
    silent = [one.id for one in parts.silent if one.id not in there]
    if not named and not silent:
        return
    await index.forget(tx, known.id)
    await statuses.add_mentions(tx, known.id, [one.id for one in named], silent)
    await statuses.set_mentions(tx, known.id, mentions=mention_list(note, parts.named), content=note.content)
    heard = await notify.tell_named(ctx, tx, named, author, known)
    await converse.settle(ctx, tx, author, known, heard)


async def _parties(tx: Reader, ctx: Context, note: NoteDocument, author: Account) -> Parts:
    """The accounts that a post names or addresses, as far as they are known here."""
    hrefs = [mention.href for mention in note.mentions]
    addressed = [uri for uri in (*note.to, *note.cc, *note.audience) if uri not in hrefs]
    known = await accounts.by_uris(tx, [*hrefs, *addressed])
    for href in hrefs:
        # Some servers link the page of a member of ours.
        local = ctx.uris.local(href)
        if href not in known and local is not None and local.kind == "actor":
            member = await accounts.by_handle(tx, local.key)
            if member is not None:
                known[href] = member
    named = {known[href].id: known[href] for href in hrefs if href in known}
    silent = {known[uri].id: known[uri] for uri in addressed if uri in known}
    named.pop(author.id, None)
    return Parts(
        named=tuple(named.values()),
        silent=tuple(one for one in silent.values() if one.id not in named and one.id != author.id),
        tags=tuple({compose.tag_name(tag): tag for tag in note.tags}.items()),
    )


async def _row(
    ctx: Context, tx: Writer, note: NoteDocument, author: Account, parts: Parts, parent: Status | None
) -> Status:
    now = ctx.clock()
    status_id = ctx.ids.at(note.published) if note.published is not None else ctx.ids.next()
    visibility = note.visibility(author.followers_uri)
    automatic, manual = quotes.policies(note, author, visibility)
    group = next((one for one in parts.addressed if one.actor_type == "Group"), None)
    return Status(
        id=status_id,
        uri=note.id,
        url=note.url if note.url != note.id else "",
        account_id=author.id,
        object_type=note.type,
        visibility=visibility,
        in_reply_to_id=parent.id if parent else None,
        in_reply_to_account_id=parent.account_id if parent else None,
        in_reply_to_uri=note.in_reply_to if note.in_reply_to and parent is None else None,
        reblog_of_id=None,
        conversation_id=parent.conversation_id if parent else status_id,
        context_uri=note.context or (parent.context_uri if parent else None) or None,
        group_id=group.id if group else parent.group_id if parent else None,
        sensitive=note.sensitive,
        spoiler_text=note.spoiler_text,
        content=note.content,
        text=None,
        language=note.language,
        name=note.name,
        mentions=mention_list(note, parts.named),
        tags=orjson.dumps([name for name, _ in parts.tags]).decode(),
        emojis=await _emojis(ctx, tx, note),
        media_count=len(note.attachments),
        poll_id=None,
        application_id=None,
        replies_count=0,
        reblogs_count=0,
        favourites_count=0,
        created_at=min(note.published, now) if note.published is not None and note.published > 0 else now,
        edited_at=min(note.updated, now) if note.updated and note.updated != note.published else None,
        version=1,
        quote_policy=automatic,
        quote_manual=manual,
    )


def mention_list(note: NoteDocument, named: Sequence[Account]) -> str:
    """The mentions of a post; their addresses are those in the text, which apps look for."""
    hrefs = {mention.href for mention in note.mentions}
    return orjson.dumps(
        [
            {
                "id": str(account.id),
                "username": account.username,
                "acct": f"{account.username}@{account.domain}" if account.domain else account.username,
                "url": account.url
                if account.url in note.content or account.uri not in hrefs
                else account.uri,
            }
            for account in named
        ]
    ).decode()


async def _emojis(ctx: Context, tx: Writer, note: NoteDocument) -> str:
    paths = await media.remote_paths(tx, [(ctx.ids.next(), one.url, "emoji", "") for one in note.emojis])
    return orjson.dumps(
        [{"shortcode": one.shortcode, "path": paths[one.url]} for one in note.emojis if one.url in paths]
    ).decode()


def _poll(core: Core, note: NoteDocument, status: Status) -> tuple[Poll | None, tuple[PollOption, ...]]:
    if note.poll is None:
        return None, ()
    poll = Poll(
        id=status.poll_id or core.ids.next(),
        status_id=status.id,
        multiple=note.poll.multiple,
        hide_totals=False,
        voters_count=note.poll.voters_count or sum(option.votes for option in note.poll.options),
        expires_at=note.poll.ends_at,
        closed_at=note.poll.closed_at,
    )
    return poll, tuple(
        PollOption(poll_id=poll.id, position=place, title=option.title, votes_count=option.votes)
        for place, option in enumerate(note.poll.options)
    )


async def _attach(ctx: Context, tx: Writer, note: NoteDocument, status: Status) -> None:
    paths = await media.remote_paths(
        tx, [(ctx.ids.next(), one.url, "attachment", one.blurhash) for one in note.attachments]
    )
    for position, one in enumerate(note.attachments):
        if one.url in paths:
            await media.insert(tx, _attachment(ctx, one, status, position, paths[one.url]))


def _attachment(ctx: Context, one: Attachment, status: Status, position: int, path: str) -> MediaAttachment:
    meta: dict[str, object] = {}
    if one.width and one.height:
        meta = {"original": size(one.width, one.height), "small": size(one.width, one.height)}
    if one.focus:
        meta["focus"] = {"x": one.focus[0], "y": one.focus[1]}
    return MediaAttachment(
        id=ctx.ids.next(),
        account_id=status.account_id,
        status_id=status.id,
        position=position,
        kind=one.kind,
        mime=one.media_type,
        path=path,
        preview_path=path if one.kind == "image" else "",
        remote_url=one.url,
        description=one.description,
        blurhash=one.blurhash,
        meta=orjson.dumps(meta).decode(),
        bytes=0,
        created_at=ctx.clock(),
    )


async def _fetch_parent_later(ctx: Context, tx: Writer, uri: str, depth: int, budget: Budget) -> None:
    if ctx.uris.is_ours(uri):
        return
    args: dict[str, object] = {"uri": uri, "depth": depth + 1, "fetches": budget.left}
    await errand.leave(ctx, tx, "parent", args, uri)


async def fetch_parent(ctx: Context, uri: str, *, depth: int, fetches: int) -> None:
    """Fetch a post that a reply here waits for; Unreachable when it is worth another try."""
    if await statuses.by_uri(ctx.db, uri) is not None or await statuses.tombstone(ctx.db, uri) is not None:
        return
    try:
        budget = Budget(fetches)
        note = document.read_note(await fetch(ctx, uri, budget))
        authority.object_is_owners(note.id, note.attributed_to)
        author = await lookup.account(ctx, note.attributed_to, budget)
        await take_in(ctx, note, author, budget, depth=depth)
    except _NOT_TO_BE_HAD as problem:
        _note_refusal(uri, problem)


async def revise(ctx: Context, note: NoteDocument, author: Account, status: Status, budget: Budget) -> None:
    """Bring a known post to the version that its server sends; an older one changes nothing.

    The counts of a poll are taken even when nothing else has changed. Refused when the author may not
    update the post (trust rule 6).
    """
    await permitted(ctx, note.id)
    note = _shown(ctx, note)
    owner = await accounts.by_id(ctx.db, status.account_id)
    authority.may_update(
        author.uri,
        stored_uri=status.uri,
        stored_owner=owner.uri if owner else "",
        stored_type=status.object_type,
        new=note,
    )
    parts = await ctx.db.read(lambda tx: _parties(tx, ctx, note, author))
    for_quote = quotes.set_aside(ctx, note, budget)

    async def work(tx: Writer) -> None:
        known = await statuses.by_uri(tx, status.uri)
        if known is None:
            return
        await index.forget(tx, known.id)
        poll, options = _poll(ctx, note, known)
        if poll is not None and known.poll_id is not None:
            await polls.refresh(tx, poll, options)
            await statuses.touch(tx, known.id)
            await vote.have_heard(ctx, tx, known.id)
        await quotes.revise(ctx, tx, note, author, known, for_quote)
        if not _is_edit(note, known):
            return
        before = await media.of_statuses(tx, [known.id])
        await keep_versions(ctx, tx, known, before)
        revised = msgspec.structs.replace(
            known,
            content=note.content,
            spoiler_text=note.spoiler_text,
            sensitive=note.sensitive,
            language=note.language,
            name=note.name,
            mentions=mention_list(note, parts.named),
            tags=orjson.dumps([name for name, _ in parts.tags]).decode(),
            emojis=await _emojis(ctx, tx, note),
            media_count=len(note.attachments),
            edited_at=min(note.updated or ctx.clock(), ctx.clock()),
        )
        await statuses.revise(tx, revised)
        await link.note(ctx, tx, revised)
        await statuses.drop_mentions(tx, known.id, [one.id for one in parts.addressed])
        await statuses.add_mentions(
            tx, known.id, [one.id for one in parts.named], [one.id for one in parts.silent]
        )
        await converse.settle(ctx, tx, author, known, ())
        await write_tags(ctx, tx, known.id, parts.tags)
        await media.drop_of_status(tx, known.id)
        await _attach(ctx, tx, note, known)
        await keep_version(ctx, tx, revised, await media.of_statuses(tx, [known.id]))
        await tx.tell(Edited(known.id))
        await tell_boosters(ctx, tx, author, known)
        await tell_quoters(ctx, tx, author, known)

    await ctx.db.write(work)


def _is_edit(note: NoteDocument, known: Status) -> bool:
    """Whether a document is a newer version; what was edited last wins, in whatever order it comes."""
    if note.updated is not None and note.updated <= (known.edited_at or known.created_at):
        return False
    changed = (note.content, note.spoiler_text, note.sensitive, note.name, len(note.attachments)) != (
        known.content,
        known.spoiler_text,
        known.sensitive,
        known.name,
        known.media_count,
    )
    return changed or (note.updated is not None and note.poll is None)
