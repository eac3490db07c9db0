"""Filter and FilterResult: https://docs.joinmastodon.org/entities/Filter/.

What a viewer filters is compiled once and remembered until it changes, for nearly every page asks for it.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

import msgspec
import orjson

from fediserver.actions.filter import TOPIC
from fediserver.clock import isoformat
from fediserver.db import filters as rows
from fediserver.db.bus import Bus
from fediserver.db.database import Reader
from fediserver.db.filters import Whole
from fediserver.models.filter import Filter, FilterKeyword, FilterStatus
from fediserver.text import keywords
from fediserver.text.keywords import Keyword, Text
from fediserver.text.plain import plain

VIEWERS = 5000
"""Viewers whose filters are remembered; most have none."""
_LONGEST = 5000
"""Characters of a post that are searched: ten times what may be written here, and 500 keywords stay quick."""

_encode = msgspec.json.Encoder().encode


class Rule(msgspec.Struct, frozen=True):
    """A filter, ready to be applied; `head` is the beginning of its results as JSON."""

    head: bytes
    expires_at: int | None
    keywords: tuple[tuple[Keyword, str], ...]
    status_ids: frozenset[int]

    def result(self, text: Text, ids: Iterable[int]) -> bytes | None:
        """The FilterResult of a post, also known under several ids; None when the filter does not match."""
        words = [written for keyword, written in self.keywords if keywords.occurs(keyword, text)]
        posts = [str(one) for one in ids if one in self.status_ids]
        if not words and not posts:
            return None
        matches = {"keyword_matches": words or None, "status_matches": posts or None}
        return b"%b,%b" % (self.head, _encode(matches)[1:])


Rules = tuple[Rule, ...]


class Remembered:
    """The rules of viewers, until their filters change; another process's signal forgets them all."""

    def __init__(self, bus: Bus) -> None:
        self._kept: OrderedDict[int, Rules] = OrderedDict()
        self._changes = 0
        bus.listen(TOPIC, self._forget)
        bus.listen("signals", lambda _: self._forget_all())

    async def of(self, tx: Reader, viewer_id: int) -> Rules:
        """What a viewer filters; a query in the same hop when it is not remembered."""
        known = self._kept.get(viewer_id)
        if known is not None:
            return known
        before = self._changes
        rules = tuple(_rule(whole) for whole in await rows.everything(tx, viewer_id))
        # A change that came meanwhile may not be in what was read.
        if before == self._changes:
            self._kept[viewer_id] = rules
            if len(self._kept) > VIEWERS:
                self._kept.popitem(last=False)
        return rules

    def _forget(self, viewer_id: int) -> None:
        self._changes += 1
        self._kept.pop(viewer_id, None)

    def _forget_all(self) -> None:
        self._changes += 1
        self._kept.clear()


def results(rules: Rules, text: Text, ids: Sequence[int], now: int) -> list[bytes]:
    """The FilterResults of a post for every filter that has not expired, whatever its contexts."""
    found = (rule.result(text, ids) for rule in rules if rule.expires_at is None or now < rule.expires_at)
    return [one for one in found if one is not None]


def searchable(body: bytes, options: Iterable[str]) -> Text:
    """What is searched of a post: warning, text, alt texts, and the options of its poll.

    `body` is the entity, open at its end.
    """
    entity = orjson.loads(body + b"}")
    descriptions = [file["description"] or "" for file in entity["media_attachments"]]
    pieces = [entity["spoiler_text"], plain(entity["content"]), *descriptions, *options]
    return keywords.text("\n\n".join(piece for piece in pieces if piece)[:_LONGEST])


def _rule(whole: Whole) -> Rule:
    return Rule(
        head=b'{"filter":%b' % _encode(_entity(whole.filter)),
        expires_at=whole.filter.expires_at,
        keywords=tuple(
            (keywords.keyword(one.keyword, whole_word=one.whole_word), one.keyword) for one in whole.keywords
        ),
        status_ids=frozenset(one.status_id for one in whole.statuses),
    )


def filter_entity(whole: Whole) -> dict[str, object]:
    """A Filter with its keywords and statuses."""
    return _entity(whole.filter) | {
        "keywords": [keyword_entity(one) for one in whole.keywords],
        "statuses": [status_entity(one) for one in whole.statuses],
    }


def keyword_entity(row: FilterKeyword) -> dict[str, object]:
    """A FilterKeyword."""
    return {"id": str(row.id), "keyword": row.keyword, "whole_word": row.whole_word}


def status_entity(row: FilterStatus) -> dict[str, object]:
    """A FilterStatus."""
    return {"id": str(row.id), "status_id": str(row.status_id)}


def single_entity(row: Filter, keyword: FilterKeyword) -> dict[str, object]:
    """A V1::Filter: one keyword, seen as a filter."""
    return {
        "id": str(keyword.id),
        "phrase": keyword.keyword,
        "context": orjson.loads(row.contexts),
        "whole_word": keyword.whole_word,
        "expires_at": _moment(row.expires_at),
        "irreversible": row.action == "hide",
    }


def _entity(row: Filter) -> dict[str, object]:
    return {
        "id": str(row.id),
        "title": row.title,
        "context": orjson.loads(row.contexts),
        "expires_at": _moment(row.expires_at),
        "filter_action": row.action,
    }


def _moment(value: int | None) -> str | None:
    return None if value is None else isoformat(value)
