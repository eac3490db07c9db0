"""Edit a post; every version is kept."""

from collections.abc import Mapping, Sequence

import msgspec
import orjson
from msgspec import UNSET, UnsetType

from fediserver.actions import converse, index, link, notify, outbox, quote
from fediserver.actions.audience import of_change
from fediserver.actions.core import Core
from fediserver.actions.outbox import Deed, emit
from fediserver.actions.place import write_tags
from fediserver.actions.write import (
    FILES_OR_POLL,
    PollDraft,
    Written,
    attach,
    attachments,
    check_length,
    check_tags,
    mention_list,
    poll_rows,
    write,
)
from fediserver.db import accounts, media, polls, statuses
from fediserver.db.database import Reader, Writer
from fediserver.errors import Forbidden, Invalid
from fediserver.models.account import Account
from fediserver.models.event import Edited
from fediserver.models.media import MediaAttachment
from fediserver.models.status import Status, StatusEdit
from fediserver.text.language import normalise
from fediserver.text.sanitise import one_line


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """A post as it is to be; `media_changes` maps an attachment to (alt text, focus as (x, y) or None).

    Files and poll that nothing is said of stay.
    """

    text: str = ""
    spoiler_text: str = ""
    sensitive: bool = False
    language: str | None = None
    media_ids: list[int] | UnsetType = UNSET
    media_changes: dict[int, tuple[str, tuple[float, float] | None]] = {}
    poll: PollDraft | UnsetType | None = UNSET


async def edit(core: Core, author: Account, status: Status, revision: Revision) -> Status:
    """Edit one's own post; without a change nothing happens. Answers the post as it is now."""
    if status.account_id != author.id or status.reblog_of_id is not None:
        raise Forbidden
    check_length(revision.text, revision.spoiler_text)
    await check_tags(core, revision.text)
    before = await media.of_statuses(core.db, [status.id])
    wanted = [one.id for one in before] if revision.media_ids is UNSET else revision.media_ids
    files = await attachments(core, author, wanted, status_id=status.id)
    has_poll = status.poll_id is not None if revision.poll is UNSET else revision.poll is not None
    if not one_line(revision.text) and not files and not has_poll and status.quote_id is None:
        raise Invalid("Validation failed: Text can't be blank")
    if files and has_poll:
        raise Invalid(FILES_OR_POLL)
    written = await write(core, revision.text, revision.spoiler_text)
    if quoted := await quote.quoted_by(core.db, status):
        written = msgspec.structs.replace(written, html=quote.with_link(core, written.html, quoted))
    revised = _revised(core, status, revision, written, files)
    same_files = [one.id for one in files] == [one.id for one in before] and not revision.media_changes
    same_poll = await _same_poll(core, status, revision.poll)
    if same_files and same_poll and _unchanged(status, revised):
        return status

    async def work(tx: Writer) -> None:
        await index.forget(tx, status.id)
        await keep_versions(core, tx, status, before)
        await attach(tx, files, status.id)
        await _describe(tx, files, revision.media_changes)
        poll_id = status.poll_id if same_poll else await _new_poll(core, tx, status, revision.poll)
        final = msgspec.structs.replace(revised, poll_id=poll_id)
        await statuses.revise(tx, final)
        await link.note(core, tx, final)
        await statuses.drop_mentions(tx, status.id, [one.id for one in written.mentioned])
        await statuses.add_mentions(tx, status.id, [one.id for one in written.mentioned])
        await statuses.keep_pending_mentions(tx, status.id, [str(one) for one in written.unknown])
        await write_tags(core, tx, status.id, written.tags)
        await keep_version(core, tx, final, await media.of_statuses(tx, [status.id]))
        await tx.tell(Edited(status.id))
        await tell_boosters(core, tx, author, status)
        await quote.tell_quoters(core, tx, author, status)
        heard = await notify.tell_named(core, tx, written.mentioned, author, status)
        await converse.settle(core, tx, author, status, heard)
        deed = Deed(
            verb="update",
            actor=author,
            object_uri=status.uri,
            facts={"edited_at": final.edited_at},
        )
        await emit(core, tx, deed, await of_change(tx, final))

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)
    return await statuses.by_id(core.db, status.id) or revised


