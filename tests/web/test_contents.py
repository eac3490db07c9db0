"""docs/client-api.md is what the node answers, and that is all that Mastodon has."""

import json
import re
from pathlib import Path

import pytest

from fediserver.web import contents, openapi
from tests.conftest import SHARED

DOCUMENT = Path(__file__).parents[2] / "docs" / "client-api.md"


def shape(method: str, path: str) -> tuple[str, str]:
    """A path whatever its parameters are called."""
    return method, re.sub(r"\{\w+\}|:\w+", ":", path)


def holes() -> set[str]:
    """What Mastodon has and the node has not, as `METHOD path`."""
    have = {shape(route.method, openapi.address(route)) for route in openapi.declared()}
    rows = json.loads((SHARED / "spec" / "mastodon-api.json").read_text(encoding="utf-8"))
    called = {(row["method"], row["path"]) for row in rows if not row["removed"]}
    return {f"{method} {path}" for method, path in called if shape(method, path) not in have}


def test_the_table_of_contents_is_fresh() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == contents.text(), "run `make contents`"


def test_the_table_tells_of_every_endpoint_once() -> None:
    told = re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", contents.text(), re.MULTILINE)
    assert sorted(told) == sorted(f"{route.method} {openapi.address(route)}" for route in openapi.declared())


@pytest.mark.needs_shared
def test_everything_that_mastodon_has_is_answered() -> None:
    assert sorted(holes()) == []
