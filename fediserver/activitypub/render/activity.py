"""Activities of ours. Each has `to` and `cc` as lists, on itself and on the post that it carries."""

from collections.abc import Sequence
from typing import Any, Literal

import orjson

from fediserver import clock
from fediserver.activitypub.document import Document
from fediserver.activitypub.render import embedded
from fediserver.activitypub.render.note import Audience
from fediserver.activitypub.vocabulary import (
    AS2,
    PUBLIC,
    QUOTE_CONTEXT,
    QUOTE_REQUEST,
    QUOTE_REQUEST_CONTEXT,
    STAMP,
)


def create(note: Document, *, uri: str) -> Document:
    """A new post, for whom it is addressed to."""
    return _carrying("Create", note, uri=uri, actor=note["attributedTo"]) | {"published": note["published"]}


def update(document: Document, *, uri: str, published: int) -> Document:
    """A changed post, for its audience, or a changed actor, for Public and its followers; time in ms."""
    owner = document["id"] if "inbox" in document else document["attributedTo"]
    activity = _carrying("Update", document, uri=uri, actor=owner)
    if "inbox" in document:
        # Without both, some servers drop it.
        activity |= {"to": [PUBLIC], "cc": [document["followers"]]}
    return activity | {"published": clock.isoformat(published)}


def tombstone(uri: str, former_type: str, deleted_at: int) -> Document:
    """What stands where something was: inside a Delete, and as the answer 410."""
    return {
        "@context": AS2,
        "id": uri,
        "type": "Tombstone",
        "formerType": former_type,
        "deleted": clock.isoformat(deleted_at),
    }


def delete(
    *, uri: str, actor: str, object_uri: str, former_type: str, deleted_at: int, audience: Audience
) -> Document:
    """A post is gone; `audience` is that of the post."""
    gone = embedded(tombstone(object_uri, former_type, deleted_at))
    return _activity("Delete", uri=uri, actor=actor, what=gone, to=audience.to, cc=audience.cc)


def delete_actor(*, uri: str, actor: str) -> Document:
    """A member or group is gone, and everything it made."""
    return _activity("Delete", uri=uri, actor=actor, what=actor, to=[PUBLIC], cc=[f"{actor}/followers"])


def announce(*, uri: str, actor: str, object_uri: str, audience: Audience, published: int) -> Document:
    """A boost; time in ms."""
    activity = _activity("Announce", uri=uri, actor=actor, what=object_uri, to=audience.to, cc=audience.cc)
    return activity | {"published": clock.isoformat(published)}


def announce_raw(*, uri: str, actor: str, followers: str, inner: bytes) -> Document:
    """A group passes on an activity, byte for byte as it came, so that its proof stays good."""
    what = orjson.Fragment(inner)
    return _activity("Announce", uri=uri, actor=actor, what=what, to=[PUBLIC], cc=[followers])


def undo(original: Document, *, uri: str) -> Document:
    """Taking back one of our activities, which is embedded: some know it only by its parts."""
    activity = _carrying("Undo", original, uri=uri, actor=original["actor"])
    return activity | {"object": activity["object"]}


def follow(*, uri: str, actor: str, target: str) -> Document:
    """Asking to follow."""
    return _activity("Follow", uri=uri, actor=actor, what=target, to=[target])


def accept(*, uri: str, follow_uri: str, follower: str, followed: str) -> Document:
    """Consent to a follow, which is embedded: some match it by id, others by the pair."""
    return _answer("Accept", uri=uri, follow_uri=follow_uri, follower=follower, followed=followed)


def reject(*, uri: str, follow_uri: str, follower: str, followed: str) -> Document:
    """Refusing a follow, or ending it later."""
    return _answer("Reject", uri=uri, follow_uri=follow_uri, follower=follower, followed=followed)


def like(*, uri: str, actor: str, object_uri: str, author: str) -> Document:
    """A favourite, told to the post's author."""
    return _activity("Like", uri=uri, actor=actor, what=object_uri, to=[author])


def block(*, uri: str, actor: str, target: str) -> Document:
    """A block, told to who is blocked."""
    return _activity("Block", uri=uri, actor=actor, what=target, to=[target])


