"""Pictures, processed in a worker process that is started on demand and leaves when idle."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Self

import msgspec

from fediserver.errors import Invalid, TooLarge, Unavailable
from fediserver.media.child import environment
from fediserver.media.kinds import sniff
from fediserver.media.messages import (
    LENGTH_BYTES,
    MESSAGE_BYTES,
    Answer,
    Failure,
    Job,
    Picture,
    Purpose,
    frame,
)

MIB = 1 << 20
JOB_SECONDS = 20.0
IDLE_SECONDS = 30.0
MAX_WAITING = 64


class _Broken(Exception):
    """The worker ended in the middle of a picture."""


class Images:
    """The node's one image worker: one picture at a time, each within its limits of time, memory and pixels."""

    def __init__(
        self, *, max_bytes: int = 16 * MIB, seconds: float = JOB_SECONDS, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._idle_seconds = idle_seconds
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._process: Process | None = None
        self._retirement: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the worker, after the picture that it has in hand."""
        async with self._turn:
            await self._cancel_retirement()
            await self._stop()

    @property
    def worker_pid(self) -> int | None:
        """The worker's process id while it lives."""
        return None if self._process is None else self._process.pid

    async def process(self, source: bytes | Path, *, purpose: Purpose) -> Picture:
        """A picture made safe to show, with preview and blurhash; `source` is its bytes or a file.

        Invalid when it is no picture of the accepted types, damaged, or over a limit; TooLarge
        by bytes; Unavailable (503) when too many are waiting.
        """
        self._check(*await asyncio.to_thread(_glance, source))
        if self._waiting >= MAX_WAITING:
            raise Unavailable("Too many pictures are being processed; try again in a minute")
        if isinstance(source, Path):
            job, data = Job(purpose, str(source), 0), b""
        else:
            job, data = Job(purpose, None, len(source)), source
        self._waiting += 1
        try:
            async with self._turn:
                await self._cancel_retirement()
                try:
                    answer = await self._ask(job, data)
                except _Broken:
                    # Whatever ended the worker, it may have been no fault of the picture.
                    answer = await self._ask_again(job, data)
                self._retirement = asyncio.create_task(self._retire())
        finally:
            self._waiting -= 1
        if isinstance(answer, Failure):
            raise Invalid(answer.text)
        return answer

    def _check(self, head: bytes, size: int) -> None:
        if size > self._max_bytes:
            raise TooLarge(f"The picture is too large: at most {self._max_bytes // MIB} MiB")
        mime = sniff(head)
        if mime is None or not mime.startswith("image/"):
            what = f"{mime} is not accepted" if mime else "The file is of no accepted type"
            raise Invalid(f"{what}; send a JPEG, PNG, GIF, WebP or AVIF picture")

    async def _ask_again(self, job: Job, data: bytes) -> Answer:
        try:
            return await self._ask(job, data)
        except _Broken as error:
            raise Invalid("The picture could not be processed; save it anew, or make it smaller") from error

    async def _ask(self, job: Job, data: bytes) -> Answer:
        """One exchange; a worker that breaks off, overruns or is abandoned is killed: the next job starts anew."""
        try:
            async with asyncio.timeout(self._seconds):
                worker = await self._started()
                return await _exchange(worker, job, data)
        except TimeoutError as error:
            await self._stop()
            raise Invalid(
                f"The picture took longer than {self._seconds:g} s to process; make it smaller"
            ) from error
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError) as error:
            await self._stop()
            raise _Broken from error
        except BaseException:
            await self._stop()
            raise

    async def _started(self) -> Process:
        if self._process is not None and self._process.returncode is not None:
            await self._stop()
        if self._process is None:
            # A new interpreter, not a fork: no connection, key or token of ours is in its memory.
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "fediserver.media.worker",
                stdin=PIPE,
                stdout=PIPE,
                limit=MIB,
                env=environment(),
            )
        return self._process

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None or process.stdin is None or process.stdout is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.stdin.close()
        # Read to the end, so that both pipes are closed when this returns.
        while await process.stdout.read(MIB):
            pass
        await process.wait()

    async def _retire(self) -> None:
        await asyncio.sleep(self._idle_seconds)
        async with self._turn:
            self._retirement = None
            await self._stop()

    async def _cancel_retirement(self) -> None:
        """Called with the turn in hand, so the task is asleep or waiting for the turn: nothing is half done."""
        task, self._retirement = self._retirement, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])


async def _exchange(worker: Process, job: Job, data: bytes) -> Answer:
    if worker.stdin is None or worker.stdout is None:
        raise ConnectionError("the worker has no pipes")
    worker.stdin.write(frame(job))
    worker.stdin.write(data)
    await worker.stdin.drain()
    length = int.from_bytes(await worker.stdout.readexactly(LENGTH_BYTES), "big")
    if length > MESSAGE_BYTES:
        raise ConnectionError("the worker's answer is too long")
    answer: Answer = msgspec.msgpack.decode(await worker.stdout.readexactly(length), type=Answer)
    return answer


def _glance(source: bytes | Path) -> tuple[bytes, int]:
    """The first bytes, and how many there are."""
    if isinstance(source, bytes):
        return source[:16], len(source)
    with source.open("rb") as file:
        return file.read(16), os.fstat(file.fileno()).st_size
