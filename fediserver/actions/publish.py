"""Publish a post of a member or group of ours."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import orjson

from fediserver.actions import converse, errand, index, notify, outbox, quote
from fediserver.actions.audience import of_status
from fediserver.actions.core import Core
from fediserver.actions.outbox import Deed, emit
from fediserver.actions.place import Parts, place
from fediserver.actions.visibility import can_see
from fediserver.actions.write import (
    FILES_OR_POLL,
    PollDraft,
    Written,
    attach,
    attachments,
    check_length,
    check_tags,
    domain_of,
    mention_list,
    poll_rows,
    write,
)
from fediserver.clock import DAY, HOUR
from fediserver.db import accounts, scheduled, statuses
from fediserver.db.database import Writer
from fediserver.errors import Forbidden, Invalid, NotFound, Unreachable
from fediserver.models.account import Account
from fediserver.models.media import MediaAttachment
from fediserver.models.poll import Poll
from fediserver.models.status import Status
from fediserver.models.visibility import QuotePolicy, Visibility
from fediserver.text.handles import Handle
from fediserver.text.language import normalise
from fediserver.text.sanitise import one_line

KEY_LIVES = HOUR
"""How long an idempotency key answers with the post that it made."""
LOOK_FOR_MENTIONS = DAY


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A post as a member asks for it; what is None follows the member's settings.

    `absent` are people named in the text whose own servers say that they are not there; `scheduled_id` is
    what the draft was kept under until its time, and ends with it.
    """

    text: str = ""
    spoiler_text: str = ""
    visibility: Visibility | None = None
    sensitive: bool | None = None
    language: str | None = None
    in_reply_to_id: int | None = None
    media_ids: list[int] = []
    poll: PollDraft | None = None
    application_id: int | None = None
    idempotency_key: str = ""
    absent: frozenset[Handle] = frozenset()
    scheduled_id: int | None = None
    quoted_id: int | None = None
    quote_policy: QuotePolicy | None = None
    allowed_mentions: list[int] | None = None


class Unexpected(Invalid):
    """A text names people beside those that `allowed_mentions` lists; nothing was published."""

    def __init__(self, found: tuple[Account, ...]) -> None:
        super().__init__("Post would be sent to unexpected accounts")
        self.accounts = found


class Checked(NamedTuple):
    """A draft in order, the post that it answers, its files, and the post that it quotes."""

    draft: Draft
    parent: Status | None
    files: list[MediaAttachment]
    quoted: Status | None


async def publish(core: Core, author: Account, draft: Draft) -> Status:
    """Publish: on return the post, its notifications and its deliveries survive a crash.

    A draft with an idempotency key that was used within the hour answers with the first post.
    Raises Invalid for a post that breaks a rule, Unexpected for people whom its author did not mean to name,
    NotFound for a parent that is not there.
    """
    if author.suspended_at is not None:
        raise Forbidden("Your account is suspended")
    if draft.idempotency_key and (known := await _made_before(core, author, draft.idempotency_key)):
        return known
    checked = await check(core, author, draft)
    draft, files, quoted = checked.draft, checked.files, checked.quoted
    written = await write(core, draft.text, draft.spoiler_text)
    _check_mentions(author, draft, written)
    status = await _compose(core, author, checked, written)
    poll, options = poll_rows(core, draft.poll, status.id) if draft.poll else (None, ())
    if poll is not None:
        status = msgspec.structs.replace(status, poll_id=poll.id, object_type="Question")
    parts = Parts(named=written.mentioned, tags=written.tags, poll=poll, options=options)

    async def work(tx: Writer) -> int:
        if draft.idempotency_key and (
            made := await key_made(core, tx, author, draft.idempotency_key, status.id)
        ):
            return made
        if draft.scheduled_id is not None and not await scheduled.drop(tx, draft.scheduled_id):
            raise NotFound
        await place(core, tx, author, status, parts)
        await attach(tx, files, status.id) if files else None
        await _look_for_unknown(core, tx, status, _may_come(core, draft, written))
        await _end_of_poll(core, tx, poll)
        await emit(
            core,
            tx,
            Deed(verb="create", actor=author, object_uri=status.uri),
            of_status(status, [one.id for one in written.mentioned]),
        )
        # After the post itself, so that it is there where somebody is asked for consent.
        await quote.enter(core, tx, author, status, quoted) if quoted else None
        return status.id

    made_id = await core.db.write(work)
    core.bus.publish(outbox.TOPIC)
    core.bus.publish("jobs")
    return status if made_id == status.id else await _reread(core, made_id)


