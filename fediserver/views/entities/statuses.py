"""Status: https://docs.joinmastodon.org/entities/Status/.

A list costs one hop to the database: outlines first, then rows only for what is not on the shelf.
"""

from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from itertools import product

import msgspec
import orjson

from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db import accounts as account_rows
from fediserver.db import media, outlines
from fediserver.db import quotes as quote_rows
from fediserver.db import statuses as rows
from fediserver.db.database import Reader
from fediserver.db.outlines import AppName, Outline
from fediserver.db.quotes import Ties
from fediserver.errors import NotFound
from fediserver.models.account import Account
from fediserver.models.media import MediaAttachment
from fediserver.models.status import Status
from fediserver.text.keywords import Text
from fediserver.views.entities import accounts, cards, collections, filters, polls, quotes
from fediserver.views.entities.cards import Cards
from fediserver.views.entities.filters import Rules
from fediserver.views.entities.media import attachment
from fediserver.views.entities.polls import Polls
from fediserver.views.entities.quotes import Quotes
from fediserver.views.entities.shelf import Body, Json, Shelf, encode, shelf

Find = Callable[[Reader], Awaitable[list[Outline]]]
"""Finds what is to be shown, within the reading transaction."""


class Found(msgspec.Struct, frozen=True):
    """Statuses, with the ids of the first and the last for the Link header."""

    entities: list[Json]
    first_id: int | None
    last_id: int | None


class _Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """The outlines, what the shelf has for them and rows for what it lacks, and what is asked for always."""

    outlines: list[Outline]
    kept_bodies: dict[int, Body]
    kept_accounts: dict[int, bytes]
    statuses: Mapping[int, Status]
    files: Mapping[int, Sequence[MediaAttachment]]
    apps: Mapping[int, AppName]
    cards: Cards
    accounts: Sequence[Account]
    successors: Mapping[int, Account]
    polls: Polls | None
    quotes: Quotes
    ties: Ties
    rules: Rules
    sensitized: Container[int]
    collections: Mapping[int, Json]


# What the viewer did, as it stands in an entity: favourited, reblogged, muted, bookmarked. The results of
# filters stand last, so that they can be put in.
_MARKS = {
    marks: b","
    + encode(
        dict(zip(("favourited", "reblogged", "muted", "bookmarked"), marks, strict=True)) | {"filtered": []}
    )[1:-1]
    for marks in product((False, True), repeat=4)
}
_NO_QUOTE = b',"quote":null,"quote_approval":' + quotes.NOBODY.of_strangers
_NO_COLLECTIONS = b',"tagged_collections":[]'
_PINNED = {False: b',"pinned":false', True: b',"pinned":true'}


async def listed(ctx: Context, viewer_id: int | None, find: Find) -> Found:
    """The statuses that `find` finds, in its order."""
    shelved = shelf(ctx, viewer_id)

    async def load(tx: Reader) -> _Loaded:
        return await _load(tx, shelved, await find(tx), viewer_id)

    loaded = await ctx.db.read(load)
    if viewer_id is not None and loaded.cards.links:
        cards.want(ctx, loaded.cards)
    found = loaded.outlines
    entities = _Rendering(shelved, loaded, viewer_id).all()
    return Found(entities, found[0].id if found else None, found[-1].id if found else None)


async def by_ids(ctx: Context, ids: Sequence[int], viewer_id: int | None) -> list[Json]:
    """Status entities in the order of the ids, without those that are gone; visibility has been decided."""
    return (await listed(ctx, viewer_id, lambda tx: outlines.by_ids(tx, ids, viewer_id=viewer_id))).entities


async def statuses(ctx: Context, found: Sequence[Status], viewer_id: int | None) -> list[Json]:
    """Status entities in the same order; who may see them has been decided."""
    return await by_ids(ctx, [status.id for status in found], viewer_id)


async def status(ctx: Context, found: Status, viewer_id: int | None) -> Json:
    """One Status entity; NotFound when the post has been deleted in between."""
    entities = await statuses(ctx, [found], viewer_id)
    if not entities:
        raise NotFound
    return entities[0]