def flag(*, uri: str, actor: str, target: str, status_uris: Sequence[str], comment: str) -> Document:
    """A report; `actor` is the node, so that nobody learns who complained."""
    what = [target, *status_uris]
    return _activity("Flag", uri=uri, actor=actor, what=what, to=[target]) | {"content": comment}


def add(*, uri: str, actor: str, object_uri: str, target: str, followers: str) -> Document:
    """A post is pinned to the collection `target`."""
    return _collected("Add", uri=uri, actor=actor, object_uri=object_uri, target=target, followers=followers)


def remove(*, uri: str, actor: str, object_uri: str, target: str, followers: str) -> Document:
    """A post is no longer pinned."""
    return _collected(
        "Remove", uri=uri, actor=actor, object_uri=object_uri, target=target, followers=followers
    )


def quote_request(*, uri: str, actor: str, quoted: str, author: str, quoting: Document | str) -> Document:
    """Asking a post's author for consent to a quote of it; `quoting` is the post that quotes, or its id."""
    instrument = quoting if isinstance(quoting, str) else embedded(quoting)
    activity = _activity(QUOTE_REQUEST, uri=uri, actor=actor, what=quoted, to=[author])
    return activity | {"@context": QUOTE_REQUEST_CONTEXT, "instrument": instrument}


def tagged(
    kind: Literal["Add", "Remove"], *, uri: str, actor: str, hashtag: Document, target: str, followers: str
) -> Document:
    """A hashtag comes to a profile, or goes."""
    activity = _carrying(kind, hashtag | {"to": [PUBLIC], "cc": [followers]}, uri=uri, actor=actor)
    return activity | {"object": embedded(hashtag), "target": target}


def quote_answer(
    kind: Literal["Accept", "Reject"],
    *,
    uri: str,
    actor: str,
    request_uri: str,
    asker: str,
    quoted: str,
    quoting: str,
) -> Document:
    """Consent to a quote, or none, with the request that it answers; a consent gets its `result` besides."""
    request = {
        "id": request_uri,
        "type": QUOTE_REQUEST,
        "actor": asker,
        "object": quoted,
        "instrument": quoting,
    }
    return _activity(kind, uri=uri, actor=actor, what=request, to=[asker]) | {"@context": QUOTE_CONTEXT}


def stamp(*, uri: str, author: str, quoting: str, quoted: str) -> Document:
    """The consent of a post's author to a quote of it (FEP-044f)."""
    return {
        "@context": QUOTE_CONTEXT,
        "id": uri,
        "type": STAMP,
        "attributedTo": author,
        "interactingObject": quoting,
        "interactionTarget": quoted,
    }


def vote(*, uri: str, vote_uri: str, actor: str, choice: str, poll_uri: str, author: str) -> Document:
    """One choice in a poll: a Note with the option's title as name, without content, to the poll's author only."""
    note: Document = {
        "id": vote_uri,
        "type": "Note",
        "attributedTo": actor,
        "name": choice,
        "inReplyTo": poll_uri,
        "to": [author],
        "cc": [],
    }
    return _activity("Create", uri=uri, actor=actor, what=note, to=[author])


def _answer(kind: str, *, uri: str, follow_uri: str, follower: str, followed: str) -> Document:
    original = embedded(follow(uri=follow_uri, actor=follower, target=followed))
    if not follow_uri:
        del original["id"]
    return _activity(kind, uri=uri, actor=followed, what=original, to=[follower])


def _collected(kind: str, *, uri: str, actor: str, object_uri: str, target: str, followers: str) -> Document:
    activity = _activity(kind, uri=uri, actor=actor, what=object_uri, to=[PUBLIC], cc=[followers])
    return activity | {"target": target}


def _carrying(kind: str, document: Document, *, uri: str, actor: str) -> Document:
    """An activity around a document, with its context and its audience."""
    activity = _activity(
        kind,
        uri=uri,
        actor=actor,
        what=embedded(document),
        to=document.get("to", []),
        cc=document.get("cc", []),
    )
    activity["@context"] = document["@context"]
    return activity | ({"audience": document["audience"]} if "audience" in document else {})


def _activity(
    kind: str, *, uri: str, actor: str, what: Any, to: Sequence[str], cc: Sequence[str] = ()
) -> Document:
    return {
        "@context": AS2,
        "id": uri,
        "type": kind,
        "actor": actor,
        "object": what,
        "to": list(to),
        "cc": list(cc),
    }
