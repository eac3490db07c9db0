"""Takes actors of other servers into our rows."""

import msgspec
import orjson

from fediserver.actions import errand, host_suspensions
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import ActorDocument, ActorKey, Picture
from fediserver.activitypub.fetch import permitted
from fediserver.db import accounts, hosts, indexing, links, media, relationships
from fediserver.db.database import Clash, Writer
from fediserver.errors import Refused
from fediserver.models.account import Account, Key
from fediserver.models.uris import host
from fediserver.text.handles import Handle


async def take_in(ctx: Context, found: ActorDocument, handle: Handle) -> Account:
    """Add or refresh an actor with its keys and pictures.

    Raises Refused when its handle belongs to another actor of ours to know, or its server is blocked.
    """
    await permitted(ctx, found.id)

    async def work(tx: Writer) -> Account:
        host_id = await hosts.ensure(tx, host(found.inbox), new_id=ctx.ids.next())
        known = await accounts.by_uri(tx, found.id)
        row = await _row(ctx, tx, found, handle, host_id, known)
        if known is None:
            await accounts.insert(tx, row)
        else:
            await accounts.update(tx, row)
            if known.indexable != row.indexable:
                await indexing.wait_all_of(tx, row.id)
        if known is not None or found.attribution_domains:
            await links.set_domains(tx, row.id, found.attribution_domains)
        own = [key.id for key in found.keys if await accounts.put_key(tx, _key(ctx, row, key))]
        await accounts.drop_keys(tx, row.id, own)
        return row

    try:
        return await ctx.db.write(work)
    except Clash:
        # Two requests may have met the same actor at once; then it is there now.
        known = await accounts.by_uri(ctx.db, found.id)
        if known is None:
            raise Refused("handle", f"{handle} is known here as somebody else than {found.id}") from None
        return known


def _key(ctx: Context, row: Account, key: ActorKey) -> Key:
    return Key(
        id=key.id,
        account_id=row.id,
        algorithm=key.algorithm,
        public_pem=key.pem,
        private_pem=None,
        fetched_at=ctx.clock(),
    )


async def _row(
    ctx: Context, tx: Writer, found: ActorDocument, handle: Handle, host_id: int, known: Account | None
) -> Account:
    paths = await _paths(ctx, tx, found)
    now = ctx.clock()
    domain = known.domain if known else handle.domain
    suspended_at = known.suspended_at if known else None
    # What was decided here holds, whatever its own server says; then what that says, then what is said of it.
    suspended_here = known is not None and known.is_suspended_here
    suspended_there = found.suspended and not suspended_here
    with_host = (
        not suspended_here and not suspended_there and await host_suspensions.holds(tx, domain, found.inbox)
    )
    is_suspended = suspended_here or suspended_there or with_host
    return Account(
        id=known.id if known else ctx.ids.next(),
        username=known.username if known else handle.name,
        domain=domain,
        uri=found.id,
        url=found.url or found.id,
        actor_type=found.type,
        display_name=found.name,
        note=found.note,
        note_text="",
        fields=orjson.dumps(
            [{"name": one.name, "value": one.value, "verified_at": None} for one in found.fields]
        ).decode(),
        emojis=orjson.dumps(
            [{"shortcode": one.shortcode, "path": paths[one.url]} for one in found.emojis if one.url in paths]
        ).decode(),
        avatar=paths.get(found.icon.url, "") if found.icon else "",
        header=paths.get(found.image.url, "") if found.image else "",
        host_id=host_id,
        inbox=found.inbox,
        shared_inbox=found.shared_inbox,
        outbox=found.outbox,
        followers_uri=found.followers,
        following_uri=found.following,
        featured_uri=found.featured,
        aliases=orjson.dumps(found.aliases).decode(),
        moved_to_id=known.moved_to_id if known else None,
        locked=found.locked,
        bot=found.bot,
        discoverable=found.discoverable,
        indexable=found.indexable,
        hide_collections=False,
        statuses_count=known.statuses_count if known else 0,
        followers_count=known.followers_count if known else 0,
        following_count=known.following_count if known else 0,
        last_status_at=known.last_status_at if known else None,
        created_at=known.created_at if known else min(found.published or now, now),
        refreshed_at=now,
        suspended_at=(suspended_at or now) if is_suspended else None,
        silenced_at=known.silenced_at if known else now if _is_silenced(ctx, found) else None,
        deleted_at=None,
        version=known.version if known else 1,
        avatar_description=found.icon.description if found.icon else "",
        header_description=found.image.description if found.image else "",
        show_media=found.show_media,
        show_media_replies=found.show_media_replies,
        show_featured=found.show_featured,
        sensitized_at=known.sensitized_at if known else None,
        suspended_there=suspended_there,
        suspended_with_host=with_host,
        silenced_by_rule=known.silenced_by_rule if known else _is_silenced(ctx, found),
    )


def _is_silenced(ctx: Context, found: ActorDocument) -> bool:
    return ctx.domains.severity(host(found.id)) == "silence"


async def _paths(ctx: Context, tx: Writer, found: ActorDocument) -> dict[str, str]:
    """Paths below /media/ for the actor's pictures and emoji; none where the organisers show none of its server."""
    if ctx.domains.rejects_media(host(found.id)):
        return {}
    pictures: list[tuple[Picture | None, str]] = [(found.icon, "avatar"), (found.image, "header")]
    wanted = [
        (ctx.ids.next(), picture.url, purpose, picture.blurhash)
        for picture, purpose in pictures
        if picture is not None
    ]
    wanted += [(ctx.ids.next(), emoji.url, "emoji", "") for emoji in found.emojis]
    return await media.remote_paths(tx, wanted)


async def bury(ctx: Context, row: Account) -> None:
    """An actor is gone: nothing of it is shown any more, and its posts go bit by bit."""

    async def work(tx: Writer) -> None:
        await accounts.update(tx, msgspec.structs.replace(row, deleted_at=ctx.clock()))
        await relationships.drop_all(tx, row.id)
        await errand.purge(ctx, tx, row)

    await ctx.db.write(work)
    ctx.bus.publish("jobs")
