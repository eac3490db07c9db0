"""Instance, in both versions, and what hangs on it: https://docs.joinmastodon.org/entities/Instance/.

The node announces Mastodon 4.6 and its level. tests/views/test_instance.py ties the announcement to the routes, the
checker of entities in the tests to the fields.
"""

from weakref import WeakKeyDictionary

import msgspec

from fediserver import __version__
from fediserver.actions import about, pin, profile, rules, write
from fediserver.actions.upload import DESCRIPTION_CHARACTERS
from fediserver.activitypub.context import Context
from fediserver.clock import DAY, MINUTE, SECOND
from fediserver.db import accounts as account_rows
from fediserver.db import settings, usage
from fediserver.db.database import Database
from fediserver.db.usage import Counts
from fediserver.media import encoding
from fediserver.media.kinds import PICTURES, VIDEO_AND_AUDIO
from fediserver.models.about import About
from fediserver.models.account import Account
from fediserver.text.count import LINK_COUNTS
from fediserver.views.entities import accounts
from fediserver.views.entities.admin import rule
from fediserver.views.entities.shelf import Json, encode

VERSION = f"4.6.0 (compatible; fediserver {__version__})"
"""What clients read as the version of Mastodon whose features are here."""
LEVEL = 10
"""The same as a number, `api_versions.mastodon`: https://docs.joinmastodon.org/entities/Instance/#api-versions."""

FRESH = MINUTE
PICTURE_BYTES = 16 << 20
PICTURE_PIXELS = 50_000_000
"""As media/pictures.py has it, which only the image worker loads."""
_FEATURED_TAGS = 10
_FEEDS = ("live_feeds", "hashtag_feeds", "trending_link_feeds")
_ANYBODY = {"local": "public", "remote": "public"}
"""Who may read a timeline that is nobody's own: whoever comes."""
_WEEKS = 12


class Documents(msgspec.Struct, frozen=True):
    """Both versions and the rules, rendered."""

    v1: bytes
    v2: bytes
    rules: bytes
    made_at: int


class _Facts(msgspec.Struct, frozen=True):
    """What the documents say, from settings and rows."""

    about: About
    counts: Counts
    contact: Json | None
    rules: list[dict[str, object]]


_DOCUMENTS: WeakKeyDictionary[Database, Documents] = WeakKeyDictionary()


async def documents(ctx: Context) -> Documents:
    """The documents, at most a minute old."""
    known = _DOCUMENTS.get(ctx.db)
    now = ctx.clock()
    if known is None or not known.made_at <= now < known.made_at + FRESH:
        facts = await _facts(ctx, now)
        known = Documents(
            v1=encode(_version_1(ctx, facts)),
            v2=encode(_version_2(ctx, facts)),
            rules=encode(facts.rules),
            made_at=now,
        )
        _DOCUMENTS[ctx.db] = known
    return known


