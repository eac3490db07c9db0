"""Web Push subscriptions, one for each token: https://docs.joinmastodon.org/methods/push/."""

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import Response

from fediserver import ids
from fediserver.activitypub.context import Context
from fediserver.db import push as rows
from fediserver.db.database import Writer
from fediserver.errors import BadRequest, Invalid, NotFound, Refused
from fediserver.models.notification import KINDS
from fediserver.models.push import POLICIES, PushSubscription
from fediserver.signatures import webpush
from fediserver.views import push as words
from fediserver.web import auth
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response

LONGEST_ENDPOINT = 2000
MOST = 50
"""Of one member: each notification is sent to all of them, so many would be a weapon."""


class Keys(msgspec.Struct):
    """The subscriber's public key and secret, in base64url."""

    p256dh: str
    auth: str


class Address(msgspec.Struct):
    """Where to push to."""

    endpoint: str
    keys: Keys
    standard: bool = False


class Wanted(msgspec.Struct):
    """What to push: kinds of notifications, and whose."""

    alerts: dict[str, bool] = {}
    policy: str = "all"


class Subscribing(msgspec.Struct):
    """A subscription as an app asks for it."""

    subscription: Address
    data: Wanted = msgspec.field(default_factory=Wanted)


class Changing(msgspec.Struct):
    """What an app wants from now on; Mastodon's documents have the policy at the top."""

    data: Wanted = msgspec.field(default_factory=Wanted)
    policy: str | None = None


async def create(ctx: Context, me: Viewer, request: Request, asked: Subscribing) -> Response:
    """POST /api/v1/push/subscription: subscribe; what the token had before is replaced."""
    wanted = asked.data
    row = PushSubscription(
        id=ctx.ids.next(),
        token_id=_token_id(me),
        account_id=me.id,
        token=auth.bearer(request) or "",
        endpoint=_endpoint(ctx, asked.subscription.endpoint),
        public_key=asked.subscription.keys.p256dh,
        auth=asked.subscription.keys.auth,
        standard=asked.subscription.standard,
        alerts=_alerts(wanted),
        said=_said(wanted),
        policy=_policy(wanted.policy),
        created_at=ctx.clock(),
    )
    try:
        webpush.recipient(row.public_key, row.auth)
    except ValueError:
        raise Invalid(
            "Validation failed: the keys of the subscription are not those of a push service"
        ) from None
    await ctx.db.write(lambda tx: rows.replace(tx, row, most=MOST))
    return json_response(_entity(ctx, row))


async def show(ctx: Context, me: Viewer) -> Response:
    """GET /api/v1/push/subscription."""
    return json_response(_entity(ctx, await _own(ctx, me)))


async def change(ctx: Context, me: Viewer, asked: Changing) -> Response:
    """PUT /api/v1/push/subscription: want other notifications; what is not said is not wanted."""
    policy = _policy(asked.data.policy if asked.policy is None else asked.policy)
    wanted = asked.data

    async def work(tx: Writer) -> bool:
        return await rows.change(
            tx, token_id=_token_id(me), alerts=_alerts(wanted), said=_said(wanted), policy=policy
        )

    if not await ctx.db.write(work):
        raise NotFound
    return await show(ctx, me)


async def delete(ctx: Context, me: Viewer) -> Response:
    """DELETE /api/v1/push/subscription; nothing happens when there is none."""
    await ctx.db.write(lambda tx: rows.drop_of_token(tx, _token_id(me)))
    return empty()


async def change_by_id(ctx: Context, me: Viewer, subscription: str, asked: Changing) -> Response:
    """PUT /api/web/push_subscriptions/:id: the same for the bundled web client."""
    own = await _own(ctx, me)
    if ids.parse(subscription) != own.id:
        raise NotFound
    return await change(ctx, me, asked)


async def unsubscribe(ctx: Context, subscription: str) -> Response:
    """DELETE /api/web/push_subscriptions/:id: by the address that came with each push, without a token."""
    found = words.unsubscribed(ctx, subscription)
    if found is None or not await ctx.db.write(lambda tx: rows.drop(tx, found)):
        raise NotFound
    return empty()


def _token_id(me: Viewer) -> int:
    if me.token is None:
        raise BadRequest("A subscription belongs to a token")
    return me.token.id


async def _own(ctx: Context, me: Viewer) -> PushSubscription:
    found = await rows.of_token(ctx.db, _token_id(me))
    if found is None:
        raise NotFound
    return found


def _endpoint(ctx: Context, text: str) -> str:
    """The address of a push service, which the node must be able to ask."""
    try:
        if len(text) > LONGEST_ENDPOINT:
            raise Refused("ssrf", "it is too long")
        return ctx.net.target(text).url
    except Refused as problem:
        raise Invalid(f"Validation failed: the endpoint cannot be pushed to: {problem}") from None


def _policy(name: str) -> str:
    if name not in POLICIES:
        raise Invalid(f"Validation failed: policy must be one of {', '.join(POLICIES)}")
    return name


def _alerts(wanted: Wanted) -> str:
    """The kinds that are wanted, each between spaces."""
    return " ".join(["", *(kind for kind in KINDS if wanted.alerts.get(kind)), ""])


def _said(wanted: Wanted) -> str:
    return orjson.dumps({kind: wanted.alerts[kind] for kind in KINDS if kind in wanted.alerts}).decode()


def _entity(ctx: Context, row: PushSubscription) -> dict[str, object]:
    """A WebPushSubscription; its id is a number, as Mastodon sends it."""
    return {
        "id": row.id,
        "endpoint": row.endpoint,
        "standard": row.standard,
        "alerts": orjson.loads(row.said),
        "server_key": ctx.vapid.public,
        "policy": row.policy,
    }
