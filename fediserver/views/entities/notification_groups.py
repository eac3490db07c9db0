"""GroupedNotificationsResults: https://docs.joinmastodon.org/entities/GroupedNotificationsResults/."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db.database import Reader
from fediserver.db.notification_groups import Group, Groups
from fediserver.models.notification import Notification
from fediserver.views.entities import accounts
from fediserver.views.entities.fallbacks import Fallbacks, fallbacks
from fediserver.views.entities.gathered import Gathered, Needs, gather, needs_of
from fediserver.views.entities.shelf import shelf


class Told(msgspec.Struct, frozen=True):
    """The answer, with the ids of the first and the last notification for the Link header."""

    results: dict[str, object]
    first_id: int | None
    last_id: int | None


async def listed(
    ctx: Context,
    viewer_id: int,
    find: Callable[[Reader], Awaitable[Groups]],
    *,
    partial: bool,
    supported: Sequence[str] | None = None,
) -> Told:
    """The groups that `find` finds; with `partial`, only the newest account of each is shown whole.

    `supported` are kinds that the app knows, if it wants fallbacks for the others.
    """
    pages: list[Groups] = []

    async def load(tx: Reader) -> Needs:
        pages.append(await find(tx))
        return _needs(pages[-1].groups)

    gathered = await gather(ctx, viewer_id, load)
    page = pages[-1]
    shown = _there(page.groups, gathered)
    senders = _senders(shown)
    instead = await _instead(ctx, viewer_id, shown, supported)
    whole = {one.senders[0] for one in shown} if partial else senders
    results: dict[str, object] = {
        "accounts": [entity for one, entity in gathered.accounts.items() if one in whole],
        "statuses": list(gathered.statuses.values()),
        "notification_groups": [_entity(one, gathered, instead) | _on_page(one.members) for one in shown],
    }
    if partial:
        shelved = shelf(ctx, viewer_id)
        rest = [row for one, row in gathered.rows.items() if one in senders - whole]
        results["partial_accounts"] = [accounts.partial(shelved, row) for row in rest]
    return Told(results, page.first_id, page.last_id)


async def single(
    ctx: Context, viewer_id: int, found: Group, *, supported: Sequence[str] | None = None
) -> dict[str, object]:
    """One group; no page is spoken of."""

    async def load(tx: Reader) -> Needs:
        return _needs([found])

    gathered = await gather(ctx, viewer_id, load)
    shown = _there([found], gathered)
    instead = await _instead(ctx, viewer_id, shown, supported)
    return {
        "accounts": [gathered.accounts[one] for one in _senders(shown)],
        "statuses": list(gathered.statuses.values()),
        "notification_groups": [_entity(one, gathered, instead) for one in shown],
    }


def _needs(groups: Sequence[Group]) -> Needs:
    return needs_of(_senders(groups), [one.members[0] for one in groups])


async def _instead(
    ctx: Context, viewer_id: int, shown: Sequence[Group], supported: Sequence[str] | None
) -> Fallbacks:
    return await fallbacks(ctx, viewer_id, [one.members[0].kind for one in shown], supported)


def _senders(groups: Sequence[Group]) -> set[int]:
    return {sender for one in groups for sender in one.senders}


def _there(groups: Sequence[Group], gathered: Gathered) -> list[Group]:
    """Groups of which somebody, and what they are about, is there, with those senders only."""
    heard = [
        msgspec.structs.replace(one, senders=[sender for sender in one.senders if gathered.speaks(sender)])
        for one in groups
    ]
    return [one for one in heard if one.senders and gathered.has(one.members[0])]


def _entity(group: Group, gathered: Gathered, instead: Fallbacks) -> dict[str, object]:
    newest = group.members[0]
    entity: dict[str, object] = {
        "group_key": group.key,
        "notifications_count": group.size,
        "type": newest.kind,
        "most_recent_notification_id": str(group.newest_id),
        "sample_account_ids": [str(one) for one in group.senders],
    }
    if newest.status_id is not None:
        entity["status_id"] = str(newest.status_id)
    return entity | gathered.subject(newest) | instead.of(newest.kind, gathered.rows[group.senders[0]])


def _on_page(members: Sequence[Notification]) -> dict[str, object]:
    return {
        "page_min_id": str(members[-1].id),
        "page_max_id": str(members[0].id),
        "latest_page_notification_at": isoformat(members[0].created_at),
    }
