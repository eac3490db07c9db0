"""A PostgreSQL cluster of the tests' own: started when the first test needs it, gone at the end."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, or None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts[-3])
    return versions[-1].parent if versions else None


@contextmanager
def cluster(bin_folder: Path) -> Iterator[str]:
    """A running cluster that listens on a socket in its own folder only; yields the folder's path."""
    folder = Path(tempfile.mkdtemp(prefix="fediserver-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        # PostgreSQL does not run as root.
        user = next((name for name in ("postgres", "nobody") if _exists(name)), "nobody")
        shutil.chown(folder, user)
        as_user = ["setpriv", f"--reuid={user}", "--clear-groups", "--"]
    data = folder / "data"
    try:
        _run(
            [
                *as_user,
                str(bin_folder / "initdb"),
                "-D",
                str(data),
                "-U",
                "postgres",
                "-A",
                "trust",
                "--no-sync",
            ]
        )
        options = (
            f"-k {folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=200"
        )
        start = ["-D", str(data), "-o", options, "-w", "-l", str(folder / "log"), "start"]
        _run([*as_user, str(bin_folder / "pg_ctl"), *start])
        try:
            yield str(folder)
        finally:
            _run([*as_user, str(bin_folder / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=120)
    if done.returncode != 0:
        raise RuntimeError(f"{command[-1]} failed: {done.stdout} {done.stderr}")


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True
