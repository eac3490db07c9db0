"""Change one's profile and settings."""

from typing import NamedTuple

import msgspec
import orjson
from msgspec import UNSET, UnsetType

from fediserver.actions import outbox
from fediserver.actions.audience import Audience
from fediserver.actions.core import Core
from fediserver.actions.outbox import Deed, emit
from fediserver.actions.write import write
from fediserver.db import accounts, links
from fediserver.db.database import Writer
from fediserver.errors import Forbidden, Invalid
from fediserver.models.account import Account
from fediserver.models.visibility import named, policy_named
from fediserver.text import compose
from fediserver.text.count import count
from fediserver.text.handles import host
from fediserver.text.language import normalise
from fediserver.text.sanitise import one_line

NAME_CHARACTERS = 40
NOTE_CHARACTERS = 500
FIELD_CHARACTERS = 255
FIELDS = 4
DESCRIPTION_CHARACTERS = 150
DOMAINS = 100


class ProfilePicture(msgspec.Struct, frozen=True):
    """A stored picture, by its path below /media/, '' for none; `still` where it moves."""

    path: str = ""
    still: str = ""


class ProfileChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change; what is unset stays."""

    display_name: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    fields: list[tuple[str, str]] | UnsetType = UNSET
    avatar: ProfilePicture | UnsetType = UNSET
    header: ProfilePicture | UnsetType = UNSET
    avatar_description: str | UnsetType = UNSET
    header_description: str | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    bot: bool | UnsetType = UNSET
    discoverable: bool | UnsetType = UNSET
    indexable: bool | UnsetType = UNSET
    hide_collections: bool | UnsetType = UNSET
    show_media: bool | UnsetType = UNSET
    show_media_replies: bool | UnsetType = UNSET
    show_featured: bool | UnsetType = UNSET
    attribution_domains: list[str] | UnsetType = UNSET
    default_visibility: str | UnsetType = UNSET
    default_sensitive: bool | UnsetType = UNSET
    default_language: str | UnsetType | None = UNSET
    default_quote_policy: str | UnsetType = UNSET


class Changed(NamedTuple):
    """An account's row as it was, and as it was written."""

    before: Account
    after: Account


async def update(core: Core, me: Account, change: ProfileChange) -> Changed:
    """Change the profile and tell followers.

    Raises Invalid with details for what is too long, Forbidden for who was suspended or deleted meanwhile.
    """
    _check(change)
    wanted = await _wanted(core, me, change)

    async def work(tx: Writer) -> Changed:
        # The row of who asked may be older than their pictures took to arrive: what was decided meanwhile stands.
        now = await accounts.by_id(tx, me.id)
        if now is None or now.deleted_at is not None or now.suspended_at is not None:
            raise Forbidden("This account cannot be changed: it is suspended or deleted")
        fresh = msgspec.structs.replace(now, **wanted)
        await accounts.update(tx, fresh)
        await _settings(tx, me, change)
        if change.attribution_domains is not UNSET:
            await links.set_domains(
                tx, me.id, [name for name in map(_site, change.attribution_domains) if name]
            )
        deed = Deed(verb="update", actor=me, object_uri=me.uri, facts={"actor": True})
        await emit(core, tx, deed, Audience(followers_of=me.id))
        return Changed(now, fresh)

    changed = await core.db.write(work)
    core.bus.publish(outbox.TOPIC)
    return changed


