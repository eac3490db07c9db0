"""Every query is explained on both engines, on full and skewed tables: none reads a big table from end to end."""

import asyncio
import importlib
import pkgutil
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import asyncpg
import orjson
import pytest

import fediserver.db
from fediserver.db.query import Query, for_postgres, for_sqlite, statements
from tests.db import seed

BIG = 1_000
"""Rows of a table that is not read from end to end."""

MAY_SCAN: dict[str, str] = {
    "conversions.DUE": "asks whether one is in hand, of a table that holds only what waits: at most 64",
    "conversions.RELEASE_ALL": "once, at the start of the only process",
    "conversions.RENEW": "three times a minute, of a table that holds only what waits: at most 64",
    "conversions.WAITING": "takes the first rows of a table that holds at most 64",
    "dimensions.UPLOADED_BYTES": "when somebody who moderates looks at how much space is used, on the slow reader",
    "discovery.DIRECTORY[(False, 'new')]": "in the order of ids, and ends with its page: most want to be found",
    "domain_rules.SILENCE": "an organiser decides about a server and what is below it: a few times a year",
    "domain_rules.UNSILENCE": "as above",
    "expiry.FULL_HOMES": "once an hour, over an index that holds all it asks for",
    "expiry.FULL_LISTS": "once an hour, over an index that holds all it asks for",
    "expiry.LINKS": "once an hour, and links live for a day",
    "expiry.SESSIONS": "once an hour, and only members have sessions",
    "host_suspensions.HOSTS": "an organiser decides about a server: a few times a year; a row for each server",
    "hosts.RELEASE_ALL": "once, at the start of the only process",
    "hosts.RENEW": "three times a minute, of a table with a row for each server",
    "hosts.STANDING": "`queue status` tells of every server",
    "indexing.IS_WAITING": "takes the first row of a table that holds only what waits",
    "indexing.WAITING": "takes the first rows of a table that holds only what waits",
    "intake.PARKED": "at most 5,000 rows are let in",
    "intake.RELEASE_ALL": "once, at the start of the only process",
    "intake.RENEW": "three times a minute, of a table that holds only what waits",
    "intake.WAITING": "`queue status` counts what waits",
    "ip_blocks.COUNT": "when a moderator blocks a network, over an index; there are at most 10,000",
    "ip_blocks.EVERYTHING": "the command line lists them; there are at most 10,000",
    "ip_blocks.NO_ACCESS": "at the start and when an organiser has changed them, of at most 10,000",
    "jobs.RELEASE_ALL": "once, at the start of the only process",
    "jobs.RENEW": "three times a minute, of a table that holds only what waits",
    "mails.FORGET": "once an hour, of a table that holds only what waits",
    "mails.RELEASE_ALL": "once, at the start of the only process",
    "mails.RENEW": "three times a minute, of a table that holds only what waits",
    "mails.STANDING": "`queue status` counts what waits",
    "push.RELEASE_ALL": "once, at the start of the only process",
    "push.RENEW": "three times a minute, of a table that holds only what waits",
    "usage.COUNTS": "counts servers, over an index; the answer is kept",
    "usage.PEERS_NAMED": "a row for each server, for a log-in field outside; ten names are answered",
    "usage.PEERS": "the list of all servers is what is asked for",
}
"""Queries that read a whole table, and why they may."""