def _revised(
    core: Core, status: Status, revision: Revision, written: Written, files: Sequence[MediaAttachment]
) -> Status:
    return msgspec.structs.replace(
        status,
        text=revision.text,
        content=written.html,
        spoiler_text=revision.spoiler_text,
        sensitive=revision.sensitive or bool(revision.spoiler_text),
        language=normalise(revision.language) or status.language,
        mentions=mention_list(core, written.mentioned),
        tags=orjson.dumps([name for name, _ in written.tags]).decode(),
        emojis=written.emojis,
        media_count=len(files),
        edited_at=core.clock(),
    )


def _unchanged(before: Status, after: Status) -> bool:
    return all(
        getattr(before, name) == getattr(after, name)
        for name in ("text", "spoiler_text", "sensitive", "language")
    )


async def _same_poll(core: Core, status: Status, wanted: PollDraft | UnsetType | None) -> bool:
    """Whether an edit keeps the poll: one that changes starts anew, its votes void."""
    if wanted is UNSET:
        return True
    if status.poll_id is None or not isinstance(wanted, PollDraft):
        return status.poll_id is None and wanted is None
    poll = await polls.by_id(core.db, status.poll_id)
    titles = [option.title for option in await polls.options(core.db, [status.poll_id])]
    return (
        poll is not None
        and poll.multiple == wanted.multiple
        and titles == [title.strip() for title in wanted.options]
    )


async def _new_poll(
    core: Core, tx: Writer, status: Status, wanted: PollDraft | UnsetType | None
) -> int | None:
    await polls.drop(tx, status.id)
    if not isinstance(wanted, PollDraft):
        return None
    poll, options = poll_rows(core, wanted, status.id)
    await polls.insert(tx, poll, options)
    return poll.id


async def _describe(
    tx: Writer,
    files: Sequence[MediaAttachment],
    changes: Mapping[int, tuple[str, tuple[float, float] | None]],
) -> None:
    for file in files:
        if file.id in changes:
            description, focus = changes[file.id]
            await media.describe(tx, file.id, description=description, meta=with_focus(file.meta, focus))


def with_focus(meta: str, focus: tuple[float, float] | None) -> str:
    """An attachment's meta (JSON) with another focal point; unchanged without one."""
    if focus is None:
        return meta
    fields = orjson.loads(meta)
    fields["focus"] = {"x": focus[0], "y": focus[1]}
    return orjson.dumps(fields).decode()


async def keep_versions(core: Core, tx: Writer, status: Status, files: Sequence[MediaAttachment]) -> None:
    """Before the first edit, keep the post as it was published."""
    if not await statuses.edits(tx, status.id):
        await keep_version(core, tx, status, files)


async def keep_version(core: Core, tx: Writer, status: Status, files: Sequence[MediaAttachment]) -> None:
    """Keep a post as it is now."""
    titles = await _titles(tx, status)
    await statuses.add_edit(
        tx,
        StatusEdit(
            id=core.ids.next(),
            status_id=status.id,
            content=status.content,
            spoiler_text=status.spoiler_text,
            sensitive=status.sensitive,
            media=orjson.dumps([one.id for one in files]).decode(),
            poll=orjson.dumps(titles).decode() if titles else None,
            emojis=status.emojis,
            created_at=status.edited_at or status.created_at,
        ),
    )


async def _titles(db: Reader, status: Status) -> list[str]:
    if status.poll_id is None:
        return []
    return [option.title for option in await polls.options(db, [status.poll_id])]


async def tell_boosters(core: Core, tx: Writer, author: Account, status: Status) -> None:
    """Members who have boosted a post are told that it changed."""
    boosters = [boost.account_id for boost in await statuses.reblogs_of(tx, status.id)]
    for account in (await accounts.by_ids(tx, boosters)).values():
        if account.domain == "":
            await notify.tell(core, tx, account.id, "update", author, status)
