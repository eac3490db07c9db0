from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.models import scopes

names = st.sets(st.sampled_from(sorted(scopes.KNOWN)), max_size=6)


def test_a_broad_name_contains_its_parts() -> None:
    assert scopes.covers(["read"], "read:statuses")
    assert scopes.covers(["write"], "write:media")
    assert scopes.covers(["admin:read"], "admin:read:reports")


def test_a_part_is_not_the_whole() -> None:
    assert not scopes.covers(["read:statuses"], "read")
    assert not scopes.covers(["read:statuses"], "read:accounts")
    assert not scopes.covers(["read"], "write:statuses")
    assert not scopes.covers(["read", "write"], "admin:read")


def test_follow_contains_reading_and_writing_of_relations_only() -> None:
    for kind in ("follows", "blocks", "mutes"):
        assert scopes.covers(["follow"], f"read:{kind}")
        assert scopes.covers(["follow"], f"write:{kind}")
    assert not scopes.covers(["follow"], "read:accounts")


def test_push_and_profile_stand_alone() -> None:
    assert not scopes.covers(["read", "write", "follow"], "push")
    assert not scopes.covers(["read"], "profile")
    assert not scopes.covers(["profile"], "read:accounts")
    assert scopes.covers(["push"], "push")


def test_lists_are_split_by_space_newline_or_plus_and_keep_their_order() -> None:
    assert scopes.parse("write read\nfollow+push read") == ("write", "read", "follow", "push")
    assert scopes.parse("  ") == ()


def test_unknown_names_are_named() -> None:
    assert scopes.unknown(["read", "wurst", "write:everything"]) == ["wurst", "write:everything"]
    assert scopes.unknown(sorted(scopes.KNOWN)) == []


@settings(max_examples=60)
@given(names, names)
def test_within_means_that_each_is_covered(asked: set[str], granted: set[str]) -> None:
    assert scopes.within(asked, granted) == all(scopes.covers(granted, name) for name in asked)


@settings(max_examples=30)
@given(names)
def test_everything_is_within_itself(granted: set[str]) -> None:
    assert scopes.within(granted, granted)
    assert scopes.expanded(granted) <= scopes.KNOWN
