"""What the tests of the web side share."""

import pytest

from tests.garden import Garden
from tests.oauth_app import App


@pytest.fixture
async def app(garden: Garden) -> App:
    """An app whose member is logged in in the same browser."""
    await garden.account("alice")
    made = await App.register(garden)
    assert (await garden.log_in(made.browser, "alice")).status_code == 303
    return made
