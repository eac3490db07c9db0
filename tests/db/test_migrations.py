"""A database of the first version keeps what it holds when a newer program opens it."""

from collections.abc import AsyncIterator
from importlib import resources
from pathlib import Path

import asyncpg
import pytest

from fediserver.db import migrate as migrations
from fediserver.db.database import Database, Writer, connect
from fediserver.db.migrate import available, migrate
from fediserver.db.query import Query, for_postgres, for_sqlite, statements
from tests.town import StoppedClock

FIRST = "0001_first.sql"
BASE = "https://oak.example"
POST = f"{BASE}/users/alice/statuses/20"
ROWS = f"""
    create table schema_migrations (version bigint primary key, name text not null, applied_at bigint not null);
    insert into schema_migrations values (1, '{FIRST}', 0);
    insert into settings values ('base_url', '{BASE}');
    insert into accounts (id, username, uri, created_at) values (1, 'alice', '{BASE}/users/alice', 0);
    insert into hosts (id, name) values (5, 'elm.example'), (6, 'spam.example:8443');
    insert into domain_rules (domain, severity, reason, created_at)
    values ('spam.example', 'suspend', '', 7), ('fine.spam.example', 'noop', '', 8);
    insert into accounts (id, username, domain, host_id, uri, created_at)
    values (2, 'bob', 'elm.example', 5, 'https://elm.example/bob', 0),
           (3, 'dan', 'deep.spam.example', 5, 'https://elm.example/dan', 0),
           (4, 'eve', 'spam.example', 5, 'https://elm.example/eve', 0),
           (5, 'fay', 'fine.spam.example', 5, 'https://elm.example/fay', 0),
           (6, 'gus', 'notspam.example', 5, 'https://elm.example/gus', 0),
           (7, 'hal', 'elm.example', 6, 'https://spam.example:8443/hal', 0);
    insert into statuses (id, uri, url, account_id, visibility, conversation_id, context_uri, text, created_at)
    values (20, '{POST}', '{BASE}/@alice/20', 1, 0, 20, '{BASE}/contexts/20', 'hello', 0);
    insert into statuses (id, uri, url, account_id, visibility, conversation_id, context_uri, created_at)
    values (21, 'https://elm.example/1', 'https://elm.example/@bob/1', 1, 0, 20, '{BASE}/contexts/20', 0),
           (22, 'https://elm.example/2', 'https://elm.example/2', 1, 0, 22, null, 0);
    insert into outgoing (id, uri, verb, actor_id, object_uri, reach, created_at)
    values (30, '{BASE}/activities/30', 'create', 1, '{POST}', '[5]', 0);
    insert into deliveries (outgoing_id, inbox, host_id, next_at) values (30, 'https://elm.example/inbox', 5, 7);
    insert into notifications (id, account_id, kind, from_id, status_id, created_at)
    values (40, 1, 'favourite', 1, 20, 7300000), (41, 1, 'follow', 1, null, 7300000), (42, 1, 'mention', 1, 20, 0)
"""
ADDRESSES = Query("select id, url, context_uri from statuses order by id")
WAITING = Query(
    "select o.id, o.object_uri, d.inbox, d.next_at from deliveries d join outgoing o on o.id = d.outgoing_id"
)
TOLD = Query("select id, group_key, filtered from notifications order by id")
SUSPENDED = Query(
    "select username, suspended_with_host from accounts where suspended_at is not null order by username"
)
FORGET = Query("delete from outgoing where id = 30")


@pytest.fixture
async def old(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A database as the first version of the program left it."""
    url, expand = f"sqlite:///{tmp_path}/old.db", for_sqlite
    if engine == "postgres":
        socket = request.getfixturevalue("postgres_socket")
        admin = await asyncpg.connect(host=socket, user="postgres", database="postgres")
        name = f"old_{abs(hash(tmp_path))}"
        await admin.execute(f"create database {name}")
        await admin.close()
        url, expand = f"postgresql://postgres@/{name}?host={socket}", for_postgres
    first = (resources.files("fediserver.db") / "migrations" / FIRST).read_text(encoding="utf-8")
    db = await connect(url)

    async def fill(tx: Writer) -> None:
        await tx.script(statements(expand(first)) + statements(ROWS))

    await db.migrating(fill)
    yield db
    await db.close()


async def test_what_waits_for_delivery_still_waits(old: Database) -> None:
    await migrate(old, StoppedClock())
    assert await old.rows(WAITING) == [(30, POST, "https://elm.example/inbox", 7)]
    await old.write(lambda tx: tx.run(FORGET))
    assert await old.rows(WAITING) == []


async def test_addresses_are_kept_where_they_cannot_be_told(old: Database) -> None:
    await migrate(old, StoppedClock())
    assert await old.rows(ADDRESSES) == [
        (20, "", None),
        (21, "https://elm.example/@bob/1", f"{BASE}/contexts/20"),
        (22, "", None),
    ]


async def test_what_was_told_is_grouped_and_not_held_back(old: Database) -> None:
    await migrate(old, StoppedClock())
    found = [(one, key, bool(filtered)) for one, key, filtered in await old.rows(TOLD)]
    assert found == [(40, "favourite-20-2", False), (41, "follow-2", False), (42, None, False)]


async def test_who_is_of_a_suspended_server_is_suspended_with_it(old: Database) -> None:
    await migrate(old, StoppedClock())
    found = [(name, bool(with_host)) for name, with_host in await old.rows(SUSPENDED)]
    assert found == [("dan", True), ("eve", True), ("hal", True)]


async def test_what_was_numbered_earlier_but_came_later_is_not_left_out(
    old: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = available()
    monkeypatch.setattr(migrations, "available", lambda: {number: every[number] for number in (1, 11)})
    assert await migrate(old, StoppedClock()) == [every[11]]
    monkeypatch.undo()
    assert await migrate(old, StoppedClock()) == [
        name for number, name in sorted(every.items()) if number not in (1, 11)
    ]
