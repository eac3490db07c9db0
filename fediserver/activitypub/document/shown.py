"""Posts that are more than a note, as one piece of HTML: title, date and place, text, link."""

import re
from typing import Any

from fediserver.activitypub.document import attachments, fields, parts
from fediserver.activitypub.document.decode import Document
from fediserver.activitypub.vocabulary import NOTES
from fediserver.text.compose import escape, inline
from fediserver.text.plain import plain
from fediserver.text.sanitise import clean_text

CONTENT_LENGTH = 100_000
"""Characters of a post's HTML that are kept."""

_PLACE_LENGTH = 300
_LOCAL_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2})(?:[0-9:.,]*)(.{0,6})", re.DOTALL
)
_ADDRESS = ("streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry")


def content(doc: Document, kind: str, *, title: str, content: str, summary: str, url: str) -> str:
    """What readers see of a post of that type.

    A note is its content, below its title if it has one. Everything else is title, summary and link, as
    Mastodon shows it, with the content where that does not take the summary's place: an Article's is
    read behind the link.
    """
    body = parts.html(content[:CONTENT_LENGTH], fields.text(doc, "mediaType", limit=255))
    heading = f"<p><strong>{escape(title)}</strong></p>" if title else ""
    if kind in NOTES:
        return heading + body
    lead = parts.html(summary[:CONTENT_LENGTH])
    if not lead and kind == "Event":
        lead = _date_and_place(doc)
    # A text that only repeats the title, as link posts of some forums have it.
    if (kind == "Article" and lead) or (title and plain(body, limit=2 * len(title)) == title):
        body = ""
    links = dict.fromkeys(
        link for link in (attachments.linked_page(doc), url) if link and escape(link) not in body
    )
    paragraphs = (f"<p>{inline(link, mentions={}, tag_url='')}</p>" for link in links)
    return "".join((heading, lead if lead != body else "", body, *paragraphs))


def _date_and_place(doc: Document) -> str:
    """When an event begins, in its own place's time, and where; '' if neither is told."""
    told = [
        part
        for part in (_local_time(fields.text(doc, "startTime", limit=64)), _place(doc.get("location")))
        if part
    ]
    return f"<p>{escape(', '.join(told))}</p>" if told else ""


def _local_time(text: str) -> str:
    found = _LOCAL_TIME.match(text)
    if found is None:
        return ""
    zone = {"Z": " UTC", "z": " UTC"}.get(found[3][:1], "")
    return f"{found[1]} {found[2]}{zone}"


def _place(value: Any) -> str:
    value = fields.first(value)
    if isinstance(value, str):
        return clean_text(value, limit=_PLACE_LENGTH)
    if not isinstance(value, dict):
        return ""
    names = [fields.language_map(value, "name")[0]]
    address = fields.first(value.get("address"))
    if isinstance(address, str):
        names.append(address)
    elif isinstance(address, dict):
        names += (fields.text(address, key) for key in _ADDRESS)
    cleaned = (clean_text(name, limit=_PLACE_LENGTH) for name in names)
    return ", ".join(dict.fromkeys(name for name in cleaned if name))[:_PLACE_LENGTH]
