"""The member's own account: https://docs.joinmastodon.org/methods/accounts/#verify_credentials."""

from typing import Annotated, cast

import msgspec
from msgspec import UNSET, UnsetType
from starlette.responses import Response

from fediserver.actions.profile import ProfileChange, ProfilePicture, update
from fediserver.activitypub.context import Context
from fediserver.db import accounts as account_rows
from fediserver.errors import NotFound
from fediserver.media.messages import Purpose
from fediserver.models.account import Account
from fediserver.views.entities import accounts
from fediserver.views.entities.instance import PICTURE_BYTES
from fediserver.web.api.endpoint import Uploads
from fediserver.web.api.uploads import bytes_of, stored
from fediserver.web.auth import Viewer
from fediserver.web.params import Upload
from fediserver.web.responses import json_response


class FieldRow(msgspec.Struct):
    """A row of the profile's table."""

    name: str = ""
    value: str = ""


class Profile(msgspec.Struct):
    """What is to change on the profile; what is unset stays."""

    display_name: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    avatar: Upload | None = None
    avatar_description: str | UnsetType = UNSET
    header: Upload | None = None
    header_description: str | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    bot: bool | UnsetType = UNSET
    discoverable: bool | UnsetType = UNSET
    indexable: bool | UnsetType = UNSET
    hide_collections: bool | UnsetType = UNSET
    attribution_domains: list[str] | UnsetType = UNSET
    fields_attributes: list[FieldRow] | UnsetType = UNSET


class Tabs(Profile):
    """The same, and which tabs are shown: only the newer of the two endpoints takes these."""

    show_media: bool | UnsetType = UNSET
    show_media_replies: bool | UnsetType = UNSET
    show_featured: bool | UnsetType = UNSET


class Source(msgspec.Struct, frozen=True):
    """What new posts are by default."""

    privacy: str | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    quote_policy: str | UnsetType = UNSET


class Credentials(Profile):
    """The same, and settings."""

    source: Source = Source()


async def verify(ctx: Context, me: Viewer) -> Response:
    """GET /api/v1/accounts/verify_credentials: who the token acts as."""
    return await _credentials(ctx, me)


async def change(
    ctx: Context, me: Viewer, wanted: Annotated[Credentials, Uploads(2 * PICTURE_BYTES)]
) -> Response:
    """PATCH /api/v1/accounts/update_credentials: change profile and settings."""
    settings = ProfileChange(
        default_visibility=wanted.source.privacy,
        default_sensitive=wanted.source.sensitive,
        default_language=wanted.source.language,
        default_quote_policy=wanted.source.quote_policy,
    )
    await _save(ctx, me, wanted, settings)
    return await _credentials(ctx, me)


async def show(ctx: Context, me: Viewer) -> Response:
    """GET /api/v1/profile: the member's own, for the form in which they change it."""
    return await _profile(ctx, me)


async def edit(ctx: Context, me: Viewer, wanted: Annotated[Tabs, Uploads(2 * PICTURE_BYTES)]) -> Response:
    """PATCH /api/v1/profile."""
    tabs = ProfileChange(
        show_media=wanted.show_media,
        show_media_replies=wanted.show_media_replies,
        show_featured=wanted.show_featured,
    )
    await _save(ctx, me, wanted, tabs)
    return await _profile(ctx, me)


async def remove_avatar(ctx: Context, me: Viewer) -> Response:
    """DELETE /api/v1/profile/avatar."""
    await _save(ctx, me, Profile(), ProfileChange(avatar=ProfilePicture()))
    return await _credentials(ctx, me)


async def remove_header(ctx: Context, me: Viewer) -> Response:
    """DELETE /api/v1/profile/header."""
    await _save(ctx, me, Profile(), ProfileChange(header=ProfilePicture()))
    return await _credentials(ctx, me)


async def preferences(ctx: Context, me: Viewer) -> Response:
    """GET /api/v1/preferences: how the member posts and reads."""
    user = await account_rows.user(ctx.db, me.id)
    return json_response(
        {
            "posting:default:visibility": user.default_visibility if user else "public",
            "posting:default:sensitive": bool(user and user.default_sensitive),
            "posting:default:language": user.default_language if user else None,
            "posting:default:quote_policy": user.default_quote_policy if user else "public",
            "reading:expand:media": "default",
            "reading:expand:spoilers": False,
            "reading:autoplay:gifs": False,
        }
    )


async def _save(ctx: Context, me: Viewer, wanted: Profile, more: ProfileChange) -> None:
    """Change the profile as is wanted; of pictures, only those stay on the disk that it shows then."""
    stored_now: list[ProfilePicture] = []
    try:
        change = await _wish(ctx, wanted, more, stored_now)
        before, after = await update(ctx, me.account, change)
    except BaseException:
        await _forget(ctx, {path for one in stored_now for path in (one.path, one.still)})
        raise
    await _forget(ctx, _files(before) - _files(after))


async def _wish(
    ctx: Context, wanted: Profile, more: ProfileChange, stored_now: list[ProfilePicture]
) -> ProfileChange:
    """What both endpoints take; pictures are stored, and noted in `stored_now`."""
    pictures: dict[str, ProfilePicture] = {}
    for name, sent in (("avatar", wanted.avatar), ("header", wanted.header)):
        if sent is not None:
            pictures[name] = await _picture(ctx, sent, cast("Purpose", name))
            stored_now.append(pictures[name])
    fields = wanted.fields_attributes
    return msgspec.structs.replace(
        more,
        display_name=wanted.display_name,
        note=wanted.note,
        fields=UNSET if fields is UNSET else [(row.name, row.value) for row in fields],
        avatar_description=wanted.avatar_description,
        header_description=wanted.header_description,
        locked=wanted.locked,
        bot=wanted.bot,
        discoverable=wanted.discoverable,
        indexable=wanted.indexable,
        hide_collections=wanted.hide_collections,
        attribution_domains=wanted.attribution_domains,
        **pictures,
    )


def _files(row: Account) -> set[str]:
    """The files that a profile of ours shows, by their paths below /media/."""
    return {row.avatar, row.avatar_still, row.header, row.header_still}


async def _forget(ctx: Context, paths: set[str]) -> None:
    for path in paths - {""}:
        await ctx.storage.delete(path)


async def _profile(ctx: Context, me: Viewer) -> Response:
    account, _ = await account_rows.renewed(ctx.db, me.account)
    if account is None:
        raise NotFound
    return json_response(await accounts.profile(ctx, account))


async def _credentials(ctx: Context, me: Viewer) -> Response:
    """The rows as they are now: those of the viewer may be two seconds old."""
    account, user = await account_rows.renewed(ctx.db, me.account)
    if account is None:
        raise NotFound
    return json_response(await accounts.credential(ctx, account, user))


async def _picture(ctx: Context, sent: Upload, purpose: Purpose) -> ProfilePicture:
    kept = await stored(ctx, await bytes_of(sent), purpose)
    return ProfilePicture(kept.path, kept.preview_path if kept.preview_path != kept.path else "")
