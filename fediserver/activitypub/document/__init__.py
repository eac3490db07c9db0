"""Strangers' JSON, read safely: bytes to bounded objects, objects to typed and cleaned views.

Readers raise BadRequest for what is no JSON object that we take, Refused with the rule's name for what
breaks one, Ignored for what is in order but none of our business, and nothing else.
"""

from fediserver.activitypub.document.activity import Activity, read_activity
from fediserver.activitypub.document.actor import ActorDocument, ActorKey, Field, read_actor, read_key
from fediserver.activitypub.document.attachments import Attachment
from fediserver.activitypub.document.collection import CollectionDocument, read_collection
from fediserver.activitypub.document.decode import MAX_BODY, MAX_DEPTH, Document, parse
from fediserver.activitypub.document.note import Mention, NoteDocument, author_of, read_note
from fediserver.activitypub.document.parts import Emoji, Picture
from fediserver.activitypub.document.poll import PollDocument, PollOption
from fediserver.activitypub.document.stamp import StampDocument, read_stamp

__all__ = [
    "MAX_BODY",
    "MAX_DEPTH",
    "Activity",
    "ActorDocument",
    "ActorKey",
    "Attachment",
    "CollectionDocument",
    "Document",
    "Emoji",
    "Field",
    "Mention",
    "NoteDocument",
    "Picture",
    "PollDocument",
    "PollOption",
    "StampDocument",
    "author_of",
    "parse",
    "read_activity",
    "read_actor",
    "read_collection",
    "read_key",
    "read_note",
    "read_stamp",
]
