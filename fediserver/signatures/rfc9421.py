"""RFC 9421 HTTP Message Signatures, in the profile that ActivityPub servers use."""

import base64

from fediserver.clock import SECOND
from fediserver.signatures import structured
from fediserver.signatures.claims import (
    BLANKS,
    Claim,
    check_covered,
    check_host,
    check_key_id,
    check_time,
    decode_signature,
    quotable,
    signature_base,
)
from fediserver.signatures.keys import Algorithm, PrivateKey
from fediserver.signatures.message import (
    COMPARED,
    Message,
    SignatureError,
    check_digest,
    content_digest,
    target,
)

_ALGORITHMS: dict[str, Algorithm] = {"rsa-v1_5-sha256": "rsa", "ed25519": "ed25519"}
_NAMES: dict[Algorithm, str] = {algorithm: name for name, algorithm in _ALGORITHMS.items()}


def sign(message: Message, *, key_id: str, key: PrivateKey, now: int) -> dict[str, str]:
    """The headers to send with the request: Host, Content-Digest when it has a body, and the signature's two.

    Covers `@method`, `@target-uri` and `content-digest`, what Mastodon, Mitra and NodeBB ask for, and
    `collection-synchronization` if it is in `message.headers`.
    `now` is in milliseconds.
    """
    headers = {"Host": target(message.url).authority}
    covered = ["@method", "@target-uri"]
    fields: dict[str, str] = {}
    if message.has_content:
        fields["content-digest"] = headers["Content-Digest"] = content_digest(message.body)
        covered.append("content-digest")
    if COMPARED in message.headers:
        fields[COMPARED] = message.headers[COMPARED]
        covered.append(COMPARED)
    parameters = {
        "created": str(now // SECOND),
        "keyid": f'"{quotable(key_id)}"',
        "alg": f'"{_NAMES[key.algorithm]}"',
    }
    signed = structured.InnerList(tuple(covered), parameters)
    sent = Message(message.method, message.url, fields, message.body)
    signature = base64.b64encode(key.sign(base(sent, signed))).decode()
    headers["Signature-Input"] = f"sig1={signed}"
    headers["Signature"] = f"sig1=:{signature}:"
    return headers


def base(message: Message, signed: structured.InnerList) -> bytes:
    """The signature base (RFC 9421 2.5); SignatureError (headers) for a component missing or unknown."""
    aim = target(message.url)
    derived = {
        "@method": message.method,
        "@target-uri": aim.uri,
        "@authority": aim.authority,
        "@scheme": aim.scheme,
        "@request-target": aim.path + aim.query,
        "@path": aim.path,
        "@query": aim.query or "?",
    }
    lines: list[str] = []
    for name in signed.items:
        value = derived.get(name) if name.startswith("@") else message.headers.get(name)
        if value is None:
            raise SignatureError("headers", f"The component {name} was not sent, or is not supported")
        lines.append(f'"{name}": {value.strip(BLANKS)}')
    lines.append(f'"@signature-params": {signed}')
    return signature_base(lines)


def claim(message: Message, *, now: int) -> Claim:
    """Check everything about the signature that needs no key; `now` is in milliseconds.

    Of several signatures the first that names a key and a time of creation counts.
    """
    signatures = structured.byte_sequences(message.headers.get("signature", ""))
    inputs = structured.inner_lists(message.headers["signature-input"])
    label, key_id, created = _chosen(inputs)
    if label not in signatures:
        raise SignatureError("malformed", f"The Signature header has no {label}")
    signed = inputs[label]
    algorithm = _algorithm(signed)
    _check_components(message, signed.items)
    check_key_id(key_id)
    check_host(message)
    check_time(created * SECOND, _expires(signed), now=now)
    signature = decode_signature(signatures[label])
    if check_covered(signed.items, "content-digest", message):
        check_digest(message, "content-digest")
    return Claim(
        key_id=key_id,
        scheme="rfc9421",
        created=created * SECOND,
        signature=signature,
        algorithm=algorithm,
        bases=(base(message, signed),),
        covered=signed.items,
    )


def _chosen(inputs: dict[str, structured.InnerList]) -> tuple[str, str, int]:
    """Label, keyid and created (in seconds) of the first signature that has both parameters."""
    for label, signed in inputs.items():
        key_id, created = signed.string("keyid"), signed.integer("created")
        if key_id is not None and created is not None:
            return label, key_id, created
    raise SignatureError("headers", "The signature needs the parameters created and keyid")


def _check_components(message: Message, covered: tuple[str, ...]) -> None:
    """Method and URL must be signed: the URL as a whole, or in parts that make up the whole."""
    # The Host header is as good as @authority, because it must equal it.
    authority = "@authority" in covered or "host" in covered
    parts = "@request-target" in covered or (
        "@path" in covered and ("@query" in covered or not target(message.url).query)
    )
    if "@method" not in covered or not ("@target-uri" in covered or (authority and parts)):
        raise SignatureError("headers", "The signature must cover @method and @target-uri")


def _algorithm(signed: structured.InnerList) -> Algorithm | None:
    if "alg" not in signed.parameters:
        return None
    algorithm = _ALGORITHMS.get(signed.string("alg") or "")
    if algorithm is None:
        raise SignatureError("algorithm", "The algorithm must be rsa-v1_5-sha256 or ed25519")
    return algorithm


def _expires(signed: structured.InnerList) -> int | None:
    """In milliseconds."""
    if "expires" not in signed.parameters:
        return None
    expires = signed.integer("expires")
    if expires is None:
        raise SignatureError("malformed", "expires must be seconds since 1970")
    return expires * SECOND
