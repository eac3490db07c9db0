"""What other servers ask of every document that they are sent, as one check."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from fediserver.activitypub import render
from fediserver.activitypub.vocabulary import ACTIVITIES, ACTORS, AS2, POSTS, PUBLIC, PUBLIC_FORMS

ADDRESSED = ("to", "cc")
COLLECTIONS = ("inbox", "outbox", "followers", "following", "featured")


def check(document: dict[str, Any]) -> None:
    """Fail when a document that stands alone breaks a rule of some peer."""
    context = document["@context"]
    # Mastodon drops what lacks the literal address.
    assert context == AS2 or (isinstance(context, list) and context[0] == AS2)
    # Misskey refuses 64 KiB.
    assert len(render.dumps(document)) < 65_536
    for inner, path in _objects(document, ""):
        _check_object(inner, path)
    if document.get("type") in ACTORS:
        _check_actor(document)
    if document.get("type") in ACTIVITIES:
        _check_activity(document)
    if document.get("type") in POSTS:
        _check_post(document)


def _check_object(document: dict[str, Any], path: str) -> None:
    # Lemmy's parser fails on lists of types.
    assert isinstance(document.get("type", ""), str), path
    assert path == "" or "@context" not in document, f"{path} has a context of its own"
    for key in ("id", "actor", "attributedTo", "inReplyTo"):
        if isinstance(uri := document.get(key), str):
            _check_address(uri, f"{path}.{key}")
    for key in ADDRESSED:
        if key in document:
            assert isinstance(document[key], list), f"{path}.{key} must be a list"
            assert len(set(document[key])) == len(document[key]), f"{path}.{key} repeats itself"
            assert not (PUBLIC_FORMS - {PUBLIC}).intersection(document[key]), (
                f"{path}.{key}: full Public only"
            )
            assert "" not in document[key], f"{path}.{key} has an empty address"


def _check_address(uri: str, where: str) -> None:
    parts = urlsplit(uri)
    assert parts.scheme == "https", where
    assert parts.netloc, where
    # PieFed looks actors up in lower case.
    assert uri == uri.lower(), where


def _check_actor(document: dict[str, Any]) -> None:
    uri = document["id"]
    # snac2 knows followers-only posts by this very path.
    assert not uri.endswith("/")
    if document["type"] != "Application":
        assert document["followers"] == f"{uri}/followers"
    # Lemmy needs an outbox; Misskey refuses collections on other hosts.
    assert document["outbox"]
    for key in COLLECTIONS:
        if key in document:
            assert urlsplit(document[key]).netloc == urlsplit(uri).netloc, key
    assert urlsplit(document["endpoints"]["sharedInbox"]).netloc == urlsplit(uri).netloc
    assert document["preferredUsername"]
    # Lemmy wants the fragment, everybody the owner.
    key = document["publicKey"]
    assert key["id"] == f"{uri}#main-key"
    assert key["owner"] == uri
    assert key["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----")
    for multikey in document.get("assertionMethod", []):
        assert multikey["id"].startswith(f"{uri}#")
        assert multikey["controller"] == uri


def _check_activity(document: dict[str, Any]) -> None:
    for key in ("id", "actor", "object", *ADDRESSED):
        assert key in document, key
    assert document["to"] or document["cc"], "addressed to nobody"
    inner = document["object"]
    if document["type"] in ("Accept", "Reject", "Undo"):
        # Mobilizon and Lemmy match by id, Mastodon's resync only by the pair.
        assert isinstance(inner, dict)
        assert inner["actor"]
    if document["type"] in ("Create", "Update") and inner["type"] in POSTS:
        for key in ADDRESSED:
            assert inner[key] == document[key], f"{key} differs between activity and object"
        assert inner["attributedTo"] == document["actor"]
        _check_post(inner)
    if document["type"] == "Update" and inner["type"] in ACTORS:
        # Some drop it otherwise.
        assert PUBLIC in document["to"]
        assert inner["followers"] in document["cc"]


def _check_post(document: dict[str, Any]) -> None:
    # Lemmy takes what has the field for a comment, even when it is null.
    assert document.get("inReplyTo", "absent") is not None
    assert isinstance(document.get("attachment", []), list)
    addressed = {*document["to"], *document["cc"]}
    for tag in document.get("tag", []):
        # A tag without address is not delivered, an address without tag not notified.
        if tag["type"] == "Mention":
            assert tag["href"] in addressed
            assert tag["name"].count("@") == 2
        if tag["type"] == "Hashtag":
            assert tag["name"].startswith("#")
            assert tag["href"]
    if "name" in document and "content" not in document:
        return  # a vote
    assert document["content"] is not None
    assert document["published"].endswith("Z")


def _objects(value: Any, path: str) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(value, dict):
        yield value, path
        for key, item in value.items():
            if key != "@context":
                yield from _objects(item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _objects(item, f"{path}[]")
