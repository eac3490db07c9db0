"""Accounts and posts that other entities are made of, read with those in one hop."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from fediserver.actions import visibility
from fediserver.activitypub.context import Context
from fediserver.db import accounts as account_rows
from fediserver.db import outlines, reports
from fediserver.db.database import Reader
from fediserver.db.outlines import Outline
from fediserver.models.account import Account
from fediserver.models.notification import Notification
from fediserver.models.report import Report
from fediserver.views.entities import accounts, collections, statuses
from fediserver.views.entities.reports import report as report_entity
from fediserver.views.entities.shelf import Json, shelf


class Needs(msgspec.Struct, frozen=True):
    """Ids of what is to be shown; each may be named more than once."""

    accounts: Sequence[int]
    statuses: Sequence[int]
    collections: Sequence[int] = ()
    reports: Sequence[int] = ()


class Gathered(msgspec.Struct, frozen=True):
    """Entities by id, and the rows of the accounts; what is gone is left out."""

    rows: Mapping[int, Account]
    accounts: Mapping[int, Json]
    statuses: Mapping[int, Json]
    collections: Mapping[int, dict[str, object]]
    reports: Mapping[int, Mapping[str, object]]

    def has(self, row: Notification) -> bool:
        """Whether what a notification is about is there."""
        return (row.status_id is None or row.status_id in self.statuses) and (
            row.collection_id is None or row.collection_id in self.collections
        )

    def speaks(self, account_id: int) -> bool:
        """Whether somebody is there and not suspended."""
        row = self.rows.get(account_id)
        return row is not None and row.suspended_at is None


async def gather(ctx: Context, viewer_id: int, find: Callable[[Reader], Awaitable[Needs]]) -> Gathered:
    """The entities that `find` names, within the reading transaction that `find` itself runs in."""
    shelved = shelf(ctx, viewer_id)
    shown: list[int] = []
    rows: dict[int, Account] = {}
    moved_to: dict[int, Account] = {}
    featured: dict[int, dict[str, object]] = {}
    found_reports: list[Report] = []
    reported: dict[int, Account] = {}

    async def load(tx: Reader) -> list[Outline]:
        needs = await find(tx)
        known = await account_rows.by_ids(tx, sorted(set(needs.accounts)))
        rows.update({account_id: row for account_id, row in known.items() if row.deleted_at is None})
        about = await visibility.open_collections(tx, viewer_id, sorted(set(needs.collections)))
        entities = await collections.loaded(ctx, tx, list(about.values()), viewer_id)
        featured.update(zip(about, entities, strict=True))
        found_reports.extend(await reports.by_ids(tx, sorted(set(needs.reports))))
        reported.update(await account_rows.by_ids(tx, sorted({one.target_id for one in found_reports})))
        moved_to.update(await accounts.successors(tx, [*rows.values(), *reported.values()]))
        found = await outlines.by_ids(tx, sorted(set(needs.statuses)), viewer_id=viewer_id)
        shown.extend(one.id for one in found)
        return found

    listed = await statuses.listed(ctx, viewer_id, load)
    targets = accounts.shelve(shelved, list(reported.values()), moved_to)
    rendered = accounts.shelve(shelved, list(rows.values()), moved_to)
    return Gathered(
        rows=rows,
        accounts={account_id: Json(entity) for account_id, entity in rendered.items()},
        statuses=dict(zip(shown, listed.entities, strict=True)),
        collections=featured,
        reports={one.id: report_entity(one, Json(targets[one.target_id])) for one in found_reports},
    )
