"""Actors: members, groups and bots, and the node itself."""

import json
from collections.abc import Sequence
from typing import Any

from fediserver import clock
from fediserver.activitypub.document import Document
from fediserver.activitypub.render import MediaUrl
from fediserver.activitypub.vocabulary import ACTOR_CONTEXT, GROUP_CONTEXT
from fediserver.activitypub.webfinger import instance_name
from fediserver.models.account import Account, Key
from fediserver.models.uris import Uris
from fediserver.signatures.keys import multibase

_MEDIA_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
}
# Mobilizon refreshes a group by asking for all of them, and stops at the first that it misses.
_MOBILIZON = ("members", "resources", "posts", "todos", "discussions", "events")
_IMPLEMENTS = [
    {"href": "https://datatracker.ietf.org/doc/html/rfc9421", "name": "RFC-9421: HTTP Message Signatures"}
]


def actor(
    account: Account,
    keys: Sequence[Key],
    *,
    uris: Uris,
    media_url: MediaUrl,
    moved_to: str = "",
    attribution_domains: Sequence[str] = (),
) -> Document:
    """The actor of an account of ours; of a suspended one only what others need to stop trusting it."""
    name = account.username
    is_group = account.actor_type == "Group"
    doc: Document = {
        "@context": GROUP_CONTEXT if is_group else ACTOR_CONTEXT,
        "id": account.uri,
        "type": account.actor_type,
        "preferredUsername": name,
        "webfinger": f"{name}@{uris.domain}",
        "name": account.display_name,
        "summary": account.note,
        "url": uris.profile(name),
        "inbox": uris.inbox(name),
        "outbox": uris.outbox(name),
        "followers": uris.followers(name),
        "following": uris.following(name),
        "featured": uris.collection(name, "featured"),
        "featuredTags": uris.collection(name, "tags"),
        "endpoints": {"sharedInbox": uris.shared_inbox},
        "manuallyApprovesFollowers": account.locked,
        "discoverable": account.discoverable,
        "indexable": account.indexable,
        "showMedia": account.show_media,
        "showRepliesInMedia": account.show_media_replies,
        "showFeatured": account.show_featured,
        "published": clock.isoformat(account.created_at),
        "alsoKnownAs": json.loads(account.aliases),
        "attachment": [
            {"type": "PropertyValue", "name": field["name"], "value": field["value"]}
            for field in json.loads(account.fields)
        ],
        "tag": emojis(account.emojis, media_url),
        "generator": {"type": "Application", "id": uris.instance_actor, "implements": _IMPLEMENTS},
    }
    if is_group:
        doc |= _group(account, uris)
    if account.avatar:
        doc["icon"] = picture(media_url(account.avatar), account.avatar_description)
    if account.header:
        doc["image"] = picture(media_url(account.header), account.header_description)
    if account.suspended_at is not None:
        doc |= {
            "name": "",
            "summary": "",
            "attachment": [],
            "tag": [],
            "suspended": True,
            "discoverable": False,
        }
        doc.pop("icon", None)
        doc.pop("image", None)
    if moved_to:
        doc["movedTo"] = moved_to
    if attribution_domains:
        doc["attributionDomains"] = list(attribution_domains)
    return doc | _keys(account.uri, keys)


def instance(keys: Sequence[Key], *, uris: Uris, title: str = "") -> Document:
    """The node's own actor, which signs our fetches; others must be able to fetch it unsigned."""
    uri = uris.instance_actor
    return {
        "@context": ACTOR_CONTEXT,
        "id": uri,
        "type": "Application",
        "preferredUsername": instance_name(uris),
        "webfinger": f"{instance_name(uris)}@{uris.domain}",
        "name": title or uris.domain,
        "url": f"{uris.base_url}/",
        "inbox": f"{uri}/inbox",
        "outbox": f"{uri}/outbox",
        "endpoints": {"sharedInbox": uris.shared_inbox},
        "manuallyApprovesFollowers": True,
        "implements": _IMPLEMENTS,
    } | _keys(uri, keys)


def emojis(stored: str, media_url: MediaUrl) -> list[Document]:
    """The tags of the emoji in an account's or post's `emojis` column."""
    return [
        {
            "type": "Emoji",
            # GoToSocial wants an id; the picture's address is one that answers.
            "id": media_url(emoji["path"]),
            "name": f":{emoji['shortcode']}:",
            "icon": picture(media_url(emoji["path"])),
        }
        for emoji in json.loads(stored)
    ]


def picture(url: str, description: str = "") -> Document:
    """An Image, with what it shows in words; its media type is told by the end of the address."""
    doc: Document = {"type": "Image", "url": url}
    media_type = _MEDIA_TYPES.get(url.rpartition(".")[2].lower())
    if media_type:
        doc["mediaType"] = media_type
    if description:
        doc["name"] = description
    return doc


def _group(account: Account, uris: Uris) -> Document:
    """What Lemmy and its kin (moderators) and Mobilizon (six collections) want of a group."""
    name = account.username
    moderators = uris.collection(name, "moderators")
    openness = "moderated" if account.locked else "open"
    collections: dict[str, Any] = {which: uris.collection(name, which) for which in _MOBILIZON}
    return collections | {
        "attributedTo": moderators,
        "moderators": moderators,
        "postingRestrictedToMods": False,
        "sensitive": False,
        "openness": openness,
        "source": {"content": account.note_text, "mediaType": "text/plain"},
    }


def _keys(uri: str, keys: Sequence[Key]) -> Document:
    """`publicKey`, which everybody reads, and the others as Multikeys (FEP-521a)."""
    doc: Document = {}
    multikeys: list[Document] = []
    for key in keys:
        if key.algorithm == "rsa":
            doc["publicKey"] = {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": key.public_pem}
        else:
            multikeys.append(
                {
                    "id": f"{uri}#{key.algorithm}-key",
                    "type": "Multikey",
                    "controller": uri,
                    "publicKeyMultibase": multibase(key.public_pem),
                }
            )
    return doc | ({"assertionMethod": multikeys} if multikeys else {})
