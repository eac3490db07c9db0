"""Notes which page a post links to, so that its card can be shown."""

import orjson

from fediserver.actions.core import Core
from fediserver.db import links
from fediserver.db.database import Writer
from fediserver.models.status import Status
from fediserver.text.links import links as links_in
from fediserver.text.tokens import LINK_LENGTH


async def note(core: Core, tx: Writer, status: Status) -> None:
    """Note the link of a post that is new or has changed; what quotes shows what it quotes instead."""
    url = first(core, status) if status.quote_id is None else None
    if url is not None or status.edited_at is not None:
        await links.put(tx, status.id, url, new_id=core.ids.next())


def first(core: Core, status: Status) -> str | None:
    """The first link of a post that leads to a page of others; people and hashtags are none."""
    if 'href="' not in status.content:
        return None
    people = {mention["url"] for mention in orjson.loads(status.mentions)}
    for found in links_in(status.content):
        url = found.partition("#")[0]
        if found not in people and len(url.encode()) <= LINK_LENGTH and not core.uris.is_ours(url):
            return url
    return None
