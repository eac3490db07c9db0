"""The checker of entities finds what is wrong."""

from typing import Any

import pytest

from tests.entity_checker import check, check_answer, entities

pytestmark = pytest.mark.needs_shared

APPLICATION = {"name": "an app", "website": None}
MENTION = {"id": "1", "username": "a", "url": "https://a.example/@a", "acct": "a"}


def test_what_is_right_passes() -> None:
    assert entities()
    check("Status::Application", APPLICATION)
    check("array<Status::Mention>", [MENTION, MENTION])
    check_answer("GET", "/api/v1/nothing", 404, b'{"error": "Record not found"}')


@pytest.mark.parametrize(
    ("entity", "value", "fault"),
    [
        ("Status::Mention", MENTION | {"id": 1}, "id is 1, not string"),
        ("Status::Mention", MENTION | {"acct": None}, "acct is null"),
        ("Status::Mention", {"id": "1"}, "username is missing"),
        ("array<Status::Mention>", [MENTION, 7], r"\[1\] is 7"),
        ("array<Status::Mention>", MENTION, "not a list"),
        ("Status::Mention", MENTION | {"url": "javascript:x"}, "not url"),
        ("Marker", {"last_read_id": "1", "version": True, "updated_at": "2026"}, "version is True"),
        ("Marker", {"last_read_id": "1", "version": 1, "updated_at": "2026-01-01"}, "not datetime"),
        ("Context", {"ancestors": [{}], "descendants": []}, r"ancestors\[0\].id is missing"),
        ("V1::Instance", {"urls": {"streaming_api": 4}}, "streaming_api is 4"),
    ],
)
def test_what_is_wrong_is_named(entity: str, value: Any, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        check(entity, value)


def test_an_answer_is_checked_by_its_path() -> None:
    with pytest.raises(AssertionError, match="is missing"):
        check_answer("POST", "/api/v1/statuses/12/favourite/", 200, b"{}")
    with pytest.raises(AssertionError, match="error is missing"):
        check_answer("GET", "/api/v1/timelines/home", 401, b"{}")
