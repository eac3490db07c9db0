"""What apps wait for: https://docs.joinmastodon.org/methods/async_refreshes/."""

from starlette.responses import Response

from fediserver.actions import refresh
from fediserver.activitypub.context import Context
from fediserver.models.refresh import Refresh
from fediserver.web.auth import Viewer
from fediserver.web.responses import json_response

RETRY = 3
"""Seconds until an app should ask again."""


async def show(ctx: Context, me: Viewer, refresh_id: int) -> Response:
    """GET /api/v1_alpha/async_refreshes/:id: whether replies that are being fetched have come."""
    found = await refresh.find(ctx, me.account, refresh_id)
    return json_response(
        {
            "async_refresh": {
                "id": str(found.id),
                "status": "running" if refresh.goes_on(ctx, found) else "finished",
                "result_count": found.result_count,
            }
        }
    )


def headers(found: Refresh | None) -> dict[str, str]:
    """What tells an app that there is something to wait for."""
    if found is None:
        return {}
    told = f'id="{found.id}", retry={RETRY}, result_count={found.result_count}'
    return {"Mastodon-Async-Refresh": told}
