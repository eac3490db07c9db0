"""Fixtures that all tests share: towns on both engines, a network between them, keys made once."""

import itertools
import os
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NoReturn

import asyncpg
import pytest

from fediserver.db.database import connect
from fediserver.db.migrate import migrate
from fediserver.signatures import keys
from tests import ledger, postgres
from tests.garden import Garden, open_garden
from tests.town import Network, StoppedClock, Town, opened_town

SHARED = Path(__file__).resolve().parents[2] / "shared"
_numbers = itertools.count(1)
_PROGRAMS = {
    "chromium": ("Chromium", ("chromium", "chromedriver")),
    "ffmpeg": ("ffmpeg", ("ffmpeg", "ffprobe")),
    "npm": ("the set of JavaScript clients (Node, and `npm ci` in tests/clients)", ("node", "npm")),
}
# What npm writes when it is done.
_NPM_DONE = Path(__file__).parent / "clients/node_modules/.package-lock.json"
_MISSING = "is not installed"

OpenTown = Callable[..., Awaitable[Town]]


@pytest.fixture(scope="session", autouse=True)
def _keys_made_once() -> Iterator[None]:
    """Making an RSA key takes longer than most tests: a few are made and used in turn."""
    patch = pytest.MonkeyPatch()
    pairs = [keys.generate_rsa() for _ in range(3)]
    turn = itertools.cycle(pairs)
    patch.setattr(keys, "generate_rsa", lambda: next(turn))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[str]:
    """The folder of a running cluster's socket; a skip with its reason where there is no PostgreSQL."""
    programs = postgres.programs()
    if programs is None:
        missing("PostgreSQL")
    with postgres.cluster(programs) as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    """Every test that uses a database runs on both."""
    return str(request.param)


@pytest.fixture
async def database_url(engine: str, request: pytest.FixtureRequest) -> AsyncIterator[str | None]:
    """An empty migrated database; None for SQLite, where the town brings its own file."""
    if engine == "sqlite":
        yield None
        return
    async for url in _postgres_database(request.getfixturevalue("postgres_socket")):
        yield url


async def _postgres_database(socket: str) -> AsyncIterator[str]:
    admin = await asyncpg.connect(host=socket, user="postgres", database="postgres")
    try:
        if not await admin.fetchval("select 1 from pg_database where datname = 'town_template'"):
            await admin.execute("create database town_template")
            template = await connect(f"postgresql://postgres@/town_template?host={socket}")
            await migrate(template, StoppedClock())
            await template.close()
        name = f"town_{next(_numbers)}"
        await admin.execute(f"create database {name} template town_template")
        yield f"postgresql://postgres@/{name}?host={socket}"
        await admin.execute(f"drop database {name} with (force)")
    finally:
        await admin.close()


@pytest.fixture
def clock() -> StoppedClock:
    """Stands at noon until a test moves it."""
    return StoppedClock()


@pytest.fixture
def network() -> Network:
    """What lies between the towns of a test."""
    return Network()


@pytest.fixture
async def open_town(
    tmp_path: Path, engine: str, clock: StoppedClock, network: Network, request: pytest.FixtureRequest
) -> AsyncIterator[OpenTown]:
    """Opens towns by host name: `await open_town("oak.example")`."""
    async with AsyncExitStack() as stack:

        async def open_one(host: str, **settings: Any) -> Town:
            url = None
            if engine == "postgres":
                databases = _postgres_database(request.getfixturevalue("postgres_socket"))
                url = await anext(databases)
                stack.push_async_callback(_finish, databases)
            return await stack.enter_async_context(
                opened_town(
                    tmp_path / host.replace(":", "_"),
                    base_url=f"https://{host}",
                    clock=clock,
                    network=network,
                    database_url=url,
                    **settings,
                )
            )

        yield open_one


async def _finish(databases: AsyncIterator[str]) -> None:
    async for _ in databases:
        pass


@pytest.fixture
async def town(open_town: OpenTown) -> Town:
    """One town, https://oak.example."""
    return await open_town("oak.example")


@pytest.fixture
async def garden(tmp_path: Path, database_url: str | None) -> AsyncIterator[Garden]:
    """One node as people see it who use its pages."""
    async with open_garden(tmp_path, database_url) as found:
        yield found


def missing(tool: str) -> NoReturn:
    """Skip for want of a program; where `CI=true` promises every program, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{tool} {_MISSING}, and CI=true promises that it is")
    pytest.skip(f"{tool} {_MISSING}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests are skipped for want of the specifications beside the checkout, or of a program that they need."""
    if item.get_closest_marker("needs_shared") and not SHARED.is_dir():
        pytest.skip("the specifications beside the checkout (../shared) are not here")
    for marker in item.iter_markers("needs_tool"):
        tool, programs = _PROGRAMS[marker.args[0]]
        if not all(map(shutil.which, programs)) or ("npm" in programs and not _NPM_DONE.exists()):
            missing(tool)


def pytest_testnodedown(node: Any) -> None:
    """One of the processes that run the tests has ended: what it has seen goes into the ledger."""
    ledger.seen.update(map(tuple, getattr(node, "workeroutput", {}).get("ledger", ())))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process that runs tests hands over what it has seen; a whole run that leaves an endpoint unseen has failed."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["ledger"] = sorted(ledger.seen)
    elif _is_whole(session) and any(ledger.holes(ledger.seen)) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _is_whole(session: pytest.Session) -> bool:
    """Whether every test was asked for, and there was everything that tests need."""
    config = session.config
    narrowed = config.option.keyword or config.option.markexpr or config.option.collectonly
    asked_all = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not narrowed
    return asked_all and postgres.programs() is not None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests a missing program took away, and which endpoints a whole run has not seen."""
    session = terminalreporter._session
    if session is not None and _is_whole(session):
        holes = list(ledger.holes(ledger.seen))
        for hole in holes:
            terminalreporter.write_line(hole, red=True)
        if not holes:
            terminalreporter.write_line("every endpoint of the client API was seen at work, on both engines")
    skipped: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""
        if reason.endswith(_MISSING):
            skipped[reason.removeprefix("Skipped: ")] += 1
    for reason, count in skipped.items():
        terminalreporter.write_line(f"{count} tests skipped: {reason}", yellow=True)
