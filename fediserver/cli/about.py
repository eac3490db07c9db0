"""`fediserver about`: what the node says of itself."""

from pathlib import Path

import click
import msgspec

from fediserver.actions import about as said
from fediserver.activitypub.context import Context
from fediserver.cli.common import Node, node_options, run, show
from fediserver.models.about import About
from fediserver.text.plain import plain

_NAMES = click.Choice((*said.LINES, *said.LONG_TEXTS))
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def about() -> None:
    """What this node says of itself: name, purpose, contact, policy and terms."""


@about.command(name="show")
@click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")
@node_options
def show_all(node: Node, as_json: bool) -> None:
    """Show what is written."""

    async def work(ctx: Context) -> About:
        return await said.current(ctx)

    found = run(node, work)
    lines = [f"{name}: {getattr(found, name) or '—'}" for name in said.LINES]
    for name in said.LONG_TEXTS:
        text = getattr(found, name)
        lines.append(f"{name}: {_beginning(text.content) if text else '—'}")
    lines += [f"terms from {one.effective_date}: {_beginning(one.content)}" for one in found.terms_of_service]
    show(msgspec.to_builtins(found), as_json=as_json, text="\n".join(lines))


@about.command(name="set")
@click.argument("name", type=_NAMES)
@click.argument("text", default="")
@click.option(
    "--file", type=_FILE, help="Read the text from a file: plain, or HTML when it begins with a tag."
)
@node_options
def put(node: Node, name: str, text: str, file: Path | None) -> None:
    """Write a text; without one, take away what is written."""
    words = text if file is None else file.read_text(encoding="utf-8")

    async def work(ctx: Context) -> None:
        await said.put(ctx, name, words)

    run(node, work)
    click.echo(
        f"{name} is {'written' if words.strip() else 'empty'}; a node that runs shows it within a minute"
    )


@about.command()
@click.argument("file", type=_FILE)
@click.option(
    "--from", "day", required=True, metavar="YYYY-MM-DD", help="The day from which they are in force."
)
@node_options
def terms(node: Node, file: Path, day: str) -> None:
    """Publish terms of service from a file."""
    words = file.read_text(encoding="utf-8")

    async def work(ctx: Context) -> None:
        await said.publish_terms(ctx, words, day)

    run(node, work)
    click.echo(f"these terms are in force from {day}")


def _beginning(html: str) -> str:
    text = " ".join(plain(html).split())
    return text if len(text) <= 60 else f"{text[:59]}…"
