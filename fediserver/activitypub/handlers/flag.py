"""Flag: another server reports somebody here."""

from fediserver.actions import report
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity
from fediserver.activitypub.fetch import Budget
from fediserver.activitypub.handlers.ours import ours
from fediserver.db import accounts, reports, statuses
from fediserver.errors import Ignored
from fediserver.models.account import Account
from fediserver.models.uris import host


async def flag(ctx: Context, activity: Activity, actor: Account, _: Budget) -> None:
    """Write a report for the organisers; nothing that it names is fetched."""
    await ctx.domains.refresh(ctx.db, ctx.clock())
    if ctx.domains.rejects_reports(host(actor.uri)):
        raise Ignored("reports of its server are not heard")
    uris = [uri for uri in activity.objects if ctx.uris.is_ours(uri)]
    target = await _reported(ctx, uris)
    status_ids = await reports.ids_of_author(ctx.db, uris, target.id)
    await report.report(ctx, actor, target, status_ids, activity.content, uri=activity.id)


async def _reported(ctx: Context, uris: list[str]) -> Account:
    """The account that is named, else the author of the first post that is."""
    for uri in uris:
        local = ctx.uris.local(uri)
        if local is not None and local.kind == "actor":
            return await ours(ctx, uri)
    for uri in uris:
        status = await statuses.by_uri(ctx.db, uri)
        author = await accounts.by_id(ctx.db, status.account_id) if status else None
        if author is not None:
            return author
    raise Ignored("it names nobody and nothing of ours")
