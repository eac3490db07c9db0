"""OEmbed: a public post as other sites show it, https://oembed.com."""

from fediserver.activitypub.context import Context
from fediserver.models.account import Account
from fediserver.models.status import Status
from fediserver.text.compose import escape
from fediserver.text.plain import excerpt

CACHE_SECONDS = 86_400
WIDTH = 400
_SHOWN = 500


def embed(
    ctx: Context, status: Status, author: Account, *, width: int, height: int | None
) -> dict[str, object]:
    """A quotation with its source, in plain HTML: no frame and no script, so nobody who reads it is followed."""
    name = author.display_name or author.username
    page = author.url or author.uri
    text = status.spoiler_text or excerpt(status.content, _SHOWN)
    address = escape(ctx.uris.page(status))
    handle = f"@{author.username}@{author.domain or ctx.uris.domain}"
    html = (
        f'<blockquote cite="{address}"><p>{escape(text)}</p>'
        f'<p>— {escape(name)} (<a href="{escape(page)}">{escape(handle)}</a>), '
        f'<a href="{address}">{address}</a></p></blockquote>'
    )
    return {
        "type": "rich",
        "version": "1.0",
        "author_name": name,
        "author_url": page,
        "provider_name": ctx.uris.domain,
        "provider_url": f"{ctx.config.base_url}/",
        "cache_age": CACHE_SECONDS,
        "html": html,
        "width": width,
        "height": height,
    }
