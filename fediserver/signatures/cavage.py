"""draft-cavage-http-signatures-12: the scheme that every ActivityPub server speaks."""

import base64
import re
from email.utils import formatdate

import msgspec

from fediserver.clock import SECOND
from fediserver.signatures import dates
from fediserver.signatures.claims import (
    BLANKS,
    MAX_COMPONENTS,
    MAX_HEADER,
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
from fediserver.signatures.message import COMPARED, Message, SignatureError, check_digest, digest, target

# One parameter and the comma or end after it. Names are case-sensitive in the draft.
_PARAMETER = re.compile(r'[ \t]*([A-Za-z]{1,32})[ \t]*=[ \t]*(?:"([^"\\]*)"|([^\s",]+))[ \t]*(?:,|$)')
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
# hs2019 and no algorithm at all leave it to the key, as do nearly all senders.
_ALGORITHMS: dict[str, Algorithm | None] = {
    "rsa-sha256": "rsa",
    "ed25519": "ed25519",
    "hs2019": None,
    "": None,
}


class Parameters(msgspec.Struct, frozen=True):
    """A Signature header, taken apart. `created` and `expires` are the texts that are signed."""

    key_id: str
    algorithm: str
    headers: tuple[str, ...]
    signature: str
    created: str | None
    expires: str | None


def sign(message: Message, *, key_id: str, key: PrivateKey, now: int) -> dict[str, str]:
    """The headers to send with the request: Host, Date, Digest when it has a body, and Signature.

    `now` is in milliseconds; sign when sending, as some peers allow a minute only. A POST signs
    `(request-target) host date digest content-type collection-synchronization` (the last two if they are in
    `message.headers`), anything else `(request-target) host date`. The request target is path and query.
    """
    headers = {"Host": target(message.url).authority, "Date": formatdate(now / SECOND, usegmt=True)}
    covered = ["(request-target)", "host", "date"]
    if message.has_content:
        headers["Digest"] = digest(message.body)
        covered.append("digest")
        covered += [name for name in ("content-type", COMPARED) if name in message.headers]
    sent = {**message.headers, **{name.lower(): value for name, value in headers.items()}}
    parameters = Parameters(
        key_id=quotable(key_id),
        algorithm="rsa-sha256" if key.algorithm == "rsa" else "hs2019",
        headers=tuple(covered),
        signature="",
        created=None,
        expires=None,
    )
    base = signing_string(msgspec.structs.replace(message, headers=sent), parameters)
    signature = base64.b64encode(key.sign(base)).decode()
    headers["Signature"] = (
        f'keyId="{parameters.key_id}",algorithm="{parameters.algorithm}",'
        f'headers="{" ".join(covered)}",signature="{signature}"'
    )
    return headers


def parse(header: str) -> Parameters:
    """Take a Signature header apart, in any order and spacing; SignatureError (malformed)."""
    if len(header) > MAX_HEADER:
        raise SignatureError("malformed", f"The Signature header is longer than {MAX_HEADER} characters")
    header = header.strip(BLANKS)
    found: dict[str, str] = {}
    position = 0
    while position < len(header):
        match = _PARAMETER.match(header, position)
        if match is None:
            raise SignatureError("malformed", 'The Signature header must be a list of name="value"')
        if match[1] in found:
            raise SignatureError("malformed", f"The Signature header has {match[1]} twice")
        found[match[1]] = match[3] if match[2] is None else match[2]
        position = match.end()
    for name in ("keyId", "signature"):
        if not found.get(name):
            raise SignatureError("malformed", f"The Signature header has no {name}")
    # What the draft says for a header list that was left out; too little for us, but so it is named.
    covered = tuple(found.get("headers", "date").lower().split())
    if not 0 < len(covered) <= MAX_COMPONENTS or len(set(covered)) != len(covered):
        raise SignatureError("malformed", "The list of signed headers is empty, too long or has one twice")
    return Parameters(
        key_id=found["keyId"],
        algorithm=found.get("algorithm", "").lower(),
        headers=covered,
        signature=found["signature"],
        created=found.get("created"),
        expires=found.get("expires"),
    )


def signing_string(message: Message, parameters: Parameters, *, query: bool = True) -> bytes:
    """The bytes that are signed; with `query` False the request target is the bare path.

    SignatureError (headers) when a signed header is missing.
    """
    lines: list[str] = []
    for name in parameters.headers:
        value: str | None
        if name == "(request-target)":
            aim = target(message.url)
            value = f"{message.method.lower()} {aim.path}{aim.query if query else ''}"
        elif name == "(created)":
            value = parameters.created
        elif name == "(expires)":
            value = parameters.expires
        else:
            value = message.headers.get(name)
        if value is None:
            raise SignatureError("headers", f"{name} is signed, but was not sent")
        lines.append(f"{name}: {value.strip(BLANKS)}")
    return signature_base(lines)


def claim(message: Message, *, now: int) -> Claim:
    """Check everything about the Signature header that needs no key; `now` is in milliseconds."""
    parameters = parse(message.headers["signature"])
    if parameters.algorithm not in _ALGORITHMS:
        raise SignatureError("algorithm", "The algorithm must be rsa-sha256 or hs2019")
    covered = parameters.headers
    if "(request-target)" not in covered or "host" not in covered:
        raise SignatureError("headers", "The signature must cover (request-target) and host")
    key_id = check_key_id(parameters.key_id)
    check_host(message)
    created = _check_times(message, parameters, now=now)
    signature = decode_signature(parameters.signature)
    if check_covered(covered, "digest", message):
        check_digest(message)
    bases = [signing_string(message, parameters)]
    if target(message.url).query:
        # Half of the servers leave the query out of what they sign.
        bases.append(signing_string(message, parameters, query=False))
    return Claim(
        key_id=key_id,
        scheme="cavage",
        created=created,
        signature=signature,
        algorithm=_ALGORITHMS[parameters.algorithm],
        bases=tuple(bases),
        covered=covered,
    )


def _check_times(message: Message, parameters: Parameters, *, now: int) -> int:
    """The time of signing in milliseconds, from (created) or Date; both must be fresh if both are signed."""
    created = _milliseconds(parameters.created) if "(created)" in parameters.headers else None
    expires = _milliseconds(parameters.expires) if parameters.expires is not None else None
    date = None
    if "date" in parameters.headers:
        date = dates.parse(message.headers.get("date", ""))
        if date is None:
            raise SignatureError("malformed", "The Date header must look like Tue, 20 Apr 2021 02:07:55 GMT")
        check_time(date, None, now=now)
    signed_at = date if created is None else created
    if signed_at is None:
        raise SignatureError("headers", "The signature must cover date or (created)")
    check_time(signed_at, expires, now=now)
    return signed_at


def _milliseconds(text: str | None) -> int:
    if text is None or _SECONDS.fullmatch(text) is None:
        raise SignatureError("malformed", "created and expires must be seconds since 1970")
    return int(float(text) * SECOND)