async def _load(tx: Reader, shelved: Shelf, found: list[Outline], viewer_id: int | None) -> _Loaded:
    bodies: dict[int, int] = {}
    authors: dict[int, int] = {}
    poll_ids: list[int] = []
    found_quotes = await quotes.load(tx, found, viewer_id, shelved.ctx.clock())
    everything = (*found, *found_quotes.quoted.values())
    for one in everything:
        bodies[one.id] = one.version
        authors[one.account_id] = one.account_version
        original = one.original
        if original is not None:
            bodies[original.id] = original.version
            authors[original.account_id] = original.account_version
        if one.poll_id is not None:
            poll_ids.append(one.poll_id)
    kept_bodies, kept_accounts = shelved.bodies.among(bodies), shelved.accounts.among(authors)
    new_accounts = list((await account_rows.by_ids(tx, _lacking(authors, kept_accounts))).values())
    new = await rows.by_ids(tx, _lacking(bodies, kept_bodies))
    files: dict[int, list[MediaAttachment]] = {}
    for row in await media.of_statuses(tx, [one.id for one in new.values() if one.media_count]):
        files.setdefault(row.status_id or 0, []).append(row)
    found_cards = await cards.load(tx, new.values())
    shown = [*new_accounts, *found_cards.authors.values()]
    apps = [one.application_id for one in new.values() if one.application_id is not None]
    return _Loaded(
        outlines=found,
        kept_bodies=kept_bodies,
        kept_accounts=kept_accounts,
        statuses=new,
        files=files,
        apps=await outlines.app_names(tx, apps),
        cards=found_cards,
        accounts=new_accounts,
        successors=await accounts.successors(tx, shown),
        quotes=found_quotes,
        ties=await _ties(tx, everything, kept_bodies, new, viewer_id),
        polls=await polls.load(tx, poll_ids, viewer_id) if poll_ids else None,
        rules=() if viewer_id is None else await shelved.filters.of(tx, viewer_id),
        sensitized=await account_rows.sensitized(tx, list({one.account_id for one in new.values()})),
        collections=await collections.by_ids(shelved.ctx, tx, _linked(shelved, kept_bodies, new), viewer_id),
    )


def _linked(shelved: Shelf, kept: Mapping[int, Body], new: Mapping[int, Status]) -> set[int]:
    """Collections that the posts of a page link to."""
    found = {one for body in kept.values() for one in body.collections}
    return found.union(*(collections.linked(shelved.ctx, row.content) for row in new.values()))


async def _ties(
    tx: Reader,
    shown: Sequence[Outline],
    kept: Mapping[int, Body],
    new: Mapping[int, Status],
    viewer_id: int | None,
) -> Ties:
    """How the viewer and authors follow each other where quoting hangs on it; where it never does, nothing is asked."""
    if viewer_id is None:
        return Ties()
    authors: set[int] = set()
    for one in shown:
        original = one.original
        post_id, author_id = (
            (one.id, one.account_id) if original is None else (original.id, original.account_id)
        )
        row = new.get(post_id)
        approvals = kept[post_id].approvals if row is None else quotes.approvals(row.quote_rules)
        if approvals.is_by_ties and author_id != viewer_id:
            authors.add(author_id)
    return await quote_rows.ties(tx, sorted(authors), viewer_id=viewer_id)


def _lacking(wanted: Mapping[int, int], kept: Container[int]) -> list[int]:
    return [one for one in wanted if one not in kept]


