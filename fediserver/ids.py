"""Ids: 48 bits of milliseconds, then 16 bits of sequence, as Mastodon's clients expect them."""

import secrets
import threading

from fediserver.clock import DAY, Clock

_SEQUENCE_BITS = 16
_SEQUENCE = (1 << _SEQUENCE_BITS) - 1
LATE = 7 * DAY
"""A post that says it is younger than this is sorted by its own time, an older one by its arrival."""


class Ids:
    """Makes ids that sort by time; 65,536 in a row never collide within a process, whatever their time.

    Processes start at a random point of the sequence; the rare collision between two of them is
    a broken primary key, and the transaction runs again with a new id.
    """

    def __init__(self, clock: Clock, start: int | None = None) -> None:
        self._clock = clock
        self._sequence = secrets.randbits(_SEQUENCE_BITS) if start is None else start
        self._newest = 0
        # Transactions make ids in the database's thread, requests in the event loop's.
        self._lock = threading.Lock()

    def next(self) -> int:
        """An id for now, above every one that this process made for now before."""
        with self._lock:
            self._sequence = (self._sequence + 1) & _SEQUENCE
            self._newest = max(self._newest + 1, self._clock() << _SEQUENCE_BITS | self._sequence)
            return self._newest

    def at(self, moment: int) -> int:
        """An id for a moment (ms) in the last seven days, else for now: a stranger's clock proves little."""
        present = self._clock()
        if not present - LATE <= moment <= present:
            return self.next()
        with self._lock:
            self._sequence = (self._sequence + 1) & _SEQUENCE
            return moment << _SEQUENCE_BITS | self._sequence


def time_of(some_id: int) -> int:
    """The milliseconds since 1970 that an id carries."""
    return some_id >> _SEQUENCE_BITS


def first_at(moment: int) -> int:
    """The lowest id of a moment: a bound for ranges of time."""
    return moment << _SEQUENCE_BITS


HIGHEST = 2**63 - 1
"""The greatest number that both databases keep."""


def parse(text: str) -> int | None:
    """The id that a stranger wrote in digits; None for what cannot be one."""
    if not 0 < len(text) <= 19 or not text.isascii() or not text.isdigit():
        return None
    number = int(text)
    return number if number <= HIGHEST else None
