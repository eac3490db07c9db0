"""NotificationFallback: https://docs.joinmastodon.org/entities/NotificationFallback/, in the member's language."""

from collections.abc import Iterable, Sequence

import msgspec

from fediserver.activitypub.context import Context
from fediserver.db import accounts
from fediserver.models.account import Account
from fediserver.models.notification import BASELINE
from fediserver.text.compose import MentionLink, escape, mention
from fediserver.views import push

_SUMMARIES = {
    "en": "Your app does not know of this yet. {link} to see all of it.",
    "de": "Deine App kennt das noch nicht. {link}, um alles zu sehen.",
}
_SIGN_IN = {"en": "Sign in on the web", "de": "Melde dich im Web an"}


class Fallbacks(msgspec.Struct, frozen=True):
    """What apps are told instead of notifications of kinds that they do not support."""

    supported: frozenset[str]
    locale: str
    site: str

    def of(self, kind: str, sender: Account) -> dict[str, object]:
        """The member `fallback` of a notification's entity; nothing for a kind that the app supports."""
        if kind in self.supported:
            return {}
        name = mention(MentionLink(sender.username, sender.url or sender.uri))
        link = f'<a href="{escape(self.site)}">{_SIGN_IN.get(self.locale, _SIGN_IN["en"])}</a>'
        summary = _SUMMARIES.get(self.locale, _SUMMARIES["en"]).format(link=link)
        title = push.title(kind, self.locale, name)
        # The last is called by one name in Mastodon's documents, and by the other in its answers.
        words = {"title": title, "summary": summary, "details": None, "description": None}
        return {"fallback": words}


async def fallbacks(
    ctx: Context, viewer_id: int, kinds: Iterable[str], supported: Sequence[str] | None
) -> Fallbacks:
    """Those for an app that names the kinds that it supports, beside those that all do; None wants no fallback."""
    shown = frozenset(kinds)
    known = shown if supported is None else BASELINE.union(supported)
    user = await accounts.user(ctx.db, viewer_id) if shown - known else None
    return Fallbacks(known, user.locale if user is not None else "en", ctx.config.base_url)
