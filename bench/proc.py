"""What the kernel says of a process and its children: CPU time and memory, from /proc."""

import hashlib
import os
import time
from pathlib import Path

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for parent in found:
        found += children.get(parent, [])
    return found


def cpu_ms(pid: int) -> float:
    """CPU milliseconds that a process and its children, also those that have ended, have used so far."""
    ticks = 0
    for one in tree(pid):
        if fields := _stat(one):
            ticks += sum(map(int, fields[11:15]))
    return ticks * _TICK_MS


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident and proportional memory of a process and its children, in MB (10⁶ bytes)."""
    rss = pss = 0
    for one in tree(pid):
        try:
            lines = (_PROC / str(one) / "smaps_rollup").read_text().splitlines()[1:]
        except OSError:
            continue
        kib = {name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines)}
        rss += kib["Rss"]
        pss += kib["Pss"]
    return rss * 1024 / 1e6, pss * 1024 / 1e6


def calibration() -> float:
    """CPU milliseconds of a fixed piece of work here and now: half arithmetic in Python, half hashing."""
    began, total, block = time.process_time(), 0, b"x" * 65_536
    for number in range(500_000):
        total += number & 7
    for _ in range(200):
        hashlib.sha512(block).digest()
    return (time.process_time() - began) * 1000


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the command, beginning with the state; empty when it is gone."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()
