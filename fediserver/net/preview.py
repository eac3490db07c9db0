"""Asks a web page what it says of itself: once, briefly, and no more of it than its head."""

import orjson

from fediserver.errors import Invalid, Refused, TooLarge, Unreachable
from fediserver.net.client import Client, Reach
from fediserver.text.page import Page, decoded, read, with_oembed

PAGE_BYTES = 4 << 20
"""A page that is larger is no page to read; of what is smaller the beginning is looked at."""
LOOKED_AT = 1 << 20
OEMBED_BYTES = 65_536
SECONDS = 10.0
_HTML = ("text/html", "application/xhtml+xml")


async def page(client: Client, url: str) -> Page:
    """What the page at an address says of itself, and where it says too little what its oEmbed document does.

    Raises Unreachable and Refused as the client does, TooLarge, and Invalid for what is no page in HTML.
    """
    headers = {"accept": f"{', '.join(_HTML)};q=0.9"}
    reply = await client.get(url, headers, limit=PAGE_BYTES, seconds=SECONDS, reach=Reach.WEB)
    if reply.status != 200:
        raise Unreachable(f"{url[:200]} answers {reply.status}")
    content_type = reply.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() not in _HTML:
        raise Invalid(f"{url[:200]} is {content_type[:80] or 'of no type'}, not a page")
    found = read(decoded(reply.body[:LOOKED_AT], content_type), reply.url)
    if found.oembed and not found.title:
        found = with_oembed(found, await _oembed(client, found.oembed), reply.url)
    return found


async def _oembed(client: Client, url: str) -> object:
    try:
        headers = {"accept": "application/json"}
        reply = await client.get(url, headers, limit=OEMBED_BYTES, seconds=SECONDS, reach=Reach.WEB)
        return orjson.loads(reply.body) if reply.status == 200 else None
    except (Unreachable, Refused, TooLarge, orjson.JSONDecodeError):
        return None
