"""`fediserver queue`: what waits to be delivered, and why."""

import click

from fediserver.activitypub.context import Context
from fediserver.cli.common import Node, node_options, run, show
from fediserver.clock import isoformat
from fediserver.db import hosts, intake, mails, outgoing
from fediserver.db.database import Writer
from fediserver.db.hosts import Lane
from fediserver.db.mails import Standing
from fediserver.errors import NotFound


@click.group()
def queue() -> None:
    """Deliveries to other servers, and mail."""


@queue.command()
@click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")
@node_options
def status(node: Node, as_json: bool) -> None:
    """What waits for which host, and why; and the mail that waits."""

    async def work(ctx: Context) -> tuple[list[Lane], int, int, Standing]:
        lanes, unhandled = await hosts.standing(ctx.db), await intake.waiting(ctx.db)
        return lanes, unhandled, await intake.parked(ctx.db), await mails.standing(ctx.db)

    lanes, unhandled, unverified, mail = run(node, work)
    facts = {
        "unhandled": unhandled,
        "unverified": unverified,
        "waiting": sum(lane.waiting for lane in lanes),
        "hosts": [
            {
                "host": lane.name,
                "waiting": lane.waiting,
                "next_try": isoformat(max(lane.next_at, lane.retry_at)) if lane.next_at is not None else None,
                "breaker": "open" if lane.opened_at is not None else "closed",
                "failures_in_a_row": lane.failures,
                "last_success": isoformat(lane.last_success_at) if lane.last_success_at else None,
                "last_error": lane.last_error or None,
            }
            for lane in lanes
        ],
        "mail": {
            "waiting": mail.waiting,
            "next_try": isoformat(mail.next_at) if mail.next_at is not None else None,
            "last_error": mail.last_error or None,
        },
    }
    lines = [
        f"{facts['waiting']} deliveries wait, {unhandled} received activities are not handled yet, "
        f"{unverified} wait for the key of their sender"
    ]
    lines += [
        f"{lane.name}: {lane.waiting} waiting"
        + (f", {lane.last_error}" if lane.last_error else "")
        + (f", next try {isoformat(max(lane.next_at, lane.retry_at))}" if lane.next_at is not None else "")
        for lane in lanes
        if lane.waiting or lane.last_error
    ]
    if mail.waiting:
        lines.append(f"{mail.waiting} mails wait" + (f", {mail.last_error}" if mail.last_error else ""))
    show(facts, as_json=as_json, text="\n".join(lines))


@queue.command()
@click.argument("host")
@node_options
def retry(node: Node, host: str) -> None:
    """Try everything that waits for a host now."""

    async def work(ctx: Context) -> int:
        await _known(ctx, host)

        async def hurry(tx: Writer) -> int:
            await hosts.try_now(tx, host, ctx.clock())
            return await hosts.hurry(tx, host, ctx.clock())

        return await ctx.db.write(hurry)

    run(node, work)
    click.echo(f"everything that waits for {host} is tried now")


@queue.command()
@click.argument("host")
@node_options
def drop(node: Node, host: str) -> None:
    """Give up everything that waits for a host."""

    async def work(ctx: Context) -> int:
        host_id = await _known(ctx, host)

        async def give_up(tx: Writer) -> int:
            count = await outgoing.drop_host(tx, host_id, ctx.clock())
            await hosts.no_longer_due(tx, host)
            return count

        return await ctx.db.write(give_up)

    click.echo(f"{run(node, work)} deliveries to {host} were dropped")


async def _known(ctx: Context, host: str) -> int:
    found = await hosts.by_name(ctx.db, host.lower())
    if found is None:
        raise NotFound(f"nothing was ever sent to {host}; `fediserver queue status` lists the hosts")
    return found.id
