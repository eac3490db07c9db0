"""Authorizations of quotes (FEP-044f)."""

import msgspec

from fediserver.activitypub.document import fields
from fediserver.activitypub.document.decode import Document
from fediserver.activitypub.vocabulary import STAMP
from fediserver.errors import Ignored


class StampDocument(msgspec.Struct, frozen=True):
    """Somebody's consent that one post quotes another; ids are addresses, '' where there is none."""

    id: str
    attributed_to: str
    quoting: str
    quoted: str


def read_stamp(doc: Document) -> StampDocument:
    """Read a QuoteAuthorization; Ignored for anything else."""
    if STAMP not in fields.types(doc):
        raise Ignored(f"no {STAMP}: {', '.join(fields.types(doc))[:100] or 'without type'}")
    return StampDocument(
        id=fields.ident(doc.get("id")) or "",
        attributed_to=fields.ident(doc.get("attributedTo")) or "",
        quoting=fields.ident(doc.get("interactingObject")) or "",
        quoted=fields.ident(doc.get("interactionTarget")) or "",
    )
