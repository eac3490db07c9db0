"""Collection, CollectionItem, CollectionWithAccounts: https://docs.joinmastodon.org/entities/Collection/."""

from collections.abc import Collection as Collected
from collections.abc import Mapping, Sequence

from fediserver.actions import visibility
from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db import accounts as account_rows
from fediserver.db import tags
from fediserver.db.database import Reader
from fediserver.db.tags import Tag
from fediserver.models.account import Account
from fediserver.models.collection import Collection, CollectionItem, ItemState
from fediserver.text.links import links
from fediserver.views.entities import accounts
from fediserver.views.entities.shelf import Json, encode

Entity = dict[str, object]

LINKED = 4
"""Collections that are shown with a post that links to them."""


async def collections(ctx: Context, found: Sequence[Collection], viewer_id: int | None) -> list[Entity]:
    """Collection entities in the same order, with the items that the viewer may see."""
    return await ctx.db.read(lambda tx: loaded(ctx, tx, found, viewer_id))


async def collection(ctx: Context, found: Collection, viewer_id: int | None) -> Entity:
    """One Collection."""
    return (await collections(ctx, [found], viewer_id))[0]


async def loaded(
    ctx: Context, tx: Reader, found: Sequence[Collection], viewer_id: int | None
) -> list[Entity]:
    """The same within a reading transaction."""
    if not found:
        return []
    items: dict[int, list[CollectionItem]] = {}
    for one in await visibility.collection_items(tx, viewer_id, [row.id for row in found]):
        items.setdefault(one.collection_id, []).append(one)
    owners = await account_rows.by_ids(tx, sorted({row.account_id for row in found}))
    topics = await tags.by_ids(tx, sorted({row.tag_id for row in found if row.tag_id is not None}))
    return [_entity(ctx, row, owners[row.account_id], items.get(row.id, ()), topics) for row in found]


def linked(ctx: Context, content: str) -> tuple[int, ...]:
    """The ids of the collections that a post links to by their pages, whether there are such or not."""
    prefix = ctx.uris.collection_page_prefix
    if prefix not in content:
        return ()
    pages = [url for url in links(content) if url.startswith(prefix)]
    ids = [found for url in pages if (found := ctx.uris.collection_id(url)) is not None]
    return tuple(dict.fromkeys(ids))[:LINKED]


async def by_ids(ctx: Context, tx: Reader, ids: Collected[int], viewer_id: int | None) -> dict[int, Json]:
    """Collection entities by id, those that the viewer may open; without ids nothing is asked."""
    if not ids:
        return {}
    found = await visibility.open_collections(tx, viewer_id, sorted(ids))
    entities = await loaded(ctx, tx, list(found.values()), viewer_id)
    return {key: Json(encode(entity)) for key, entity in zip(found, entities, strict=True)}


async def with_accounts(ctx: Context, found: Collection, viewer_id: int | None) -> Entity:
    """A CollectionWithAccounts: whose it is first, then who is in it."""
    entity = await collection(ctx, found, viewer_id)
    items = await visibility.collection_items(ctx.db, viewer_id, [found.id])
    shown = dict.fromkeys([found.account_id, *(one.account_id for one in items)])
    return {"collection": entity, "accounts": await accounts.by_ids(ctx, list(shown), viewer_id)}


def item(row: CollectionItem) -> Entity:
    """A CollectionItem."""
    entity: Entity = {"id": str(row.id), "state": row.state.word, "created_at": isoformat(row.created_at)}
    return entity | {"account_id": str(row.account_id)} if row.state is ItemState.ACCEPTED else entity


def _entity(
    ctx: Context,
    row: Collection,
    owner: Account,
    items: Sequence[CollectionItem],
    topics: Mapping[int, Tag],
) -> Entity:
    topic = topics.get(row.tag_id or 0)
    return {
        "id": str(row.id),
        "uri": ctx.uris.collection(owner.username, str(row.id)),
        "url": ctx.uris.collection_page(row.id),
        "name": row.name,
        "description": row.description,
        "language": row.language,
        "account_id": str(row.account_id),
        "local": True,
        "sensitive": row.sensitive,
        "discoverable": row.discoverable,
        "item_count": len(items),
        "created_at": isoformat(row.created_at),
        "updated_at": isoformat(row.updated_at),
        "tag": {"name": topic.display_name, "url": ctx.uris.tag(topic.name)} if topic else None,
        "items": [item(one) for one in items],
    }
