"""Posts of ours: Note, Question and Article."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from fediserver import clock
from fediserver.activitypub.document import Document
from fediserver.activitypub.render import MediaUrl
from fediserver.activitypub.render.actor import emojis
from fediserver.activitypub.render.question import question
from fediserver.activitypub.vocabulary import NOTE_CONTEXT, PUBLIC
from fediserver.models.account import Account
from fediserver.models.media import MediaAttachment
from fediserver.models.poll import Poll, PollOption
from fediserver.models.status import Status
from fediserver.models.uris import Uris
from fediserver.models.visibility import QuotePolicy, Visibility
from fediserver.text.compose import escape


class Audience(NamedTuple):
    """Whom a post or activity is addressed to, the same on both."""

    to: list[str]
    cc: list[str]


class Quoting(NamedTuple):
    """A post that is quoted, and its author's consent (FEP-044f), '' for none yet; `is_refused` for none ever."""

    uri: str
    stamp: str
    is_refused: bool


def audience(
    visibility: Visibility,
    author: Account,
    *,
    mentioned: Sequence[str] = (),
    group: Account | None = None,
) -> Audience:
    """`to` and `cc` by visibility: only what is direct has the people it names in `to`.

    What is posted to a group names it in `to`, as its like want it, and when it is open the group's
    followers in `cc`, as Mastodon does.
    """
    groups = [group.uri] if group else []
    others = [uri for uri in mentioned if uri not in groups]
    group_followers = [group.followers_uri] if group and group.followers_uri else []
    match visibility:
        case Visibility.PUBLIC:
            return Audience([PUBLIC, *groups], [author.followers_uri, *others, *group_followers])
        case Visibility.UNLISTED:
            return Audience([author.followers_uri, *groups], [PUBLIC, *others, *group_followers])
        case Visibility.PRIVATE:
            return Audience([author.followers_uri, *groups], others)
        case Visibility.DIRECT:
            return Audience([*groups, *others], [])


def note(
    status: Status,
    author: Account,
    *,
    uris: Uris,
    media_url: MediaUrl,
    mentioned: Sequence[Account] = (),
    media: Sequence[MediaAttachment] = (),
    poll: tuple[Poll, Sequence[PollOption]] | None = None,
    parent_uri: str = "",
    group: Account | None = None,
    quote: Quoting | None = None,
) -> Document:
    """A post of ours. `parent_uri` is what it replies to; `group` where it was posted; `quote` what it quotes.

    The document has no `inReplyTo` unless it is a reply: Lemmy takes what has it for a comment.
    """
    addressed = audience(
        status.visibility, author, mentioned=[account.uri for account in mentioned], group=group
    )
    context = status.context_uri or uris.context(status.conversation_id)
    doc: Document = {
        "@context": NOTE_CONTEXT,
        "id": status.uri,
        "type": "Question" if poll else status.object_type,
        "attributedTo": author.uri,
        "summary": status.spoiler_text or None,
        "sensitive": status.sensitive or author.sensitized_at is not None,
        "content": status.content,
        "published": clock.isoformat(status.created_at),
        "url": uris.page(status),
        "to": addressed.to,
        "cc": addressed.cc,
        "context": context,
        "conversation": context,
        "attachment": [attachment(item, media_url) for item in media],
        "tag": tags(status, uris=uris, media_url=media_url, mentioned=mentioned),
        "replies": {
            "id": f"{status.uri}/replies",
            "type": "Collection",
            "first": {
                "type": "CollectionPage",
                "partOf": f"{status.uri}/replies",
                "next": f"{status.uri}/replies?page=1",
                "items": [],
            },
        },
        "likes": _count(f"{status.uri}/likes", status.favourites_count),
        "shares": _count(f"{status.uri}/shares", status.reblogs_count),
        "interactionPolicy": {"canQuote": {"automaticApproval": [_quoters(status, author)]}},
    }
    if status.language:
        doc["contentMap"] = {status.language: status.content}
    if status.text is not None:
        doc["source"] = {"content": status.text, "mediaType": "text/plain"}
    if status.edited_at is not None:
        doc["updated"] = clock.isoformat(status.edited_at)
    if quote:
        # Who asks for no consent shows what the other names say. Mastodon hides a quote that has lost its consent, but
        # would overlook that it is no longer there.
        names = ("quote",) if quote.is_refused else ("quote", "quoteUri", "_misskey_quote")
        doc |= dict.fromkeys(names, quote.uri)
        if quote.stamp:
            doc["quoteAuthorization"] = quote.stamp
    if parent_uri:
        doc["inReplyTo"] = parent_uri
    if group:
        doc["audience"] = group.uri
    if status.name:
        doc["name"] = status.name
        doc["preview"] = {"type": "Note", "content": f"<p><strong>{escape(status.name)}</strong></p>"}
    return doc | question(*poll) if poll else doc


def tags(status: Status, *, uris: Uris, media_url: MediaUrl, mentioned: Sequence[Account]) -> list[Document]:
    """Mentions, hashtags and emoji of a post."""
    mentions = [
        {
            "type": "Mention",
            "href": account.uri,
            "name": f"@{account.username}@{account.domain or uris.domain}",
        }
        for account in mentioned
    ]
    hashtags = [
        {"type": "Hashtag", "href": uris.tag(name), "name": f"#{name}"} for name in json.loads(status.tags)
    ]
    return [*mentions, *hashtags, *emojis(status.emojis, media_url)]


def attachment(item: MediaAttachment, media_url: MediaUrl) -> Document:
    """A file of a post; the alternative text is its name."""
    meta = json.loads(item.meta)
    original = meta.get("original") or {}
    focus = meta.get("focus")
    doc: Document = {
        "type": "Document",
        "mediaType": item.mime,
        "url": media_url(item.path) if item.path else item.remote_url,
        "name": item.description or None,
    }
    doc |= {key: original[key] for key in ("width", "height") if original.get(key)}
    if original.get("duration"):
        doc["duration"] = f"PT{round(original['duration'], 3)}S"
    if item.blurhash:
        doc["blurhash"] = item.blurhash
    if item.kind != "image" and item.preview_path:
        doc["icon"] = {"type": "Image", "url": media_url(item.preview_path)}
    if focus:
        doc["focalPoint"] = [float(focus["x"]), float(focus["y"])]
    return doc


def _quoters(status: Status, author: Account) -> str:
    """Who may quote a post: for nobody else, the author alone."""
    match status.quote_policy:
        case QuotePolicy.PUBLIC:
            return PUBLIC
        case QuotePolicy.FOLLOWERS:
            return author.followers_uri
        case _:
            return author.uri


def _count(uri: str, total: int) -> Document:
    return {"id": uri, "type": "Collection", "totalItems": total}
