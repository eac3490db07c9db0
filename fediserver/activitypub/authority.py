"""Who may say what about which object: one function for each rule of trust.

A rule that is broken raises Refused with the rule's name; a function that answers something says so.
Sources: FEP-fe34 (origins), FEP-c7d3 (ownership), GHSA-jhrq-qvrm-qr36 (content types).
"""

from email.message import Message
from typing import Any

from fediserver.activitypub.document import (
    Activity,
    ActorDocument,
    Document,
    NoteDocument,
    StampDocument,
    author_of,
    fields,
)
from fediserver.activitypub.vocabulary import ACTORS, AS2, CONTENT_TYPE, POSTS
from fediserver.errors import Refused
from fediserver.models.uris import Uris, origin
from fediserver.signatures import PublicKey, integrity

_HEADER_LENGTH = 512


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses have the same scheme, host and port; what is no address has no origin."""
    return fields.is_address(one) and fields.is_address(other) and origin(one) == origin(other)


def signer_speaks_for(actor: str, key_owner: str) -> None:
    """Rule 1: the owner of the key that signed is the actor; else Refused (signer)."""
    if actor != key_owner:
        raise Refused("signer", f"The request is signed by {key_owner}, but its actor is {actor}")


def proof_is_actors(doc: Document, actor: str, key_owner: str, key: PublicKey) -> bool:
    """Rule 1 for what is passed on: whether the actor's own key has proved the activity (FEP-8b32)."""
    return key_owner == actor and integrity.verify(doc, key)


def activity_is_actors_own(activity: Activity) -> None:
    """Rule 2: an activity's id is of its actor's origin, if it has one; else Refused (activity-origin)."""
    if activity.id and not same_origin(activity.id, activity.actor):
        raise Refused(
            "activity-origin", f"{activity.actor} cannot make an activity with the id {activity.id}"
        )


def object_is_owners(uri: str, owner: str) -> None:
    """Rule 2: an object's id is of its owner's origin; else Refused (object-origin)."""
    if not same_origin(uri, owner):
        raise Refused("object-origin", f"{uri} cannot belong to {owner}: they are of two origins")


def embedded_is_trustworthy(activity: Activity, embedded: Document) -> bool:
    """Rule 3: whether the actor may vouch for an object that came along: its own, of its origin.

    When False, take the id and fetch it.
    """
    uri = fields.ident(embedded.get("id"))
    if uri is None or not same_origin(uri, activity.actor):
        return False
    # What claims to be both is read as a post, so that its author is what counts.
    if fields.type_among(embedded, ACTORS) and not fields.type_among(embedded, POSTS):
        return uri == activity.actor
    return author_of(embedded) == activity.actor


def fetched_is_what_was_asked(requested: str, final_url: str, doc: Document) -> str | None:
    """Rule 4: None if a fetched document is what was asked for, else its id, to be fetched once.

    `final_url` is where redirects ended. Refused (fetched-id, fetched-origin) when the document has no
    id or one of another origin than the server that sent it.
    """
    uri = _id_of(doc)
    if not same_origin(uri, final_url):
        raise Refused(
            "fetched-origin", f"{final_url} sent a document with the id {uri}, which is not its own"
        )
    return None if _bare(uri) in (_bare(requested), _bare(final_url)) else uri


def refetched_is_what_was_asked(requested: str, final_url: str, doc: Document) -> None:
    """Rule 4, the second time: the id that led here must be the document's; else Refused (fetched-id)."""
    uri = _id_of(doc)
    if _bare(uri) != _bare(requested) or not same_origin(uri, final_url):
        raise Refused("fetched-id", f"{requested} is again a document with another id, {uri}")


def never_ours(uris: Uris, uri: str) -> None:
    """Rule 4: nothing from outside has an id of ours; else Refused (ours)."""
    if same_origin(uris.base_url, uri):
        raise Refused("ours", f"{uri} is ours: nobody else can say what it is")


def content_type_is_activitypub(header: str | None) -> None:
    """Rule 5: application/activity+json, or ld+json with the AS2 profile; else Refused (content-type).

    Plain JSON does not do: whoever may upload a file to a server could make actors there.
    """
    message = Message()
    message["Content-Type"] = (header or "")[:_HEADER_LENGTH].replace("\r", "").replace("\n", "")
    kind = message.get_content_type()
    profile: Any = message.get_param("profile")
    is_profiled = isinstance(profile, str) and AS2 in profile.split()
    if kind != CONTENT_TYPE and not (kind == "application/ld+json" and is_profiled):
        raise Refused("content-type", f"The document must be sent as {CONTENT_TYPE}")


def may_update(
    actor: str,
    *,
    stored_uri: str,
    stored_owner: str,
    stored_type: str,
    new: NoteDocument | ActorDocument,
) -> None:
    """Rule 6: only the owner updates, and neither id nor owner nor the class of type changes.

    Refused (update-owner, update-id, update-attribution, update-type).
    """
    if actor != stored_owner:
        raise Refused("update-owner", f"{actor} does not own {stored_uri}")
    if new.id != stored_uri:
        raise Refused("update-id", f"An update of {stored_uri} cannot give it the id {new.id}")
    owner = new.attributed_to if isinstance(new, NoteDocument) else new.id
    if owner != stored_owner:
        raise Refused("update-attribution", f"An update of {stored_uri} cannot give it to {owner}")
    if not any(stored_type in family and new.type in family for family in (ACTORS, POSTS)):
        raise Refused("update-type", f"An update of {stored_uri} cannot turn {stored_type} into {new.type}")


