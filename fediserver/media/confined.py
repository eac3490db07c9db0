"""Starts another program under limits and waits for it (`python -m fediserver.media.confined CPU MEMORY FILE …`).

Limits are seconds on the processor, bytes of address space and bytes of a file. It leads a group of processes, and
ends the whole group when its standard input ends, which is also when the node has died.
"""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

NICE = 10
OPEN_FILES = 64
_FIRST_TO_GO = "1000"


def main() -> None:
    """Run the program, and end as it does."""
    cpu, memory, size = (int(text) for text in sys.argv[1:4])
    os.nice(NICE)
    # Where memory runs out, this is what the system is to end, not the node. Not every system asks.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)
    # Whoever reaches the first is told so by a signal of its own, and at the second is ended without.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
    for what, limit in (
        (resource.RLIMIT_FSIZE, size),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    # Not every system can bound address space.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    program = subprocess.Popen(sys.argv[4:], stdin=subprocess.DEVNULL)  # noqa: S603 - as the node says
    threading.Thread(target=_follow_the_node, daemon=True).start()
    code = program.wait()
    # Not sys.exit: the thread may be reading.
    os._exit(code if code >= 0 else 128 - code)


def _follow_the_node() -> None:
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
