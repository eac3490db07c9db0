"""From what a member typed to the columns of a post: text, mentions, tags, emoji, limits."""

from collections.abc import Iterable, Sequence

import msgspec
import orjson

from fediserver.actions.core import Core
from fediserver.clock import DAY, MINUTE
from fediserver.db import accounts, media, scheduled, trend_reviews
from fediserver.db.database import Reader, Writer
from fediserver.errors import Invalid
from fediserver.models.account import Account
from fediserver.models.media import MediaAttachment
from fediserver.models.poll import Poll, PollOption
from fediserver.text import compose, count
from fediserver.text.handles import Handle

CHARACTERS = 500
ATTACHMENTS = 4
MENTIONS = 50
POLL_OPTIONS = 4
OPTION_CHARACTERS = 50
SHORTEST_POLL = 5 * MINUTE
LONGEST_POLL = 31 * DAY
_NOT_READY = (
    "Validation failed: Cannot attach files that have not finished processing. Try again in a moment, or send the "
    "file again if it could not be processed"
)
FILES_OR_POLL = "Validation failed: a post has either files or a poll"
_NOT_FREE = "Validation failed: one of the attached files is not there, or already used"


class PollDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A poll as a member asks for it; `expires_in` in seconds."""

    options: list[str]
    expires_in: int
    multiple: bool = False
    hide_totals: bool = False


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A text and what was found in it; `unknown` are handles that nobody here has met."""

    html: str
    mentioned: tuple[Account, ...]
    unknown: tuple[Handle, ...]
    tags: tuple[tuple[str, str], ...]
    emojis: str


async def write(core: Core, text: str, spoiler_text: str = "") -> Written:
    """Find out whom and what a text names, and put it into HTML."""
    found = compose.find(text)
    known, emojis = await core.db.read(
        lambda tx: _look_up(
            tx, core, found.mentions[:MENTIONS], [*found.emojis, *compose.find(spoiler_text).emojis]
        )
    )
    return Written(
        html=markup(core, text, known),
        mentioned=tuple({account.id: account for account in known.values()}.values()),
        unknown=tuple(handle for handle in found.mentions[:MENTIONS] if handle not in known),
        tags=tuple((compose.tag_name(tag), tag) for tag in found.tags),
        emojis=emojis,
    )


async def _look_up(
    tx: Reader, core: Core, handles: Sequence[Handle], shortcodes: Sequence[str]
) -> tuple[dict[Handle, Account], str]:
    known: dict[Handle, Account] = {}
    for handle in handles:
        account = await accounts.by_handle(tx, handle.name, domain_of(core, handle))
        if account is not None and account.deleted_at is None:
            known[handle] = account
    emojis = await media.emojis_named(tx, "", shortcodes)
    return known, orjson.dumps([{"shortcode": one.shortcode, "path": one.path} for one in emojis]).decode()


def domain_of(core: Core, handle: Handle) -> str:
    """The domain as rows have it: '' for our own names, written with the domain or without."""
    return "" if handle.domain in ("", core.uris.domain, core.config.web_host) else handle.domain


def markup(core: Core, text: str, known: dict[Handle, Account]) -> str:
    """The text as HTML, with links to the accounts that are known."""
    links = {handle: compose.MentionLink(account.username, account.url) for handle, account in known.items()}
    return compose.html(text, mentions=links, tag_url=core.uris.tag)


def mention_list(core: Core, mentioned: Iterable[Account]) -> str:
    """The mentions of a post, as its row keeps them."""
    return orjson.dumps(
        [
            {
                "id": str(account.id),
                "username": account.username,
                "acct": f"{account.username}@{account.domain}" if account.domain else account.username,
                "url": account.url,
            }
            for account in mentioned
        ]
    ).decode()


def check_length(text: str, spoiler_text: str) -> None:
    """Raise Invalid when a post is too long."""
    length = count.count(text, spoiler_text)
    if length > CHARACTERS:
        raise Invalid(f"Validation failed: Text character limit of {CHARACTERS} exceeded")


async def check_tags(core: Core, text: str) -> None:
    """Raise Invalid when a post has a hashtag that those who moderate do not let be used."""
    names = [compose.tag_name(one) for one in compose.find(text).tags]
    barred = await trend_reviews.unusable(core.db, names)
    if barred:
        named = ", ".join(f"#{one}" for one in barred)
        raise Invalid(f"Validation failed: Text contained hashtags that are not to be used here: {named}")


async def attachments(
    core: Core,
    author: Account,
    ids: Sequence[int],
    *,
    status_id: int | None = None,
    scheduled_id: int | None = None,
) -> list[MediaAttachment]:
    """The author's own uploads that are free, or already on this post or kept for it, in the order asked for."""
    if len(ids) > ATTACHMENTS:
        raise Invalid(f"Validation failed: Cannot attach more than {ATTACHMENTS} files")
    found, kept = await core.db.read(lambda tx: _files(tx, ids))
    chosen = [found[one] for one in dict.fromkeys(ids) if one in found]
    fit = [
        one
        for one in chosen
        if one.account_id == author.id
        and one.status_id in (None, status_id)
        and kept.get(one.id) in (None, scheduled_id)
    ]
    if len(fit) != len(set(ids)):
        raise Invalid(_NOT_FREE)
    if not all(one.is_ready for one in fit):
        raise Invalid(_NOT_READY)
    if len(fit) > 1 and any(one.kind in ("video", "audio", "gifv") for one in fit):
        raise Invalid("Validation failed: a video or sound cannot be attached together with other files")
    return fit


async def attach(tx: Writer, files: Sequence[MediaAttachment], status_id: int) -> None:
    """Make the files those of a post; raises Invalid when another post has taken one meanwhile."""
    if not await media.attach(tx, [one.id for one in files], status_id):
        raise Invalid(_NOT_FREE)


async def _files(tx: Reader, ids: Sequence[int]) -> tuple[dict[int, MediaAttachment], dict[int, int]]:
    """Uploads, and for which posts to come they are kept."""
    return await media.by_ids(tx, ids), await scheduled.kept(tx, ids)


def poll_rows(core: Core, draft: PollDraft, status_id: int) -> tuple[Poll, tuple[PollOption, ...]]:
    """The rows of a poll; raises Invalid when it breaks a rule."""
    titles = [title.strip() for title in draft.options]
    if not 2 <= len(titles) <= POLL_OPTIONS:
        raise Invalid(f"Validation failed: a poll has 2 to {POLL_OPTIONS} options")
    if any(not title or count.count(title) > OPTION_CHARACTERS for title in titles):
        raise Invalid(f"Validation failed: a poll option has 1 to {OPTION_CHARACTERS} characters")
    if len(set(titles)) != len(titles):
        raise Invalid("Validation failed: poll options must differ")
    lasts = draft.expires_in * 1000
    if not SHORTEST_POLL <= lasts <= LONGEST_POLL:
        raise Invalid("Validation failed: a poll runs for 5 minutes to 31 days")
    poll = Poll(
        id=core.ids.next(),
        status_id=status_id,
        multiple=draft.multiple,
        hide_totals=draft.hide_totals,
        voters_count=0,
        expires_at=core.clock() + lasts,
        closed_at=None,
    )
    return poll, tuple(
        PollOption(poll_id=poll.id, position=place, title=title, votes_count=0)
        for place, title in enumerate(titles)
    )
