"""What moderators do about accounts: every act is logged, and nobody acts on somebody of their own rank.

The command line acts as nobody (None), whom no rank holds back.
"""

from collections.abc import Awaitable, Callable
from typing import Literal, get_args

import msgspec

from fediserver.actions import errand, host_suspensions, mail, notify, outbox
from fediserver.actions.audience import Audience
from fediserver.actions.core import Core
from fediserver.actions.outbox import Deed, emit
from fediserver.actions.register import ROLES
from fediserver.db import access, accounts, collections, email_blocks, moderation, relationships, reports
from fediserver.db.database import Reader, Writer
from fediserver.errors import Forbidden, Invalid, NotFound
from fediserver.models.account import Account, User
from fediserver.models.moderation import Act
from fediserver.models.sign_up_block import CanonicalEmailBlock
from fediserver.text.mail_address import canonical_hash

Measure = Literal["none", "disable", "sensitive", "silence", "suspend"]
"""What may be done to an account, of which its member is told; `none` is a word of warning."""

LONGEST_REASON = 2000


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """By whom, about which report, and why; a `quiet` one is not told to whom it is about."""

    by: User | None
    reason: str = ""
    report_id: int | None = None
    quiet: bool = False


Change = Callable[[Writer, Account, User | None], Awaitable[None]]


def demand(user: User, role: str) -> None:
    """Raise Forbidden unless a log-in has a role, or one above it."""
    if _rank(user.role) < ROLES.index(role):
        raise Forbidden(f"This needs the role {role} on this node; ask its owner")


async def find(db: Reader, account_id: int) -> Account:
    """The account that is meant; NotFound when there is none or it was deleted."""
    found = await accounts.by_id(db, account_id)
    if found is None or found.deleted_at is not None:
        raise NotFound
    return found


async def take(core: Core, account_id: int, measure: Measure, decision: Decision) -> None:
    """Do something about an account, and resolve the report that it answers.

    Raises NotFound, Forbidden for somebody of the same rank, Invalid for what cannot be done.
    """
    now = core.clock()

    async def change(tx: Writer, target: Account, user: User | None) -> None:
        match measure:
            case "disable":
                if user is None:
                    raise Invalid("Only accounts of this node have a log-in that can be disabled")
                await accounts.update_user(tx, msgspec.structs.replace(user, disabled_at=now))
                await access.drop_sessions_of(tx, target.id)
            case "sensitive":
                await accounts.update(tx, msgspec.structs.replace(target, sensitized_at=now))
                await moderation.touch_posts(tx, target.id)
            case "silence":
                silenced = msgspec.structs.replace(target, silenced_at=now, silenced_by_rule=False)
                await accounts.update(tx, silenced)
            case "suspend":
                await _set_suspended(core, tx, target, now)
                if user is not None and user.email:
                    await _keep_out(core, tx, user)
            case "none":
                pass
        if decision.report_id is not None:
            await _resolve(core, tx, decision)

    await _decide(core, account_id, measure, decision, change)


async def approve(core: Core, account_id: int, decision: Decision) -> None:
    """Let somebody in who has signed up and waits; Forbidden when nobody of that name waits."""

    async def change(tx: Writer, target: Account, user: User | None) -> None:
        if user is None or user.approved_at is not None:
            raise Forbidden("This account does not wait for approval")
        approved = msgspec.structs.replace(user, approved_at=core.clock())
        await accounts.update_user(tx, approved)
        await mail.tell_approved(core, tx, approved)

    await _decide(core, account_id, "approve", decision, change)


async def reject(core: Core, account_id: int, decision: Decision) -> None:
    """Turn somebody away who waits: their log-in is forgotten; Forbidden when they do not wait."""

    async def change(tx: Writer, target: Account, user: User | None) -> None:
        if user is None or user.approved_at is not None:
            raise Forbidden("This account does not wait for approval")
        await _delete(core, tx, target)

    await _decide(core, account_id, "reject", decision, change)


async def enable(core: Core, account_id: int, decision: Decision) -> None:
    """Let a disabled log-in be used again; Forbidden for an account without."""

    async def change(tx: Writer, target: Account, user: User | None) -> None:
        if user is None:
            raise Forbidden("Only accounts of this node have a log-in that can be enabled")
        await accounts.update_user(tx, msgspec.structs.replace(user, disabled_at=None))

    await _decide(core, account_id, "enable", decision, change)


async def unsensitive(core: Core, account_id: int, decision: Decision) -> None:
    """Posts are sensitive again only where their author said so."""

    async def change(tx: Writer, target: Account, user: User | None) -> None:
        await accounts.update(tx, msgspec.structs.replace(target, sensitized_at=None))
        await moderation.touch_posts(tx, target.id)

    await _decide(core, account_id, "unsensitive", decision, change)


async def unsilence(core: Core, account_id: int, decision: Decision) -> None:
    """Show somebody in public timelines again."""

    async def change(tx: Writer, target: Account, user: User | None) -> None:
        heard = msgspec.structs.replace(target, silenced_at=None, silenced_by_rule=False)
        await accounts.update(tx, heard)

    await _decide(core, account_id, "unsilence", decision, change)


