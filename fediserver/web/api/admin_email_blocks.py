"""Mail that nobody signs up with: https://docs.joinmastodon.org/methods/admin/email_domain_blocks/.

And https://docs.joinmastodon.org/methods/admin/canonical_email_blocks/.
"""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from fediserver.actions import keep_out
from fediserver.actions.moderate import Decision
from fediserver.actions.sign_up import DAYS
from fediserver.activitypub.context import Context
from fediserver.clock import DAY, SECOND, isoformat
from fediserver.db import email_blocks
from fediserver.db.database import Reader
from fediserver.errors import NotFound
from fediserver.models.sign_up_block import CanonicalEmailBlock, EmailDomainBlock
from fediserver.web.api import staff
from fediserver.web.api.paging import Many
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response

Entity = dict[str, object]


class Domain(msgspec.Struct):
    """A domain whose mail is not to be used."""

    domain: str
    allow_with_approval: bool = False


class Address(msgspec.Struct):
    """An address that is not to be used, or the hash of its one form."""

    email: str = ""
    canonical_email_hash: str = ""


class Question(msgspec.Struct):
    """An address that is asked about."""

    email: str


async def domains(ctx: Context, me: Viewer, page: Many) -> Response:
    """GET /api/v1/admin/email_domain_blocks."""
    staff.admin(me)
    first = _first_day(ctx)

    async def read(tx: Reader) -> Response:
        entries, rows = await email_blocks.domain_page(tx, page.bounds)
        attempts = await email_blocks.attempts(tx, list(rows), first)
        return page.related(
            [_domain(rows[entry.id], first, attempts) for entry in entries], entries, newer="min_id"
        )

    return await ctx.db.read(read)


async def domain(ctx: Context, me: Viewer, block_id: int) -> Response:
    """GET /api/v1/admin/email_domain_blocks/:id."""
    staff.admin(me)
    return await _shown(ctx, await _find_domain(ctx, block_id))


async def block_domain(ctx: Context, me: Viewer, wanted: Domain) -> Response:
    """POST /api/v1/admin/email_domain_blocks: holds for what is below the domain, too."""
    row = await keep_out.block_email_domain(
        ctx,
        wanted.domain,
        allow_with_approval=wanted.allow_with_approval,
        decision=Decision(by=staff.admin(me)),
    )
    return await _shown(ctx, row)


async def unblock_domain(ctx: Context, me: Viewer, block_id: int) -> Response:
    """DELETE /api/v1/admin/email_domain_blocks/:id."""
    decision = Decision(by=staff.admin(me))
    await keep_out.unblock_email_domain(ctx, await _find_domain(ctx, block_id), decision)
    return empty()


async def addresses(ctx: Context, me: Viewer, page: Many) -> Response:
    """GET /api/v1/admin/canonical_email_blocks."""
    staff.admin(me)
    entries, rows = await ctx.db.read(lambda tx: email_blocks.address_page(tx, page.bounds))
    return page.related([_address(rows[entry.id]) for entry in entries], entries, newer="min_id")


async def address(ctx: Context, me: Viewer, block_id: int) -> Response:
    """GET /api/v1/admin/canonical_email_blocks/:id."""
    staff.admin(me)
    return json_response(_address(await _find_address(ctx, block_id)))


async def test_address(ctx: Context, me: Viewer, wanted: Question) -> Response:
    """POST /api/v1/admin/canonical_email_blocks/test: the block that an address meets, if there is one."""
    staff.admin(me)
    found = await email_blocks.address_hashed(ctx.db, keep_out.hash_of(wanted.email, ""))
    return json_response([] if found is None else [_address(found)])


async def block_address(ctx: Context, me: Viewer, wanted: Address) -> Response:
    """POST /api/v1/admin/canonical_email_blocks."""
    by = staff.admin(me)
    hashed = keep_out.hash_of(wanted.email, wanted.canonical_email_hash)
    return json_response(_address(await keep_out.block_email(ctx, hashed, Decision(by=by))))


async def unblock_address(ctx: Context, me: Viewer, block_id: int) -> Response:
    """DELETE /api/v1/admin/canonical_email_blocks/:id."""
    decision = Decision(by=staff.admin(me))
    await keep_out.unblock_email(ctx, await _find_address(ctx, block_id), decision)
    return empty()


async def _find_domain(ctx: Context, block_id: int) -> EmailDomainBlock:
    row = await email_blocks.domain(ctx.db, block_id)
    if row is None:
        raise NotFound
    return row


async def _find_address(ctx: Context, block_id: int) -> CanonicalEmailBlock:
    row = await email_blocks.address(ctx.db, block_id)
    if row is None:
        raise NotFound
    return row


def _first_day(ctx: Context) -> int:
    return ctx.clock() // DAY - DAYS + 1


async def _shown(ctx: Context, row: EmailDomainBlock) -> Response:
    first = _first_day(ctx)
    return json_response(_domain(row, first, await email_blocks.attempts(ctx.db, [row.id], first)))


def _domain(row: EmailDomainBlock, first: int, attempts: Mapping[tuple[int, int], int]) -> Entity:
    """An Admin::EmailDomainBlock. Addresses people come from are not kept: each attempt counts as one of its own."""
    counted = [(day, str(attempts.get((row.id, day), 0))) for day in range(first + DAYS - 1, first - 1, -1)]
    return {
        "id": str(row.id),
        "domain": row.domain,
        "created_at": isoformat(row.created_at),
        "history": [
            {"day": str(day * (DAY // SECOND)), "accounts": number, "uses": number} for day, number in counted
        ],
        "allow_with_approval": row.allow_with_approval,
    }


def _address(row: CanonicalEmailBlock) -> Entity:
    """An Admin::CanonicalEmailBlock."""
    return {"id": str(row.id), "canonical_email_hash": row.canonical_email_hash}
