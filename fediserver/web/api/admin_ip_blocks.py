"""Networks that are kept out: https://docs.joinmastodon.org/methods/admin/ip_blocks/."""

import msgspec
from msgspec import UNSET, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from fediserver.actions import keep_out
from fediserver.actions.moderate import Decision
from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db import ip_blocks
from fediserver.errors import NotFound
from fediserver.models.sign_up_block import IpBlock, Severity
from fediserver.web.api import staff
from fediserver.web.api.paging import Many
from fediserver.web.auth import Viewer
from fediserver.web.client_address import address_of
from fediserver.web.responses import empty, json_response


class Change(msgspec.Struct):
    """What a block is to say; what is left out stays. `expires_in` in seconds, null for never."""

    ip: str | UnsetType = UNSET
    severity: Severity | UnsetType = UNSET
    comment: str | UnsetType = UNSET
    expires_in: int | UnsetType | None = UNSET


class Wish(msgspec.Struct):
    """A new block."""

    ip: str
    severity: Severity
    comment: str = ""
    expires_in: int | None = None


async def page(ctx: Context, me: Viewer, page: Many) -> Response:
    """GET /api/v1/admin/ip_blocks."""
    staff.admin(me)
    entries, rows = await ctx.db.read(lambda tx: ip_blocks.page(tx, page.bounds))
    return page.related([_entity(rows[entry.id]) for entry in entries], entries, newer="min_id")


async def show(ctx: Context, me: Viewer, block_id: int) -> Response:
    """GET /api/v1/admin/ip_blocks/:id."""
    staff.admin(me)
    return json_response(_entity(await _find(ctx, block_id)))


async def create(ctx: Context, me: Viewer, wanted: Wish, request: Request) -> Response:
    """POST /api/v1/admin/ip_blocks: an address, or a network such as 192.0.2.0/24."""
    decision = Decision(by=staff.admin(me))
    ends = keep_out.end_of(ctx, wanted.expires_in)
    row = IpBlock(0, wanted.ip, wanted.severity, wanted.comment, ctx.clock(), ends)
    made = await keep_out.put_ip_block(ctx, row, decision, own_address=address_of(request))
    return json_response(_entity(made))


async def change(ctx: Context, me: Viewer, block_id: int, wanted: Change, request: Request) -> Response:
    """PUT /api/v1/admin/ip_blocks/:id."""
    decision = Decision(by=staff.admin(me))
    said = {name: getattr(wanted, name) for name in ("ip", "severity", "comment")}
    if wanted.expires_in is not UNSET:
        said["expires_at"] = keep_out.end_of(ctx, wanted.expires_in)
    changes = {name: value for name, value in said.items() if value is not UNSET}
    row = msgspec.structs.replace(await _find(ctx, block_id), **changes)
    changed = await keep_out.put_ip_block(ctx, row, decision, own_address=address_of(request))
    return json_response(_entity(changed))


async def remove(ctx: Context, me: Viewer, block_id: int) -> Response:
    """DELETE /api/v1/admin/ip_blocks/:id."""
    decision = Decision(by=staff.admin(me))
    await keep_out.drop_ip_block(ctx, await _find(ctx, block_id), decision)
    return empty()


async def _find(ctx: Context, block_id: int) -> IpBlock:
    row = await ip_blocks.one(ctx.db, block_id)
    if row is None:
        raise NotFound
    return row


def _entity(row: IpBlock) -> dict[str, object]:
    """An Admin::IpBlock."""
    return {
        "id": str(row.id),
        "ip": row.ip,
        "severity": row.severity,
        "comment": row.comment,
        "created_at": isoformat(row.created_at),
        "expires_at": None if row.expires_at is None else isoformat(row.expires_at),
    }
