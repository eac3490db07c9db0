"""Passwords: argon2id, in a thread of their own, one at a time, so that 19 MiB is all they ever take.

Parameters are those that the OWASP Password Storage Cheat Sheet names first: 19 MiB, two passes, one lane.
"""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fediserver.errors import Invalid, Unavailable

SHORTEST = 8
LONGEST = 256
WAITING = 100
"""Checks that may wait at once: at 17 ms each, the last of them waits two seconds."""

Answer = TypeVar("Answer")

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class _Queue:
    """A thread, and how many wait for it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")
        self._waiting = 0

    async def run(self, work: Callable[[], Answer]) -> Answer:
        if self._waiting >= WAITING:
            raise Unavailable("Too many people are logging in at this moment; try again in a minute")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1


_QUEUE = _Queue()


def problem(password: str) -> tuple[str, str] | None:
    """What is wrong with a new password, as (code, description); None when it will do."""
    if not password:
        return "ERR_BLANK", "must not be empty"
    if len(password) < SHORTEST:
        return "ERR_TOO_SHORT", f"is too short: at least {SHORTEST} characters are needed"
    if len(password) > LONGEST:
        return "ERR_TOO_LONG", f"is too long: at most {LONGEST} characters are taken"
    return None


async def hashed(password: str) -> str:
    """The text to keep of a new password. Raises Invalid when it is too short or too long."""
    found = problem(password)
    if found is not None:
        raise Invalid(f"The password {found[1]}", {"password": [found]})
    return await _QUEUE.run(lambda: _HASHER.hash(password))


async def matches(password: str, password_hash: str | None) -> bool:
    """Whether it is that password.

    None, or '' for a log-in whose password was never chosen, costs the same work and is False: the time
    tells nobody which names exist.
    """
    if len(password) > LONGEST:
        return False
    return await _QUEUE.run(lambda: _matches(password, password_hash))


def _matches(password: str, password_hash: str | None) -> bool:
    try:
        right = _HASHER.verify(password_hash or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return right and bool(password_hash)


@cache
def _nobodys() -> str:
    """The hash of a password that nobody has."""
    return _HASHER.hash(secrets.token_urlsafe(32))
