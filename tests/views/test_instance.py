"""What the instance documents promise is what the rest of the node does."""

import json
import re

import pytest

from fediserver.media import images, pictures
from fediserver.models.filter import ACTIONS
from fediserver.views.entities import instance
from fediserver.web import oauth
from fediserver.web.api.routes import ROUTES
from fediserver.web.pages.routes import ROUTES as PAGES
from tests.conftest import SHARED

# What came with each level; the rest of a level is fields, which the entity checker looks at in every answer.
LEVELS = {
    2: (
        "GET /api/v2/notifications",
        "GET /api/v2/notifications/{}",
        "GET /api/v2/notifications/{}/accounts",
        "POST /api/v2/notifications/{}/dismiss",
        "GET /api/v2/notifications/unread_count",
        "GET /api/v2/notifications/policy",
        "PATCH /api/v2/notifications/policy",
        "GET /api/v1/notifications/requests",
        "GET /api/v1/notifications/requests/merged",
        "POST /api/v1/notifications/requests/accept",
        "POST /api/v1/notifications/requests/dismiss",
        "GET /api/v1/accounts",
        "GET /api/v1/statuses",
        "GET /api/v1/domain_blocks/preview",
    ),
    3: ("PATCH /api/v1/accounts/update_credentials", "GET /api/v1/trends/links"),
    4: ("DELETE /api/v1/media/{}", "DELETE /api/v1/statuses/{}"),
    5: ("POST /api/v2/filters",),
    6: (
        "POST /api/v1/tags/{}/feature",
        "POST /api/v1/tags/{}/unfeature",
        "GET /api/v1/accounts/{}/endorsements",
        "GET /api/v1/instance/terms_of_service",
    ),
    7: (
        "GET /api/v1/statuses/{}/quotes",
        "POST /api/v1/statuses/{}/quotes/{}/revoke",
        "PUT /api/v1/statuses/{}/interaction_policy",
        "PATCH /api/v1/statuses/{}/interaction_policy",
    ),
    8: ("GET /api/v1/profile", "PATCH /api/v1/profile", "GET /api/v1/accounts/{}/statuses"),
    9: ("DELETE /api/v1/profile/avatar", "DELETE /api/v1/profile/header"),
    10: (
        "GET /api/v1/accounts/{}/collections",
        "GET /api/v1/accounts/{}/in_collections",
        "POST /api/v1/collections",
        "GET /api/v1/collections/{}",
        "PATCH /api/v1/collections/{}",
        "DELETE /api/v1/collections/{}",
        "POST /api/v1/collections/{}/items",
        "DELETE /api/v1/collections/{}/items/{}",
        "POST /api/v1/collections/{}/items/{}/revoke",
        "GET /api/v2/notifications/{}",
    ),
}
# Matters of organisers, what there is none of, and trials: not what a level promises to members' apps.
BESIDE = ("/api/v1/admin/", "/api/v2/admin/", "/api/v1/announcements", "/api/v1_alpha/")


def there() -> set[str]:
    """Every endpoint that does something, with parameters as `{}`."""
    works = [route for route in ROUTES if not route.endpoint.function.__module__.endswith(".absent")]  # type: ignore[attr-defined]
    return {
        re.sub(r"\{\w+\}", "{}", f"{route.method} {route.path}") for route in [*works, *oauth.ROUTES, *PAGES]
    }


def test_the_announced_level_is_here() -> None:
    assert instance.VERSION.startswith("4.6.")
    assert max(LEVELS) == instance.LEVEL
    assert {endpoint for level in LEVELS.values() for endpoint in level} - there() == set()
    assert "blur" in ACTIONS


@pytest.mark.needs_shared
def test_all_endpoints_of_the_announced_version_are_here() -> None:
    announced = [int(part) for part in instance.VERSION.split(".")[:2]]
    rows = json.loads((SHARED / "spec" / "mastodon-api.json").read_text(encoding="utf-8"))
    promised = {
        re.sub(r":\w+", "{}", f"{row['method']} {row['path']}")
        for row in rows
        if not row["removed"]
        and row["path"].startswith("/api/")
        and not row["path"].startswith(BESIDE)
        and [int(part) for part in re.findall(r"\d+", row["since"])[:2]] <= announced
    }
    assert len(promised) > 150
    # Of an account whose addresses nobody could prove, a server without translations, and one that mails no posts.
    known_to_be_empty = {
        "GET /api/v1/accounts/{}/identity_proofs",
        "GET /api/v1/instance/translation_languages",
        "POST /api/v1/accounts/{}/email_subscriptions",
    }
    assert promised - there() - known_to_be_empty == set()


def test_the_announced_limits_of_pictures_are_those_that_hold() -> None:
    assert instance.PICTURE_PIXELS == pictures.MAX_PIXELS
    assert instance.PICTURE_BYTES == 16 * images.MIB
