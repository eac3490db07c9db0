"""Filters: what a member does not want to see, and where."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec
import orjson
from msgspec import UNSET, UnsetType

from fediserver.actions.core import Core
from fediserver.clock import DAY, SECOND
from fediserver.db import filters as rows
from fediserver.db import signals
from fediserver.db.database import Writer
from fediserver.errors import Invalid, NotFound
from fediserver.models.event import FiltersChanged
from fediserver.models.filter import ACTIONS, CONTEXTS, Filter, FilterKeyword, FilterStatus

FILTERS = 100
KEYWORDS = 500
STATUSES = 1000
"""What a member may have in all."""
TITLE_CHARACTERS = 256
KEYWORD_CHARACTERS = 256
LONGEST = 100 * 365 * DAY

TOPIC = "filters"
"""On the bus: the filters of an account have changed."""

Result = TypeVar("Result")


class KeywordWish(msgspec.Struct, frozen=True, kw_only=True):
    """A keyword to add or, with the id of one that is there, to change or drop; what is unset stays."""

    id: int | None = None
    keyword: str | UnsetType = UNSET
    whole_word: bool | UnsetType = UNSET
    drop: bool = False


class FilterWish(msgspec.Struct, frozen=True, kw_only=True):
    """A filter as it is to be; what is unset stays. `expires_in` in seconds, None for never."""

    title: str | UnsetType = UNSET
    contexts: Sequence[str] | UnsetType = UNSET
    action: str | UnsetType = UNSET
    expires_in: int | UnsetType | None = UNSET
    keywords: Sequence[KeywordWish] = ()


async def create(core: Core, me_id: int, wish: FilterWish) -> rows.Whole:
    """Make a filter; raises Invalid when it breaks a rule or there are too many."""
    blank = Filter(
        id=core.ids.next(), account_id=me_id, title="", contexts="[]", action="warn", expires_at=None
    )
    made = _revised(core, blank, wish)
    keywords = _new_keywords(core, made, wish.keywords)

    async def work(tx: Writer) -> rows.Whole:
        await _check_room(tx, me_id, filters=1, keywords=len(keywords))
        await rows.insert(tx, made)
        await rows.insert_keywords(tx, keywords)
        return rows.Whole(made, keywords, ())

    return await _changing(core, me_id, work)


async def change(core: Core, me_id: int, filter_id: int, wish: FilterWish) -> rows.Whole:
    """Change a filter and its keywords; NotFound for a filter or keyword that is not the member's."""

    async def work(tx: Writer) -> rows.Whole:
        known = await _own(tx, me_id, filter_id)
        await rows.update(tx, _revised(core, known, wish))
        await _change_keywords(core, tx, known, wish.keywords)
        changed = await rows.whole(tx, me_id, filter_id)
        if changed is None:
            raise NotFound
        return changed

    return await _changing(core, me_id, work)


async def _change_keywords(core: Core, tx: Writer, known: Filter, wishes: Sequence[KeywordWish]) -> None:
    there = {one.id: one for one in await rows.keywords_in(tx, known.id)}
    named = [wish for wish in wishes if wish.id is not None]
    if any(wish.id not in there for wish in named):
        raise NotFound
    added = _new_keywords(core, known, [wish for wish in wishes if wish.id is None and not wish.drop])
    dropped = [wish.id for wish in named if wish.drop and wish.id is not None]
    if dropped:
        await rows.delete_keywords(tx, known.account_id, dropped)
    await _check_room(tx, known.account_id, keywords=len(added))
    kept = [(there[wish.id], wish) for wish in named if wish.id is not None and not wish.drop]
    await rows.update_keywords(tx, [_revised_keyword(one, wish) for one, wish in kept])
    await rows.insert_keywords(tx, added)


async def remove(core: Core, me_id: int, filter_id: int) -> None:
    """Remove a filter with all that is in it."""
    await _removing(core, me_id, lambda tx: rows.delete(tx, me_id, filter_id))


async def add_keyword(core: Core, me_id: int, filter_id: int, wish: KeywordWish) -> FilterKeyword:
    """Add a keyword to a filter."""

    async def work(tx: Writer) -> FilterKeyword:
        added = _new_keywords(core, await _own(tx, me_id, filter_id), [wish])
        await _check_room(tx, me_id, keywords=1)
        await rows.insert_keywords(tx, added)
        return added[0]

    return await _changing(core, me_id, work)


async def change_keyword(core: Core, me_id: int, keyword_id: int, wish: KeywordWish) -> FilterKeyword:
    """Change a keyword."""

    async def work(tx: Writer) -> FilterKeyword:
        revised = _revised_keyword(await _own_keyword(tx, me_id, keyword_id), wish)
        await rows.update_keywords(tx, [revised])
        return revised

    return await _changing(core, me_id, work)


async def remove_keyword(core: Core, me_id: int, keyword_id: int) -> None:
    """Remove a keyword; its filter stays, also without any."""
    await _removing(core, me_id, lambda tx: rows.delete_keywords(tx, me_id, [keyword_id]))


async def add_status(core: Core, me_id: int, filter_id: int, status_id: int) -> FilterStatus:
    """Put a single post into a filter; a second time changes nothing. Who may see it has been decided."""

    async def work(tx: Writer) -> FilterStatus:
        found = await _own(tx, me_id, filter_id)
        await _check_room(tx, me_id, statuses=1)
        row = FilterStatus(id=core.ids.next(), filter_id=found.id, account_id=me_id, status_id=status_id)
        return await rows.put_status(tx, row)

    return await _changing(core, me_id, work)