async def check(core: Core, author: Account, draft: Draft) -> Checked:
    """Bring a draft into order, and look up what it answers and attaches.

    Raises Invalid for a post that breaks a rule, NotFound for a parent or a quoted post that is not there.
    """
    draft = _tidied(draft)
    check_length(draft.text, draft.spoiler_text)
    await check_tags(core, draft.text)
    parent = await _parent(core, author, draft)
    files = await attachments(core, author, draft.media_ids, scheduled_id=draft.scheduled_id)
    quoted = None if draft.quoted_id is None else await quote.quotable(core, author, draft.quoted_id)
    if not one_line(draft.text) and not files and draft.poll is None and quoted is None:
        raise Invalid("Validation failed: Text can't be blank")
    if files and draft.poll is not None:
        raise Invalid(FILES_OR_POLL)
    return Checked(draft, parent, files, quoted)


def _tidied(draft: Draft) -> Draft:
    """A warning without a text becomes the text of a sensitive post, as in Mastodon."""
    text, spoiler = draft.text.replace("\0", ""), draft.spoiler_text.replace("\0", "").strip()
    bare = not draft.media_ids and draft.poll is None and draft.quoted_id is None
    if spoiler and not text.strip() and bare:
        return msgspec.structs.replace(draft, text=spoiler, spoiler_text="", sensitive=True)
    return msgspec.structs.replace(draft, text=text, spoiler_text=spoiler)


def _check_mentions(author: Account, draft: Draft, written: Written) -> None:
    if draft.allowed_mentions is None:
        return
    expected = {author.id, *draft.allowed_mentions}
    unexpected = tuple(one for one in written.mentioned if one.id not in expected)
    if unexpected:
        raise Unexpected(unexpected)


async def _made_before(core: Core, author: Account, key: str) -> Status | None:
    found = await statuses.idempotent(core.db, author.id, key, core.clock() - KEY_LIVES)
    return None if found is None else await statuses.by_id(core.db, found)


async def key_made(core: Core, tx: Writer, author: Account, key: str, status_id: int) -> int | None:
    """Take the key for this post; the id of the other post if the same request came twice at once."""
    now = core.clock()
    if await statuses.keep_idempotent(
        tx, author.id, key, status_id=status_id, now=now, since=now - KEY_LIVES
    ):
        return None
    return await statuses.idempotent(tx, author.id, key, now - KEY_LIVES)


async def _reread(core: Core, status_id: int) -> Status:
    status = await statuses.by_id(core.db, status_id)
    if status is None:
        raise NotFound
    return status


async def _parent(core: Core, author: Account, draft: Draft) -> Status | None:
    """The post that is answered; a boost is answered by answering the post itself."""
    if draft.in_reply_to_id is None:
        return None
    parent = await statuses.by_id(core.db, draft.in_reply_to_id)
    if parent is not None and parent.reblog_of_id is not None:
        parent = await statuses.by_id(core.db, parent.reblog_of_id)
    if parent is None or not await can_see(core.db, author, parent):
        raise NotFound("The post that you reply to does not exist")
    return parent


