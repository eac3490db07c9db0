"""Events as they travel from process to process."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediserver.models import event as events
from fediserver.models.event import ConversationMoved, Deleted, FiltersChanged, Posted
from fediserver.models.status import Status
from fediserver.models.visibility import Visibility

ID = st.integers(0, 2**63 - 1)


def status(**fields: Any) -> Status:
    plain: dict[str, Any] = dict.fromkeys(Status.__struct_fields__)
    return Status(
        **plain | {"id": 2**63 - 1, "account_id": 2**63 - 1, "media_count": 0, "tags": "[]"} | fields
    )


@given(st.one_of(st.builds(Posted, ID), st.builds(FiltersChanged, ID), st.builds(ConversationMoved, ID, ID)))
def test_what_is_encoded_is_decoded(event: events.Event) -> None:
    assert events.decode(events.encode(event)) == event


@given(
    named=st.lists(ID, max_size=300),
    tags=st.lists(st.text(max_size=200), max_size=100),
    visibility=st.sampled_from(Visibility),
)
def test_a_deletion_fits_into_a_notification(
    named: list[int], tags: list[str], visibility: Visibility
) -> None:
    row = status(visibility=visibility, tags=msgspec.json.encode(tags).decode())
    event = events.deleted(row, named=named, boosted_account_id=2**63 - 1)
    text = events.encode(event)
    assert events.decode(text) == event
    assert len(text.encode()) < 8000


@pytest.mark.parametrize("text", ["", "{}", '["Unheard",1]', '["Posted","x"]', '["Posted"]'])
def test_what_another_version_tells_is_refused(text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        events.decode(text)


def test_a_deletion_says_where_the_post_was_to_be_found() -> None:
    row = status(visibility=Visibility.PUBLIC, text="hello", tags='["leek"]', media_count=1)
    assert events.deleted(row, named=[3]) == Deleted(
        row.id, row.account_id, None, Visibility.PUBLIC, True, True, True, (3,), ("leek",)
    )
    assert not events.deleted(status(visibility=Visibility.PUBLIC, in_reply_to_uri="x")).is_listed
    assert not events.deleted(status(visibility=Visibility.PUBLIC, reblog_of_id=1)).is_listed
