"""The node about itself: https://docs.joinmastodon.org/methods/instance/."""

from hashlib import sha256

import msgspec
from starlette.responses import Response

from fediserver.actions import about
from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db import domain_rules, media, usage
from fediserver.errors import NotFound
from fediserver.views.entities import instance
from fediserver.views.entities.shelf import shelf
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response

_NAME = 253
_PEERS_NAMED = 10

# Five minutes, as Mastodon has it for what everybody asks first.
_CACHED = {"Cache-Control": "public, max-age=300"}


class Beginning(msgspec.Struct):
    """The beginning of a name."""

    q: str


class TermsOfService(msgspec.Struct, frozen=True):
    """A version of the terms, with days as 2026-09-03."""

    effective_date: str
    effective: bool
    content: str
    succeeded_by: str | None


async def version_1(ctx: Context) -> Response:
    """GET /api/v1/instance."""
    return json_response((await instance.documents(ctx)).v1, headers=_CACHED)


async def version_2(ctx: Context) -> Response:
    """GET /api/v2/instance."""
    return json_response((await instance.documents(ctx)).v2, headers=_CACHED)


async def rules(ctx: Context) -> Response:
    """GET /api/v1/instance/rules."""
    return json_response((await instance.documents(ctx)).rules, headers=_CACHED)


async def peers(ctx: Context) -> Response:
    """GET /api/v1/instance/peers: servers that this one has reached."""
    return json_response(await usage.peers(ctx.db.slow))


async def peers_named(ctx: Context, wanted: Beginning) -> Response:
    """GET /api/v1/peers/search: servers that this one has reached, by the beginning of their name."""
    name = wanted.q.strip().lower()[:_NAME]
    return json_response(await usage.peers_named(ctx.db.slow, name, limit=_PEERS_NAMED) if name else [])


async def domain_blocks(ctx: Context, viewer: Viewer | None) -> Response:
    """GET /api/v1/instance/domain_blocks: rules for other servers, for whom the organisers show them; else 404."""
    shown = ctx.config.domain_blocks_shown
    if shown == "nobody" or (shown == "members" and viewer is None):
        raise NotFound
    found = [
        {
            "domain": _masked(rule.domain) if rule.obfuscate else rule.domain,
            "digest": sha256(rule.domain.encode()).hexdigest(),
            "severity": rule.severity,
            "comment": rule.reason or None,
        }
        for rule in await domain_rules.everything(ctx.db)
        if rule.severity in ("silence", "suspend")
    ]
    return json_response(found)


def _masked(domain: str) -> str:
    """A domain of which every other quarter is hidden."""
    length = len(domain)
    return "".join(
        "*" if length // 4 <= place < length * 3 // 4 and sign != "." else sign
        for place, sign in enumerate(domain)
    )


async def terms_of_service(ctx: Context) -> Response:
    """GET /api/v1/instance/terms_of_service: those in force, else the next; 404 until somebody writes some."""
    versions = await _terms(ctx)
    return json_response(next((one for one in versions[::-1] if one.effective), versions[0]))


async def terms_of_service_of(ctx: Context, date: str) -> Response:
    """GET /api/v1/instance/terms_of_service/:date: the version that is in force from that day."""
    found = next((one for one in await _terms(ctx) if one.effective_date == date), None)
    if found is None:
        raise NotFound
    return json_response(found)


async def _terms(ctx: Context) -> list[TermsOfService]:
    """Every version, oldest first; NotFound when there is none."""
    versions = (await about.current(ctx)).terms_of_service
    if not versions:
        raise NotFound
    today = isoformat(ctx.clock())[:10]
    later = [*(one.effective_date for one in versions[1:]), None]
    return [
        TermsOfService(one.effective_date, one.effective_date <= today, one.content, next_date)
        for one, next_date in zip(versions, later, strict=True)
    ]


async def translation_languages(ctx: Context) -> Response:
    """GET /api/v1/instance/translation_languages: none, for there is nothing here that translates."""
    return empty()


async def donation_campaigns(me: Viewer) -> Response:
    """GET /api/v1/donation_campaigns: this node asks nobody for money."""
    return Response(status_code=204)


async def activity(ctx: Context) -> Response:
    """GET /api/v1/instance/activity: twelve weeks in numbers."""
    return json_response(await instance.activity(ctx), headers=_CACHED)


async def extended_description(ctx: Context) -> Response:
    """GET /api/v1/instance/extended_description: empty until somebody writes one."""
    text = (await about.current(ctx)).extended_description
    if text is None:
        return json_response({"updated_at": None, "content": ""})
    return json_response({"updated_at": isoformat(text.updated_at), "content": text.content})


async def privacy_policy(ctx: Context) -> Response:
    """GET /api/v1/instance/privacy_policy: 404 until somebody writes one."""
    text = (await about.current(ctx)).privacy_policy
    if text is None:
        raise NotFound
    return json_response({"updated_at": isoformat(text.updated_at), "content": text.content})


async def languages(ctx: Context) -> Response:
    """GET /api/v1/instance/languages."""
    return json_response([{"code": "en", "name": "English"}], headers=_CACHED)


async def custom_emojis(ctx: Context) -> Response:
    """GET /api/v1/custom_emojis: ours."""
    shelved = shelf(ctx, None)
    found = [
        shelved.emoji(row.shortcode, row.path, row.category, pick=row.visible)
        for row in await media.emojis(ctx.db)
    ]
    return json_response(found, headers=_CACHED)