DRIVING: dict[str, tuple[str, str]] = {
    # Home, public and hashtags.
    "timelines.HOME.": (
        "h USING PRIMARY KEY (account_id=? AND position>? AND position<?)",
        "home_entries_pkey",
    ),
    "timelines.LIST.": (
        "h USING PRIMARY KEY (list_id=? AND position>? AND position<?)",
        "list_entries_pkey",
    ),
    "timelines.PUBLIC.": ("s USING INDEX statuses_public (id>? AND id<?)", "statuses_public"),
    "timelines.LOCAL.": ("s USING INDEX statuses_local (id>? AND id<?)", "statuses_local"),
    "timelines.TAG.": ("t USING PRIMARY KEY (tag_id=? AND status_id>? AND status_id<?)", "status_tags_pkey"),
    "links.TIMELINE.": (
        "k USING COVERING INDEX status_links_link (link_id=? AND status_id>? AND status_id<?)",
        "status_links_link",
    ),
    # A post comes home.
    "home.DISTRIBUTE": ("f USING INDEX follows_target (target_id=?)", "follows_target"),
    "home.DISTRIBUTE_TAGGED": (
        "n USING COVERING INDEX status_tags_status (status_id=?)",
        "status_tags_status",
    ),
    "home.DISTRIBUTE_BOOST": ("f USING INDEX follows_target (target_id=?)", "follows_target"),
    "list_entries.DISTRIBUTE": (
        "m USING INDEX list_accounts_account (account_id=?)",
        "list_accounts_account",
    ),
    "list_entries.DISTRIBUTE_BOOST": (
        "m USING INDEX list_accounts_account (account_id=?)",
        "list_accounts_account",
    ),
    # The inbox.
    "accounts.KEY": ("keys USING INDEX sqlite_autoindex_keys_1 (id=?)", "keys_pkey"),
    "accounts.BY_URI": ("accounts USING INDEX sqlite_autoindex_accounts_1 (uri=?)", "accounts_uri_key"),
    "statuses.BY_URI": ("statuses USING INDEX sqlite_autoindex_statuses_1 (uri=?)", "statuses_uri_key"),
    "statuses.ORPHANS": ("statuses USING INDEX statuses_orphans (in_reply_to_uri=?)", "statuses_orphans"),
    "intake.DUE": ("received USING INDEX received_due (next_at<?)", "received_due"),
    "intake.FORGET_SEEN": ("seen USING COVERING INDEX seen_expiry (expires_at<?)", "seen_expiry"),
    "intake.PARKED_DUE": ("unverified USING INDEX unverified_due (next_at<?)", "unverified_due"),
    "intake.PARKED_OF_HOST": ("unverified USING COVERING INDEX unverified_host (host=?)", "unverified_host"),
    # The queue.
    "hosts.DUE": ("hosts USING INDEX hosts_due (due_at>? AND due_at<?)", "hosts_due"),
    "hosts.DUE_FAILING": ("hosts USING INDEX hosts_due (due_at>? AND due_at<?)", "hosts_due"),
    "outgoing.WAITING": ("deliveries USING INDEX deliveries_waiting (host_id=?)", "deliveries_waiting"),
    "outgoing.TO_FOLLOWERS": ("f USING INDEX follows_target (target_id=?)", "follows_target"),
    "push.DUE": ("pushes USING INDEX pushes_due (run_at<?)", "pushes_due"),
    "jobs.DUE": ("jobs USING INDEX jobs_due (run_at<?)", "jobs_due"),
    "conversions.DUE": ("conversions USING INDEX conversions_due (run_at<?)", "conversions_due"),
    "mails.DUE": ("mails USING INDEX mails_due (run_at<?)", "mails_due"),
    # Notifications, and whether one is wanted.
    "notification_pages.DOWN": (
        "n USING INDEX notifications_account (account_id=? AND id>? AND id<?)",
        "notifications_account",
    ),
    "notification_groups.HEAD": (
        "n USING INDEX notifications_group (account_id=? AND group_key=?)",
        "notifications_group",
    ),
    "notification_policy.STANDING": (
        "p USING INTEGER PRIMARY KEY (rowid=?)",
        "notification_policies_pkey",
    ),
    "notification_policy.DOWN": (
        "r USING INDEX notification_requests_account (account_id=? AND id>? AND id<?)",
        "notification_requests_account",
    ),
    "conversations.DOWN": (
        "conversations USING INDEX conversations_account (account_id=? AND last_status_id>? AND last_status_id<?)",
        "conversations_account",
    ),
    # Threads and documents.
    "federation_pages.REPLIES": (
        "statuses USING INDEX statuses_replies (in_reply_to_id=?)",
        "statuses_replies",
    ),
}
"""What the queries begin with that decide how fast a node is: a part of the plan on SQLite, an index on PostgreSQL.

Names that end in a point stand for all of a timeline's queries.
"""

UNSORTED = (
    "timelines.HOME.",
    "timelines.LIST.",
    "timelines.PUBLIC.",
    "timelines.LOCAL.",
    "notification_pages.DOWN",
    "notification_groups.HEAD",
    "notification_policy.DOWN",
    "conversations.DOWN",
    "intake.DUE",
    "hosts.DUE",
    "jobs.DUE",
    "mails.DUE",
)
"""Rows come out of the index in their order: nothing is sorted that is not shown."""

_SOURCE = re.compile(r"\b(?:from|join|update|into)\s+(\w+)(?:\s+(?:as\s+)?(\w+))?", re.IGNORECASE)
_WORDS = frozenset(
    {
        "where",
        "set",
        "on",
        "order",
        "join",
        "left",
        "limit",
        "group",
        "values",
        "union",
        "select",
        "inner",
        "cross",
        "default",
    }
)
_SCAN = re.compile(r"^SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?$")


class Named(NamedTuple):
    """A query under the name that it has in its module."""

    name: str
    query: Query


