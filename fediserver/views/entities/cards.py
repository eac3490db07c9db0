"""PreviewCard: https://docs.joinmastodon.org/entities/PreviewCard/."""

from collections.abc import Iterable, Mapping

import msgspec

from fediserver.activitypub import previews
from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db import accounts as account_rows
from fediserver.db import links
from fediserver.db.database import Reader
from fediserver.models.account import Account
from fediserver.models.link import Link
from fediserver.models.status import Status
from fediserver.models.uris import host
from fediserver.views.entities import accounts
from fediserver.views.entities.shelf import Body, Json, Shelf

_CREDITED, _UNCREDITED = b'"missing_attribution":false', b'"missing_attribution":true'


class Cards(msgspec.Struct, frozen=True):
    """Links of posts by post, and the accounts of those who wrote the pages, by id."""

    links: Mapping[int, Link]
    authors: Mapping[int, Account]

    def unconfirmed(self, status_id: int) -> int:
        """The account that the page names, and that has not let it; 0 for none."""
        found = self.links.get(status_id)
        return (found.unconfirmed_id or 0) if found is not None else 0


async def load(tx: Reader, rows: Iterable[Status]) -> Cards:
    """What the cards of posts need; files leave no room for one."""
    found = await links.of_statuses(
        tx, [row.id for row in rows if not row.media_count and 'href="' in row.content]
    )
    return await with_authors(tx, found)


async def with_authors(tx: Reader, found: Mapping[int, Link]) -> Cards:
    """Links with the accounts that their cards show."""
    return Cards(
        found, await account_rows.by_ids(tx, [one.author_id for one in found.values() if one.author_id])
    )


def want(ctx: Context, found: Cards) -> None:
    """A member looks at posts: have the pages asked whose cards are not here, or are old."""
    now = ctx.clock()
    due = [link.id for link in found.links.values() if link.next_at <= now]
    for link_id in due:
        ctx.wanted_links.add(link_id)
    if due:
        ctx.bus.publish(previews.TOPIC)


def without_credit(body: Body) -> Body:
    """The post for the author whom the page names without their leave: they are told."""
    return msgspec.structs.replace(body, json=body.json.replace(_CREDITED, _UNCREDITED, 1))


def card(shelved: Shelf, found: Cards, key: int, moved_to: Mapping[int, Account]) -> dict[str, object] | None:
    """The PreviewCard of a post, or under whatever key the link is; None when there is nothing to show."""
    link = found.links.get(key)
    if link is None or not link.title:
        return None
    author = found.authors.get(link.author_id or 0)
    return entity(shelved, link, author, moved_to)


def entity(
    shelved: Shelf, link: Link, author: Account | None, moved_to: Mapping[int, Account]
) -> dict[str, object]:
    """A PreviewCard. Frames of other sites are not shown: nobody here is counted by them, so `html` is empty."""
    authors: list[dict[str, object]] = []
    if author is not None:
        shown: Json | None = Json(accounts.shelve(shelved, [author], moved_to)[author.id])
        name = author.display_name or author.username
        authors.append({"name": name, "url": author.url or author.uri, "account": shown})
    elif link.author_name or link.author_url:
        authors.append({"name": link.author_name, "url": link.author_url or link.url, "account": None})
    return {
        "url": link.url,
        "title": link.title,
        "description": link.description,
        "language": link.language,
        "type": "link",
        "authors": authors,
        "author_name": link.author_name,
        "author_url": link.author_url,
        "provider_name": link.provider_name or host(link.url),
        "provider_url": f"{link.url.partition('://')[0]}://{host(link.url)}/",
        "html": "",
        "width": link.image_width,
        "height": link.image_height,
        "image": shelved.file(link.image) if link.image else None,
        "image_description": link.image_description,
        "embed_url": "",
        "blurhash": link.blurhash or None,
        "published_at": None if link.published_at is None else isoformat(link.published_at),
        "missing_attribution": False,
    }