class _Rendering:
    """Puts the entities of one page together."""

    def __init__(self, shelved: Shelf, loaded: _Loaded, viewer_id: int | None) -> None:
        self._shelved = shelved
        self._loaded = loaded
        self._viewer_id = viewer_id
        self._now = shelved.ctx.clock()
        # Held on to for this page, whatever the shelf lets go of meanwhile.
        self._bodies = loaded.kept_bodies
        self._bodies |= {row.id: self._body(row) for row in loaded.statuses.values()}
        self._accounts = loaded.kept_accounts
        self._accounts |= accounts.shelve(shelved, loaded.accounts, loaded.successors)

    def all(self) -> list[Json]:
        return [Json(self._entity(one)) for one in self._loaded.outlines]

    def _entity(self, one: Outline, *, quoted: bool = False) -> bytes:
        body = self._bodies[one.id]
        if body.unconfirmed and body.unconfirmed == self._viewer_id:
            body = cards.without_credit(body)
        author = self._accounts[one.account_id]
        marks = b""
        if self._viewer_id is not None:
            marks = _MARKS[one.favourited, one.reblogged, one.muted, one.bookmarked]
            if self._loaded.rules:
                marks = self._filtered(marks, one)
        original = one.original
        if original is None:
            poll = self._poll(one.poll_id, one.account_id, body)
            marks += _PINNED[one.pinned] if one.account_id == self._viewer_id else b""
            return b'%b,"reblog":null,"account":%b,"poll":%b%b%b}' % (
                body.json,
                author,
                poll,
                self._quotes(one, body, one.account_id, quoted=quoted) + self._collections(body),
                marks,
            )
        inner = self._bodies[original.id]
        if inner.unconfirmed and inner.unconfirmed == self._viewer_id:
            inner = cards.without_credit(inner)
        inner_author = self._accounts[original.account_id]
        poll = self._poll(one.poll_id, original.account_id, inner)
        pinned = _PINNED[one.pinned] if original.account_id == self._viewer_id else b""
        quote = self._quotes(one, inner, original.account_id, quoted=quoted) + self._collections(inner)
        return b'%b,"reblog":%b,"reblog":null,"account":%b,"poll":%b%b%b%b},"account":%b,"poll":null%b%b}' % (
            body.json,
            inner.json,
            inner_author,
            poll,
            quote,
            marks,
            pinned,
            author,
            _NO_QUOTE + _NO_COLLECTIONS,
            marks,
        )

    def _collections(self, body: Body) -> bytes:
        """Those that a post links to and the viewer may open."""
        if not body.collections:
            return _NO_COLLECTIONS
        shown = [bytes(found) for one in body.collections if (found := self._loaded.collections.get(one))]
        return b',"tagged_collections":[%b]' % b",".join(shown)

    def _quotes(self, one: Outline, body: Body, author_id: int, *, quoted: bool) -> bytes:
        """What a post quotes, and whether the viewer may quote it; `quoted` says that it is itself in a quote."""
        approval = quotes.approval(
            body.approvals, author_id=author_id, viewer_id=self._viewer_id, ties=self._loaded.ties
        )
        return b',"quote":%b,"quote_approval":%b' % (self._quote(one.quote_id, quoted=quoted), approval)

    def _quote(self, quote_id: int | None, *, quoted: bool) -> bytes:
        loaded = self._loaded.quotes
        seen = None if quote_id is None else loaded.seen.get(quote_id)
        if seen is None:
            return b"null"
        if quoted:
            return quotes.shallow(seen)
        outline = loaded.quoted.get(quotes.quoted_id(seen) or 0)
        inner = b"null" if outline is None else self._entity(outline, quoted=True)
        return b'{"state":"%b","quoted_status":%b}' % (quotes.state(seen), inner)

    def _filtered(self, marks: bytes, one: Outline) -> bytes:
        """The marks, with the results of the viewer's filters for the post or what it boosts."""
        original = one.original
        ids = (one.id,) if original is None else (one.id, original.id)
        found = filters.results(self._loaded.rules, self._text(one), ids, self._now)
        return b"%b%b]" % (marks[:-1], b",".join(found)) if found else marks

    def _text(self, one: Outline) -> Text:
        original = one.original
        shown_id, version = (one.id, one.version) if original is None else (original.id, original.version)
        text = self._shelved.texts.find(shown_id, version)
        if text is None:
            loaded = self._loaded.polls
            options = loaded.options.get(one.poll_id or 0, ()) if loaded else ()
            text = filters.searchable(self._bodies[shown_id].json, [option.title for option in options])
            self._shelved.texts.keep(shown_id, version, text)
        return text

    def _poll(self, poll_id: int | None, author_id: int, body: Body) -> bytes:
        loaded = self._loaded.polls
        if poll_id is None or loaded is None or poll_id not in loaded.polls:
            return b"null"
        return polls.poll(
            loaded,
            poll_id,
            author_id=author_id,
            viewer_id=self._viewer_id,
            emojis=body.emojis,
            now=self._now,
        )

    def _body(self, row: Status) -> Body:
        shelved = self._shelved
        app = self._loaded.apps.get(row.application_id or 0)
        files = self._loaded.files.get(row.id, ())
        emojis = shelved.emojis(orjson.loads(row.emojis))
        entity: dict[str, object] = {
            "id": str(row.id),
            "created_at": isoformat(row.created_at),
            "in_reply_to_id": None if row.in_reply_to_id is None else str(row.in_reply_to_id),
            "in_reply_to_account_id": (
                None if row.in_reply_to_account_id is None else str(row.in_reply_to_account_id)
            ),
            "sensitive": row.sensitive or row.account_id in self._loaded.sensitized,
            "spoiler_text": row.spoiler_text,
            "visibility": row.visibility.word,
            "language": row.language,
            "uri": row.uri,
            "url": shelved.ctx.uris.page(row),
            "replies_count": row.replies_count,
            "reblogs_count": row.reblogs_count,
            "favourites_count": row.favourites_count,
            "quotes_count": row.quotes_count,
            "edited_at": None if row.edited_at is None else isoformat(row.edited_at),
            "content": row.content,
            "application": {"name": app.name, "website": app.website or None} if app else None,
            "media_attachments": [attachment(shelved, file) for file in files],
            "mentions": [mention | {"id": str(mention["id"])} for mention in orjson.loads(row.mentions)],
            "tags": [{"name": name, "url": shelved.ctx.uris.tag(name)} for name in orjson.loads(row.tags)],
            "emojis": emojis,
            "card": cards.card(shelved, self._loaded.cards, row.id, self._loaded.successors),
        }
        body = Body(
            encode(entity)[:-1],
            encode(emojis),
            self._loaded.cards.unconfirmed(row.id),
            quotes.approvals(row.quote_rules),
            collections.linked(shelved.ctx, row.content),
        )
        shelved.bodies.keep(row.id, row.version, body)
        return body
