"""Migrations: numbered SQL files, run in order at start, each in a transaction, under a lock."""

import logging
from importlib import resources

from fediserver.clock import Clock
from fediserver.db.database import Database, Writer
from fediserver.db.query import Query, for_postgres, for_sqlite, statements
from fediserver.errors import ConfigError

log = logging.getLogger(__name__)

_TABLE = """
    create table if not exists schema_migrations (
        version bigint primary key,
        name text not null,
        applied_at bigint not null
    )
"""
VERSION = Query("select coalesce(max(version), 0) from schema_migrations")
APPLIED = Query("select count(*) from schema_migrations where version = :version")
RECORD = Query("insert into schema_migrations (version, name, applied_at) values (:version, :name, :now)")


def available() -> dict[int, str]:
    """File names by number."""
    folder = resources.files("fediserver.db") / "migrations"
    return {int(entry.name[:4]): entry.name for entry in folder.iterdir() if entry.name.endswith(".sql")}


async def migrate(db: Database, clock: Clock) -> list[str]:
    """Bring the schema up to date; answers the names that ran now.

    Raises ConfigError when the database was written by a newer version of the program.
    """
    files = available()
    expand = for_sqlite if db.url.startswith("sqlite:") else for_postgres
    ran = []

    async def make_table(tx: Writer) -> None:
        await tx.script([_TABLE])

    await db.migrating(make_table)
    for version, name in sorted(files.items()):
        text = (resources.files("fediserver.db") / "migrations" / name).read_text(encoding="utf-8")

        async def apply(tx: Writer, version: int = version, name: str = name, text: str = text) -> bool:
            if await tx.value(APPLIED, version=version):
                return False
            await tx.script(statements(expand(text)))
            await tx.run(RECORD, version=version, name=name, now=clock())
            return True

        if await db.migrating(apply):
            log.info("migration %s applied", name)
            ran.append(name)
    found = await db.value(VERSION)
    if found > max(files):
        raise ConfigError(
            f"the database has schema version {found}, this program knows {max(files)}: start a newer program"
        )
    return ran
