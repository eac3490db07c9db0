"""Accounts and posts that other entities are made of, read with those in one hop."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import msgspec

from fediserver.actions import visibility
from fediserver.activitypub.context import Context
from fediserver.db import accounts as account_rows
from fediserver.db import moderation, outlines, reports, severances
from fediserver.db.database import Reader
from fediserver.db.outlines import Outline
from fediserver.models.account import Account
from fediserver.models.moderation import Act
from fediserver.models.notification import Notification
from fediserver.models.report import Report
from fediserver.models.severance import Severance
from fediserver.views.entities import accounts, collections, statuses
from fediserver.views.entities.reports import report as report_entity
from fediserver.views.entities.severances import severance
from fediserver.views.entities.shelf import Json, shelf
from fediserver.views.entities.warnings import warning


class Needs(msgspec.Struct, frozen=True):
    """Ids of what is to be shown; each may be named more than once."""

    accounts: Sequence[int]
    statuses: Sequence[int]
    collections: Sequence[int] = ()
    reports: Sequence[int] = ()
    acts: Sequence[int] = ()
    severances: Sequence[int] = ()


def needs_of(senders: Iterable[int], told: Sequence[Notification]) -> Needs:
    """What notifications are made of that come from `senders`."""
    return Needs(
        sorted(set(senders)),
        [one.status_id for one in told if one.status_id is not None],
        [one.collection_id for one in told if one.collection_id is not None],
        [one.report_id for one in told if one.report_id is not None],
        [one.act_id for one in told if one.act_id is not None],
        [one.severance_id for one in told if one.severance_id is not None],
    )


class Gathered(msgspec.Struct, frozen=True):
    """Entities by id, and the rows of the accounts; what is gone is left out."""

    rows: Mapping[int, Account]
    accounts: Mapping[int, Json]
    statuses: Mapping[int, Json]
    collections: Mapping[int, dict[str, object]]
    reports: Mapping[int, Mapping[str, object]]
    warnings: Mapping[int, Mapping[str, object]]
    severances: Mapping[int, Mapping[str, object]]

    def has(self, row: Notification) -> bool:
        """Whether what a notification is about is there."""
        return (
            (row.status_id is None or row.status_id in self.statuses)
            and (row.collection_id is None or row.collection_id in self.collections)
            and (row.act_id is None or row.act_id in self.warnings)
        )

    def subject(self, row: Notification) -> dict[str, object]:
        """What a notification is about, as members of its entity; a post is not among them."""
        found: dict[str, object] = {}
        if row.collection_id is not None:
            found["collection"] = self.collections[row.collection_id]
        if row.report_id is not None:
            found["report"] = self.reports[row.report_id]
        if row.act_id is not None:
            found["moderation_warning"] = self.warnings[row.act_id]
        if row.severance_id is not None:
            found["event"] = self.severances[row.severance_id]
        return found

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
    acts: list[Act] = []
    cut: list[Severance] = []
    reported: dict[int, Account] = {}

    async def load(tx: Reader) -> list[Outline]:
        needs = await find(tx)
        known = await account_rows.by_ids(tx, sorted(set(needs.accounts)))
        rows.update({account_id: row for account_id, row in known.items() if row.deleted_at is None})
        about = await visibility.open_collections(tx, viewer_id, sorted(set(needs.collections)))
        entities = await collections.loaded(ctx, tx, list(about.values()), viewer_id)
        featured.update(zip(about, entities, strict=True))
        acts.extend(await moderation.by_ids(tx, sorted(set(needs.acts))))
        cut.extend(await severances.by_ids(tx, sorted(set(needs.severances))))
        behind = {one.report_id for one in acts if one.report_id is not None}
        found_reports.extend(await reports.by_ids(tx, sorted(behind.union(needs.reports))))
        reported.update(await account_rows.by_ids(tx, sorted({one.target_id for one in found_reports})))
        moved_to.update(await accounts.successors(tx, [*rows.values(), *reported.values()]))
        found = await outlines.by_ids(tx, sorted(set(needs.statuses)), viewer_id=viewer_id)
        shown.extend(one.id for one in found)
        return found

    listed = await statuses.listed(ctx, viewer_id, load)
    targets = accounts.shelve(shelved, list(reported.values()), moved_to)
    rendered = accounts.shelve(shelved, list(rows.values()), moved_to)
    shown_accounts = {account_id: Json(entity) for account_id, entity in rendered.items()}
    by_report = {one.id: one for one in found_reports}
    return Gathered(
        rows=rows,
        accounts=shown_accounts,
        statuses=dict(zip(shown, listed.entities, strict=True)),
        collections=featured,
        reports={one.id: report_entity(one, Json(targets[one.target_id])) for one in found_reports},
        warnings={
            one.id: warning(one, by_report.get(one.report_id or 0), shown_accounts[one.target_id])
            for one in acts
            if one.target_id is not None and one.target_id in shown_accounts
        },
        severances={one.id: severance(one) for one in cut},
    )
