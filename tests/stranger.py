"""Strangers: servers and people of a test's own, who serve what they like and may sign it wrongly."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import orjson
from starlette.types import Receive, Scope, Send

from fediserver.activitypub.document import Document
from fediserver.activitypub.vocabulary import AS2, CONTENT_TYPE, PUBLIC
from fediserver.signatures import Message, Scheme, cavage, integrity, keys, sign
from fediserver.signatures.keys import KeyPair
from fediserver.signatures.message import digest
from tests.town import Network, Town

JRD = "application/jrd+json"


class Answer(msgspec.Struct, frozen=True):
    """What a server sends for an address; a dict is written when it is asked for, so tests may change it."""

    body: Document | bytes = b""
    status: int = 200
    headers: dict[str, str] = {}

    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


class Server:
    """A host on the network: `answers` by address, `otherwise` for all the rest, `fetched` in order."""

    def __init__(self, network: Network, host: str) -> None:
        self.host = host
        self.url = f"https://{host}"
        self.answers: dict[str, Answer] = {}
        self.otherwise: Callable[[str], Answer] = lambda _: Answer(b"nothing here", 404)
        self.fetched: list[str] = []
        network.sites[host] = self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode()
        address = f"{self.url}{scope['raw_path'].decode()}{'?' * bool(query)}{query}"
        self.fetched.append(address)
        answer = self.answers.get(address) or self.otherwise(address)
        headers = {"content-type": CONTENT_TYPE, **answer.headers}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.bytes()})

    def serve(self, uri: str, body: Document | bytes, status: int = 200, **headers: str) -> str:
        """Send this for an address from now on; underscores in names of headers stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[uri] = Answer(body, status, named)
        return uri

    def redirect(self, uri: str, to: str) -> str:
        """Send whoever asks to another address."""
        return self.serve(uri, b"", 302, location=to)


