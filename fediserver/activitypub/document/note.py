"""Posts of every type: notes, polls, and what other software sends in their place."""

from typing import Any

import msgspec

from fediserver.activitypub.document import attachments, fields, parts, poll, shown
from fediserver.activitypub.document.activity import MAX_AUDIENCE, Activity
from fediserver.activitypub.document.attachments import Attachment
from fediserver.activitypub.document.decode import Document
from fediserver.activitypub.document.parts import Emoji
from fediserver.activitypub.document.poll import PollDocument
from fediserver.activitypub.vocabulary import NOTES, POSTS, PUBLIC
from fediserver.errors import Ignored, Refused
from fediserver.models.uris import origin
from fediserver.models.visibility import Visibility
from fediserver.text.compose import tag_name
from fediserver.text.language import normalise
from fediserver.text.sanitise import clean_text
from fediserver.text.tokens import TAG_LENGTH

MAX_MENTIONS = 100
MAX_HASHTAGS = 64
_TITLE_LENGTH = 500
_WARNING_LENGTH = 1_000
_AUTHORS = 8
_SEPARATORS = "·・\u200c"
_QUOTES = ("quote", "quoteUrl", "quoteUri", "_misskey_quote")


class Mention(msgspec.Struct, frozen=True):
    """Somebody who is named: `href` is the actor's id or page, `name` what stands in the text."""

    href: str
    name: str


class NoteDocument(msgspec.Struct, frozen=True):
    """A post, cleaned and bounded; '' and None stand for what is absent, times are milliseconds.

    `content` is HTML as readers see it. `tags` are hashtags without their sign. `choice` is the name of a
    Note that answers something: a vote, if that is a poll of ours. `is_vote` says that it holds nothing else.
    `quote_asks` says that what is quoted is named as those do who ask for consent; `may_quote` are people and
    collections whose wish to quote the post is granted at once, `may_ask_to_quote` those about whom its author decides.
    """

    id: str
    type: str
    attributed_to: str
    name: str
    content: str
    spoiler_text: str
    sensitive: bool
    language: str | None
    published: int | None
    updated: int | None
    in_reply_to: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    audience: tuple[str, ...]
    mentions: tuple[Mention, ...]
    tags: tuple[str, ...]
    emojis: tuple[Emoji, ...]
    attachments: tuple[Attachment, ...]
    poll: PollDocument | None
    context: str
    conversation: str
    replies: str
    url: str
    quote: str
    quote_asks: bool
    quote_authorization: str
    may_quote: tuple[str, ...]
    may_ask_to_quote: tuple[str, ...]
    choice: str
    is_vote: bool

    def visibility(self, followers: str) -> Visibility:
        """How far it goes; `followers` is the collection that its author's actor names, '' if it names none."""
        if PUBLIC in self.to:
            return Visibility.PUBLIC
        if PUBLIC in self.cc:
            return Visibility.UNLISTED
        # Some servers leave the field out and still address what is at the usual place.
        if (followers or f"{self.attributed_to}/followers") in (*self.to, *self.cc):
            return Visibility.PRIVATE
        return Visibility.DIRECT


def read_note(doc: Document, envelope: Activity | None = None) -> NoteDocument:
    """Read a post of any type in POSTS; `envelope`, the activity it came in, lends audience and time.

    Ignored for other types. Refused (note-id, note-author, note-origin) for a post without id or
    author, or whose author is of another origin.
    """
    kind = fields.type_among(doc, POSTS)
    if not kind:
        raise Ignored(f"no post: {', '.join(fields.types(doc))[:100] or 'without type'}")
    uri = fields.ident(doc.get("id"))
    if uri is None:
        raise Refused("note-id", "A post needs an id that is an http or https address")
    author = author_of(doc)
    if not author:
        raise Refused("note-author", "A post needs attributedTo, an http or https address")
    if origin(author) != origin(uri):
        raise Refused("note-origin", "A post and its author must be of the same origin")
    tags = fields.objects(doc.get("tag"), parts.MAX_TAGS)
    name, _ = fields.language_map(doc, "name")
    title = clean_text(name, limit=_TITLE_LENGTH)
    in_reply_to = fields.ident(doc.get("inReplyTo")) or ""
    choice = poll.label(name) if kind == "Note" and in_reply_to else ""
    content, language = fields.language_map(doc, "content")
    summary, summary_language = fields.language_map(doc, "summary")
    sensitive = fields.boolean(doc, "sensitive")
    is_warning = kind in NOTES or sensitive
    spoiler = clean_text(summary, limit=_WARNING_LENGTH) if is_warning else ""
    url = parts.page(doc.get("url"), uri)
    files = attachments.read_attachments(doc, kind)
    to, cc = _audience(doc, envelope)
    published = fields.time(doc, "published")
    if published is None and envelope is not None:
        published = envelope.published
    return NoteDocument(
        id=uri,
        type=kind,
        attributed_to=author,
        name=title,
        content=shown.content(
            doc,
            kind,
            title="" if choice else title,
            content=content,
            summary="" if is_warning else summary,
            url=url,
        ),
        spoiler_text=spoiler,
        sensitive=sensitive or bool(spoiler),
        language=language or _language(doc) or summary_language,
        published=published,
        updated=fields.time(doc, "updated"),
        in_reply_to=in_reply_to,
        to=to,
        cc=cc,
        audience=fields.idents(doc.get("audience"), MAX_AUDIENCE),
        mentions=_mentions(tags),
        tags=_hashtags(tags),
        emojis=parts.emojis(tags),
        attachments=files,
        poll=poll.read_poll(doc) if kind == "Question" else None,
        context=fields.ident(doc.get("context")) or "",
        conversation=fields.text(doc, "conversation", limit=fields.URI_LENGTH),
        replies=fields.ident(doc.get("replies")) or "",
        url=url,
        quote=_quote(doc, tags),
        quote_asks=fields.ident(doc.get("quote")) is not None,
        quote_authorization=fields.ident(doc.get("quoteAuthorization")) or "",
        may_quote=_approved(doc, "automaticApproval"),
        may_ask_to_quote=_approved(doc, "manualApproval"),
        choice=choice,
        is_vote=bool(choice) and not content.strip() and not files,
    )


