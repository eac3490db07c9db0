"""`fediserver network`: networks whose people may not sign up, or not come here at all."""

from typing import cast

import click

from fediserver.actions import keep_out
from fediserver.actions.moderate import Decision
from fediserver.activitypub.context import Context
from fediserver.cli.common import Node, node_options, run, show
from fediserver.clock import DAY, SECOND, isoformat
from fediserver.db import ip_blocks
from fediserver.errors import NotFound
from fediserver.models import sign_up_block
from fediserver.models.sign_up_block import SEVERITIES, IpBlock, Severity


@click.group()
def network() -> None:
    """Networks that are kept out: block, unblock, list."""


@network.command()
@click.argument("address")
@click.option("--severity", type=click.Choice(SEVERITIES), default="sign_up_block", show_default=True)
@click.option("--comment", default="", help="Why; shown to those who administrate.")
@click.option("--expires", type=click.IntRange(1, 3650), help="Days until it ends.")
@node_options
def block(node: Node, address: str, severity: str, comment: str, expires: int | None) -> None:
    """Block an address, or a network such as 192.0.2.0/24; what it has is changed."""

    async def work(ctx: Context) -> IpBlock:
        known = await _known(ctx, address)
        ends = keep_out.end_of(ctx, None if expires is None else expires * DAY // SECOND)
        row = IpBlock(known.id if known else 0, address, cast(Severity, severity), comment, ctx.clock(), ends)
        return await keep_out.put_ip_block(ctx, row, Decision(by=None), own_address="")

    click.echo(f"{run(node, work).ip}: {severity}")


@network.command()
@click.argument("address")
@node_options
def unblock(node: Node, address: str) -> None:
    """Let a network in again."""

    async def work(ctx: Context) -> IpBlock:
        known = await _known(ctx, address)
        if known is None:
            raise NotFound(f"{address} is not blocked; `fediserver network list` shows what is")
        await keep_out.drop_ip_block(ctx, known, Decision(by=None))
        return known

    click.echo(f"{run(node, work).ip}: not blocked")


@network.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")
@node_options
def list_networks(node: Node, as_json: bool) -> None:
    """List the blocked networks."""

    async def work(ctx: Context) -> list[IpBlock]:
        return await ip_blocks.everything(ctx.db)

    found = run(node, work)
    facts = [
        {
            "ip": one.ip,
            "severity": one.severity,
            "comment": one.comment,
            "expires_at": None if one.expires_at is None else isoformat(one.expires_at),
        }
        for one in found
    ]
    lines = [
        f"{one['ip']}  {one['severity']}  {one['comment']}".rstrip()
        + (f"  (until {one['expires_at']})" if one["expires_at"] else "")
        for one in facts
    ]
    show(facts, as_json=as_json, text="\n".join(lines) or "no networks are blocked")


async def _known(ctx: Context, address: str) -> IpBlock | None:
    named = await ip_blocks.named(ctx.db, [str(sign_up_block.network(address))])
    return named[0] if named else None