async def activity(ctx: Context) -> list[dict[str, str]]:
    """Posts, log-ins and sign-ups of the last twelve weeks, newest first (InstanceActivity)."""
    last = ctx.clock() // usage.WEEK
    weeks = range(last, last - _WEEKS, -1)
    found = await usage.weeks(ctx.db.slow, start=weeks[-1] * usage.WEEK)
    known = {(one.what, one.week): str(one.number) for one in found}
    return [
        {"week": str(week * usage.WEEK // SECOND)}
        | {what: known.get((what, week), "0") for what in ("statuses", "logins", "registrations")}
        for week in weeks
    ]


async def _facts(ctx: Context, now: int) -> _Facts:
    said = await settings.everything(ctx.db)
    counts = await usage.counts(ctx.db.slow, month_ago=now - 30 * DAY)
    owner_id = await usage.owner(ctx.db)
    owner: Account | None = None if owner_id is None else await account_rows.by_id(ctx.db, owner_id)
    contact = None if owner is None else await accounts.account(ctx, owner, None)
    return _Facts(about.said(said), counts, contact, [rule(one) for one in rules.said(said)])


def _version_1(ctx: Context, facts: _Facts) -> dict[str, object]:
    config = ctx.config
    configuration = _limits(ctx)
    return {
        "uri": config.domain,
        "title": facts.about.title or config.domain,
        "short_description": facts.about.description,
        "description": facts.about.description,
        "email": facts.about.contact_email,
        "version": VERSION,
        "urls": {"streaming_api": _streaming(ctx)},
        "stats": {
            "user_count": facts.counts.users,
            "status_count": facts.counts.statuses,
            "domain_count": facts.counts.hosts,
        },
        "thumbnail": f"{config.base_url}/static/header.png",
        "languages": [config.language or "en"],
        "registrations": config.registrations in ("open", "approval"),
        "approval_required": config.registrations == "approval",
        "invites_enabled": config.registrations == "invite",
        "configuration": configuration,
        "contact_account": facts.contact,
        "rules": facts.rules,
    }


def _version_2(ctx: Context, facts: _Facts) -> dict[str, object]:
    config = ctx.config
    urls: dict[str, object] = {
        "streaming": _streaming(ctx),
        "status": None,
        "about": f"{config.base_url}/about",
        "privacy_policy": f"{config.base_url}/privacy-policy" if facts.about.privacy_policy else None,
        "terms_of_service": f"{config.base_url}/terms-of-service" if facts.about.terms_of_service else None,
    }
    return {
        "domain": config.domain,
        "title": facts.about.title or config.domain,
        "version": VERSION,
        "api_versions": {"mastodon": LEVEL},
        "source_url": facts.about.source_url or config.base_url,
        "description": facts.about.description,
        "usage": {"users": {"active_month": facts.counts.active_month}},
        "thumbnail": {"url": f"{config.base_url}/static/header.png", "description": ""},
        "icon": [{"src": f"{config.base_url}/static/avatar.png", "size": "400x400"}],
        "languages": [config.language or "en"],
        "configuration": {"urls": urls, "vapid": {"public_key": ctx.vapid.public}}
        | _limits(ctx)
        | {
            "timelines_access": {feeds: dict(_ANYBODY) for feeds in _FEEDS},
            "translation": {"enabled": False},
            "limited_federation": config.federation != "open",
        },
        # The year of a campaign that apps put before everybody; here a member's year is counted when they ask.
        "wrapstodon": None,
        "registrations": {
            "enabled": config.registrations in ("open", "approval"),
            "approval_required": config.registrations == "approval",
            "reason_required": None,
            "message": None,
            "min_age": None,
            "url": None,
        },
        "contact": {"email": facts.about.contact_email, "account": facts.contact},
        "rules": facts.rules,
    }


def _streaming(ctx: Context) -> str:
    """The root under which clients look for /api/v1/streaming."""
    return ctx.config.base_url.replace("http", "ws", 1)


def _limits(ctx: Context) -> dict[str, object]:
    films = ctx.converter.is_there
    return {
        "accounts": {
            "max_featured_tags": _FEATURED_TAGS,
            "max_pinned_statuses": pin.MOST,
            "max_profile_fields": profile.FIELDS,
            "profile_field_name_limit": profile.FIELD_CHARACTERS,
            "profile_field_value_limit": profile.FIELD_CHARACTERS,
            "max_display_name_length": profile.NAME_CHARACTERS,
            "max_note_length": profile.NOTE_CHARACTERS,
            "max_avatar_description_length": profile.DESCRIPTION_CHARACTERS,
            "max_header_description_length": profile.DESCRIPTION_CHARACTERS,
        },
        "statuses": {
            "max_characters": write.CHARACTERS,
            "max_media_attachments": write.ATTACHMENTS,
            "characters_reserved_per_url": LINK_COUNTS,
        },
        "media_attachments": {
            "supported_mime_types": [*PICTURES, *(VIDEO_AND_AUDIO if films else ())],
            "description_limit": DESCRIPTION_CHARACTERS,
            "image_size_limit": PICTURE_BYTES,
            "image_matrix_limit": PICTURE_PIXELS,
            # Clients want the keys, also where no video is taken.
            "video_size_limit": ctx.converter.largest if films else 0,
            "video_frame_rate_limit": encoding.FRAME_RATE if films else 0,
            "video_matrix_limit": encoding.PIXELS if films else 0,
        },
        "polls": {
            "max_options": write.POLL_OPTIONS,
            "max_characters_per_option": write.OPTION_CHARACTERS,
            "min_expiration": write.SHORTEST_POLL // SECOND,
            "max_expiration": write.LONGEST_POLL // SECOND,
        },
    }
