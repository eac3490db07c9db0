"""Account, CredentialAccount, MutedAccount: https://docs.joinmastodon.org/entities/Account/."""

from collections.abc import Mapping, Sequence

import orjson

from fediserver.actions.collections import MOST, agrees
from fediserver.activitypub.context import Context
from fediserver.clock import DAY, isoformat
from fediserver.db import account_lists, links, tags
from fediserver.db import accounts as rows
from fediserver.db.database import Reader
from fediserver.models.account import Account, User
from fediserver.views.entities.shelf import Json, Shelf, encode, shelf
from fediserver.views.entities.tags import featured_tag

_ROLES = {"owner": "3", "admin": "2", "moderator": "1"}
# What the bit mask of a role grants: https://docs.joinmastodon.org/entities/Role/#permission-flags
_PERMISSIONS = {"owner": "1", "admin": "2097151", "moderator": "1308"}


async def accounts(ctx: Context, found: Sequence[Account], viewer_id: int | None) -> list[Json]:
    """Account entities in the same order."""
    shelved = shelf(ctx, viewer_id)
    fresh = [one for one in found if shelved.accounts.find(one.id, one.version) is None]
    moved_to = await successors(ctx.db, fresh)
    return [Json(_account(shelved, one, moved_to)) for one in found]


async def account(ctx: Context, found: Account, viewer_id: int | None) -> Json:
    """One Account entity."""
    return (await accounts(ctx, [found], viewer_id))[0]


async def by_ids(ctx: Context, ids: Sequence[int], viewer_id: int | None) -> list[Json]:
    """Account entities in the order of the ids; unknown and deleted ones are left out."""
    return await accounts(ctx, await _there(ctx, ids), viewer_id)


async def muted(ctx: Context, ids: Sequence[int], viewer_id: int) -> list[Json]:
    """MutedAccount entities in the order of the ids."""
    found = await _there(ctx, ids)
    ends = await account_lists.mute_ends(ctx.db, account_id=viewer_id, target_ids=ids)
    return [
        with_members(entity, mute_expires_at=_moment(ends.get(row.id)))
        for row, entity in zip(found, await accounts(ctx, found, viewer_id), strict=True)
    ]


async def _there(ctx: Context, ids: Sequence[int]) -> list[Account]:
    found = await rows.by_ids(ctx.db, ids)
    return [found[one] for one in ids if one in found and found[one].deleted_at is None]


async def credential(ctx: Context, me: Account, user: User | None) -> Json:
    """The CredentialAccount of somebody who asks about themselves; `user` is their log-in."""
    entity = await account(ctx, me, me.id)
    waiting = await account_lists.count_requests(ctx.db, target_id=me.id) if me.locked else 0
    source = {
        "privacy": user.default_visibility if user else "public",
        "sensitive": bool(user and user.default_sensitive),
        "language": user.default_language if user else None,
        "quote_policy": user.default_quote_policy if user else "public",
        "note": me.note_text,
        "fields": _typed_fields(me),
        "follow_requests_count": waiting,
        "hide_collections": me.hide_collections,
        "discoverable": me.discoverable,
        "indexable": me.indexable,
        "attribution_domains": await links.domains(ctx.db, me.id),
    }
    return with_members(entity, source=source, role=role(user))


async def profile(ctx: Context, me: Account) -> dict[str, object]:
    """The Profile of a member, for the form in which they change it."""
    shelved = shelf(ctx, me.id)
    avatar, avatar_still, header, header_still = (
        shelved.file(path) if path else None
        for path in (*_with_still(me.avatar, me.avatar_still), *_with_still(me.header, me.header_still))
    )
    return {
        "id": str(me.id),
        "display_name": me.display_name,
        "note": me.note_text,
        "fields": _typed_fields(me),
        "formatted_note": me.note,
        "formatted_fields": _fields(me),
        "avatar": avatar,
        "avatar_static": avatar_still,
        "avatar_description": me.avatar_description,
        "header": header,
        "header_static": header_still,
        "header_description": me.header_description,
        "locked": me.locked,
        "bot": me.bot,
        "hide_collections": me.hide_collections,
        "discoverable": me.discoverable,
        "indexable": me.indexable,
        "show_media": me.show_media,
        "show_media_replies": me.show_media_replies,
        "show_featured": me.show_featured,
        "attribution_domains": await links.domains(ctx.db, me.id),
        "featured_tags": [featured_tag(ctx, row) for row in await tags.featured(ctx.db, me.id)],
    }


def role(user: User | None) -> dict[str, object]:
    """The Role of a log-in."""
    name = user.role if user and user.role in _ROLES else ""
    return {
        "id": _ROLES.get(name, "-99"),
        "name": name.capitalize(),
        "color": "",
        "permissions": _PERMISSIONS.get(name, "65536"),
        "highlighted": bool(name),
        "collection_limit": MOST,
    }


