"""Clients that people use, written in JavaScript, against a running node: masto.js and megalodon."""

from pathlib import Path

import pytest

from tests.clients.javascript import Errands, play
from tests.processes import Node
from tests.push_service import serving

SCENARIOS = ("posts", "choices", "notifications", "streams", "push", "later")


@pytest.mark.needs_tool("npm")
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("library", ["masto", "megalodon"])
async def test_a_library_logs_in_by_the_pages_and_does_what_apps_do(
    garden: Node, library: str, scenario: str, tmp_path: Path
) -> None:
    async with serving() as (service, url):
        errands = Errands(garden, service, url, tmp_path)
        await play(f"{library}.mjs", scenario, errands, base_url=garden.base_url)