async def _compose(
    core: Core,
    author: Account,
    checked: Checked,
    written: Written,
) -> Status:
    """The row of the post."""
    draft, parent, quoted = checked.draft, checked.parent, checked.quoted
    user = await accounts.user(core.db, author.id)
    visibility = draft.visibility
    if visibility is None:
        visibility = Visibility[(user.default_visibility if user else "public").upper()]
    if visibility is Visibility.PUBLIC and author.silenced_at is not None:
        # So that the public timelines of other servers do not show it either.
        visibility = Visibility.UNLISTED
    if quoted is not None and not quoted.visibility.is_open:
        # Whoever may not see what is quoted shall not see what is said of it.
        visibility = max(visibility, quoted.visibility)
    policy = draft.quote_policy
    if policy is None:
        policy = QuotePolicy[(user.default_quote_policy if user else "public").upper()]
    recipients = [one for one in written.mentioned if one.id != author.id]
    may_come = _may_come(core, draft, written)
    if visibility is Visibility.DIRECT and written.unknown and not recipients and not may_come:
        names = ", ".join(f"@{handle}" for handle in written.unknown)
        raise Invalid(f"Validation failed: none of the people you write to could be found ({names})")
    sensitive = draft.sensitive if draft.sensitive is not None else bool(user and user.default_sensitive)
    status_id = core.ids.next()
    group = next((one for one in written.mentioned if one.actor_type == "Group"), None)
    return Status(
        id=status_id,
        uri=core.uris.status(author.username, status_id),
        url="",
        account_id=author.id,
        object_type="Note",
        visibility=visibility,
        in_reply_to_id=parent.id if parent else None,
        in_reply_to_account_id=parent.account_id if parent else None,
        in_reply_to_uri=None,
        reblog_of_id=None,
        conversation_id=parent.conversation_id if parent else status_id,
        context_uri=parent.context_uri if parent else None,
        group_id=group.id if group else parent.group_id if parent else None,
        sensitive=sensitive or bool(draft.spoiler_text),
        spoiler_text=draft.spoiler_text,
        content=quote.with_link(core, written.html, quoted) if quoted else written.html,
        text=draft.text,
        language=normalise(draft.language)
        or (user.default_language if user else None)
        or core.config.language
        or None,
        name="",
        mentions=mention_list(core, written.mentioned),
        tags=orjson.dumps([name for name, _ in written.tags]).decode(),
        emojis=written.emojis,
        media_count=len(checked.files),
        poll_id=None,
        application_id=draft.application_id,
        replies_count=0,
        reblogs_count=0,
        favourites_count=0,
        created_at=core.clock(),
        edited_at=None,
        version=1,
        quote_policy=quote.policy_for(visibility, policy),
        quote_id=core.ids.next() if quoted else None,
    )


def _may_come(core: Core, draft: Draft, written: Written) -> list[Handle]:
    """People of other servers who were not met yet, but may be there; none where all who may be named are listed."""
    if draft.allowed_mentions is not None:
        return []
    return [handle for handle in written.unknown if domain_of(core, handle) and handle not in draft.absent]


async def _look_for_unknown(core: Core, tx: Writer, status: Status, handles: Sequence[Handle]) -> None:
    """Mentions of people not met yet are looked for by a job, for a day."""
    if not handles:
        return
    await statuses.add_pending_mentions(tx, status.id, [str(handle) for handle in handles])
    args: dict[str, object] = {"status_id": status.id}
    await errand.leave(core, tx, "mentions", args, status.id, tried_for=LOOK_FOR_MENTIONS)


async def _end_of_poll(core: Core, tx: Writer, poll: Poll | None) -> None:
    """Voters and author are told when it is over."""
    if poll is not None and poll.expires_at is not None:
        await errand.leave(core, tx, "poll", {"poll_id": poll.id}, poll.id, run_at=poll.expires_at)


async def name_later(
    core: Core, author: Account, status: Status, handle: Handle, found: Account, text_html: str
) -> None:
    """Somebody whom a post names was found after it was published: tag, tell and deliver it to them.

    Nothing happens when an edit has taken them out meanwhile; raises Unreachable when one has changed the text
    otherwise: it is to be read again.
    """
    named = orjson.loads(status.mentions) + orjson.loads(mention_list(core, [found]))

    async def work(tx: Writer) -> None:
        now = await statuses.by_id(tx, status.id)
        if now is None or not await statuses.drop_pending_mention(tx, status.id, str(handle)):
            return
        if now.text != status.text:
            raise Unreachable(f"post {status.id} was edited at this moment")
        await index.forget(tx, status.id)
        await statuses.add_mentions(tx, status.id, [found.id])
        await statuses.set_mentions(tx, status.id, mentions=orjson.dumps(named).decode(), content=text_html)
        heard = await notify.tell_named(core, tx, [found], author, status)
        await converse.settle(core, tx, author, status, heard)
        await emit(
            core,
            tx,
            Deed(verb="create", actor=author, object_uri=status.uri),
            of_status(msgspec.structs.replace(status, visibility=Visibility.DIRECT), [found.id]),
        )

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)