def may_delete(actor: str, *, uri: str, owner: str | None) -> None:
    """Rule 6: only the owner deletes; else Refused (delete-owner).

    `owner` is None for what is not stored here: then one origin is enough for a tombstone.
    """
    if actor != owner and not (owner is None and same_origin(actor, uri)):
        raise Refused("delete-owner", f"{actor} does not own {uri}")


def may_undo(actor: str, *, original_actor: str) -> None:
    """Rule 6: only who did it undoes it; else Refused (undo-actor)."""
    if actor != original_actor:
        raise Refused("undo-actor", f"{actor} cannot undo what {original_actor} did")


def accept_matches(activity: Activity, *, follower: str, followed: str) -> None:
    """An Accept or Reject of a follow comes from the followed; else Refused (accept-actor, accept-object).

    An embedded Follow must name the same two.
    """
    if activity.actor != followed:
        raise Refused("accept-actor", f"{activity.actor} cannot answer a follow of {followed}")
    if activity.embedded is None:
        return
    named = {"actor": follower, "object": followed}
    for key, expected in named.items():
        if (found := fields.ident(activity.embedded.get(key))) is not None and found != expected:
            raise Refused(
                "accept-object", f"The Follow that is answered has the {key} {found}, not {expected}"
            )


def may_feature(activity: Activity, *, featured: str, author: str) -> None:
    """Add and Remove of pins: one's own posts in one's own collection; else Refused (featured)."""
    if not featured or activity.target != featured or activity.actor != author:
        raise Refused("featured", f"{activity.actor} can only pin posts of its own in its own collection")


def compares_own_followers(actor: str, followers: str, *, collection: str, url: str) -> None:
    """Who has followers of an actor compared is that actor, on its own server; else Refused (followers)."""
    if not followers or collection != followers or not same_origin(url, actor):
        raise Refused("followers", f"{actor} cannot say at {url} who is in {collection}")


def collection_is_posts(uri: str, post: str) -> None:
    """Rule 2: a collection of replies is of its post's origin, each page too; else Refused (collection-origin)."""
    if not same_origin(uri, post):
        raise Refused("collection-origin", f"{uri} cannot say what answers {post}: they are of two origins")


def answers_in_thread(note: NoteDocument, *, parent_thread: int | None, thread: int) -> None:
    """What a collection of replies lists has to answer a post of the thread; else Refused (thread).

    `parent_thread` is the thread of the post that it answers by its own server's word, None for one that
    is not here.
    """
    if parent_thread != thread:
        raise Refused("thread", f"{note.id} does not answer a post of the thread that it is listed in")


def may_ask_to_quote(activity: Activity, note: NoteDocument) -> None:
    """A QuoteRequest is for a post of the actor's own that quotes the object; else Refused (quote-request)."""
    if note.attributed_to != activity.actor or note.quote != activity.object:
        raise Refused(
            "quote-request", f"{note.id} is no post of {activity.actor} that quotes {activity.object}"
        )


def quote_answer_matches(activity: Activity, *, quoting: str, asker: str, quoted: str, author: str) -> None:
    """An Accept or Reject of a quote comes from the quoted author; else Refused (quote-answer).

    A QuoteRequest that came along must be the one that was sent.
    """
    if activity.actor != author:
        raise Refused("quote-answer", f"{activity.actor} cannot answer a wish to quote {quoted}")
    if activity.embedded is None:
        return
    named = {"actor": asker, "object": quoted, "instrument": quoting}
    for key, expected in named.items():
        if (found := fields.ident(activity.embedded.get(key))) is not None and found != expected:
            raise Refused(
                "quote-answer", f"The QuoteRequest that is answered has the {key} {found}, not {expected}"
            )


def stamp_is_authors(uri: str, author: str) -> None:
    """An authorization is of the quoted author's origin, or not even asked for; else Refused (stamp-origin)."""
    if not same_origin(uri, author):
        raise Refused("stamp-origin", f"{uri or 'no address'} cannot be an authorization by {author}")


def stamp_holds(stamp: StampDocument, *, uri: str, author: str, quoting: str, quoted: str) -> None:
    """An authorization is by the quoted author, for this post and that quote of it; else Refused (stamp)."""
    stamp_is_authors(stamp.id, author)
    said = (stamp.id, stamp.attributed_to, stamp.quoting, stamp.quoted)
    if said != (uri, author, quoting, quoted):
        raise Refused("stamp", f"{uri} does not say that {author} lets {quoting} quote {quoted}")


def may_move(activity: Activity, *, old: str, new: ActorDocument) -> None:
    """A Move is of the actor itself, to an account that knows it by alsoKnownAs; else Refused (move).

    `new` must have been fetched for this: an alias that was read earlier may be gone.
    """
    if activity.actor != old or activity.object != old:
        raise Refused("move", f"{activity.actor} cannot move {activity.object}")
    if activity.target != new.id or new.id == old or old not in new.aliases:
        raise Refused("move", f"{new.id} does not name {old} in alsoKnownAs")


def _id_of(doc: Document) -> str:
    uri = fields.ident(doc.get("id"))
    if uri is None:
        raise Refused(
            "fetched-id", "A document that was fetched needs an id that is an http or https address"
        )
    return uri


def _bare(uri: str) -> str:
    return uri.partition("#")[0]
