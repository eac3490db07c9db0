"""`fediserver serve`: answer requests, deliver, handle."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Iterator

import click
import uvicorn

from fediserver.actions import setup
from fediserver.activitypub.context import Context
from fediserver.app import opened
from fediserver.cli.common import Node, node_options, sources_of
from fediserver.errors import ConfigError
from fediserver.jobs.worker import Worker
from fediserver.web.site import site

STOP_WITHIN = 8
"""Seconds that open requests have when the node is asked to stop."""


@click.command()
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (default 8000).")
@click.option("--domain", help="The name in handles, e.g. garden.example.")
@click.option("--base-url", help="Scheme and host of every link (default https://DOMAIN).")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option(
    "--owner", default="owner", show_default=True, help="Name of the owner made on the first start."
)
@node_options
def serve(
    node: Node,
    host: str | None,
    port: int | None,
    domain: str | None,
    base_url: str | None,
    workers: int,
    owner: str,
) -> None:
    """Serve the node until it is told to stop."""
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "INFO"), format="%(levelname)s %(name)s: %(message)s"
    )
    found = sources_of(node, host=host, port=port, domain=domain, base_url=base_url)
    if workers > 1:
        raise ConfigError("serve --workers needs PostgreSQL: set FEDISERVER_DATABASE_URL, or use one process")

    async def main() -> None:
        async with opened(found) as ctx:
            await _greet(ctx, owner)
            await _serve(ctx)

    with asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(main())


def _loop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()


async def _greet(ctx: Context, owner: str) -> None:
    """On the first start, make the owner and show the link that opens the node for them, once."""
    token = await setup.first_owner(ctx, owner)
    click.echo(f"fediserver at {ctx.config.base_url} (data in {ctx.config.data_dir})")
    if token is not None:
        click.echo(f"\nYou are the owner, @{owner}. Choose your password within 24 hours here:")
        click.echo(f"    {ctx.config.base_url}/auth/password/{token}\n")


async def _serve(ctx: Context) -> None:
    worker = Worker(ctx)
    server = _Server(
        uvicorn.Config(
            site(ctx),
            host=ctx.config.host,
            port=ctx.config.port,
            log_level="warning",
            access_log=False,
            # What proxies say is judged by ClientAddress alone.
            proxy_headers=False,
            server_header=False,
            lifespan="off",
            loop="none",
            timeout_graceful_shutdown=STOP_WITHIN,
        )
    )
    await worker.start()
    try:
        await server.serve()
    finally:
        await worker.stop()


class _Server(uvicorn.Server):
    """uvicorn, which leaves the signals that stop it to us: they end the worker, too."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        self.should_exit = True
