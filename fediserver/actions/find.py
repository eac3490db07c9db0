"""Find posts by what was said."""

from fediserver.actions.core import Core
from fediserver.db import accounts, search
from fediserver.db.pages import Bounds
from fediserver.models.account import Account
from fediserver.text.handles import Handle
from fediserver.text.search import EVERY, Sought, Term, mark, read


async def posts(
    core: Core, viewer: Account, text: str, bounds: Bounds, *, author_id: int | None = None, offset: int = 0
) -> list[int]:
    """Ids of posts that a query (`text/search.py`) finds for a member, newest first.

    Found are one's own posts, those one has dealt with, and public ones of people who allow it; with
    `author_id` only those of that account.
    """
    sought = read(text)
    if sought.is_empty:
        return []
    marks = [mark("f", one) for one in await _ids(core, viewer, sought.authors)]
    if sought.authors and not marks:
        return []
    others = [Term((mark("f", one),)) for one in await _ids(core, viewer, sought.other_than)]
    wanted = [*sought.wanted] if author_id is None else [*sought.wanted, Term((mark("f", author_id),))]
    return await search.posts(
        core.db.slow,
        bounds,
        wanted=_found(sought, wanted or [Term((EVERY,))], others, marks),
        viewer_id=viewer.id,
        now=core.clock(),
        offset=offset,
    )


def _found(sought: Sought, wanted: list[Term], others: list[Term], marks: list[str]) -> search.Found:
    return search.Found(
        wanted=wanted,
        unwanted=[*sought.unwanted, *others],
        marks=marks,
        since=sought.since,
        until=sought.until,
        public=sought.where != "library",
        library=sought.where != "public",
    )


async def _ids(core: Core, viewer: Account, asked: tuple[Handle | None, ...]) -> list[int]:
    """Ids of the accounts that are known here; None is the viewer."""
    here = ("", core.uris.domain, core.config.web_host)
    handles = [
        (one.name.lower(), "" if one.domain in here else one.domain) for one in asked if one is not None
    ]
    found = [viewer.id] if None in asked else []
    return found + await accounts.ids_of(core.db, handles)
