"""A push service and the app behind it: takes what is pushed, and reads it by means of its own."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.processes import eventually, free_port


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def data(written: str) -> bytes:
    return base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))


def hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, one block."""
    pseudorandom = hmac.digest(salt, secret, hashlib.sha256)
    return hmac.digest(pseudorandom, info + b"\x01", hashlib.sha256)[:length]


class Subscriber:
    """Keys of an app, and how it reads what is pushed."""

    def __init__(self, private: bytes | None = None, auth: bytes | None = None) -> None:
        self.key = (
            ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())
            if private
            else ec.generate_private_key(ec.SECP256R1())
        )
        self.auth = auth or os.urandom(16)
        self.point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )

    def keys(self) -> dict[str, str]:
        return {"p256dh": text(self.point), "auth": text(self.auth)}

    def read(self, headers: dict[str, str], body: bytes) -> bytes:
        return (
            self.read_new(body)
            if headers["content-encoding"] == "aes128gcm"
            else self.read_old(headers, body)
        )

    def read_new(self, body: bytes) -> bytes:
        salt, size = body[:16], body[20]
        public, sealed = body[21 : 21 + size], body[21 + size :]
        secret = hkdf(self.auth, self._shared(public), b"WebPush: info\0" + self.point + public, 32)
        key = hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert plain[-1:] == b"\x02"
        return plain[:-1]

    def read_old(self, headers: dict[str, str], body: bytes) -> bytes:
        salt = data(headers["encryption"].partition("salt=")[2].partition(";")[0])
        named = dict(part.split("=", 1) for part in headers["crypto-key"].split(";"))
        public = data(named["dh"])
        secret = hkdf(self.auth, self._shared(public), b"Content-Encoding: auth\0", 32)
        context = b"P-256\0\x00\x41" + self.point + b"\x00\x41" + public
        key = hkdf(salt, secret, b"Content-Encoding: aesgcm\0" + context, 16)
        nonce = hkdf(salt, secret, b"Content-Encoding: nonce\0" + context, 12)
        plain = AESGCM(key).decrypt(nonce, body, None)
        return plain[2 + int.from_bytes(plain[:2], "big") :]

    def _shared(self, public: bytes) -> bytes:
        return self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
        )


def claims(headers: dict[str, str], server_key: str) -> dict[str, Any]:
    """What the sender proves; InvalidSignature when it is not the node's key."""
    scheme, _, rest = headers["authorization"].partition(" ")
    if scheme == "vapid":
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        token, key = parts["t"], parts["k"]
    else:
        assert scheme == "WebPush"
        token, key = rest, headers["crypto-key"].partition("p256ecdsa=")[2]
    if key != server_key:
        raise InvalidSignature
    signed, _, signature = token.rpartition(".")
    raw = data(signature)
    pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data(key))
    public.verify(pair, signed.encode(), ec.ECDSA(hashes.SHA256()))
    found: dict[str, Any] = json.loads(data(signed.partition(".")[2]))
    return found


class PushService:
    """A host that takes pushes; `status` is what it answers."""

    def __init__(self) -> None:
        self.status = 201
        self.pushed: list[tuple[str, dict[str, str], bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        self.pushed.append((request.url.path, dict(request.headers), body))
        await Response(status_code=self.status)(scope, receive, send)

    async def taken(self) -> tuple[str, dict[str, str], bytes]:
        """The first push, once it is there: path, headers, body."""

        async def arrived() -> bool:
            return bool(self.pushed)

        await eventually("a push", arrived)
        return self.pushed[0]


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[PushService, str]]:
    """A push service over real sockets, and its address."""
    service, port = PushService(), free_port()
    server = uvicorn.Server(
        uvicorn.Config(service, port=port, lifespan="off", log_level="warning", ws="none")
    )
    running = asyncio.create_task(server.serve())
    try:
        yield service, f"http://localhost:{port}"
    finally:
        server.should_exit = True
        await running
