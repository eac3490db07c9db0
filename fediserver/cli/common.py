"""What every command shares: options, running on a node, printing facts."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson

from fediserver.activitypub.context import Context
from fediserver.app import opened
from fediserver.config import Sources, sources
from fediserver.db import accounts, signals
from fediserver.db.database import Writer
from fediserver.errors import ConfigError, NotFound
from fediserver.models.account import Account

Result = TypeVar("Result")
Command = TypeVar("Command", bound=Callable[..., Any])


def node_options(command: Command) -> Command:
    """`--data-dir` and `--config`, which every command takes."""

    @click.option(
        "--data-dir",
        type=click.Path(path_type=Path, file_okay=False),
        help="Where the node lives (default ./data).",
    )
    @click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Configuration file (default DATA_DIR/fediserver.toml).",
    )
    @functools.wraps(command)
    def wrapped(*args: Any, data_dir: Path | None, config_file: Path | None, **kwargs: Any) -> Any:
        return command(*args, node=(data_dir, config_file), **kwargs)

    return wrapped  # type: ignore[return-value]


Node = tuple[Path | None, Path | None]


def sources_of(node: Node, **flags: object) -> Sources:
    """What flags, environment and file say."""
    data_dir, file = node
    return sources(data_dir=data_dir, file=file, flags=flags)


def run(node: Node, work: Callable[[Context], Awaitable[Result]]) -> Result:
    """Open the node, work on it, and tell a server that runs on it that something has changed."""

    async def main() -> Result:
        async with opened(sources_of(node)) as ctx:
            result = await work(ctx)

            async def tell(tx: Writer) -> None:
                await signals.send(tx, id=ctx.ids.next(), kind="command", now=ctx.clock())

            await ctx.db.write(tell)
            return result

    return asyncio.run(main())


def show(facts: object, *, as_json: bool, text: str) -> None:
    """Print facts as JSON, or as text."""
    click.echo(orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode() if as_json else text)


async def local_account(ctx: Context, name: str) -> Account:
    """An account of ours; NotFound when there is none of that name."""
    found = await accounts.by_handle(ctx.db, name.removeprefix("@").removesuffix(f"@{ctx.config.domain}"))
    if found is None or found.deleted_at is not None:
        raise NotFound(f"there is no account {name} on this node")
    return found


async def local_group(ctx: Context, name: str) -> Account:
    """A group of ours; NotFound when there is none of that name."""
    found = await local_account(ctx, name)
    if found.actor_type != "Group":
        raise NotFound(f"{name} is a person, not a group")
    return found


def parsed_address(text: str) -> str:
    """An address that a flag gives, as FEDISERVER_BASE_URL takes it."""
    if "://" not in text:
        raise ConfigError(f"--base-url wants a whole address such as https://{text}")
    return text