async def remove_status(core: Core, me_id: int, row_id: int) -> None:
    """Take a single post out of a filter."""
    await _removing(core, me_id, lambda tx: rows.delete_status(tx, me_id, row_id))


async def change_single(core: Core, me_id: int, keyword_id: int, wish: FilterWish) -> rows.Whole:
    """Change a filter by its only keyword, as the first API knows it: `wish` holds that keyword.

    Raises Invalid for a filter with several keywords.
    """

    async def work(tx: Writer) -> rows.Whole:
        keyword = await _own_keyword(tx, me_id, keyword_id)
        known = await _own(tx, me_id, keyword.filter_id)
        if len(await rows.keywords_in(tx, known.id)) > 1:
            raise Invalid(
                "Validation failed: this filter has several keywords; an app with the newer filters can change it"
            )
        changed = _revised(core, known, wish)
        revised = [_revised_keyword(keyword, one) for one in wish.keywords]
        await rows.update(tx, changed)
        await rows.update_keywords(tx, revised)
        return rows.Whole(changed, revised, ())

    return await _changing(core, me_id, work)


async def remove_single(core: Core, me_id: int, keyword_id: int) -> None:
    """Remove a keyword, and the filter with it when nothing else is in that."""

    async def work(tx: Writer) -> bool:
        keyword = await _own_keyword(tx, me_id, keyword_id)
        await rows.delete_keywords(tx, me_id, [keyword_id])
        rest = await rows.whole(tx, me_id, keyword.filter_id)
        if rest is not None and not rest.keywords and not rest.statuses:
            await rows.delete(tx, me_id, keyword.filter_id)
        return True

    await _removing(core, me_id, work)


async def _changing(core: Core, me_id: int, work: Callable[[Writer], Awaitable[Result]]) -> Result:
    """Run a change, and have every process forget what it knows of the member's filters."""

    async def told(tx: Writer) -> Result:
        done = await work(tx)
        await tx.tell(FiltersChanged(me_id))
        await signals.send(tx, id=core.ids.next(), kind=TOPIC, subject=str(me_id), now=core.clock())
        return done

    done = await core.db.write(told)
    core.bus.publish(TOPIC, me_id)
    return done


async def _removing(core: Core, me_id: int, work: Callable[[Writer], Awaitable[bool]]) -> None:
    async def there(tx: Writer) -> None:
        if not await work(tx):
            raise NotFound

    await _changing(core, me_id, there)


async def _own(tx: Writer, me_id: int, filter_id: int) -> Filter:
    found = await rows.one(tx, me_id, filter_id)
    if found is None:
        raise NotFound
    return found


async def _own_keyword(tx: Writer, me_id: int, keyword_id: int) -> FilterKeyword:
    found = await rows.keyword(tx, me_id, keyword_id)
    if found is None:
        raise NotFound
    return found


async def _check_room(
    tx: Writer, me_id: int, *, filters: int = 0, keywords: int = 0, statuses: int = 0
) -> None:
    """Raise Invalid when a member would have more than there is room for."""
    have = await rows.counts(tx, me_id)
    for word, most, there, more in (
        ("filters", FILTERS, have.filters, filters),
        ("keywords in filters", KEYWORDS, have.keywords, keywords),
        ("posts in filters", STATUSES, have.statuses, statuses),
    ):
        if more and there + more > most:
            raise Invalid(f"Validation failed: you can have at most {most} {word}; remove some first")


def _revised(core: Core, row: Filter, wish: FilterWish) -> Filter:
    """The filter with what is wished; Invalid unless it is in order."""
    title = row.title if wish.title is UNSET else wish.title.strip()
    contexts = orjson.loads(row.contexts) if wish.contexts is UNSET else list(dict.fromkeys(wish.contexts))
    action = row.action if wish.action is UNSET else wish.action
    if not title:
        raise Invalid("Validation failed: Title can't be blank")
    if len(title) > TITLE_CHARACTERS:
        raise Invalid(f"Validation failed: Title is too long (at most {TITLE_CHARACTERS} characters)")
    if not contexts or not set(contexts) <= set(CONTEXTS):
        raise Invalid(f"Validation failed: Context must be some of {', '.join(CONTEXTS)}")
    if action not in ACTIONS:
        raise Invalid(f"Validation failed: filter_action must be one of {', '.join(ACTIONS)}")
    return msgspec.structs.replace(
        row,
        title=title,
        contexts=orjson.dumps(contexts).decode(),
        action=action,
        expires_at=row.expires_at if wish.expires_in is UNSET else _end(core, wish.expires_in),
    )


def _end(core: Core, seconds: int | None) -> int | None:
    if seconds is None:
        return None
    return core.clock() + max(0, min(seconds * SECOND, LONGEST))


def _new_keywords(core: Core, row: Filter, wishes: Sequence[KeywordWish]) -> list[FilterKeyword]:
    return [
        _revised_keyword(
            FilterKeyword(
                id=core.ids.next(), filter_id=row.id, account_id=row.account_id, keyword="", whole_word=True
            ),
            wish,
        )
        for wish in wishes
    ]


def _revised_keyword(row: FilterKeyword, wish: KeywordWish) -> FilterKeyword:
    """The keyword with what is wished; Invalid unless it is in order."""
    keyword = row.keyword if wish.keyword is UNSET else wish.keyword.strip()
    if not keyword:
        raise Invalid("Validation failed: Keyword can't be blank")
    if len(keyword) > KEYWORD_CHARACTERS:
        raise Invalid(f"Validation failed: Keyword is too long (at most {KEYWORD_CHARACTERS} characters)")
    whole_word = row.whole_word if wish.whole_word is UNSET else wish.whole_word
    return msgspec.structs.replace(row, keyword=keyword, whole_word=whole_word)