def author_of(doc: Document) -> str:
    """Who wrote it: of several, the person before the group or channel that it stands in; '' for nobody."""
    value = doc.get("attributedTo")
    if value is None:
        value = doc.get("actor")
    candidates = value[:_AUTHORS] if isinstance(value, list) else [value]
    people = [item for item in candidates if not (isinstance(item, dict) and "Group" in fields.types(item))]
    return next((found for item in people + candidates if (found := fields.ident(item))), "")


def _audience(doc: Document, envelope: Activity | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    to = fields.idents(doc.get("to"), MAX_AUDIENCE)
    cc = fields.idents(doc.get("cc"), MAX_AUDIENCE)
    if envelope is not None and not to and not cc:
        return envelope.to, envelope.cc
    return to, cc


def _mentions(tags: list[Document]) -> tuple[Mention, ...]:
    found: dict[str, Mention] = {}
    for tag in tags:
        href = fields.ident(tag.get("href")) if "Mention" in fields.types(tag) else None
        if href and len(found) < MAX_MENTIONS:
            found.setdefault(href, Mention(href, clean_text(fields.text(tag, "name"), limit=512)))
    return tuple(found.values())


def _hashtags(tags: list[Document]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for tag in tags:
        if not any(name.rpartition(":")[2] == "Hashtag" for name in fields.types(tag)):
            continue
        typed = clean_text(fields.text(tag, "name"), limit=2 * TAG_LENGTH).lstrip("#＃")
        # What may stand inside a Python name is letters, digits, marks and connectors of any script.
        name = "".join(c for c in typed if f"a{c}".isidentifier() or c in _SEPARATORS)
        if name and len(name) <= TAG_LENGTH and len(found) < MAX_HASHTAGS:
            found.setdefault(tag_name(name), name)
    return tuple(found.values())


def _quote(doc: Document, tags: list[Document]) -> str:
    """The post that is quoted, in any of the spellings (FEP-044f, FEP-e232, Misskey, Fedibird)."""
    for key in _QUOTES:
        if found := fields.ident(doc.get(key)):
            return found
    for tag in tags:
        if "Link" in fields.types(tag) and _is_quote_link(tag):
            return fields.ident(tag.get("href")) or ""
    return ""


def _approved(doc: Document, key: str) -> tuple[str, ...]:
    """Who may quote it, by one of the two fields of its policy (FEP-044f, GoToSocial)."""
    policy = fields.first(doc.get("interactionPolicy"))
    rule = fields.first(policy.get("canQuote")) if isinstance(policy, dict) else None
    return fields.idents(rule.get(key), MAX_AUDIENCE) if isinstance(rule, dict) else ()


def _is_quote_link(tag: Document) -> bool:
    media_type = fields.text(tag, "mediaType", limit=255).lower()
    return (
        "_misskey_quote" in fields.text(tag, "rel", limit=500)
        or "activitystreams" in media_type
        or media_type.startswith("application/activity+json")
    )


def _language(doc: Document) -> str | None:
    """Lemmy's `language`, and the language of a title."""
    named: Any = fields.first(doc.get("language"))
    if isinstance(named, dict) and (found := normalise(fields.text(named, "identifier", limit=64))):
        return found
    if isinstance(named, str) and (found := normalise(named)):
        return found
    return fields.language_map(doc, "name")[1]
