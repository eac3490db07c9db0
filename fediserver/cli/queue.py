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

    async def work(ctx: Context) -> tuple[list[Lane], int, int, Standing, int]:
        waiting, parked = await intake.waiting(ctx.db), await intake.parked(ctx.db)
        return await hosts.standing(ctx.db), waiting, parked, await mails.standing(ctx.db), ctx.clock()

    lanes, unhandled, unverified, mail, now = run(node, work)
    facts = {
        "unhandled": unhandled,
        "unverified": unverified,
        "waiting": sum(lane.waiting for lane in lanes),
        "hosts": [
            {
                "host": lane.name,
                "waiting": lane.waiting,
                "next_try": isoformat(max(lane.next_at, lane.retry_at)) if lane.next_at is not None else None,
                "under_way": lane.lease_until > now,
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
    lines += [_said(lane, now) for lane in lanes if lane.waiting or lane.last_error]
    if mail.waiting:
        letters = "1 letter waits" if mail.waiting == 1 else f"{mail.waiting} letters wait"
        lines.append(
            f"{letters} to be mailed" + (f"; the last error: {mail.last_error}" if mail.last_error else "")
        )
    show(facts, as_json=as_json, text="\n".join(lines))


@queue.command()
@click.argument("host")
@node_options
def retry(node: Node, host: str) -> None:
    """Try everything that waits for a host now."""
    host = host.lower()

    async def work(ctx: Context) -> int:
        await _known(ctx, host)

        async def hurry(tx: Writer) -> int:
            await hosts.try_now(tx, host, ctx.clock())
            await hosts.hurry(tx, host, ctx.clock())
            return await hosts.waiting_for(tx, host)

        return await ctx.db.write(hurry)

    waiting = run(node, work)
    click.echo(f"{_deliveries(waiting)} to {host}: tried now" if waiting else f"nothing waits for {host}")


@queue.command()
@click.argument("host")
@node_options
def drop(node: Node, host: str) -> None:
    """Give up everything that waits for a host."""
    host = host.lower()

    async def work(ctx: Context) -> int:
        host_id = await _known(ctx, host)

        async def give_up(tx: Writer) -> int:
            count = await outgoing.drop_host(tx, host_id, ctx.clock())
            await hosts.no_longer_due(tx, host)
            return count

        return await ctx.db.write(give_up)

    click.echo(f"{run(node, work)} deliveries to {host} were dropped")


async def _known(ctx: Context, host: str) -> int:
    found = await hosts.by_name(ctx.db, host)
    if found is None:
        raise NotFound(f"nothing was ever sent to {host}; `fediserver queue status` lists the hosts")
    return found.id


def _said(lane: Lane, now: int) -> str:
    """A lane in words: what waits, when it is tried, whether the breaker holds it back, and what failed last."""
    said = [f"{lane.waiting} waiting"]
    if lane.next_at is not None:
        said.append(_when(lane, max(lane.next_at, lane.retry_at), now))
    if lane.opened_at is not None:
        said.append(f"held back since {isoformat(lane.opened_at)} after {_failures(lane.failures)}")
    elif lane.failures:
        said.append(_failures(lane.failures))
    if lane.last_error:
        said.append(f"the last one: {lane.last_error.removeprefix(f'{lane.name}: ')}")
    return f"{lane.name}: " + "; ".join(said)


def _when(lane: Lane, next_try: int, now: int) -> str:
    if lane.lease_until > now:
        return "being tried now" if lane.last_error else "being tried now, no answer yet"
    return f"next try {isoformat(next_try)}" if next_try > now else "due now"


def _deliveries(number: int) -> str:
    return "1 delivery" if number == 1 else f"{number} deliveries"


def _failures(number: int) -> str:
    return "1 failure" if number == 1 else f"{number} failures in a row"