def with_members(entity: Json, **members: object) -> Json:
    """The same JSON object with more members at its end."""
    return Json(b"%b,%b" % (bytes(entity)[:-1], encode(members)[1:]))


async def successors(db: Reader, found: Sequence[Account]) -> dict[int, Account]:
    """Whom accounts moved to, by id."""
    return await rows.by_ids(db, [one.moved_to_id for one in found if one.moved_to_id is not None])


def shelve(shelved: Shelf, found: Sequence[Account], moved_to: Mapping[int, Account]) -> dict[int, bytes]:
    """Render accounts and remember them; answers the bytes by id."""
    return {one.id: _account(shelved, one, moved_to) for one in found}


def partial(shelved: Shelf, row: Account) -> dict[str, object]:
    """A PartialAccountWithAvatar."""
    entity = _entity(shelved, row)
    names = ("id", "acct", "locked", "bot", "url", "avatar", "avatar_static", "avatar_description")
    return {name: entity[name] for name in names}


def _account(shelved: Shelf, row: Account, moved_to: Mapping[int, Account]) -> bytes:
    known = shelved.accounts.find(row.id, row.version)
    if known is not None:
        return known
    entity = _entity(shelved, row)
    if row.moved_to_id is not None:
        successor = moved_to.get(row.moved_to_id)
        if successor is not None:
            entity["moved"] = _entity(shelved, successor)
    made = encode(entity)
    # The successor changes without this one's version: such an account is rendered each time.
    if row.moved_to_id is None:
        shelved.accounts.keep(row.id, row.version, made)
    return made


def _entity(shelved: Shelf, row: Account) -> dict[str, object]:
    is_local = row.domain == ""
    gone = row.suspended_at is not None
    avatar, avatar_still = (
        shelved.avatar("" if gone else path) for path in _with_still(row.avatar, row.avatar_still)
    )
    header, header_still = (
        shelved.header("" if gone else path) for path in _with_still(row.header, row.header_still)
    )
    entity: dict[str, object] = {
        "id": str(row.id),
        "username": row.username,
        "acct": row.username if is_local else f"{row.username}@{row.domain}",
        "display_name": "" if gone else row.display_name,
        "locked": row.locked and not gone,
        "bot": not gone and (row.bot or row.actor_type in ("Service", "Application")),
        "discoverable": row.discoverable and not gone,
        "indexable": row.indexable and not gone,
        "group": row.actor_type == "Group",
        "created_at": isoformat(row.created_at // DAY * DAY),
        "note": "" if gone else row.note,
        "url": row.url or row.uri,
        "uri": row.uri,
        "avatar": avatar,
        "avatar_static": avatar_still,
        "avatar_description": "" if gone else row.avatar_description,
        "header": header,
        "header_static": header_still,
        "header_description": "" if gone else row.header_description,
        "followers_count": row.followers_count,
        "following_count": row.following_count,
        "statuses_count": row.statuses_count,
        "last_status_at": None if row.last_status_at is None else isoformat(row.last_status_at)[:10],
        "hide_collections": row.hide_collections,
        "show_media": row.show_media,
        "show_media_replies": row.show_media_replies,
        "show_featured": row.show_featured,
        "feature_approval": _feature_approval(row, for_member=shelved.for_members),
        "emojis": [] if gone else shelved.emojis(orjson.loads(row.emojis)),
        "fields": [] if gone else _fields(row),
    }
    if is_local:
        entity |= {"noindex": not row.indexable, "roles": []}
    if gone:
        entity["suspended"] = True
    if row.silenced_at is not None:
        entity["limited"] = True
    return entity


def _with_still(path: str, still: str) -> tuple[str, str]:
    """A picture, and what shows it without moving."""
    return path, still or path


def _feature_approval(row: Account, *, for_member: bool) -> dict[str, object]:
    """A FeatureApproval: who may put the account into collections."""
    if agrees(row):
        return {
            "automatic": ["public"],
            "manual": [],
            "current_user": "automatic" if for_member else "denied",
        }
    unsaid = row.domain != "" and for_member
    return {"automatic": [], "manual": [], "current_user": "missing" if unsaid else "denied"}


def _fields(row: Account) -> list[dict[str, object]]:
    """The rows of a profile, in HTML."""
    return [
        {"name": field["name"], "value": field["value"], "verified_at": _verified(field)}
        for field in orjson.loads(row.fields)
    ]


def _typed_fields(row: Account) -> list[dict[str, object]]:
    """The rows of a profile as their owner typed them."""
    return [
        {"name": field["name"], "value": field.get("text", field["value"]), "verified_at": _verified(field)}
        for field in orjson.loads(row.fields)
    ]


def _verified(field: Mapping[str, object]) -> str | None:
    """When a link was verified: milliseconds in rows."""
    moment = field.get("verified_at")
    return isoformat(moment) if isinstance(moment, int) else None


def _moment(value: int | None) -> str | None:
    return None if value is None else isoformat(value)
