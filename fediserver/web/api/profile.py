"""The member's own account: https://docs.joinmastodon.org/methods/accounts/#verify_credentials."""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType
from starlette.responses import Response

from fediserver.actions.profile import ProfileChange, ProfilePicture, update
from fediserver.activitypub.context import Context
from fediserver.db import accounts as account_rows
from fediserver.errors import NotFound
from fediserver.media.messages import Purpose
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
    change = msgspec.structs.replace(
        await _wish(ctx, wanted),
        default_visibility=wanted.source.privacy,
        default_sensitive=wanted.source.sensitive,
        default_language=wanted.source.language,
        default_quote_policy=wanted.source.quote_policy,
    )
    await update(ctx, me.account, change)
    return await _credentials(ctx, me)


async def show(ctx: Context, me: Viewer) -> Response:
    """GET /api/v1/profile: the member's own, for the form in which they change it."""
    return await _profile(ctx, me)


async def edit(ctx: Context, me: Viewer, wanted: Annotated[Tabs, Uploads(2 * PICTURE_BYTES)]) -> Response:
    """PATCH /api/v1/profile."""
    change = msgspec.structs.replace(
        await _wish(ctx, wanted),
        show_media=wanted.show_media,
        show_media_replies=wanted.show_media_replies,
        show_featured=wanted.show_featured,
    )
    await update(ctx, me.account, change)
    return await _profile(ctx, me)


async def remove_avatar(ctx: Context, me: Viewer) -> Response:
    """DELETE /api/v1/profile/avatar."""
    await update(ctx, me.account, ProfileChange(avatar=ProfilePicture()))
    return await _credentials(ctx, me)


async def remove_header(ctx: Context, me: Viewer) -> Response:
    """DELETE /api/v1/profile/header."""
    await update(ctx, me.account, ProfileChange(header=ProfilePicture()))
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


async def _wish(ctx: Context, wanted: Profile) -> ProfileChange:
    """What both endpoints take; pictures are stored."""
    fields = wanted.fields_attributes
    return ProfileChange(
        display_name=wanted.display_name,
        note=wanted.note,
        fields=UNSET if fields is UNSET else [(row.name, row.value) for row in fields],
        avatar=await _picture(ctx, wanted.avatar, "avatar"),
        avatar_description=wanted.avatar_description,
        header=await _picture(ctx, wanted.header, "header"),
        header_description=wanted.header_description,
        locked=wanted.locked,
        bot=wanted.bot,
        discoverable=wanted.discoverable,
        indexable=wanted.indexable,
        hide_collections=wanted.hide_collections,
        attribution_domains=wanted.attribution_domains,
    )


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


async def _picture(ctx: Context, sent: Upload | None, purpose: Purpose) -> ProfilePicture | UnsetType:
    if sent is None:
        return UNSET
    kept = await stored(ctx, await bytes_of(sent), purpose)
    return ProfilePicture(kept.path, kept.preview_path if kept.preview_path != kept.path else "")
