"""Documents of bob, who lives elsewhere."""

from typing import Any

from fediserver.activitypub import document
from fediserver.activitypub.document import NoteDocument
from fediserver.activitypub.vocabulary import AS2, PUBLIC
from fediserver.signatures import keys

BOB = "https://b.example/users/bob"
FOLLOWERS = f"{BOB}/followers"
RSA = keys.generate_rsa().public_pem
ED25519 = keys.generate_ed25519().public_pem

ACTOR = {
    "@context": [AS2, "https://w3id.org/security/v1"],
    "id": BOB,
    "type": "Person",
    "preferredUsername": "bob",
    "inbox": f"{BOB}/inbox",
    "publicKey": {"id": f"{BOB}#main-key", "owner": BOB, "publicKeyPem": RSA},
}


def post(**changes: Any) -> NoteDocument:
    """Bob's Note, public and empty, but for the changes; a value of ... leaves a field out."""
    doc = {"id": "https://b.example/n/1", "type": "Note", "attributedTo": BOB, "to": [PUBLIC]} | changes
    return document.read_note({key: value for key, value in doc.items() if value is not ...})
