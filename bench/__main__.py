"""`python -m bench`: run the phases, print the table, write the results."""

import asyncio
import platform
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson
import uvloop

from bench import authority, footprint, proc, reads, report, streams, writes
from bench.people import make_keys
from bench.rows import Row
from bench.town import QUICK, Sizes, Town

RESULTS = Path(__file__).parent / "results.json"

Phase = Callable[[Town], Awaitable[list[Row]]]

PHASES: dict[str, Phase] = {
    "inbox": writes.inbox,
    "home": reads.home,
    "public": reads.public,
    "status": reads.status,
    "verify": reads.verify,
    "instance": reads.instance,
    "discovery": reads.discovery,
    "actor": reads.actor,
    "post": writes.post,
    "streams": streams.streams,
    "follow": writes.follow,
    "fanout": writes.fan_out,
    "grown": writes.grown_inbox,
}
"""In this order, on one node."""
OTHERS = ("start", "memory", "tls")


@click.command(help=__doc__)
@click.option("--only", help=f"Some phases, by comma: {', '.join([*PHASES, *OTHERS])}.")
@click.option("--quick", is_flag=True, help="Small numbers: to see that it works, not to compare.")
@click.option("--keep", type=click.Path(path_type=Path), help="Use this directory and leave it there.")
@click.option("--profiles", type=click.Path(path_type=Path), help="Have py-spy (on the PATH) write here.")
def main(only: str | None, quick: bool, keep: Path | None, profiles: Path | None) -> None:
    chosen = only.split(",") if only else [*PHASES, *OTHERS]
    unknown = set(chosen) - {*PHASES, *OTHERS}
    if unknown:
        raise click.BadParameter(f"there is no phase {', '.join(sorted(unknown))}")
    sizes = QUICK if quick else Sizes()
    before = proc.calibration()
    with (
        tempfile.TemporaryDirectory(prefix="fediserver-bench-") as scratch,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        rows = runner.run(_run(chosen, sizes, keep or Path(scratch), profiles))
    report.table(rows)
    facts = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "compiler": platform.python_compiler(),
        "machine": platform.machine(),
        "quick": quick,
        "calibration": [round(before, 1), round(proc.calibration(), 1)],
        "rows": [{**report.plain(one), "met": one.is_met} for one in rows],
    }
    RESULTS.write_bytes(orjson.dumps(facts, option=orjson.OPT_INDENT_2))
    click.echo(f"calibration {facts['calibration']} ms; written to bench/{RESULTS.name}")


async def _run(chosen: list[str], sizes: Sizes, directory: Path, profiles: Path | None) -> list[Row]:
    directory.mkdir(parents=True, exist_ok=True)
    keys = make_keys()
    rows: list[Row] = []
    if "start" in chosen or "memory" in chosen:
        report.progress("start, empty")
        rows += await footprint.empty_starts(directory, sizes.starts)
    if set(chosen) - {"tls"}:
        town = Town(directory / "http", keys, sizes, profiles=profiles)
        await town.open()
        try:
            for name, phase in PHASES.items():
                if name in chosen:
                    report.progress(name)
                    rows += report.told(await phase(town))
            if "memory" in chosen:
                rows += footprint.loaded_memory(town)
            if "start" in chosen:
                report.progress("start, with data")
                rows += await footprint.full_starts(town)
        finally:
            await town.close()
    if "tls" in chosen:
        report.progress("tls")
        context, trusted = authority.server_context(directory)
        town = Town(directory / "https", keys, sizes, tls=context, trusted=trusted, profiles=profiles)
        await town.open()
        try:
            rows += report.told(await writes.fan_out_tls(town))
        finally:
            await town.close()
    return rows


if __name__ == "__main__":
    main()
