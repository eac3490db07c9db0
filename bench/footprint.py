"""Memory, and how long a start takes."""

import asyncio
import statistics
from pathlib import Path

from bench import proc
from bench.node import Node
from bench.rows import Row, row
from bench.town import Town


async def empty_starts(directory: Path, count: int) -> list[Row]:
    """Cold starts, each in a new directory, and what the node holds two seconds after the first answer."""
    taken, resident, shared = [], [], []
    for number in range(count):
        node = Node(directory / f"empty{number}")
        await node.start()
        taken.append(node.started_in)
        await asyncio.sleep(2)
        rss, pss = proc.memory_mb(node.pid)
        resident.append(rss)
        shared.append(pss)
        await node.stop()
    return [
        row("cold start, empty", "s", statistics.median(taken), count=count, details="median"),
        row(
            "memory idle",
            "MB",
            statistics.median(resident),
            count=count,
            details=f"resident; proportional {statistics.median(shared):.0f}",
        ),
    ]


def loaded_memory(town: Town) -> list[Row]:
    """What the node holds after all that was asked of it."""
    rss, pss = proc.memory_mb(town.node.pid)
    return [row("memory after the load", "MB", rss, details=f"resident; proportional {pss:.0f}")]


async def full_starts(town: Town) -> list[Row]:
    """Starts on the data that the other phases have left."""
    taken = []
    for _ in range(town.sizes.starts):
        await town.node.stop()
        await town.node.start()
        taken.append(town.node.started_in)
    posts = town.node.count("select count(*) from statuses")
    return [
        row(
            "cold start, with data", "s", statistics.median(taken), count=len(taken), details=f"{posts} posts"
        )
    ]
