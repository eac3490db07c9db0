from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.clock import DAY, HOUR, SECOND
from fediserver.net.hosts import (
    FAILURES_TO_OPEN,
    FIRST_WAIT,
    HEALTHY,
    JITTER,
    LONGEST_WAIT,
    PLAN,
    HostState,
    after_failure,
    after_success,
    may_try,
    retry_at,
)

NOW = 1_700_000_000_000
chances = st.floats(0, 1, exclude_max=True)


def failed(times: int, now: int = NOW) -> HostState:
    state = HEALTHY
    for _ in range(times):
        state = after_failure(state, now, 0.5)
    return state


def test_four_failures_leave_the_breaker_closed_and_the_fifth_opens_it() -> None:
    assert may_try(failed(FAILURES_TO_OPEN - 1), NOW)
    state = failed(FAILURES_TO_OPEN)
    assert not may_try(state, NOW)
    assert state.opened_at == NOW
    assert state.retry_at == NOW + 5 * SECOND
    assert may_try(state, NOW + 5 * SECOND)


def test_a_success_closes_it_at_once() -> None:
    assert after_success(failed(9)) == HEALTHY
    assert may_try(after_success(failed(9)), NOW)


def test_failures_that_were_under_way_prolong_nothing() -> None:
    state = failed(FAILURES_TO_OPEN)
    later = after_failure(state, NOW + SECOND, 0.9)
    assert (later.retry_at, later.wait, later.failures) == (state.retry_at, state.wait, FAILURES_TO_OPEN + 1)


@given(st.lists(chances, min_size=1, max_size=20))
@settings(max_examples=60)
def test_failed_probes_double_the_wait_up_to_an_hour(draws: list[float]) -> None:
    state, now = failed(FAILURES_TO_OPEN), NOW
    for number, chance in enumerate(draws, start=1):
        assert state.retry_at is not None
        now = state.retry_at
        state = after_failure(state, now, chance)
        assert state.wait == min(FIRST_WAIT * 2**number, LONGEST_WAIT)
        assert state.opened_at == NOW
        assert state.retry_at is not None
        assert abs(state.retry_at - now - state.wait) <= state.wait * JITTER + 1
        assert not may_try(state, now)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2 * HOUR), chances), max_size=40))
@settings(max_examples=60)
def test_a_host_can_always_be_tried_again_within_the_longest_wait(
    events: list[tuple[bool, int, float]],
) -> None:
    state, now = HEALTHY, NOW
    for succeeded, passed, chance in events:
        now += passed
        state = after_success(state) if succeeded else after_failure(state, now, chance)
        assert may_try(state, now + round(LONGEST_WAIT * (1 + JITTER)) + 1)


def test_the_plan_of_a_delivery() -> None:
    assert [wait // SECOND for wait in PLAN[:7]] == [2, 10, 30, 120, 600, 1800, 3600]
    assert list(PLAN) == sorted(PLAN)
    assert PLAN[-1] == 6 * HOUR
    assert 6 * DAY < sum(PLAN) <= 7 * DAY
    assert retry_at(1, NOW, 0.5) == NOW + 2 * SECOND
    assert retry_at(len(PLAN), NOW, 0.5) == NOW + 6 * HOUR
    assert retry_at(len(PLAN) + 1, NOW, 0.5) is None


@given(st.integers(1, len(PLAN)), chances)
@settings(max_examples=60)
def test_jitter_stays_within_a_fifth(attempt: int, chance: float) -> None:
    moment = retry_at(attempt, NOW, chance)
    assert moment is not None
    assert 0.8 * PLAN[attempt - 1] - 1 <= moment - NOW <= 1.2 * PLAN[attempt - 1] + 1
