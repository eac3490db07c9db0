"""`fediserver` with a clock that goes ahead by as many milliseconds as a file says; see `Node.advance`."""

import os
from pathlib import Path

from fediserver import clock

_AHEAD = Path(os.environ["CLOCK_AHEAD_FILE"])
_machine = clock.now


def _ahead() -> int:
    try:
        return _machine() + int(_AHEAD.read_text())
    except FileNotFoundError:
        return _machine()


if __name__ == "__main__":
    # Before anything takes the clock for its own.
    clock.now = _ahead
    from fediserver.cli import main

    main()
