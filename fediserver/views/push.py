"""What a push message says: https://docs.joinmastodon.org/methods/push/, in the member's language."""

import hashlib
import hmac

import msgspec

from fediserver import ids
from fediserver.activitypub.context import Context
from fediserver.db import accounts, moderation, notification_pages, statuses
from fediserver.db.notification_pages import Wanted
from fediserver.db.pages import Bounds
from fediserver.models.account import Account
from fediserver.models.notification import Notification
from fediserver.models.push import PushSubscription
from fediserver.models.status import Status
from fediserver.text.count import cut
from fediserver.text.plain import plain
from fediserver.views.entities.shelf import encode, shelf

CHARACTERS = 140
_NAME = 60
_READ = 1000

_TITLES = {
    "en": {
        "mention": "{name} mentioned you",
        "status": "{name} has posted",
        "reblog": "{name} boosted your post",
        "follow": "{name} follows you",
        "follow_request": "{name} asks to follow you",
        "favourite": "{name} likes your post",
        "poll": "A poll has ended",
        "update": "{name} edited a post",
        "quote": "{name} quoted your post",
        "quoted_update": "{name} edited a post that you quoted",
        "added_to_collection": "{name} added you to a collection",
        "collection_update": "{name} edited a collection that you are in",
        "severed_relationships": "You have lost followers or follows by blocking a server",
        "moderation_warning": "The people who moderate here have decided something about your account",
        "admin.sign_up": "{name} has signed up",
        "admin.report": "{name} has reported somebody",
    },
    "de": {
        "mention": "{name} hat dich erwähnt",
        "status": "{name} hat etwas geschrieben",
        "reblog": "{name} hat deinen Beitrag geteilt",
        "follow": "{name} folgt dir",
        "follow_request": "{name} möchte dir folgen",
        "favourite": "{name} gefällt dein Beitrag",
        "poll": "Eine Umfrage ist zu Ende",
        "update": "{name} hat einen Beitrag bearbeitet",
        "quote": "{name} hat deinen Beitrag zitiert",
        "quoted_update": "{name} hat einen Beitrag bearbeitet, den du zitierst",
        "added_to_collection": "{name} hat dich in eine Sammlung aufgenommen",
        "collection_update": "{name} hat eine Sammlung bearbeitet, in der du bist",
        "severed_relationships": "Weil du einen Server blockiert hast, sind Verbindungen zu Konten dort zu Ende",
        "moderation_warning": "Die Moderation hat etwas über dein Konto entschieden",
        "admin.sign_up": "{name} hat sich registriert",
        "admin.report": "{name} hat jemanden gemeldet",
    },
}


def title(kind: str, locale: str, name: str) -> str:
    """What has happened, in one line; `name` is put into it as it is."""
    return _TITLES.get(locale, _TITLES["en"]).get(kind, "{name}").format(name=name)


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """The message as the app reads it."""

    access_token: str
    preferred_locale: str
    notification_id: int
    notification_type: str
    icon: str
    title: str
    body: str


async def payload(ctx: Context, subscription: PushSubscription, notification_id: int) -> bytes | None:
    """The message about a notification; None when the member would not find it among theirs any more."""
    only = Bounds(limit=1, before=notification_id + 1, after=notification_id - 1)
    found = await notification_pages.page(
        ctx.db, only, account_id=subscription.account_id, wanted=Wanted(), now=ctx.clock()
    )
    sender = await accounts.by_id(ctx.db, found[0].from_id) if found else None
    if sender is None:
        return None
    status_id, act_id = found[0].status_id, found[0].act_id
    status = None if status_id is None else await statuses.by_id(ctx.db, status_id)
    acts = await moderation.by_ids(ctx.db, [] if act_id is None else [act_id])
    text = acts[0].reason if acts else _text(sender, status)
    user = await accounts.user(ctx.db, subscription.account_id)
    locale = user.locale if user is not None else "en"
    return encode(_payload(ctx, subscription, found[0], sender, text, locale))


def _payload(
    ctx: Context,
    subscription: PushSubscription,
    told: Notification,
    sender: Account,
    text: str,
    locale: str,
) -> Payload:
    name = cut(sender.display_name.strip() or sender.username, _NAME)
    return Payload(
        access_token=subscription.token,
        preferred_locale=locale,
        notification_id=told.id,
        notification_type=told.kind,
        icon=shelf(ctx, subscription.account_id).avatar(sender.avatar),
        title=title(told.kind, locale, name),
        body=_body(text),
    )


def _text(sender: Account, status: Status | None) -> str:
    """The warning of a post, else its text; without a post, what the sender says of themselves."""
    if status is not None and status.spoiler_text:
        return status.spoiler_text
    return plain(sender.note if status is None else status.content, limit=_READ)


def _body(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= CHARACTERS else cut(text, CHARACTERS - 1) + "…"


def unsubscribe_url(ctx: Context, subscription_id: int) -> str:
    """Where a push service or app ends a subscription without a token."""
    return f"{ctx.config.base_url}/api/web/push_subscriptions/{subscription_id}-{_mark(ctx, subscription_id)}"


def unsubscribed(ctx: Context, text: str) -> int | None:
    """The id of the subscription that such an address names; None when it is not ours."""
    number, _, mark = text.partition("-")
    found = ids.parse(number)
    if found is None or not hmac.compare_digest(_mark(ctx, found).encode(), mark.encode("utf-8", "replace")):
        return None
    return found


def _mark(ctx: Context, subscription_id: int) -> str:
    return hmac.digest(ctx.secret, b"push:%d" % subscription_id, hashlib.sha256).hex()[:32]
