"""Report an account to the organisers, and to its own server if the reporter wishes."""

from collections.abc import Sequence

import orjson

from fediserver.actions import audience, notify, outbox, rules, visibility
from fediserver.actions.audience import Audience
from fediserver.actions.core import Core
from fediserver.actions.outbox import Deed, emit
from fediserver.db import collections, reports
from fediserver.db.database import Reader, Writer
from fediserver.errors import Invalid
from fediserver.models.account import Account
from fediserver.models.report import Report

CHARACTERS = 1000
CATEGORIES = ("spam", "legal", "violation", "other")


async def report(
    core: Core,
    me: Account,
    target: Account,
    status_ids: Sequence[int],
    comment: str,
    category: str = "other",
    forward: bool = False,
    uri: str = "",
    rule_ids: Sequence[int] = (),
    collection_ids: Sequence[int] = (),
    servers: Sequence[str] | None = None,
) -> Report:
    """Write a report and tell the moderators; `uri` is that of a remote Flag.

    If it is to go `forward`, it goes to the server of whom it is about; where `servers` are named, to those of
    them that this person, or somebody whom the posts answer, is on. Raises Invalid for a comment too long, or no
    rule of ours.
    """
    if me.domain == "" and len(comment) > CHARACTERS:
        raise Invalid(f"Validation failed: Comment is too long (maximum is {CHARACTERS} characters)")
    if rule_ids:
        await rules.check(core, rule_ids)
        category = "violation"
    own = await reports.of_author(core.db, status_ids, target.id)
    if me.domain == "":
        # Else a complaint would tell its author, and the moderators, of posts that are not for them. Another server
        # complains in its own name: what its members may see, it does not say.
        own = await visibility.addressed(core.db, me, own)
    recommended = await collections.of_owner(core.db, collection_ids, target.id)
    now = core.clock()
    row = Report(
        id=core.ids.next(),
        account_id=me.id,
        target_id=target.id,
        uri=uri,
        status_ids=orjson.dumps([str(one) for one in own]).decode(),
        comment=comment[:CHARACTERS],
        category=category if category in CATEGORIES else "other",
        forwarded=forward and target.domain != "",
        created_at=now,
        resolved_at=None,
        rule_ids=orjson.dumps([str(one) for one in rule_ids]).decode(),
        updated_at=now,
        collection_ids=orjson.dumps([str(one) for one in recommended]).decode(),
    )

    async def work(tx: Writer) -> None:
        if not await reports.insert(tx, row):
            return
        await notify.tell_staff(core, tx, "admin.report", me, row.id)
        if row.forwarded:
            # Sent by the node, so that nobody learns who complained.
            uris = await reports.uris_of_author(tx, own, target.id)
            deed = Deed(
                verb="flag",
                actor=me,
                object_uri=target.uri,
                facts={"status_uris": uris, "comment": row.comment},
            )
            await emit(core, tx, deed, await _hearers(tx, target, own, servers))

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)
    return row


async def _hearers(
    db: Reader, target: Account, status_ids: Sequence[int], servers: Sequence[str] | None
) -> Audience:
    """Where a report goes; a server that has nothing to do with it hears nothing, whatever is asked for."""
    if servers is None:
        return audience.one(target)
    named = [one.strip().lower() for one in servers]
    accounts = set(await reports.answered(db, status_ids, named))
    if target.domain in named:
        accounts.add(target.id)
    return Audience(accounts=tuple(sorted(accounts)))
