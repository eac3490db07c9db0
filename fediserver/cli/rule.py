"""`fediserver rule`: the rules of the node."""

import click
import msgspec

from fediserver.actions import rules
from fediserver.activitypub.context import Context
from fediserver.cli.common import Node, node_options, run, show
from fediserver.models.rule import Rule


@click.group()
def rule() -> None:
    """The rules of this node."""


@rule.command()
@click.argument("text")
@click.option("--hint", default="", help="What the rule means, in more words.")
@node_options
def add(node: Node, text: str, hint: str) -> None:
    """Add a rule at the end."""

    async def work(ctx: Context) -> Rule:
        return await rules.add(ctx, text, hint)

    made = run(node, work)
    click.echo(f"rule {made.id}: {made.text}")


@rule.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")
@node_options
def list_rules(node: Node, as_json: bool) -> None:
    """List the rules."""

    async def work(ctx: Context) -> list[Rule]:
        return await rules.listed(ctx)

    found = run(node, work)
    lines = [f"{one.id}  {one.text}" + (f"  ({one.hint})" if one.hint else "") for one in found]
    show([msgspec.structs.asdict(one) for one in found], as_json=as_json, text="\n".join(lines) or "no rules")


@rule.command()
@click.argument("number", type=int)
@node_options
def remove(node: Node, number: int) -> None:
    """Take a rule back."""

    async def work(ctx: Context) -> None:
        await rules.remove(ctx, number)

    run(node, work)
    click.echo(f"rule {number} is gone")
