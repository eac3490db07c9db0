"""What organisers write about their node: its name, what it is for, whom to ask, its policy and its terms."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from fediserver.actions.core import Core
from fediserver.db import settings
from fediserver.db.database import Writer
from fediserver.errors import Invalid
from fediserver.models.about import About, LongText, Terms
from fediserver.text import compose
from fediserver.text.mail_address import LONGEST as LONGEST_ADDRESS
from fediserver.text.mail_address import is_address
from fediserver.text.sanitise import clean, one_line

LINES: Final = {"title": 100, "description": 500, "contact_email": LONGEST_ADDRESS, "source_url": 500}
"""Texts of one line, and how many characters each may have."""
LONG_TEXTS: Final = ("extended_description", "privacy_policy")
LONGEST = 100_000
MOST_TERMS = 50

_TERMS = "terms_of_service"
_WEB_ADDRESS = re.compile(r"https?://\S+")


def said(found: Mapping[str, str]) -> About:
    """What stands in the settings."""
    terms = msgspec.json.decode(found.get(_TERMS) or "[]", type=list[Terms])
    return About(
        title=found.get("title", ""),
        description=found.get("description", ""),
        contact_email=found.get("contact_email", ""),
        source_url=found.get("source_url", ""),
        extended_description=_long(found, "extended_description"),
        privacy_policy=_long(found, "privacy_policy"),
        terms_of_service=terms,
    )


def _long(found: Mapping[str, str], name: str) -> LongText | None:
    text = found.get(name)
    return msgspec.json.decode(text, type=LongText) if text else None


async def current(core: Core) -> About:
    """What the node says of itself now."""
    return said(await settings.everything(core.db))


async def put(core: Core, name: str, text: str) -> None:
    """Write one of LINES or LONG_TEXTS; an empty text takes it away.

    A long text is plain, with paragraphs after empty lines, or HTML when it begins with a tag. Raises Invalid.
    """
    if name in LINES:
        value = _line(name, text)
    elif name in LONG_TEXTS:
        content = _html(core, text)
        value = msgspec.json.encode(LongText(content, core.clock())).decode() if content else ""
    else:
        raise Invalid(f"{name} is none of {', '.join((*LINES, *LONG_TEXTS))}")
    await core.db.write(lambda tx: settings.put(tx, name, value))


async def publish_terms(core: Core, text: str, effective_date: str) -> None:
    """Terms that are in force from a day on; those of the same day are replaced. Raises Invalid."""
    try:
        day = date.fromisoformat(effective_date).isoformat()
    except ValueError:
        raise Invalid(f"{effective_date} is no day; write it as 2026-09-03") from None
    content = _html(core, text)
    if not content:
        raise Invalid("Terms of service cannot be empty")

    async def work(tx: Writer) -> None:
        others = [
            one for one in said(await settings.everything(tx)).terms_of_service if one.effective_date != day
        ]
        if len(others) >= MOST_TERMS:
            raise Invalid(f"There are {MOST_TERMS} versions already; nobody reads more")
        versions = sorted([*others, Terms(day, content)], key=lambda one: one.effective_date)
        await settings.put(tx, _TERMS, msgspec.json.encode(versions).decode())

    await core.db.write(work)


def _line(name: str, text: str) -> str:
    value = one_line(text)
    if len(value) > LINES[name]:
        raise Invalid(f"{name} has at most {LINES[name]} characters")
    if name == "contact_email" and value and not is_address(value):
        raise Invalid(f"{name} is an address such as hello@garden.example")
    if name == "source_url" and value and _WEB_ADDRESS.fullmatch(value) is None:
        raise Invalid(f"{name} is a whole address such as https://git.example/fediserver")
    return value


def _html(core: Core, text: str) -> str:
    if len(text) > LONGEST:
        raise Invalid(f"A text has at most {LONGEST} characters")
    if text.lstrip().startswith("<"):
        return clean(text)
    return compose.html(text, mentions={}, tag_url=core.uris.tag)
