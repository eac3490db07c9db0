"""Names of ActivityStreams 2.0 and of the extensions that servers share, as constants."""

from typing import Any

AS2 = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{AS2}#Public"
PUBLIC_FORMS = frozenset({PUBLIC, "as:Public", "Public"})
"""All three are met; only the first is sent."""

CONTENT_TYPE = "application/activity+json"
LD_TYPE = f'application/ld+json; profile="{AS2}"'
ACCEPT = f"{CONTENT_TYPE}, {LD_TYPE}"
"""The Accept header of our own fetches."""

SECURITY = "https://w3id.org/security/v1"
DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v1"
MULTIKEY = "https://w3id.org/security/multikey/v1"
APPLICATION_REL = f"{AS2}#Application"
"""Link relation of NodeInfo to the instance actor (FEP-2677)."""

SERVICE_REL = f"{AS2}#Service"
"""Link relation of WebFinger to the instance actor (FEP-d556)."""

ACTORS = frozenset({"Person", "Group", "Service", "Application", "Organization"})
BOTS = frozenset({"Service", "Application"})
NOTES = frozenset({"Note", "Question", "ChatMessage"})
"""Posts that are text alone; all other posts are shown by title, text and link."""

POSTS = NOTES | {"Article", "Page", "Event", "Video", "Audio", "Image", "Document"}
QUOTE_REQUEST = "QuoteRequest"
STAMP = "QuoteAuthorization"
"""The type of a consent to a quote (FEP-044f)."""

COLLECTIONS = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})
ACTIVITIES = frozenset(
    {"Accept", "Add", "Announce", "Arrive", "Block", "Create", "Delete", "Dislike", "EmojiReact", "Flag"}
    | {"Follow", "Ignore", "Invite", "Join", "Leave", "Like", "Listen", "Lock", "Move", "Offer"}
    | {"QuoteRequest", "Read", "Reject", "Remove", "TentativeAccept", "TentativeReject", "Travel", "Undo"}
    | {"Update", "View"}
)

ACTOR_TERMS: dict[str, Any] = {
    "toot": "http://joinmastodon.org/ns#",
    "schema": "http://schema.org#",
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
    "featured": {"@id": "toot:featured", "@type": "@id"},
    "featuredTags": {"@id": "toot:featuredTags", "@type": "@id"},
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "showFeatured": "toot:showFeatured",
    "showMedia": "toot:showMedia",
    "showRepliesInMedia": "toot:showRepliesInMedia",
    "suspended": "toot:suspended",
    "attributionDomains": {"@id": "toot:attributionDomains", "@type": "@id"},
    "Emoji": "toot:Emoji",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "webfinger": {"@id": "https://purl.archive.org/socialweb/webfinger#webfinger", "@type": "xsd:string"},
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "implements": {"@id": "https://w3id.org/fep/844e/implements", "@type": "@id", "@container": "@list"},
}
GROUP_TERMS: dict[str, Any] = {
    "lemmy": "https://join-lemmy.org/ns#",
    "mz": "https://joinmobilizon.org/ns#",
    "sensitive": "as:sensitive",
    "moderators": {"@id": "lemmy:moderators", "@type": "@id"},
    "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
    "openness": "mz:openness",
    **{
        name: {"@id": f"mz:{name}", "@type": "@id"}
        for name in ("members", "resources", "posts", "todos", "discussions", "events")
    },
}
NOTE_TERMS: dict[str, Any] = {
    "ostatus": "http://ostatus.org#",
    "toot": "http://joinmastodon.org/ns#",
    "sensitive": "as:sensitive",
    "conversation": "ostatus:conversation",
    "Hashtag": "as:Hashtag",
    "Emoji": "toot:Emoji",
    "blurhash": "toot:blurhash",
    "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
    "votersCount": "toot:votersCount",
    "quoteUri": "http://fedibird.com/ns#quoteUri",
    "_misskey_quote": "https://misskey-hub.net/ns#_misskey_quote",
    "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
    "quoteAuthorization": {"@id": "https://w3id.org/fep/044f#quoteAuthorization", "@type": "@id"},
    "gts": "https://gotosocial.org/ns#",
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
}
QUOTE_TERMS: dict[str, Any] = {
    "gts": "https://gotosocial.org/ns#",
    "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
    "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
    "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
    "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
}

# Mastodon drops whatever lacks the literal address, so it comes first, as a string.
ACTOR_CONTEXT: list[Any] = [AS2, SECURITY, MULTIKEY, ACTOR_TERMS]
GROUP_CONTEXT: list[Any] = [AS2, SECURITY, MULTIKEY, ACTOR_TERMS | GROUP_TERMS]
NOTE_CONTEXT: list[Any] = [AS2, NOTE_TERMS]
QUOTE_CONTEXT: list[Any] = [AS2, QUOTE_TERMS]
QUOTE_REQUEST_CONTEXT: list[Any] = [AS2, NOTE_TERMS | QUOTE_TERMS]
