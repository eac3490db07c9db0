"""Fetches the replies to posts of other servers that were never sent here, as their authors' servers list them.

Breadth first from one post: what is new is taken in and asked for its own replies, then what is known already is
asked. A server's list only says where to look: each reply comes from its own server, and has to answer a post of
the thread. One request at a time.
"""

import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable

from fediserver.activitypub import authority, document, lookup, notes
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Document, NoteDocument
from fediserver.activitypub.fetch import Budget, fetch
from fediserver.activitypub.lookup import NOT_FOUND
from fediserver.db import statuses
from fediserver.db.database import Reader
from fediserver.errors import FediserverError, Ignored, NotFound, Refused, Unreachable
from fediserver.models.status import Status
from fediserver.models.uris import host

FETCHES = 200
"""Documents of one search: posts, pages, authors and their WebFinger."""
HOST_FETCHES = 100
PAGES = 10
"""Of one collection."""
ITEMS = 1_000
"""Of one collection."""
MET = 5_000
"""Ids that one search looks at."""
FAULTS = 5
"""Of one host: it is not asked any more for what its lists, or those of others, say that it has."""

log = logging.getLogger(__name__)


async def gather(ctx: Context, start: Status, arrived: Callable[[], Awaitable[None]]) -> None:
    """Take in what answers a post, and what answers that; `arrived` is called for each reply that is new."""
    await _Search(ctx, start, arrived).run()


class _Search:
    """One walk through a thread."""

    def __init__(self, ctx: Context, start: Status, arrived: Callable[[], Awaitable[None]]) -> None:
        self._ctx = ctx
        self._start = start
        self._arrived = arrived
        self._budget = Budget(FETCHES, of_each_host=HOST_FETCHES)
        self._faults: Counter[str] = Counter()
        self._met = {start.uri}
        self._new: deque[tuple[str, Document]] = deque()
        self._known = deque([start.uri])

    async def run(self) -> None:
        """Ask until nothing is left, of posts or of the budget."""
        while self._budget.left and (self._new or self._known):
            if self._new:
                uri, post = self._new.popleft()
                await self._look_below(uri, post)
            else:
                uri = self._known.popleft()
                known = await self._asked(uri)
                if known is not None and known.get("id") == uri:
                    await self._look_below(uri, known)

    async def _look_below(self, uri: str, post: Document) -> None:
        """Take in what a post's own server lists as its replies."""
        for item in await self._sort(await self._listed(uri, post)):
            reply = await self._taken_in(item)
            if reply is not None:
                self._new.append((item, reply))
                await self._arrived()

    async def _listed(self, uri: str, post: Document) -> list[str]:
        """The ids in a post's collection of replies, over its pages."""
        part = document.read_collection(post.get("replies"))
        found = dict.fromkeys(part.items)
        asked: set[str] = set()
        while part.following and part.following not in asked and len(asked) < PAGES and len(found) < ITEMS:
            try:
                authority.collection_is_posts(part.following, uri)
            except Refused as problem:
                _note(problem)
                break
            asked.add(part.following)
            page = await self._asked(part.following)
            if page is None:
                break
            part = document.read_collection(page)
            found |= dict.fromkeys(part.items)
        return list(found)[:ITEMS]

    async def _sort(self, items: list[str]) -> list[str]:
        """Those that are not here; what is here, of other servers and open, is asked for its replies later."""
        new = [uri for uri in items if uri not in self._met and not self._ctx.uris.is_ours(uri)]
        new = new[: MET - len(self._met)]
        self._met.update(new)
        here = await statuses.by_uris(self._ctx.db, new)
        self._known.extend(uri for uri, status in here.items() if status.visibility.is_open)
        return [uri for uri in new if uri not in here]

    async def _taken_in(self, uri: str) -> Document | None:
        """The document of a reply that its own server has sent and that is here now."""
        found = await self._asked(uri)
        if found is None:
            return None
        try:
            note = document.read_note(found)
            authority.object_is_owners(note.id, note.attributed_to)
            await self._check_place(note)
            author = await lookup.account(self._ctx, note.attributed_to, self._budget)
            status = await notes.take_in(self._ctx, note, author, self._budget)
        except NOT_FOUND as problem:
            self._note_fault(uri, problem)
            return None
        return found if status is not None else None

    async def _check_place(self, note: NoteDocument) -> None:
        """Refused for what answers no post of the thread, Ignored for what is not open, or a vote."""

        async def threads(tx: Reader) -> tuple[Status | None, Status | None]:
            return await statuses.by_uri(tx, note.in_reply_to), await statuses.by_id(tx, self._start.id)

        parent, start = await self._ctx.db.read(threads)
        if start is None:
            raise NotFound("The post where the search began was deleted")
        authority.answers_in_thread(
            note,
            parent_thread=parent.conversation_id if parent else None,
            thread=start.conversation_id,
        )
        if note.is_vote or not note.visibility("").is_open:
            raise Ignored(f"{note.id} is not for everybody")

    async def _asked(self, uri: str) -> Document | None:
        """What a server sends for an address; None when it is not to be had, or the host has erred too often."""
        if self._faults[host(uri)] >= FAULTS:
            return None
        try:
            return await fetch(self._ctx, uri, self._budget)
        except NOT_FOUND as problem:
            self._note_fault(uri, problem)
            return None

    def _note_fault(self, uri: str, problem: FediserverError) -> None:
        # Who does not answer is not asked again; who lacks a post or sends a wrong one, a few times.
        self._faults[host(uri)] += FAULTS if isinstance(problem, Unreachable) else 1
        _note(problem)


def _note(problem: FediserverError) -> None:
    if isinstance(problem, Refused):
        log.info("refused a reply by the rule %s: %s", problem.rule, problem)
    else:
        log.info("no reply taken: %s", problem)
