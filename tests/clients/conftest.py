"""Nodes with members who know their passwords."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.clients.door import PASSWORD
from tests.processes import Node, node


@asynccontextmanager
async def _members(directory: Path, *names: str) -> AsyncIterator[Node]:
    async with node(directory, movable=True) as running:
        for name in names:
            mail = f"{name}@mail.example"
            await running.command(
                "account", "create", name, "--email", mail, "--password-stdin", text=PASSWORD
            )
        yield running


@pytest.fixture
async def garden(tmp_path: Path) -> AsyncIterator[Node]:
    """A node with two members."""
    async with _members(tmp_path / "garden", "rose", "sage") as running:
        yield running


@pytest.fixture
async def grounds(tmp_path: Path) -> AsyncIterator[Node]:
    """A node with three members."""
    async with _members(tmp_path / "grounds", "rose", "sage", "basil") as running:
        yield running
