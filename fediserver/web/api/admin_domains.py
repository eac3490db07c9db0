"""Rules for other servers: https://docs.joinmastodon.org/methods/admin/domain_blocks/ and …/domain_allows/."""

from hashlib import sha256
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType
from starlette.responses import Response

from fediserver.actions import moderate_domains
from fediserver.actions.moderate import Decision
from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db import domain_rules
from fediserver.db.database import Reader
from fediserver.db.domain_rules import DomainRule
from fediserver.errors import NotFound
from fediserver.models.account import User
from fediserver.web.api import staff
from fediserver.web.api.paging import Many, Paging
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response


class Change(msgspec.Struct):
    """What a block is to say; what is left out stays."""

    severity: Literal["silence", "suspend", "noop"] | UnsetType = UNSET
    reject_media: bool | UnsetType = UNSET
    reject_reports: bool | UnsetType = UNSET
    private_comment: str | UnsetType = UNSET
    public_comment: str | UnsetType = UNSET
    obfuscate: bool | UnsetType = UNSET

    def applied(self, rule: DomainRule) -> DomainRule:
        """The rule as it is to be."""
        names = {name: name for name in Change.__struct_fields__ if hasattr(rule, name)}
        names["reason"] = "public_comment"
        wanted = {name: getattr(self, sent) for name, sent in names.items()}
        changes = {name: value for name, value in wanted.items() if value is not UNSET}
        return msgspec.structs.replace(rule, **changes)


class Block(Change, kw_only=True):
    """A new block."""

    domain: str


class Allow(msgspec.Struct):
    """A server that is to be let in."""

    domain: str


async def blocks(ctx: Context, me: Viewer, page: Many) -> Response:
    """GET /api/v1/admin/domain_blocks."""
    return await _page(ctx, me, page, allow=False)


async def block(ctx: Context, me: Viewer, rule_id: int) -> Response:
    """GET /api/v1/admin/domain_blocks/:id."""
    staff.admin(me)
    return json_response(_entity(await _find(ctx, rule_id, allow=False)))


async def add_block(ctx: Context, me: Viewer, wanted: Block) -> Response:
    """POST /api/v1/admin/domain_blocks: silences unless it says otherwise; 422 where there is a block already."""
    by = staff.admin(me)
    name = moderate_domains.named(wanted.domain)
    known = await domain_rules.by_domain(ctx.db, name)
    if known is not None and known.severity != "allow":
        text = "Validation failed: Domain has already been blocked; change that block"
        return json_response({"error": text, "existing_domain_block": _entity(known)}, 422)
    return await _put(ctx, by, wanted.applied(DomainRule(name, "silence", "", ctx.clock())))


async def change_block(ctx: Context, me: Viewer, rule_id: int, wanted: Change) -> Response:
    """PUT /api/v1/admin/domain_blocks/:id."""
    by = staff.admin(me)
    return await _put(ctx, by, wanted.applied(await _find(ctx, rule_id, allow=False)))


async def drop_block(ctx: Context, me: Viewer, rule_id: int) -> Response:
    """DELETE /api/v1/admin/domain_blocks/:id."""
    return await _drop(ctx, me, rule_id, allow=False)


async def allows(ctx: Context, me: Viewer, page: Many) -> Response:
    """GET /api/v1/admin/domain_allows."""
    return await _page(ctx, me, page, allow=True)


async def allow(ctx: Context, me: Viewer, rule_id: int) -> Response:
    """GET /api/v1/admin/domain_allows/:id."""
    staff.admin(me)
    return json_response(_entity(await _find(ctx, rule_id, allow=True)))


async def add_allow(ctx: Context, me: Viewer, wanted: Allow) -> Response:
    """POST /api/v1/admin/domain_allows: takes the place of a block; a server that is allowed stays so."""
    by = staff.admin(me)
    return await _put(ctx, by, DomainRule(moderate_domains.named(wanted.domain), "allow", "", ctx.clock()))


async def drop_allow(ctx: Context, me: Viewer, rule_id: int) -> Response:
    """DELETE /api/v1/admin/domain_allows/:id."""
    return await _drop(ctx, me, rule_id, allow=True)


async def _page(ctx: Context, me: Viewer, page: Paging, *, allow: bool) -> Response:
    staff.admin(me)

    async def read(tx: Reader) -> Response:
        entries = await domain_rules.page(tx, page.bounds, allow=allow)
        known = {rule.id: rule for rule in await domain_rules.everything(tx)}
        return page.related([_entity(known[entry.id]) for entry in entries], entries, newer="min_id")

    return await ctx.db.read(read)


async def _put(ctx: Context, by: User, rule: DomainRule) -> Response:
    kept = await moderate_domains.put(ctx, rule, Decision(by=by))
    ctx.domains.forget()
    return json_response(_entity(kept))


async def _find(ctx: Context, rule_id: int, *, allow: bool) -> DomainRule:
    rule = await domain_rules.by_id(ctx.db, rule_id)
    if rule is None or (rule.severity == "allow") is not allow:
        raise NotFound
    return rule


async def _drop(ctx: Context, me: Viewer, rule_id: int, *, allow: bool) -> Response:
    by = staff.admin(me)
    await moderate_domains.drop(ctx, await _find(ctx, rule_id, allow=allow), Decision(by=by))
    ctx.domains.forget()
    return empty()


def _entity(rule: DomainRule) -> dict[str, object]:
    """Admin::DomainBlock or Admin::DomainAllow."""
    entity: dict[str, object] = {
        "id": str(rule.id),
        "domain": rule.domain,
        "created_at": isoformat(rule.created_at),
    }
    if rule.severity != "allow":
        entity |= {
            "digest": sha256(rule.domain.encode()).hexdigest(),
            "severity": rule.severity,
            "reject_media": rule.reject_media,
            "reject_reports": rule.reject_reports,
            "private_comment": rule.private_comment or None,
            "public_comment": rule.reason or None,
            "obfuscate": rule.obfuscate,
        }
    return entity
