"""Writes docs/client-api.md: `python -m fediserver.web.contents > docs/client-api.md`, or `make contents`."""

import sys
from collections.abc import Iterator

from fediserver.web import openapi
from fediserver.web.api.endpoint import Endpoint
from fediserver.web.router import Route

_HEAD = """# The client API

Every endpoint that this node answers, in the order of the tables of routes that it answers from. Made by
`make contents`; a test fails when it is stale. For programs, the same is at `/api/openapi.json`. What clients may
rely on stands in [Mastodon's documentation](https://docs.joinmastodon.org/api/).

A token needs one of the scopes; in brackets where none is needed, but one that is sent is looked at. Where the state
is *empty*, the feature is not here yet: there is an answer of the right shape with nothing in it, or a 404.
"""


def text() -> str:
    """The whole document."""
    return "\n".join((_HEAD, *_table())) + "\n"


def _table() -> Iterator[str]:
    yield "| endpoint | scopes | state | does |"
    yield "|---|---|---|---|"
    for route in openapi.declared():
        state = "empty" if openapi.name(route).startswith("absent.") else "works"
        words = openapi.summary(route).replace("|", "\\|")
        yield f"| `{route.method} {openapi.address(route)}` | {_scopes(route)} | {state} | {words} |"


def _scopes(route: Route) -> str:
    endpoint = route.endpoint
    if not isinstance(endpoint, Endpoint):
        return "any token" if "security" in openapi.operation(route) else "—"
    if endpoint.needs_token:
        return " ".join(f"`{scope}`" for scope in endpoint.scopes) or "any token"
    if not endpoint.knows_viewer:
        return "—"
    return "(" + (" ".join(f"`{scope}`" for scope in endpoint.scopes) or "any token") + ")"


if __name__ == "__main__":
    sys.stdout.write(text())
