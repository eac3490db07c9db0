"""Runs programs that are not ours on strangers' files: bounded, without our secrets, and never outliving the node."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

OUTPUT_BYTES = 1 << 20
COMPLAINT_BYTES = 4096
_KEPT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")
_CHUNK = 1 << 16


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a program may use: time by the clock and on the processor, address space and bytes of a file."""

    seconds: float
    cpu_seconds: int
    memory: int
    file_bytes: int


class Ran(NamedTuple):
    """How a program ended (128 and the signal's number when one ended it), and what it wrote, cut to a bound."""

    code: int
    output: bytes
    complaint: str


class Overrun(Exception):
    """The program did not end within its time, and was ended."""


def environment() -> dict[str, str]:
    """What a child process is told of ours: where programs and libraries lie, and no setting."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ}


async def run(command: Sequence[str], bounds: Bounds) -> Ran:
    """Run a program to its end; whoever is cancelled meanwhile has ended it. Raises Overrun."""
    limits = (bounds.cpu_seconds, bounds.memory, bounds.file_bytes)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "fediserver.media.confined",
        *map(str, limits),
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        # Each thread of the C library would reserve 128 MiB of the address space.
        env=environment() | {"MALLOC_ARENA_MAX": "2", "LC_ALL": "C.UTF-8"},
        # A group of its own, to be ended as one.
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(bounds.seconds):
            output, complaint = await asyncio.gather(_beginning(process), _ending(process))
            return Ran(await process.wait(), output, complaint.decode(errors="replace"))
    except TimeoutError as error:
        raise Overrun from error
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        process.stdin.close()
    for stream in (process.stdout, process.stderr):
        # Read to the end, so that the pipes are closed when this returns.
        while stream is not None and await stream.read(_CHUNK):
            pass
    await process.wait()


async def _beginning(process: Process) -> bytes:
    """The first of what it says; the rest is read and thrown away, for a full pipe would hold it up."""
    kept = bytearray()
    while process.stdout is not None and (chunk := await process.stdout.read(_CHUNK)):
        kept += chunk[: OUTPUT_BYTES - len(kept)]
    return bytes(kept)


async def _ending(process: Process) -> bytes:
    """The last of what it complains of."""
    kept = b""
    while process.stderr is not None and (chunk := await process.stderr.read(_CHUNK)):
        kept = (kept + chunk)[-COMPLAINT_BYTES:]
    return kept
