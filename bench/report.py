"""The table, for people and as data."""

import sys
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from bench.rows import Row


def progress(phase: str) -> None:
    """Say on standard error what is being measured."""
    print(f"… {phase}", file=sys.stderr, flush=True)


def told(rows: list[Row]) -> list[Row]:
    """The rows, after saying what they are on standard error."""
    for one in rows:
        print(f"    {one.item}: {one.measured:.3f} {one.unit} {one.details}", file=sys.stderr, flush=True)
    return rows


def table(rows: list[Row]) -> None:
    """Print everything."""
    drawn = Table(title="fediserver bench")
    for name in ("item", "measured", "budget", "unit", "per s", "p50 ms", "p99 ms", "verdict", "details"):
        drawn.add_column(name, justify="left" if name in ("item", "unit", "verdict", "details") else "right")
    for one in rows:
        verdict = "" if one.budget is None else "[green]met" if one.is_met else "[red]missed"
        drawn.add_row(
            one.item,
            _number(one.measured),
            _number(one.budget),
            one.unit,
            _number(one.per_second),
            _number(one.p50_ms),
            _number(one.p99_ms),
            verdict,
            one.details,
        )
    console = Console()
    # A log file is no terminal with eighty columns.
    Console(width=None if console.is_terminal else 180).print(drawn)


def plain(row: Row) -> dict[str, Any]:
    """A row as data."""
    return msgspec.structs.asdict(row)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"
