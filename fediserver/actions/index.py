"""Keeps the index for search: what changes is noted in its own transaction, and looked at soon after.

On a change of a post's words `forget` has to be called before anything else: it takes out of the index
exactly what is in it.
"""

from collections.abc import Sequence
from zlib import crc32

from fediserver.actions.core import Core
from fediserver.db import indexing, media, polls, search
from fediserver.db.database import Reader, Writer
from fediserver.db.indexing import ACCOUNT, POST, Person, Post
from fediserver.db.search import Words
from fediserver.models.account import Account
from fediserver.models.media import MediaAttachment
from fediserver.models.status import Status
from fediserver.text.links import links
from fediserver.text.plain import plain
from fediserver.text.search import EVERY, day_mark, mark
from fediserver.text.words import words

AT_ONCE = 100
"""Posts and accounts in one transaction, so that nobody who writes waits long."""


async def forget(tx: Writer, status_id: int) -> None:
    """A post is about to change or to go: take its words out of the index, and have it looked at anew."""
    known = (await search.indexed(tx, [status_id])).get(status_id)
    await indexing.wait(tx, POST, status_id)
    if known is not None:
        found = await _words(tx, await indexing.posts(tx, [status_id]))
        exact = next((one.words for one in found if one.digest == known.digest), None)
        await search.drop_post(tx, known, exact)


async def dealt_with(tx: Writer, actor: Account, status: Status) -> None:
    """Somebody has to do with a post: a member of ours may find it from now on, also one of another server."""
    if actor.domain == "" and status.text is None:
        await indexing.wait(tx, POST, status.id)


async def take_waiting(core: Core) -> int:
    """Index some of what waits; answers how much was looked at."""
    if not await indexing.is_waiting(core.db):
        return 0

    async def work(tx: Writer) -> int:
        found = await indexing.waiting(tx, AT_ONCE)
        post_ids = [one.id for one in found if one.kind == POST]
        account_ids = [one.id for one in found if one.kind == ACCOUNT]
        if post_ids:
            await _posts(tx, post_ids)
            await indexing.done(tx, POST, post_ids)
        if account_ids:
            people = await indexing.people(tx, account_ids)
            await search.put_accounts(tx, [_person(one, people.get(one)) for one in account_ids])
            await indexing.done(tx, ACCOUNT, account_ids)
        return len(found)

    return await core.db.write(work)


async def _posts(tx: Writer, ids: Sequence[int]) -> None:
    known = await search.indexed(tx, ids)
    rows = await indexing.posts(tx, ids)
    found = {one.id: one for one in await _words(tx, rows)}
    fresh = []
    for one in ids:
        wanted = found[one] if one in rows and rows[one].may_be_found else None
        before = known.get(one)
        if wanted is not None and before is not None and before.digest == wanted.digest:
            continue
        if before is not None:
            # Whoever changed it has called `forget`; what is left is a post that may no longer be found.
            exact = found[one].words if one in found and found[one].digest == before.digest else None
            await search.drop_post(tx, before, exact)
        if wanted is not None:
            fresh.append(wanted)
    await search.put_posts(tx, fresh)


async def _words(db: Reader, rows: dict[int, Post]) -> list[Words]:
    """What posts are found by: text, warning, title, what files show, what a poll offers, and marks."""
    files: dict[int, list[MediaAttachment]] = {}
    for file in await media.of_statuses(db, list(rows)):
        files.setdefault(file.status_id or 0, []).append(file)
    titles: dict[int, list[str]] = {}
    for option in await polls.options(db, [one.poll_id for one in rows.values() if one.poll_id]):
        titles.setdefault(option.poll_id, []).append(option.title)
    return [_of_post(one, files.get(one.id, ()), titles.get(one.poll_id or 0, ())) for one in rows.values()]


def _of_post(row: Post, files: Sequence[MediaAttachment], titles: Sequence[str]) -> Words:
    texts = (row.name, row.spoiler_text, plain(row.content), *titles, *(file.description for file in files))
    found = [*_marks(row, files), *words("\n".join(texts))]
    return Words(row.id, found, crc32(" ".join(found).encode()))


def _marks(row: Post, files: Sequence[MediaAttachment]) -> list[str]:
    found = [EVERY, mark("f", row.account_id), day_mark(row.created_at)]
    kinds = {
        "image" if file.kind == "unknown" else "video" if file.kind == "gifv" else file.kind for file in files
    }
    found += [mark("h", kind) for kind in sorted(kinds | ({"media"} if files else set()))]
    if row.poll_id is not None:
        found.append(mark("h", "poll"))
    if links(row.content):
        found.append(mark("h", "link"))
    if row.is_reply:
        found.append(mark("i", "reply"))
    if row.sensitive:
        found.append(mark("i", "sensitive"))
    if row.language:
        found.append(mark("l", row.language.partition("-")[0]))
    return found


def _person(account_id: int, row: Person | None) -> Words:
    """What somebody is found by; no words when they may not be found."""
    text = "" if row is None else "\n".join((row.username, row.display_name, plain(row.note)))
    return Words(account_id, words(text))
