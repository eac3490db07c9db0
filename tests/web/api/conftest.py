"""Every answer of the client API in these tests is checked against the entities and the OpenAPI document."""

from typing import Any

import httpx
import pytest

from tests.api_document import check_documented
from tests.entity_checker import check_answer
from tests.town import Town


@pytest.fixture
async def town(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """The town, with clients that check what they are told."""
    plain = town.client

    async def client(*account: Any, **options: Any) -> httpx.AsyncClient:
        made = await plain(*account, **options)
        made.event_hooks = {"response": [_check]}
        return made

    monkeypatch.setattr(town, "client", client)
    return town


async def _check(response: httpx.Response) -> None:
    body = await response.aread()
    # Only the health of streaming is not in JSON.
    if body and not response.request.url.path.startswith("/api/v1/streaming/health"):
        check_answer(response.request.method, response.request.url.path, response.status_code, body)
    check_documented(response)
