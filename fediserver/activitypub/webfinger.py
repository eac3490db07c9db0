"""WebFinger (RFC 7033): who is behind a handle, and which handle somebody has."""

from typing import NamedTuple
from urllib.parse import urlsplit

from fediserver.activitypub.document import Document, fields, parse
from fediserver.activitypub.vocabulary import CONTENT_TYPE, LD_TYPE, SERVICE_REL
from fediserver.errors import Refused
from fediserver.models.account import Account
from fediserver.models.uris import Local, Uris
from fediserver.text import handles
from fediserver.text.handles import Handle

MAX_BODY = 65_536
"""Bytes of another server's answer."""

PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
_MAX_LINKS = 100
_SELF_TYPES = frozenset({CONTENT_TYPE, LD_TYPE})


class Found(NamedTuple):
    """What another server says: the handle as it wants it ('None' if it names none), the actor's id, and
    the template of its page for answering from another server ('' if it has none)."""

    subject: Handle | None
    actor: str
    subscribe: str


def resource(text: str, uris: Uris) -> Local | None:
    """Whom a `resource` means: `acct:name@domain`, a handle with or without @, an actor's id or page, the node.

    Names count in any case. None for others' and for what is no resource.
    """
    text = text.strip()
    if text.rstrip("/") == uris.base_url:
        return Local("instance", "")
    if text.lower().startswith(("http://", "https://")):
        found = uris.local(text) if fields.is_address(text) else None
        return found if found and found.kind in ("actor", "instance") else None
    handle = handles.parse(text)
    if handle is None or handle.domain not in ("", uris.domain, urlsplit(uris.base_url).netloc):
        return None
    name = handle.name.lower()
    return Local("instance", "") if name == instance_name(uris) else Local("actor", name)


def instance_name(uris: Uris) -> str:
    """The node's own name in handles: its domain, as other servers have it, with a dot for the port's colon."""
    return uris.domain.replace(":", ".")


def account(account: Account, uris: Uris) -> Document:
    """The answer about a member or group of ours."""
    page = uris.profile(account.username)
    return {
        "subject": f"acct:{account.username}@{uris.domain}",
        "aliases": [page, account.uri],
        "links": [
            {"rel": "self", "type": CONTENT_TYPE, "href": account.uri},
            {"rel": PROFILE_PAGE, "type": "text/html", "href": page},
        ],
    }


def instance(uris: Uris) -> Document:
    """The answer about the node itself (FEP-d556)."""
    return {
        "subject": f"acct:{instance_name(uris)}@{uris.domain}",
        "aliases": [f"{uris.base_url}/", uris.instance_actor],
        "links": [
            {"rel": "self", "type": CONTENT_TYPE, "href": uris.instance_actor},
            {"rel": SERVICE_REL, "type": CONTENT_TYPE, "href": uris.instance_actor},
        ],
    }


def read(body: bytes) -> Found:
    """Read another server's answer. BadRequest for no JSON object, Refused (webfinger-self) for no actor."""
    doc = parse(body, MAX_BODY)
    actor = subscribe = ""
    for link in fields.objects(doc.get("links"), _MAX_LINKS):
        relation = fields.text(link, "rel", limit=255)
        if relation == SUBSCRIBE:
            subscribe = subscribe or _template(fields.text(link, "template", limit=fields.URI_LENGTH))
        elif relation == "self" and fields.text(link, "type", limit=255) in _SELF_TYPES:
            actor = actor or fields.ident(link.get("href")) or ""
    if not actor:
        raise Refused("webfinger-self", f"The answer needs a link with rel self and type {CONTENT_TYPE}")
    subject = handles.parse(fields.text(doc, "subject", limit=1024))
    return Found(subject if subject and subject.domain else None, actor, subscribe)


def _template(text: str) -> str:
    return text if "{uri}" in text and fields.is_address(text.replace("{uri}", "")) else ""
