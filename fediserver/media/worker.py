"""The process in which pictures are decoded, so that none of them can hurt the node (`python -m` runs it).

It reads jobs from standard input and writes answers to standard output, one after the other. It
ends when its input does, which is also when the node has died.
"""

import contextlib
import os
import queue
import resource
import signal
import sys
import threading
from pathlib import Path
from typing import BinaryIO

import msgspec

from fediserver.errors import Invalid
from fediserver.media.messages import LENGTH_BYTES, Answer, Failure, Job, frame
from fediserver.media.pictures import process

MEMORY_BYTES = 1 << 30


def main() -> None:
    """Work until standard input ends."""
    # The node decides when to stop; Ctrl-C reaches the whole group of processes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(5)
    # Not every system can bound address space.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Whatever a library prints must not get into the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    jobs: queue.Queue[tuple[Job, bytes]] = queue.Queue(maxsize=1)
    threading.Thread(target=_listen, args=(sys.stdin.buffer, jobs), daemon=True).start()
    while True:
        answers.write(frame(_answer(*jobs.get())))
        answers.flush()


def _answer(job: Job, data: bytes) -> Answer:
    try:
        return process(data if job.path is None else Path(job.path).read_bytes(), job.purpose)
    except (Invalid, OSError) as error:
        return Failure(str(error))


def _listen(source: BinaryIO, jobs: queue.Queue[tuple[Job, bytes]]) -> None:
    """Hand jobs over; on the end of input leave at once, even while a picture is being decoded."""
    while len(length := source.read(LENGTH_BYTES)) == LENGTH_BYTES:
        job = msgspec.msgpack.decode(source.read(int.from_bytes(length, "big")), type=Job)
        jobs.put((job, source.read(job.size)))
    os._exit(0)


if __name__ == "__main__":
    main()
