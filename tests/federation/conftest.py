"""Fixtures of the tests between servers."""

import logging

import pytest

from tests.scene import Scene
from tests.town import Town


@pytest.fixture
async def scene(town: Town, caplog: pytest.LogCaptureFixture) -> Scene:
    """alice of oak, who follows bob and mallory; everything that is logged is kept."""
    caplog.set_level(logging.DEBUG, "fediserver")
    made = Scene(town, caplog)
    await made.open()
    return made
