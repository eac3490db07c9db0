"""`fediserver serve`: answer requests, deliver, handle."""

import asyncio
import contextlib
import fcntl
import logging
import os
import socket
from collections.abc import Iterator

import click

from fediserver.actions import setup
from fediserver.activitypub.context import Context
from fediserver.app import opened
from fediserver.cli.common import Node, node_options, sources_of
from fediserver.cli.processes import Supervisor, listening
from fediserver.cli.server import Server
from fediserver.config import Config
from fediserver.errors import ConfigError
from fediserver.jobs.worker import Worker
from fediserver.web.site import site
from fediserver.web.streaming.hub import STOPPING


@click.command()
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (default 8000).")
@click.option("--domain", help="The name in handles, e.g. garden.example.")
@click.option("--base-url", help="Scheme and host of every link (default https://DOMAIN).")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option(
    "--owner", default="owner", show_default=True, help="Name of the owner made on the first start."
)
@click.option("--child", hidden=True, help="Descriptors of socket and pipe, given by the parent process.")
@node_options
def serve(
    node: Node,
    host: str | None,
    port: int | None,
    domain: str | None,
    base_url: str | None,
    workers: int,
    owner: str,
    child: str | None,
) -> None:
    """Serve the node until it is told to stop."""
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "INFO"), format="%(levelname)s %(name)s: %(message)s"
    )
    found = sources_of(node, host=host, port=port, domain=domain, base_url=base_url)
    if workers > 1 and found.database_url.startswith("sqlite:"):
        raise ConfigError("serve --workers needs PostgreSQL: set FEDISERVER_DATABASE_URL, or use one process")

    async def main() -> Config:
        """Open the node and, in a process that serves, do so until it is told to stop."""
        async with opened(found) as ctx:
            if child is not None:
                port_of_all, pipe = (int(number) for number in child.split(","))
                await _serve(ctx, socket.socket(fileno=port_of_all), pipe)
            elif workers > 1:
                await _greet(ctx, owner)
            else:
                # The port and the directory are ours before anything is said.
                with _alone(ctx), listening(ctx.config.host, ctx.config.port) as port_of_one:
                    await _greet(ctx, owner)
                    await _serve(ctx, port_of_one)
            return ctx.config

    with asyncio.Runner(loop_factory=_loop) as runner:
        config = runner.run(main())
    if workers > 1:
        with listening(config.host, config.port) as port_of_all:
            Supervisor(workers, _arguments(node, config), port_of_all).run()


def _arguments(node: Node, config: Config) -> list[str]:
    """What a child is told, so that it opens the same node."""
    told = ["--data-dir", str(config.data_dir), "--base-url", config.base_url, "--domain", config.domain]
    return told + (["--config", str(node[1])] if node[1] else [])


@contextlib.contextmanager
def _alone(ctx: Context) -> Iterator[None]:
    """On SQLite one process serves a directory: a second one would take the first one's work for its own."""
    if not ctx.db.url.startswith("sqlite:"):
        yield
        return
    with (ctx.config.data_dir / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(
                f"another fediserver serves {ctx.config.data_dir} already; stop it first"
            ) from None
        yield


def _loop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()


async def _greet(ctx: Context, owner: str) -> None:
    """On the first start, make the owner and show the link that opens the node for them, once."""
    token = await setup.first_owner(ctx, owner)
    config = ctx.config
    click.echo(
        f"fediserver at {config.base_url} (listening on {config.host}:{config.port}, data in {config.data_dir})"
    )
    if token is not None:
        click.echo(f"\nYou are the owner, @{owner}. Choose your password within 24 hours here:")
        click.echo(f"    {ctx.config.base_url}/auth/password/{token}\n")


def _end_with_parent(pipe: int, server: Server) -> None:
    loop = asyncio.get_running_loop()

    def closed() -> None:
        loop.remove_reader(pipe)
        server.stop()

    loop.add_reader(pipe, closed)


async def _serve(ctx: Context, listener: socket.socket, pipe: int | None = None) -> None:
    worker = Worker(ctx)
    server = Server(site(ctx), stopping=lambda: ctx.bus.publish(STOPPING))
    if pipe is not None:
        _end_with_parent(pipe, server)
    # What this process remembers is forgotten when another one says so.
    await ctx.db.listen()
    await worker.start()
    try:
        await server.serve([listener])
    finally:
        await worker.stop()
