"""Times as strangers write them, and ids that sort by time."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediserver.clock import DAY, isoformat, parse
from fediserver.ids import Ids, first_at, time_of
from tests.town import NOON, StoppedClock


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-01-02T10:00:00Z", 1_767_348_000_000),
        ("2026-01-02T10:00:00.5Z", 1_767_348_000_500),
        ("2026-01-02T10:00:00.123456789Z", 1_767_348_000_123),
        ("2026-01-02T12:00:00+02:00", 1_767_348_000_000),
        ("2026-01-02T12:00:00+0200", 1_767_348_000_000),
        ("2026-01-02T10:00:00", 1_767_348_000_000),
        ("2026-01-02T10:00Z", 1_767_348_000_000),
        ("2026-01-02 10:00:00Z", 1_767_348_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000),
    ],
)
def test_times_are_read_in_the_forms_that_are_met(text: str, moment: int) -> None:
    assert parse(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "20260-01-01T00:00:00Z",
        "2026-01-01",
        None,
        5,
        "9" * 100,
        "2026-01-02T25:00:00Z",
        "0000-01-01T00:00:00Z",
    ],
)
def test_what_is_no_time_is_none(text: object) -> None:
    assert parse(text) is None


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
def test_what_is_printed_is_read_again(moment: int) -> None:
    assert parse(isoformat(moment)) == moment


@given(st.text(max_size=70))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert parse(text) is None or isinstance(parse(text), int)


def test_ids_grow_though_the_clock_stands_or_goes_back() -> None:
    clock = StoppedClock()
    ids = Ids(clock, start=65_530)
    made = [ids.next() for _ in range(20)]
    clock.advance(-5000)
    made += [ids.next() for _ in range(20)]
    clock.advance(10_000)
    made += [ids.next() for _ in range(20)]
    assert made == sorted(set(made))
    assert time_of(made[0]) == NOON


def test_a_late_post_is_sorted_by_its_own_time_within_a_week() -> None:
    ids = Ids(StoppedClock())
    assert time_of(ids.at(NOON - 3 * DAY)) == NOON - 3 * DAY
    for unbelievable in (NOON - 8 * DAY, NOON + 1, 0, -5):
        assert time_of(ids.at(unbelievable)) == NOON


def test_thousands_of_ids_of_one_moment_differ() -> None:
    ids = Ids(StoppedClock())
    assert len({ids.at(NOON - 1000) for _ in range(65_536)}) == 65_536


def test_threads_never_get_the_same_id() -> None:
    ids = Ids(StoppedClock())
    made: list[int] = []

    def work() -> None:
        made.extend([ids.next() for _ in range(2000)])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8000


def test_an_id_carries_its_time() -> None:
    assert time_of(first_at(NOON)) == NOON
