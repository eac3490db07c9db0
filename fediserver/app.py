"""The composition root: from configuration to a node that answers and works."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network

import httpx

from fediserver import clock as clocks
from fediserver.actions import setup
from fediserver.activitypub.context import Context
from fediserver.activitypub.domains import DomainRules
from fediserver.clock import Clock
from fediserver.config import Config, Sources
from fediserver.db.database import Database, connect
from fediserver.db.migrate import migrate
from fediserver.ids import Ids
from fediserver.media.images import Images
from fediserver.media.storage import Storage
from fediserver.media.video import Converter
from fediserver.models.uris import Uris
from fediserver.net import mail
from fediserver.net.client import Client, Reach
from fediserver.net.tls import client_context


@asynccontextmanager
async def opened(
    sources: Sources, *, clock: Clock = clocks.now, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Context]:
    """A node's context: database open and migrated, address settled, own actor there.

    `transport` and `clock` are for tests. Raises ConfigError when the node cannot be opened so.
    """
    db = await connect(sources.database_url)
    try:
        await migrate(db, clock)
        ctx = await _context(db, sources, clock, transport)
        try:
            await setup.instance_actor(ctx)
            yield ctx
        finally:
            await ctx.images.aclose()
            await ctx.net.aclose()
    finally:
        await db.close()


async def _context(
    db: Database, sources: Sources, clock: Clock, transport: httpx.AsyncBaseTransport | None
) -> Context:
    config, secret = await setup.settle(db, sources)
    domains = DomainRules()

    async def admit(host: str, reach: Reach) -> None:
        if reach is Reach.PEER:
            await domains.demand(db, config, clock(), host)
        else:
            await domains.demand_page(db, clock(), host)

    return Context(
        db=db,
        clock=clock,
        ids=Ids(clock),
        bus=db.bus,
        config=config,
        uris=Uris(config.base_url, config.domain),
        net=Client(
            base_url=config.base_url,
            allowed=[ip_network(network) for network in config.allowed_private_networks],
            proxy=config.outbound_proxy or None,
            admit=admit,
            transport=transport,
        ),
        images=Images(),
        converter=Converter(largest=config.video_limit),
        storage=Storage(config.data_dir / "media"),
        secret=secret,
        vapid=await setup.vapid(db),
        domains=domains,
        mailer=_mailer(config, clock),
    )


def _mailer(config: Config, clock: Clock) -> mail.Mailer | None:
    if not config.mail_url:
        return None
    return mail.Mailer(
        mail.server(config.mail_url),
        mail.sender(config.mail_from, config.domain),
        clock=clock,
        trust=client_context(os.environ.get("SSL_CERT_FILE")),
    )
