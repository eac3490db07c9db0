"""Programs of others run within bounds and never outlive the node. Each of them here is a line of Python."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from fediserver.media import child
from fediserver.media.child import Bounds, Overrun

BOUNDS = Bounds(seconds=30, cpu_seconds=20, memory=1 << 30, file_bytes=1 << 20)
LASTING = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


async def ran(text: str, **bounds: float) -> child.Ran:
    return await child.run(python(text), msgspec.structs.replace(BOUNDS, **bounds))


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    """Whether a process has ended, within a while."""
    end = time.monotonic() + 20
    while running(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not running(pid)


async def test_what_it_says_and_how_it_ends_is_told() -> None:
    found = await ran("import sys; print('yes'); print('oh', file=sys.stderr); sys.exit(3)")
    assert (found.code, found.output, found.complaint) == (3, b"yes\n", "oh\n")


async def test_what_it_says_is_bounded() -> None:
    found = await ran(
        "import sys; sys.stdout.write('x' * 3_000_000); sys.stderr.write('y' * 3_000_000 + 'end')"
    )
    assert found.code == 0
    assert len(found.output) == child.OUTPUT_BYTES
    assert len(found.complaint) == child.COMPLAINT_BYTES
    assert found.complaint.endswith("yend")


async def test_memory_processor_and_files_are_bounded(tmp_path: Path) -> None:
    assert "MemoryError" in (await ran("bytearray(1 << 30)", memory=400 << 20)).complaint
    assert (await ran("while True: pass", cpu_seconds=1)).code == 128 + signal.SIGXCPU
    path = tmp_path / "large"
    found = await ran(f"open({str(path)!r}, 'wb', 0).write(bytes(3 << 20)); import os; os.write(9, b'')")
    assert found.code != 0
    assert path.stat().st_size <= 1 << 20


async def test_it_steps_back_and_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDISERVER_DATABASE_URL", "postgresql://secret")
    said = (await ran("import os; print(os.nice(0), sorted(os.environ))")).output.decode()
    assert int(said.split()[0]) >= 10
    assert "FEDISERVER" not in said


async def test_it_reads_nothing_of_ours() -> None:
    assert (await ran("import sys; print(repr(sys.stdin.read()))")).output == b"''\n"


async def test_what_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    text = (
        "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        f"open({str(path)!r}, 'w').write(str(p.pid)); time.sleep(60)"
    )
    with pytest.raises(Overrun):
        await ran(text, seconds=2.0)
    assert gone(int(path.read_text()))


async def test_whoever_is_cancelled_has_ended_it(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    text = f"import os, time; open({str(path)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    task = asyncio.create_task(ran(text))
    while not path.exists() or not path.read_text():
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gone(int(path.read_text()))


def test_it_dies_with_its_node() -> None:
    limits = (str(BOUNDS.cpu_seconds), str(BOUNDS.memory), str(BOUNDS.file_bytes))
    confined = subprocess.Popen(
        [sys.executable, "-m", "fediserver.media.confined", *limits, *python(LASTING)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert confined.stdin is not None
    assert confined.stdout is not None
    pid = int(confined.stdout.readline())
    # What is left when a node was killed: the other end of the pipe is closed.
    confined.stdin.close()
    assert confined.wait(timeout=20) == -signal.SIGKILL
    assert gone(pid)
    confined.stdout.close()


async def test_a_program_that_is_not_there_is_an_error_of_its_own() -> None:
    assert (await child.run(["/nowhere/ffmpeg"], BOUNDS)).code != 0
