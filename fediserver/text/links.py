"""The links in the HTML of a post, as `compose` and `sanitise` write it."""

import re
from html import unescape

_LINK = re.compile(r"<a((?: [a-z]+=\"[^\"]*\")*)>")
_QUOTE = re.compile(r'<p class="quote-inline">.*?</p>', re.DOTALL)
_ATTRIBUTE = re.compile(r' (href|class|rel)="([^"]*)"')


def links(html: str) -> list[str]:
    """Addresses of pages, in order and each once; mentions and hashtags are none."""
    found: dict[str, None] = {}
    if "quote-inline" in html:
        # What is quoted is shown as a post.
        html = _QUOTE.sub("", html)
    for link in _LINK.finditer(html):
        values = dict(_ATTRIBUTE.findall(link[1]))
        address = unescape(values.get("href", ""))
        said = {*values.get("class", "").split(), *values.get("rel", "").split()}
        if address.startswith(("https://", "http://")) and not said & {"mention", "hashtag", "u-url", "tag"}:
            found[address] = None
    return list(found)
