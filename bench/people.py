"""Fake people of fake servers: their documents, what they say, and their signatures."""

import itertools
from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bench.client import request
from fediserver import clock
from fediserver.signatures import Message, PrivateKey, sign
from fediserver.signatures.keys import load_private

CONTENT_TYPE = "application/activity+json"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = [
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/v1",
    {"toot": "http://joinmastodon.org/ns#", "sensitive": "as:sensitive", "Hashtag": "as:Hashtag"},
]
_TEXT = (
    "<p>The community garden opens again on Saturday, rain or shine. We have seedlings for everybody, "
    "two new beds by the wall, and soup at noon; bring gloves if you have some, and tell the neighbours.</p>"
)
_KEYS = 8
_numbers = itertools.count(1)


class Key(msgspec.Struct, frozen=True):
    """A key pair of the pool that all share: making one takes longer than using it a hundred times."""

    private: PrivateKey
    public_pem: str


def make_keys() -> list[Key]:
    """The pool."""
    made = []
    for _ in range(_KEYS):
        pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = pair.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        public = pair.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        made.append(Key(load_private(private.decode()), public.decode()))
    return made


class Person(msgspec.Struct, frozen=True):
    """Somebody on a server of their own; `base` is its scheme, host and port."""

    base: str
    name: str
    key: Key

    @property
    def host(self) -> str:
        """Host and port."""
        return self.base.partition("://")[2]

    @property
    def uri(self) -> str:
        """The actor's id."""
        return f"{self.base}/users/{self.name}"

    @property
    def key_id(self) -> str:
        """The key's id."""
        return f"{self.uri}#main-key"

    def document(self) -> bytes:
        """The actor."""
        return orjson.dumps(
            {
                "@context": CONTEXT,
                "id": self.uri,
                "type": "Person",
                "preferredUsername": self.name,
                "name": f"{self.name.title()} of the bench",
                "summary": "<p>Grows beans, measures milliseconds.</p>",
                "url": f"{self.base}/@{self.name}",
                "inbox": f"{self.uri}/inbox",
                "outbox": f"{self.uri}/outbox",
                "followers": f"{self.uri}/followers",
                "following": f"{self.uri}/following",
                "endpoints": {"sharedInbox": f"{self.base}/inbox"},
                "published": "2024-03-01T00:00:00Z",
                "manuallyApprovesFollowers": False,
                "discoverable": True,
                "publicKey": {"id": self.key_id, "owner": self.uri, "publicKeyPem": self.key.public_pem},
            }
        )

    def jrd(self) -> bytes:
        """The answer to WebFinger."""
        link = {"rel": "self", "type": CONTENT_TYPE, "href": self.uri}
        return orjson.dumps(
            {"subject": f"acct:{self.name}@{self.host}", "aliases": [self.uri], "links": [link]}
        )

    def create(self) -> dict[str, Any]:
        """A new public post of some 200 characters."""
        number = next(_numbers)
        uri = f"{self.uri}/statuses/{number}"
        to, cc = [PUBLIC], [f"{self.uri}/followers"]
        note = {
            "id": uri,
            "type": "Note",
            "summary": None,
            "inReplyTo": None,
            "published": _now(),
            "url": f"{self.base}/@{self.name}/{number}",
            "attributedTo": self.uri,
            "to": to,
            "cc": cc,
            "sensitive": False,
            "conversation": f"tag:{self.host},2026:objectId={number}:objectType=Conversation",
            "content": _TEXT.replace("noon", f"noon ({number})"),
            "contentMap": {"en": _TEXT.replace("noon", f"noon ({number})")},
            "attachment": [],
            "tag": [],
        }
        return self._activity(
            "Create", note, uri=f"{uri}/activity", to=to, cc=cc, published=note["published"]
        )

    def announce(self, uri: str) -> dict[str, Any]:
        """A boost."""
        to, cc = [PUBLIC], [f"{self.uri}/followers"]
        return self._activity("Announce", uri, to=to, cc=cc, published=_now())

    def follow(self, uri: str) -> dict[str, Any]:
        """A wish to follow."""
        return self._activity("Follow", uri)

    def accept(self, follow: dict[str, Any]) -> dict[str, Any]:
        """Consent to a Follow."""
        return self._activity("Accept", follow)

    def send(self, activity: dict[str, Any], inbox: str) -> bytes:
        """The signed request that brings an activity to an inbox, as it goes on the wire."""
        body = orjson.dumps(activity)
        message = Message(method="POST", url=inbox, headers={"content-type": CONTENT_TYPE}, body=body)
        return request("POST", _path(inbox), {"Content-Type": CONTENT_TYPE, **self._signature(message)}, body)

    def get(self, url: str) -> bytes:
        """A signed GET of a document."""
        message = Message(method="GET", url=url, headers={})
        return request("GET", _path(url), {"Accept": CONTENT_TYPE, **self._signature(message)})

    def _signature(self, message: Message) -> dict[str, str]:
        return sign(message, scheme="cavage", key_id=self.key_id, key=self.key.private, now=clock.now())

    def _activity(self, kind: str, about: object, *, uri: str = "", **others: object) -> dict[str, Any]:
        return {
            "@context": CONTEXT,
            "id": uri or f"{self.base}/activities/{next(_numbers)}",
            "type": kind,
            "actor": self.uri,
            "object": about,
            **others,
        }


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
