"""Proofs that come with an activity itself (FEP-8b32), so that whoever passes it on need not be believed."""

from fediserver.activitypub import authority, lookup
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity, Document, fields
from fediserver.activitypub.fetch import Budget
from fediserver.activitypub.lookup import NOT_FOUND
from fediserver.activitypub.vocabulary import ACTORS, DATA_INTEGRITY, PUBLIC
from fediserver.models.delivery import Outgoing
from fediserver.signatures import integrity

# A proof is good for ever, so that what was true once can be said again: an old profile, or the counts of a poll.
_MAY_BE_OUTDATED = ACTORS | {"Question"}


async def proved(ctx: Context, outgoing: Outgoing, document: Document) -> Document:
    """An activity of ours with a proof by who did it, if it is for everybody; any other as it is."""
    if PUBLIC not in (*document.get("to", ()), *document.get("cc", ())):
        return document
    key = await ctx.keyring.ours(ctx, outgoing.actor_id, "ed25519")
    context = document["@context"]
    terms = context if isinstance(context, list) else [context]
    return integrity.prove(
        {**document, "@context": [*terms, DATA_INTEGRITY]},
        key=key.key,
        verification_method=key.id,
        now=ctx.clock(),
    )


async def proves(ctx: Context, document: Document, activity: Activity, budget: Budget) -> bool:
    """Whether an activity that was passed on carries a proof by its actor that can be relied on.

    The actor's document is fetched when the key is not known. When False, the author's own server has to be asked.
    """
    proof = integrity.proof_of(document)
    if proof is None or (proof.expires is not None and proof.expires <= ctx.clock()):
        return False
    embedded = activity.embedded
    if activity.type == "Update" and (embedded is None or fields.type_among(embedded, _MAY_BE_OUTDATED)):
        return False
    key_id = proof.verification_method
    if not authority.same_origin(key_id, activity.actor):
        return False
    key = await ctx.keyring.theirs(ctx, key_id)
    if key is None:
        try:
            await lookup.key_owner(ctx, key_id.partition("#")[0], budget)
        except NOT_FOUND:
            return False
        key = await ctx.keyring.theirs(ctx, key_id)
    return key is not None and authority.proof_is_actors(document, activity.actor, key.owner, key.key)
