"""How rows look on a page: names with their emoji, times, pictures, polls."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from markupsafe import Markup, escape

from fediserver.clock import DAY, HOUR, MINUTE, isoformat
from fediserver.db.public import Posts
from fediserver.models.account import Account
from fediserver.models.media import MediaAttachment
from fediserver.models.poll import Poll, PollOption
from fediserver.models.status import Status
from fediserver.text import plain
from fediserver.text.sanitise import clean
from fediserver.views.media_keys import REMOTE

_TAG = re.compile(r"(<[^>]*>)")
_SHORTCODE = re.compile(r":([A-Za-z0-9_]{2,64}):")
_COLOURS = 6

File = Callable[[str], str]
"""From a path below /media/ to the address that a visitor gets."""


class Picture(NamedTuple):
    """A file of a post as the page shows it; `url` is '' when we know of no address for it.

    What is `remote` is another server's: its address shows it, or the colours of its blurhash.
    """

    kind: str
    url: str
    preview: str
    description: str
    width: int | None
    height: int | None
    remote: bool


class Choice(NamedTuple):
    """An option of a poll; `percent` is None while totals are hidden."""

    title: str
    votes: int
    percent: int | None


class Post(NamedTuple):
    """A post ready to be shown; `booster` is who boosted it, `depth` how far it is indented in a thread.

    `key` is unique on a page: the id of the boost where it is one.
    """

    key: int
    status: Status
    author: Account
    booster: Account | None
    pictures: list[Picture]
    poll: Poll | None
    choices: list[Choice]
    depth: int = 0


class Showing:
    """What templates call on rows."""

    def __init__(self, file: File, say: Callable[[str], str]) -> None:
        self.media = file
        self._say = say

    def name(self, account: Account) -> Markup:
        """The display name, else the user name, with custom emoji."""
        return self._with_emojis(str(escape(account.display_name or account.username)), account.emojis)

    def plain_name(self, account: Account) -> str:
        """The same as text."""
        return account.display_name or account.username

    def handle(self, account: Account, domain: str) -> str:
        """`@name@host`, as people type it elsewhere."""
        return f"@{account.username}@{account.domain or domain}"

    def note(self, account: Account) -> Markup:
        """The biography; its HTML was cleaned when it was stored."""
        return self._with_emojis(account.note, account.emojis)

    def content(self, status: Status) -> Markup:
        """The text of a post; its HTML was cleaned when it was stored."""
        return self._with_emojis(status.content, status.emojis)

    def warning(self, status: Status) -> Markup:
        """The content warning."""
        return self._with_emojis(str(escape(status.spoiler_text)), status.emojis)

    def fields(self, account: Account) -> list[tuple[Markup, Markup, bool]]:
        """The rows of a profile: name, value, whether the link was verified."""
        return [
            (
                self._with_emojis(str(escape(row["name"])), account.emojis),
                self._with_emojis(clean(row["value"]), account.emojis),
                bool(row.get("verified_at")),
            )
            for row in json.loads(account.fields)
        ]

    def link(self, status: Status, author: Account) -> str:
        """Where a post is at home: its page here, or the other server's."""
        if author.domain:
            return status.url or status.uri
        return f"/@{author.username}/{status.id}"

    def profile(self, account: Account) -> str:
        """Where an account is at home."""
        return (account.url or account.uri) if account.domain else f"/@{account.username}"

    def text(self, html: str) -> Markup:
        """What organisers wrote; its HTML was cleaned when it was stored."""
        return self._with_emojis(html, "[]")

    def initial(self, account: Account) -> str:
        """The letter that stands where there is no picture: of a name in emoji, the user name's."""
        name = self.plain_name(account)
        return next((sign for sign in name if sign.isalpha()), account.username[0]).upper()

    def colour(self, account: Account) -> int:
        """Which of the plain avatars an account without picture has."""
        return account.id % _COLOURS

    def stamp(self, moment: int) -> str:
        """For the `datetime` attribute."""
        return isoformat(moment)

    def day(self, moment: int) -> str:
        """`2026-01-02`, which reads the same in every language."""
        return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%d")

    def date(self, moment: int) -> str:
        """`2026-01-02 10:00 UTC`."""
        return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")

    def ago(self, moment: int, now: int) -> str:
        """How long ago, short; the day where that is more than a month."""
        passed = max(now - moment, 0)
        for length, text in (
            (MINUTE, "just now"),
            (HOUR, "%(count)s min"),
            (DAY, "%(count)s h"),
            (30 * DAY, "%(count)s d"),
        ):
            if passed < length:
                return self._say(text) % {"count": passed // _UNITS[length]}
        return self.day(moment)

    def excerpt(self, status: Status) -> str:
        """The beginning of a post as plain text, for previews elsewhere."""
        if status.spoiler_text:
            return status.spoiler_text
        return plain.excerpt(status.content, 200)

    def _with_emojis(self, html: str, emojis: str) -> Markup:
        """HTML with the pictures for :shortcodes: put in, outside of tags."""
        paths = {each["shortcode"]: each["path"] for each in json.loads(emojis)} if emojis != "[]" else {}
        parts = _TAG.split(html) if paths else [html]

        def picture(found: re.Match[str]) -> str:
            if found[1] not in paths:
                return found[0]
            url = escape(self.media(paths[found[1]]))
            return (
                f'<img class="emoji" src="{url}" alt="{found[0]}" title="{found[0]}" width="20" height="20">'
            )

        if paths:
            parts[::2] = [_SHORTCODE.sub(picture, part) for part in parts[::2]]
        return Markup("".join(parts))  # noqa: S704 - cleaned when it was stored, or escaped by the caller


_UNITS = {MINUTE: MINUTE, HOUR: MINUTE, DAY: HOUR, 30 * DAY: DAY}


def posts(found: Posts, file: File, now: int) -> list[Post]:
    """Posts ready to be shown, in their order; a boost shows the original."""
    ready = []
    for each in found.shown:
        status = found.originals[each.reblog_of_id] if each.reblog_of_id else each
        poll = found.polls.get(status.poll_id) if status.poll_id else None
        ready.append(
            Post(
                each.id,
                status,
                found.authors[status.account_id],
                found.authors[each.account_id] if each.reblog_of_id else None,
                [_picture(one, file) for one in found.media.get(status.id, [])],
                poll,
                _choices(poll, found.options.get(poll.id, []), now) if poll else [],
            )
        )
    return ready


def _picture(attachment: MediaAttachment, file: File) -> Picture:
    size = json.loads(attachment.meta).get("original") or {}
    return Picture(
        attachment.kind,
        file(attachment.path) if attachment.path else "",
        file(attachment.preview_path or attachment.path) if attachment.path else "",
        attachment.description,
        size.get("width"),
        size.get("height"),
        attachment.path.startswith(REMOTE),
    )


def _choices(poll: Poll, options: list[PollOption], now: int) -> list[Choice]:
    hidden = poll.hide_totals and (poll.expires_at is None or poll.expires_at > now)
    # Of several choices each is compared with the people, of one with the votes.
    total = poll.voters_count if poll.multiple else sum(option.votes_count for option in options)
    return [
        Choice(
            option.title,
            option.votes_count,
            None if hidden else round(100 * option.votes_count / total) if total else 0,
        )
        for option in options
    ]
