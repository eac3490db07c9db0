"""Actors: people, groups and services of other servers, and their keys."""

import msgspec

from fediserver.activitypub.document import fields, parts
from fediserver.activitypub.document.decode import Document
from fediserver.activitypub.document.parts import Emoji, Picture
from fediserver.activitypub.vocabulary import ACTORS, BOTS
from fediserver.errors import Ignored, Refused
from fediserver.models.uris import host, origin
from fediserver.signatures import keys
from fediserver.signatures.keys import PublicKey
from fediserver.signatures.message import SignatureError
from fediserver.text import handles
from fediserver.text.handles import Handle
from fediserver.text.sanitise import clean, clean_text

MAX_KEYS = 10
MAX_FIELDS = 8
MAX_ALIASES = 32
MAX_DOMAINS = 100
_NAME_LENGTH = 200
_NOTE_LENGTH = 20_000
_FIELD_LENGTH = 2_048
_PEM_LENGTH = 16_384


class Field(msgspec.Struct, frozen=True):
    """A line of a profile: a plain name and a value in HTML."""

    name: str
    value: str


class ActorKey(msgspec.Struct, frozen=True):
    """A public key: `algorithm` is rsa or ed25519, `pem` SPKI whatever form it came in."""

    id: str
    owner: str
    algorithm: str
    pem: str


class ActorDocument(msgspec.Struct, frozen=True):
    """An actor, cleaned and bounded; '' and None stand for what is absent."""

    id: str
    type: str
    username: str
    host: str
    webfinger: str
    name: str
    note: str
    url: str
    inbox: str
    shared_inbox: str
    outbox: str
    followers: str
    following: str
    featured: str
    icon: Picture | None
    image: Picture | None
    fields: tuple[Field, ...]
    emojis: tuple[Emoji, ...]
    locked: bool
    bot: bool
    discoverable: bool
    indexable: bool
    show_media: bool
    show_media_replies: bool
    show_featured: bool
    memorial: bool
    suspended: bool
    aliases: tuple[str, ...]
    moved_to: str
    published: int | None
    keys: tuple[ActorKey, ...]
    attribution_domains: tuple[str, ...] = ()


def read_actor(doc: Document) -> ActorDocument:
    """Read an actor.

    Ignored for a deleted one. Refused (actor-type, actor-id, actor-name, actor-inbox, key-owner) when
    something is missing without which nobody can be known, or when it presents another's key. The
    inbox may be on another host, as some hosted services have it; the collections may not, since what is
    addressed to them is decided by their owner.
    """
    found = fields.types(doc)
    if "Tombstone" in found:
        raise Ignored("this actor was deleted")
    kind = fields.type_among(doc, ACTORS)
    if not kind:
        raise Refused("actor-type", f"An actor must be one of {', '.join(sorted(ACTORS))}")
    uri = fields.ident(doc.get("id"))
    if uri is None:
        raise Refused("actor-id", "An actor needs an id that is an http or https address")
    inbox = fields.ident(doc.get("inbox"))
    if inbox is None:
        raise Refused("actor-inbox", "An actor needs an inbox that is an http or https address")
    handle = _handle(fields.text(doc, "webfinger", limit=512))
    username = fields.text(doc, "preferredUsername", limit=512) or (handle.name if handle else "")
    if handles.parse(username) != Handle(username):
        raise Refused("actor-name", "An actor needs a preferredUsername of letters, digits, _, - and .")
    endpoints = fields.first(doc.get("endpoints"))
    shared_inbox = fields.ident(endpoints.get("sharedInbox")) if isinstance(endpoints, dict) else None
    name, _ = fields.language_map(doc, "name")
    note, _ = fields.language_map(doc, "summary")
    return ActorDocument(
        id=uri,
        type=kind,
        username=username,
        host=host(uri),
        webfinger=str(handle) if handle else "",
        name=clean_text(name, limit=_NAME_LENGTH),
        note=parts.html(note[:_NOTE_LENGTH]),
        url=parts.page(doc.get("url"), uri),
        inbox=inbox,
        shared_inbox=shared_inbox if shared_inbox and origin(shared_inbox) == origin(inbox) else "",
        outbox=_collection(doc, "outbox", uri),
        followers=_collection(doc, "followers", uri),
        following=_collection(doc, "following", uri),
        featured=_collection(doc, "featured", uri),
        icon=parts.picture(doc.get("icon")),
        image=parts.picture(doc.get("image")),
        fields=_fields(doc),
        emojis=parts.emojis(fields.objects(doc.get("tag"), parts.MAX_TAGS)),
        locked=fields.boolean(doc, "manuallyApprovesFollowers"),
        bot=kind in BOTS,
        discoverable=fields.boolean(doc, "discoverable"),
        indexable=fields.boolean(doc, "indexable"),
        show_media=doc.get("showMedia") is not False,
        show_media_replies=doc.get("showRepliesInMedia") is not False,
        show_featured=doc.get("showFeatured") is not False,
        memorial=fields.boolean(doc, "memorial"),
        suspended=fields.boolean(doc, "suspended"),
        aliases=fields.idents(doc.get("alsoKnownAs"), MAX_ALIASES),
        moved_to=fields.ident(doc.get("movedTo")) or "",
        published=fields.time(doc, "published"),
        keys=_keys(doc, uri),
        attribution_domains=_domains(doc.get("attributionDomains")),
    )