def queries() -> list[Named]:
    """Every query of fediserver/db, also those within timelines and tables of them."""
    found: dict[int, Named] = {}
    for module in pkgutil.iter_modules(fediserver.db.__path__):
        loaded = importlib.import_module(f"fediserver.db.{module.name}")
        for name, value in vars(loaded).items():
            for one in _within(f"{module.name}.{name}", value):
                found.setdefault(id(one.query), one)
    return list(found.values())


def _within(name: str, value: Any, depth: int = 0) -> Iterator[Named]:
    if isinstance(value, Query):
        yield Named(name, value)
    elif depth > 3 or isinstance(value, type):
        return
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _within(f"{name}[{key}]", item, depth + 1)
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _within(f"{name}[{place}]", item, depth + 1)
    elif type(value).__module__.startswith("fediserver.db"):
        for attribute, item in vars(value).items() if hasattr(value, "__dict__") else ():
            yield from _within(f"{name}.{attribute}", item, depth + 1)


QUERIES = queries()


def aliases(text: str) -> dict[str, str]:
    """Tables by the names that a query gives them; a table's own name counts too."""
    found: dict[str, str] = {}
    for table, alias in _SOURCE.findall(text):
        found[table.lower()] = table.lower()
        if alias and alias.lower() not in _WORDS:
            found[alias.lower()] = table.lower()
    return found


# ---------------------------------------------------------------- SQLite


class Lite:
    """A full SQLite database; `plan` answers the steps of a query."""

    def __init__(self, *, analysed: bool) -> None:
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute("pragma foreign_keys = on")
        for text in seed.schema():
            for statement in statements(for_sqlite(text)):
                self.connection.execute(statement)
        for statement in [*seed.seeds(), seed.SEEN_SQLITE, *seed.WORDS_SQLITE]:
            self.connection.execute(statement)
        if analysed:
            self.connection.execute("analyze")
        self.big = {name for name in self._names("table") if self._count(name) > BIG}
        partial = "select name from sqlite_master where type = 'index' and sql like '%where%'"
        self.partial = {row[0] for row in self.connection.execute(partial)}

    def plan(self, query: Query) -> list[str]:
        # search.py has a text for each engine, whose parameters are not all the same; words match words.
        values = {name: "[]" if name in query.lists else None for name in (*query.names, "highest")}
        values |= {"match": "word", "people": None}
        rows = self.connection.execute(f"explain query plan {query.sqlite}", values).fetchall()
        return [row[3] for row in rows]

    def scans(self, query: Query) -> list[str]:
        """Steps that read a big table from end to end; a partial index is small."""
        tables = aliases(query.text)
        found = []
        for step in self.plan(query):
            scan = _SCAN.match(step)
            if scan and tables.get(scan[1].lower(), "") in self.big and scan[2] not in self.partial:
                found.append(step)
        return found

    def _names(self, kind: str) -> list[str]:
        rows = self.connection.execute("select name from sqlite_master where type = ?", (kind,))
        # Full-text search has tables of its own behind each of its indexes.
        return [row[0] for row in rows if not row[0].startswith(("sqlite_", "post_words", "account_words"))]

    def _count(self, table: str) -> int:
        return int(self.connection.execute(f"select count(*) from {table}").fetchone()[0])


@pytest.fixture(scope="module", params=[True, False], ids=["analysed", "never analysed"])
def lite(request: pytest.FixtureRequest) -> Iterator[Lite]:
    made = Lite(analysed=request.param)
    yield made
    made.connection.close()


# ---------------------------------------------------------------- PostgreSQL


class Plan(NamedTuple):
    """Every node of a plan, from the top."""

    nodes: list[dict[str, Any]]

    def indexes(self) -> list[str]:
        return [node["Index Name"] for node in self.nodes if "Index Name" in node]


async def _seeded(socket: str) -> str:
    admin = await asyncpg.connect(host=socket, user="postgres", database="postgres")
    await admin.execute("create database explained")
    await admin.close()
    connection = await asyncpg.connect(host=socket, user="postgres", database="explained")
    for text in seed.schema():
        for statement in statements(for_postgres(text)):
            await connection.execute(statement)
    for statement in [*seed.seeds(), seed.SEEN_POSTGRES, *seed.WORDS_POSTGRES]:
        await connection.execute(statement)
    await connection.execute("vacuum analyze")
    await connection.close()
    return socket


@pytest.fixture(scope="module")
def seeded(postgres_socket: str) -> str:
    return asyncio.run(_seeded(postgres_socket))


