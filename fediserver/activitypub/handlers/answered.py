"""What of ours an Accept or Reject is about: found by its id, else by what it says of it."""

from fediserver.activitypub import authority
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity, fields
from fediserver.activitypub.quoted import Parties, parties
from fediserver.activitypub.vocabulary import QUOTE_REQUEST
from fediserver.db import accounts, outgoing, quotes, statuses
from fediserver.db.database import Reader
from fediserver.errors import Ignored
from fediserver.models.account import Account


async def answered_follow(ctx: Context, activity: Activity, actor: Account) -> Account:
    """The account of ours whose follow of `actor` is answered; Ignored when there is none."""
    said = ctx.uris.activity_id(activity.object) if activity.object else None
    sent = await outgoing.by_id(ctx.db, said) if said is not None else None
    if sent is not None and sent.verb == "follow" and sent.object_uri == actor.uri:
        follower = await accounts.by_id(ctx.db, sent.actor_id)
        if follower is not None:
            return follower
    # Some servers send an id of their own making, or none, and the whole Follow.
    uri = str(activity.embedded.get("actor", "")) if activity.embedded else ""
    follower = await accounts.by_uri(ctx.db, uri) if ctx.uris.is_ours(uri) else None
    if follower is None:
        raise Ignored("it answers no follow of ours")
    return follower


async def answered_quote(ctx: Context, activity: Activity) -> Parties | None:
    """The quote of ours that is answered; None when it is no wish to quote that is answered.

    Raises Ignored when it is one that we never had, or the posts are gone; Refused when somebody else answers than
    the quoted author, or the request that came along is another than we sent.
    """
    said = ctx.uris.activity_id(activity.object) if activity.object else None
    sent = await outgoing.by_id(ctx.db, said) if said is not None else None
    request = activity.embedded or {}
    if sent is not None and sent.verb == "quote_request":
        uri = sent.object_uri
    elif sent is None and QUOTE_REQUEST in fields.types(request):
        uri = fields.ident(request.get("instrument")) or ""
    else:
        return None
    if not ctx.uris.is_ours(uri):
        raise Ignored("it answers no wish of ours to quote")

    async def read(tx: Reader) -> tuple[Parties | None, Account | None]:
        quoting = await statuses.by_uri(tx, uri)
        quote = await quotes.of_status(tx, quoting.id) if quoting else None
        quoted = await statuses.by_id(tx, quote.quoted_id) if quote and quote.quoted_id else None
        asker = await accounts.by_id(tx, quote.account_id) if quote else None
        return (await parties(tx, quote, quoted) if quote and quoted else None), asker

    found, asker = await ctx.db.read(read)
    if found is None or asker is None:
        raise Ignored("the post that quotes, or what it quotes, is gone")
    authority.quote_answer_matches(
        activity,
        quoting=found.quoting.uri,
        asker=asker.uri,
        quoted=found.quoted.uri,
        author=found.author.uri,
    )
    return found
