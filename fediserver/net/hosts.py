"""When to try again: the circuit breaker of a host, and the retry plan of a delivery. Times are in ms."""

import msgspec

from fediserver.clock import DAY, HOUR, MINUTE, SECOND

FAILURES_TO_OPEN = 5
FIRST_WAIT = 5 * SECOND
LONGEST_WAIT = HOUR
JITTER = 0.2
"""Waits are stretched or shortened by up to this share, so that hosts do not all come back at once."""
LONGEST_RETRY = 7 * DAY


class HostState(msgspec.Struct, frozen=True):
    """What is remembered of a host: failures in a row, and while the breaker is open since when, how long it
    waits between probes, and the time of the next one.
    """

    failures: int = 0
    opened_at: int | None = None
    wait: int = 0
    retry_at: int | None = None


HEALTHY = HostState()


def may_try(state: HostState, now: int) -> bool:
    """Whether the host may be asked now: the breaker is closed, or a probe is due."""
    return state.retry_at is None or state.retry_at <= now


def after_success(state: HostState) -> HostState:
    """The host answered us, or sent us something that verified: the breaker closes at once."""
    return state if state == HEALTHY else HEALTHY


def after_failure(state: HostState, now: int, chance: float) -> HostState:
    """The host failed; `chance` is a random number in [0, 1) that sets the jitter.

    The fifth failure in a row opens the breaker for 5 s; each failed probe doubles that, up to an
    hour. Failures that come in before a probe is due were under way already and prolong nothing.
    """
    failures = state.failures + 1
    if failures < FAILURES_TO_OPEN:
        return HostState(failures=failures)
    if not may_try(state, now):
        return msgspec.structs.replace(state, failures=failures)
    wait = min(state.wait * 2, LONGEST_WAIT) if state.opened_at is not None else FIRST_WAIT
    opened_at = now if state.opened_at is None else state.opened_at
    return HostState(
        failures=failures, opened_at=opened_at, wait=wait, retry_at=now + _jittered(wait, chance)
    )


def retry_at(attempt: int, now: int, chance: float) -> int | None:
    """When to try a delivery again after its `attempt`-th failure (1, 2, …), or None when it is given up.

    2, 10, 30 s, 2, 10, 30 min, then hourly, growing to six-hourly: seven days in all, before jitter.
    """
    if not 1 <= attempt <= len(PLAN):
        return None
    return now + _jittered(PLAN[attempt - 1], chance)


def _plan() -> tuple[int, ...]:
    plan = [2 * SECOND, 10 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE]
    plan += [HOUR] * 6 + [2 * HOUR] * 3 + [3 * HOUR] * 2 + [4 * HOUR] * 2
    while sum(plan) + 6 * HOUR <= LONGEST_RETRY:
        plan.append(6 * HOUR)
    return tuple(plan)


PLAN = _plan()
"""Waits before each further attempt, in ms."""


def _jittered(wait: int, chance: float) -> int:
    return round(wait * (1 + JITTER * (2 * chance - 1)))