async def plans(socket: str) -> tuple[dict[str, Plan], set[str], set[str]]:
    """The plan of every query by name, the big tables, and the partial indexes."""
    connection = await asyncpg.connect(host=socket, user="postgres", database="explained")
    try:
        # A plan for whatever the parameters are, as a prepared statement has it in the long run.
        await connection.execute("set plan_cache_mode = force_generic_plan")
        await connection.execute("set enable_seqscan = off")
        # At this size a merge that reads an index from its beginning looks cheaper than to look rows up.
        await connection.execute("set enable_mergejoin = off")
        rows = await connection.fetch(
            "select relname from pg_class where relkind = 'r' and reltuples > $1", BIG
        )
        small = await connection.fetch(
            "select indexrelid::regclass::text from pg_index where indpred is not null"
        )
        found = {}
        for number, (name, query) in enumerate(QUERIES):
            nulls = f"({', '.join(['null'] * len(query.names))})" if query.names else ""
            await connection.execute(f"prepare q{number} as {query.postgres}")
            answer = await connection.fetchval(f"explain (format json, costs off) execute q{number}{nulls}")
            found[name] = Plan(list(_nodes(orjson.loads(answer)[0]["Plan"])))
        return found, {row[0] for row in rows}, {row[0] for row in small}
    finally:
        await connection.close()


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def scans(plan: Plan, big: set[str], partial: set[str]) -> list[str]:
    """Nodes that read a big table, or the whole index of one, from end to end."""
    found = []
    for node in plan.nodes:
        kind, table, index = node["Node Type"], node.get("Relation Name", ""), node.get("Index Name", "")
        whole_index = (
            kind in ("Index Scan", "Index Only Scan") and "Index Cond" not in node and index not in partial
        )
        if table in big and (kind == "Seq Scan" or whole_index):
            found.append(f"{kind} on {table} {index}".rstrip())
    return found


# ---------------------------------------------------------------- the tests


def test_every_query_is_explained() -> None:
    """None hides where it is not looked for."""
    program = (
        "import importlib, pkgutil, fediserver.db\n"
        "for module in pkgutil.iter_modules(fediserver.db.__path__):\n"
        "    importlib.import_module('fediserver.db.' + module.name)\n"
        "from fediserver.db.query import Query\n"
        "print(len(Query.registry))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert len(QUERIES) == int(done.stdout)
    assert len({one.name for one in QUERIES}) == len(QUERIES)


def test_every_big_table_is_full(lite: Lite) -> None:
    small = {
        "announcements",
        "domain_rules",
        "schema_migrations",
        "settings",
        "signals",
        "trends",
        "users",
        "web_settings",
    }
    assert set(lite._names("table")) - lite.big == small


def test_sqlite_reads_no_big_table_from_end_to_end(lite: Lite) -> None:
    found = {name: steps for name, query in QUERIES if (steps := lite.scans(query)) and name not in MAY_SCAN}
    assert found == {}


async def test_postgres_reads_no_big_table_from_end_to_end(seeded: str) -> None:
    explained, big, partial = await plans(seeded)
    found = {
        name: steps
        for name, plan in explained.items()
        if (steps := scans(plan, big, partial)) and name not in MAY_SCAN
    }
    assert found == {}


def driven(name: str) -> list[Named]:
    """The queries of a name in DRIVING."""
    found = [one for one in QUERIES if one.name == name or (name.endswith(".") and one.name.startswith(name))]
    assert found, f"no query is called {name}"
    return found


def test_sqlite_begins_with_the_right_index(lite: Lite) -> None:
    for name, (step, _) in DRIVING.items():
        for one in driven(name):
            plan = lite.plan(one.query)
            assert plan[0] == f"SEARCH {step}", f"{one.name}: {plan}"
    for name in UNSORTED:
        for one in driven(name):
            assert not any("ORDER BY" in step for step in lite.plan(one.query)), one.name


async def test_postgres_uses_the_right_index(seeded: str) -> None:
    explained, _, _ = await plans(seeded)
    for name, (_, index) in DRIVING.items():
        for one in driven(name):
            assert index in explained[one.name].indexes(), f"{one.name}: {explained[one.name].indexes()}"
    for name in UNSORTED:
        for one in driven(name):
            kinds = {node["Node Type"] for node in explained[one.name].nodes}
            assert not kinds & {"Sort", "Incremental Sort"}, one.name


def test_every_exception_is_needed(lite: Lite) -> None:
    """A query that no longer reads all, or is no longer there, goes from the list."""
    scanned = {name for name, query in QUERIES if lite.scans(query)}
    assert set(MAY_SCAN) - scanned == set()