def read_key(doc: Document) -> ActorKey:
    """A key that has a document of its own (`/actor/main-key`); Refused (key) for none that can be read.

    Whoever calls must see that the owner's actor document names the same key.
    """
    owner = fields.ident(doc.get("owner")) or fields.ident(doc.get("controller"))
    found = _key(doc, owner) if owner else None
    if found is None:
        raise Refused("key", "A key needs an id, an owner on the same host and a public key that can be read")
    return found


def _handle(text: str) -> Handle | None:
    found = handles.parse(text)
    return found if found and found.domain else None


def _collection(doc: Document, key: str, uri: str) -> str:
    found = fields.ident(doc.get(key))
    return found if found and origin(found) == origin(uri) else ""


def _domains(value: object) -> tuple[str, ...]:
    """The sites that may name the actor as an author."""
    said = value if isinstance(value, list) else [value]
    found = [handles.host(one) for one in said[:MAX_DOMAINS] if isinstance(one, str)]
    return tuple(dict.fromkeys(one for one in found if one))


def _fields(doc: Document) -> tuple[Field, ...]:
    found: list[Field] = []
    for item in fields.objects(doc.get("attachment"), parts.MAX_TAGS):
        if not any(name.endswith("PropertyValue") for name in fields.types(item)):
            continue
        name = clean_text(fields.text(item, "name"), limit=255)
        value = clean(fields.text(item, "value", limit=_FIELD_LENGTH))
        if name or value:
            found.append(Field(name, value))
        if len(found) == MAX_FIELDS:
            break
    return tuple(found)


def _keys(doc: Document, actor: str) -> tuple[ActorKey, ...]:
    """The keys that can be read; a `publicKey` that says another owner refuses the whole actor."""
    found: dict[str, ActorKey] = {}
    for item in fields.objects(doc.get("publicKey"), MAX_KEYS):
        if (fields.ident(item.get("owner")) or actor) != actor:
            raise Refused("key-owner", "The owner of an actor's publicKey must be the actor")
        if key := _key(item, actor):
            found.setdefault(key.id, key)
    for item in fields.objects(doc.get("assertionMethod"), MAX_KEYS):
        if (fields.ident(item.get("controller")) or actor) == actor and (key := _key(item, actor)):
            found.setdefault(key.id, key)
    return tuple(found.values())[:MAX_KEYS]


def _key(doc: Document, owner: str) -> ActorKey | None:
    uri = fields.ident(doc.get("id"))
    if uri is None or origin(uri) != origin(owner):
        return None
    key = _public_key(doc)
    return ActorKey(uri, owner, key.algorithm, key.pem()) if key else None


def _public_key(doc: Document) -> PublicKey | None:
    pem = fields.text(doc, "publicKeyPem", limit=_PEM_LENGTH)
    multibase = fields.text(doc, "publicKeyMultibase", limit=_PEM_LENGTH)
    try:
        if pem:
            return keys.load_public(pem)
        return keys.from_multibase(multibase) if multibase else None
    except SignatureError:
        return None
