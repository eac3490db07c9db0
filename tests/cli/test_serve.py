"""`fediserver serve` where it cannot: one line, a non-zero exit, and no hanging."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, Node, free_port, node, postgres_database


def serve(directory: Path, *flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Serve until it gives up; subprocess.TimeoutExpired when it does not."""
    return subprocess.run(
        [sys.executable, "-m", "fediserver", "serve", "--data-dir", str(directory), *flags],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The last line on stderr of a command that failed without a traceback."""
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr, done.stderr
    return done.stderr.strip().splitlines()[-1]


async def test_a_port_that_is_taken_is_said_so_before_anything_else(tmp_path: Path) -> None:
    async with node(tmp_path / "first") as first:
        done = serve(tmp_path / "second", "--port", str(first.port))
        assert f"cannot listen on 127.0.0.1, port {first.port}" in refusal(done)
        assert "one-time" not in done.stdout
        assert "password" not in done.stdout


async def test_one_directory_is_served_once(tmp_path: Path) -> None:
    async with node(tmp_path / "first") as first:
        done = serve(first.directory, "--port", str(free_port()))
        assert "another fediserver serves" in refusal(done)


@pytest.mark.parametrize(
    ("setting", "value", "text"),
    [
        ("FEDISERVER_DATABASE_URL", "mysql://x", "must begin with sqlite:/// or postgresql://"),
        ("FEDISERVER_DATABASE_URL", "postgresql://127.0.0.1:1/x", "is PostgreSQL running there?"),
        ("FEDISERVER_DOMAIN", "-x", "is no name for a node"),
        ("FEDISERVER_DOMAIN", "gärten.example", "is no name for a node"),
        ("FEDISERVER_DOMAIN", "x y", "is no name for a node"),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path: Path, setting: str, value: str, text: str) -> None:
    assert text in refusal(serve(tmp_path / "data", **{setting: value}))


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "fediserver.db").write_bytes(b"garbage" * 2000)
    assert "cannot be opened" in refusal(serve(tmp_path))


def test_several_processes_want_postgresql(tmp_path: Path) -> None:
    assert "serve --workers needs PostgreSQL" in refusal(serve(tmp_path, "--workers", "2"))


async def test_it_stops_when_told_to(tmp_path: Path) -> None:
    async with node(tmp_path / "first") as first:
        assert isinstance(first, Node)
        await first.stop()


async def test_a_process_that_stands_still_does_not_keep_it_from_stopping(
    tmp_path: Path, postgres_socket: str
) -> None:
    async with (
        postgres_database(postgres_socket) as url,
        node(tmp_path / "oak", database_url=url, workers=3) as oak,
    ):
        children = oak.children()
        assert len(children) == 3
        for child in children[:2]:
            os.kill(child, signal.SIGSTOP)
        await oak.stop()
        assert not [child for child in children if Path(f"/proc/{child}").exists()]