def _check(change: ProfileChange) -> None:
    details: dict[str, list[tuple[str, str]]] = {}

    def too_long(field: str, limit: int) -> None:
        details[field] = [("ERR_TOO_LONG", f"is too long (maximum is {limit} characters)")]

    if change.display_name is not UNSET and count(change.display_name) > NAME_CHARACTERS:
        too_long("display_name", NAME_CHARACTERS)
    if change.note is not UNSET and count(change.note) > NOTE_CHARACTERS:
        too_long("note", NOTE_CHARACTERS)
    for name in ("avatar_description", "header_description"):
        text = getattr(change, name)
        if text is not UNSET and len(text) > DESCRIPTION_CHARACTERS:
            too_long(name, DESCRIPTION_CHARACTERS)
    if change.fields is not UNSET:
        texts = [text for pair in change.fields for text in pair]
        if any(len(text) > FIELD_CHARACTERS for text in texts) or len(change.fields) > FIELDS:
            details["fields"] = [
                ("ERR_INVALID", f"at most {FIELDS} fields of {FIELD_CHARACTERS} characters each")
            ]
    details |= _wrong_settings(change)
    if change.attribution_domains is not UNSET:
        sites = change.attribution_domains
        if len(sites) > DOMAINS or not all(_site(name) for name in sites if name.strip()):
            details["attribution_domains"] = [
                ("ERR_INVALID", f"must be at most {DOMAINS} names of sites such as garden.example")
            ]
    if details:
        field, problems = next(iter(details.items()))
        raise Invalid(f"Validation failed: {field.replace('_', ' ').capitalize()} {problems[0][1]}", details)


def _wrong_settings(change: ProfileChange) -> dict[str, list[tuple[str, str]]]:
    """What is wrong with the settings of new posts."""
    details: dict[str, list[tuple[str, str]]] = {}
    if change.default_visibility is not UNSET and named(change.default_visibility) is None:
        details["privacy"] = [("ERR_INCLUSION", "must be public, unlisted, private or direct")]
    if change.default_quote_policy is not UNSET and policy_named(change.default_quote_policy) is None:
        details["quote_policy"] = [("ERR_INCLUSION", "must be public, followers or nobody")]
    return details


async def _wanted(core: Core, me: Account, change: ProfileChange) -> dict[str, object]:
    """What is to be in the account's row, by column."""
    fresh: dict[str, object] = {}
    for name in (
        "locked",
        "discoverable",
        "indexable",
        "hide_collections",
        "avatar_description",
        "header_description",
        "show_media",
        "show_media_replies",
        "show_featured",
    ):
        value = getattr(change, name)
        if value is not UNSET:
            fresh[name] = value.strip() if isinstance(value, str) else value
    if change.avatar is not UNSET:
        fresh |= {"avatar": change.avatar.path, "avatar_still": change.avatar.still}
    if change.header is not UNSET:
        fresh |= {"header": change.header.path, "header_still": change.header.still}
    if change.display_name is not UNSET:
        fresh["display_name"] = one_line(change.display_name)
    if change.bot is not UNSET and me.actor_type in ("Person", "Service"):
        fresh |= {"bot": change.bot, "actor_type": "Service" if change.bot else "Person"}
    if change.note is not UNSET:
        written = await write(core, change.note)
        fresh |= {"note": written.html, "note_text": change.note}
    if change.fields is not UNSET:
        fresh["fields"] = orjson.dumps(
            [
                {
                    "name": one_line(name),
                    "value": _field(core, value),
                    "text": value.strip(),
                    "verified_at": None,
                }
                for name, value in change.fields
                if name.strip() and value.strip()
            ]
        ).decode()
    if change.display_name is not UNSET or change.note is not UNSET:
        shown = f"{fresh.get('display_name', me.display_name)} {fresh.get('note_text', me.note_text)}"
        fresh["emojis"] = (await write(core, shown)).emojis
    return fresh


def _site(name: str) -> str | None:
    """The one form of a site's name; None for what is none."""
    return host(name.strip().removeprefix("https://").removeprefix("http://").rstrip("/").removeprefix("*."))


def _field(core: Core, value: str) -> str:
    return compose.inline(value, mentions={}, tag_url=core.uris.tag, rel="me nofollow noopener")


async def _settings(tx: Writer, me: Account, change: ProfileChange) -> None:
    user = await accounts.user(tx, me.id)
    if user is None:
        return
    language = change.default_language
    await accounts.update_user(
        tx,
        msgspec.structs.replace(
            user,
            default_visibility=user.default_visibility
            if change.default_visibility is UNSET
            else change.default_visibility,
            default_sensitive=user.default_sensitive
            if change.default_sensitive is UNSET
            else change.default_sensitive,
            default_language=user.default_language if language is UNSET else normalise(language),
            default_quote_policy=user.default_quote_policy
            if change.default_quote_policy is UNSET
            else change.default_quote_policy,
        ),
    )
