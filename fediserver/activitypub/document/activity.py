"""Activities: who did what to which object, for whom."""

import msgspec

from fediserver.activitypub.document import fields
from fediserver.activitypub.document.decode import Document
from fediserver.activitypub.vocabulary import ACTIVITIES
from fediserver.errors import Ignored, Refused
from fediserver.text.sanitise import clean_text

MAX_AUDIENCE = 1_000
"""Addresses of `to` or `cc` that are looked at."""

MAX_OBJECTS = 100
_CONTENT_LENGTH = 5_000


class Activity(msgspec.Struct, frozen=True):
    """An activity; ids are addresses, '' where there is none.

    `object` is the id of the first object and `embedded` that object if it came along, of which nothing
    is proven; `objects` has all ids (a Flag names several). `content` is plain text: the comment of a
    Flag, the emoji of a Like.
    """

    id: str
    type: str
    actor: str
    object: str
    embedded: Document | None
    objects: tuple[str, ...]
    target: str
    instrument: str
    result: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    audience: tuple[str, ...]
    published: int | None
    content: str
    raw: Document


def read_activity(doc: Document) -> Activity:
    """Read an activity. Ignored for types that are none; Refused (activity-id, activity-actor).

    An activity without id is read (a peer's Accept may have none), one with an id that is no address is not.
    """
    kind = fields.type_among(doc, ACTIVITIES)
    if not kind:
        raise Ignored(f"no activity that we know: {', '.join(fields.types(doc))[:100] or 'without type'}")
    uri = fields.ident(doc.get("id"))
    if uri is None and doc.get("id") is not None:
        raise Refused("activity-id", "The id of an activity must be an http or https address")
    actor = fields.ident(doc.get("actor"))
    if actor is None:
        raise Refused("activity-actor", "An activity needs an actor that is an http or https address")
    what = fields.first(doc.get("object"))
    content = (
        fields.text(doc, "content") or fields.text(doc, "_misskey_reaction") or fields.text(doc, "summary")
    )
    return Activity(
        id=uri or "",
        type=kind,
        actor=actor,
        object=fields.ident(what) or "",
        embedded=what if isinstance(what, dict) else None,
        objects=fields.idents(doc.get("object"), MAX_OBJECTS),
        target=fields.ident(doc.get("target")) or "",
        instrument=fields.ident(doc.get("instrument")) or "",
        result=fields.ident(doc.get("result")) or "",
        to=fields.idents(doc.get("to"), MAX_AUDIENCE),
        cc=fields.idents(doc.get("cc"), MAX_AUDIENCE),
        audience=fields.idents(doc.get("audience"), MAX_AUDIENCE),
        published=fields.time(doc, "published"),
        content=clean_text(content, limit=_CONTENT_LENGTH),
        raw=doc,
    )