async def unsuspend(core: Core, account_id: int, decision: Decision) -> None:
    """Let somebody in again who was suspended; Forbidden for who is not, or only with their server."""

    async def change(tx: Writer, target: Account, user: User | None) -> None:
        if target.suspended_at is None:
            raise Forbidden("This account is not suspended")
        if target.suspended_with_host:
            raise Forbidden(f"The server {target.domain} is suspended: take that rule back first")
        if await host_suspensions.holds(tx, target.domain, target.inbox):
            # What was decided about the account is taken back, not what was about its server.
            held = msgspec.structs.replace(target, suspended_there=False, suspended_with_host=True)
            await accounts.update(tx, held)
        else:
            await _set_suspended(core, tx, target, None)
            await email_blocks.drop_address_of(tx, target.id)

    await _decide(core, account_id, "unsuspend", decision, change)


async def delete(core: Core, account_id: int, decision: Decision) -> None:
    """Delete a suspended account for good, with all that it posted; Forbidden unless it is suspended."""

    async def change(tx: Writer, target: Account, user: User | None) -> None:
        if target.suspended_at is None:
            raise Forbidden("Suspend the account first; what is deleted does not come back")
        await _delete(core, tx, target)

    await _decide(core, account_id, "delete", decision, change)


async def note(core: Core, tx: Writer, deed: str, decision: Decision, *, target_id: int | None = None) -> Act:
    """Write into the log, within the transaction of the deed."""
    act = Act(
        id=core.ids.next(),
        actor_id=decision.by.account_id if decision.by else None,
        deed=deed,
        target_id=target_id,
        report_id=decision.report_id,
        reason=decision.reason,
        created_at=core.clock(),
    )
    await moderation.log(tx, act)
    return act


async def _decide(core: Core, account_id: int, deed: str, decision: Decision, change: Change) -> None:
    if len(decision.reason) > LONGEST_REASON:
        raise Invalid(f"Validation failed: Text is too long (maximum is {LONGEST_REASON} characters)")

    async def work(tx: Writer) -> None:
        target = await find(tx, account_id)
        user = await accounts.user(tx, target.id)
        _outranked(decision.by, user)
        if target.uri == core.uris.instance_actor:
            raise Forbidden("This is the node itself")
        await change(tx, target, user)
        act = await note(core, tx, deed, decision, target_id=target.id)
        if deed in get_args(Measure) and not decision.quiet:
            await notify.tell_of_oneself(core, tx, target, "moderation_warning", act_id=act.id)

    await core.db.write(work)
    core.bus.publish("tokens")
    core.bus.publish(outbox.TOPIC)


def _outranked(by: User | None, target: User | None) -> None:
    if by is not None and target is not None and _rank(by.role) <= _rank(target.role):
        raise Forbidden("You may only act on accounts whose role is below yours")


def _rank(role: str) -> int:
    return ROLES.index(role) if role in ROLES else 0


async def _set_suspended(core: Core, tx: Writer, target: Account, moment: int | None) -> None:
    """Other servers are told by an Update: with `suspended`, and nothing of the profile."""
    changed = msgspec.structs.replace(
        target, suspended_at=moment, suspended_there=False, suspended_with_host=False
    )
    await accounts.update(tx, changed)
    if target.domain != "":
        return
    if moment is not None:
        await access.drop_sessions_of(tx, target.id)
    deed = Deed(verb="update", actor=changed, object_uri=target.uri, facts={"actor": True})
    await emit(core, tx, deed, Audience(followers_of=target.id))


async def _keep_out(core: Core, tx: Writer, user: User) -> None:
    """Whoever is suspended does not sign up again with the same mail address."""
    hashed = canonical_hash(user.email)
    block = CanonicalEmailBlock(core.ids.next(), hashed, user.account_id, core.clock())
    await email_blocks.insert_address(tx, block)


async def _delete(core: Core, tx: Writer, target: Account) -> None:
    """The row stays, so that nobody is ever taken for who was there; log-in, ties and posts go."""
    now = core.clock()
    if target.domain == "":
        deed = Deed(verb="delete", actor=target, object_uri=target.uri, facts={"actor": True})
        await emit(core, tx, deed, Audience(followers_of=target.id))
        await access.drop_sessions_of(tx, target.id)
        await access.drop_tokens_of(tx, target.id)
        await accounts.drop_user(tx, target.id)
    gone = msgspec.structs.replace(
        target,
        deleted_at=now,
        display_name="",
        note="",
        note_text="",
        fields="[]",
        avatar="",
        header="",
        avatar_still="",
        header_still="",
    )
    await accounts.update(tx, gone)
    await relationships.drop_all(tx, target.id)
    await collections.delete_of(tx, target.id)
    await errand.purge(core, tx, target)


async def _resolve(core: Core, tx: Writer, decision: Decision) -> None:
    report = await reports.by_id(tx, decision.report_id or 0)
    if report is None:
        raise NotFound("There is no such report")
    now, by = core.clock(), decision.by
    await reports.update(
        tx,
        msgspec.structs.replace(
            report, resolved_at=now, resolved_by_id=by.account_id if by else None, updated_at=now
        ),
    )