class Stranger:
    """Somebody on a stranger's server, with a key, an actor and WebFinger; `actor` may be changed at will."""

    def __init__(
        self, server: Server, name: str, kind: str = "Person", *, unlike: "Stranger | None" = None
    ) -> None:
        self.server = server
        self.name = name
        self.uri = f"{server.url}/users/{name}"
        self.key_id = f"{self.uri}#main-key"
        self.pair = keys.generate_rsa()
        while unlike is not None and self.pair == unlike.pair:
            self.pair = keys.generate_rsa()
        self.actor: Document = {
            "@context": [AS2, "https://w3id.org/security/v1"],
            "id": self.uri,
            "type": kind,
            "preferredUsername": name,
            "inbox": f"{self.uri}/inbox",
            "outbox": f"{self.uri}/outbox",
            "followers": f"{self.uri}/followers",
            "featured": f"{self.uri}/featured",
            "publicKey": {"id": self.key_id, "owner": self.uri, "publicKeyPem": self.pair.public_pem},
        }
        self.prover = keys.generate_ed25519()
        self.prover_id = f"{self.uri}#ed25519-key"
        self._numbers = 0
        server.serve(self.uri, self.actor)
        server.serve(f"{self.uri}/inbox", b"", 202)
        self.name_at(server)

    def name_at(self, server: Server) -> None:
        """Have WebFinger of a server lead here."""
        handle = f"acct:{self.name}@{server.host}"
        link = {"rel": "self", "type": CONTENT_TYPE, "href": self.uri}
        resource = quote(handle, safe=":@")
        server.serve(
            f"{server.url}/.well-known/webfinger?resource={resource}",
            {"subject": handle, "links": [link]},
            content_type=JRD,
        )

    def new_uri(self, kind: str) -> str:
        """An id that nothing has yet."""
        self._numbers += 1
        return f"{self.uri}/{kind}/{self._numbers}"

    def note(self, text: str = "Hello", **changes: Any) -> Document:
        """A public post, served at its id; None takes a field away."""
        doc: Document = {
            "@context": AS2,
            "id": self.new_uri("notes"),
            "type": "Note",
            "attributedTo": self.uri,
            "content": f"<p>{text}</p>",
            "to": [PUBLIC],
            "cc": [f"{self.uri}/followers"],
        }
        doc = {name: value for name, value in {**doc, **changes}.items() if value is not None}
        if str(doc.get("id", "")).startswith(self.server.url):
            self.server.serve(doc["id"], doc)
        return doc

    def activity(self, kind: str, about: Any, **changes: Any) -> Document:
        """An activity of this actor; None takes a field away."""
        doc: Document = {
            "@context": AS2,
            "id": self.new_uri("activities"),
            "type": kind,
            "actor": self.uri,
            "object": about,
            "to": [PUBLIC],
        }
        return {name: value for name, value in {**doc, **changes}.items() if value is not None}

    def can_prove(self) -> None:
        """Name the key of proofs in the actor from now on."""
        multikey = {
            "id": self.prover_id,
            "type": "Multikey",
            "controller": self.uri,
            "publicKeyMultibase": keys.multibase(self.prover.public_pem),
        }
        self.actor["assertionMethod"] = [multikey]

    def proved(self, doc: Document, *, now: int, key_id: str = "") -> Document:
        """A document with a proof of integrity by this actor's key; `key_id` is where it says that the key is."""
        key = keys.load_private(self.prover.private_pem)
        return integrity.prove(doc, key=key, verification_method=key_id or self.prover_id, now=now)

    def signed(
        self,
        body: bytes,
        url: str,
        *,
        now: int,
        scheme: Scheme = "cavage",
        key_id: str = "",
        pair: KeyPair | None = None,
        content_type: str = CONTENT_TYPE,
        covered: tuple[str, ...] = (),
    ) -> dict[str, str]:
        """The headers of a POST; `covered` are the only headers that are signed (draft-cavage)."""
        key = keys.load_private((pair or self.pair).private_pem)
        message = Message(method="POST", url=url, headers={"content-type": content_type}, body=body)
        headers = sign(message, scheme=scheme, key_id=key_id or self.key_id, key=key, now=now)
        found = {"content-type": content_type, **{name.lower(): value for name, value in headers.items()}}
        if covered:
            found["signature"] = _covering(message, found, covered, key, key_id or self.key_id)
        return found

    async def send(
        self,
        town: Town,
        activity: Document | bytes,
        *,
        at: int | None = None,
        inbox: str = "/inbox",
        changed: dict[str, str] | None = None,
        sent: bytes | None = None,
        **signing: Any,
    ) -> httpx.Response:
        """POST an activity, signed `at` some time (ms, now if not said) by `signed` with `signing`.

        `changed` headers ('' for none) and the body `sent` take the place of what was signed.
        """
        body = activity if isinstance(activity, bytes) else orjson.dumps(activity)
        url = f"{town.ctx.config.base_url}{inbox}"
        now = town.clock() if at is None else at
        headers = {**self.signed(body, url, now=now, **signing), **(changed or {})}
        return await post(town, url, body if sent is None else sent, headers)

    async def told(self, town: Town, activity: Document, **signing: Any) -> None:
        """Send an activity, have it taken, and let everything come of it."""
        answer = await self.send(town, activity, **signing)
        assert answer.status_code == 202, answer.text
        await town.settle()


async def post(town: Town, url: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    """POST bytes with just these headers; those that are '' are left out."""
    given = {name: value for name, value in headers.items() if value}
    given.setdefault("host", town.host)
    transport = httpx.ASGITransport(town.app, client=("198.51.100.7", 4711))
    async with httpx.AsyncClient(transport=transport) as client:
        return await client.post(url, content=body, headers=given)


def spoilt(headers: dict[str, str]) -> dict[str, str]:
    """The Signature header with one bit of the signature changed."""
    before, mark, value = headers["signature"].partition('signature="')
    raw = bytearray(base64.b64decode(value.rstrip('"')))
    raw[20] ^= 1
    return {"signature": f'{before}{mark}{base64.b64encode(raw).decode()}"'}


def other_digest(body: bytes) -> dict[str, str]:
    """The Digest header of another body."""
    return {"digest": digest(body + b" ")}


def _covering(
    message: Message, headers: dict[str, str], covered: tuple[str, ...], key: keys.PrivateKey, key_id: str
) -> str:
    parameters = cavage.Parameters(
        key_id=key_id, algorithm="hs2019", headers=covered, signature="", created=None, expires=None
    )
    base = cavage.signing_string(msgspec.structs.replace(message, headers=headers), parameters)
    made = base64.b64encode(key.sign(base)).decode()
    return f'keyId="{key_id}",algorithm="hs2019",headers="{" ".join(covered)}",signature="{made}"'
