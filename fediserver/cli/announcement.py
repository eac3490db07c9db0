"""`fediserver announcement`: what the organisers tell everybody of the node."""

import click

from fediserver.actions import announce
from fediserver.actions.announce import Draft
from fediserver.activitypub.context import Context
from fediserver.cli.common import Node, node_options, run, show
from fediserver.clock import isoformat, parse
from fediserver.db import announcements
from fediserver.models.announcement import Announcement


def moment(text: str) -> int:
    """Milliseconds for a day, or for a time such as 2026-05-01T18:00+02:00; without a zone it is UTC."""
    found = parse(text) or parse(f"{text}T00:00")
    if found is None:
        raise click.BadParameter(f"{text!r} is no time such as 2026-05-01 or 2026-05-01T18:00+02:00")
    return found


@click.group()
def announcement() -> None:
    """What everybody of this node is told."""


@announcement.command()
@click.argument("text")
@click.option(
    "--starts-at",
    type=moment,
    metavar="TIME",
    help="When it begins, where it tells of something with a time.",
)
@click.option("--ends-at", type=moment, metavar="TIME", help="When it ends; from then on it is not shown.")
@click.option("--all-day", is_flag=True, help="Only the days count, not the hours.")
@click.option(
    "--publish-at", type=moment, metavar="TIME", help="When it is to be shown; at once unless given."
)
@click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")
@node_options
def create(
    node: Node,
    text: str,
    starts_at: int | None,
    ends_at: int | None,
    all_day: bool,
    publish_at: int | None,
    as_json: bool,
) -> None:
    """Tell everybody something, now or later."""
    draft = Draft(text=text, starts_at=starts_at, ends_at=ends_at, all_day=all_day, publish_at=publish_at)

    async def work(ctx: Context) -> Announcement:
        return await announce.create(ctx, draft)

    made = run(node, work)
    when = "is published" if made.scheduled_at is None else f"comes at {isoformat(made.scheduled_at)}"
    show(_facts(made), as_json=as_json, text=f"announcement {made.id} {when}")


@announcement.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")
@node_options
def list_announcements(node: Node, as_json: bool) -> None:
    """List announcements, also those to come and those that are over."""

    async def work(ctx: Context) -> tuple[list[Announcement], int]:
        return await announcements.everything(ctx.db), ctx.clock()

    found, now = run(node, work)
    lines = [f"{one.id}  {_standing(one, now)}  {' '.join(one.text.split())}" for one in found]
    facts = [_facts(one) for one in found]
    show(facts, as_json=as_json, text="\n".join(lines) or "no announcements")


@announcement.command()
@click.argument("number", type=int)
@node_options
def publish(node: Node, number: int) -> None:
    """Show an announcement now that was to come later."""

    async def work(ctx: Context) -> Announcement:
        return await announce.publish(ctx, number)

    run(node, work)
    click.echo(f"announcement {number} is published")


@announcement.command()
@click.argument("number", type=int)
@node_options
def remove(node: Node, number: int) -> None:
    """Take an announcement back, with all reactions."""

    async def work(ctx: Context) -> None:
        await announce.remove(ctx, number)

    run(node, work)
    click.echo(f"announcement {number} is gone")


def _facts(one: Announcement) -> dict[str, object]:
    times = ("starts_at", "ends_at", "scheduled_at", "published_at")
    found = {name: getattr(one, name) for name in times}
    shown = {name: None if moment is None else isoformat(moment) for name, moment in found.items()}
    return {"id": str(one.id), "text": one.text, "all_day": one.all_day} | shown


def _standing(one: Announcement, now: int) -> str:
    if one.scheduled_at is not None:
        return f"comes at {isoformat(one.scheduled_at)}"
    return "over" if one.over_at is not None and one.over_at <= now else "published"
