"""SQL stands in fediserver/db alone, and what stands there is described."""

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import fediserver
import fediserver.db

PACKAGE = Path(fediserver.__file__).parent
_SQL = re.compile(
    r"""\b(?:
        select\s+(?:[\w.*]+|count\(.*?\))(?:\s*,.*?)?\s+from\s+\w+
      | insert\s+into\s+\w+
      | update\s+\w+\s+set\s+\w+\s*=
      | delete\s+from\s+\w+
      | (?:create|drop|alter)\s+(?:table|index)\s
      | pragma\s+\w+
    )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def literals(source: str) -> list[tuple[int, str]]:
    """Strings of a program with their lines, without docstrings."""
    nodes = list(ast.walk(ast.parse(source)))
    described = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.value)
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described
    ]


def test_the_search_finds_sql() -> None:
    for text in (
        "select id from accounts where id = :id",
        "SELECT count(*) FROM seen",
        "insert into x values (1)",
        "delete from x",
        "update x set y = 1",
        "pragma data_version",
    ):
        assert _SQL.search(text), text
    for text in (
        "select a file from the list",
        "Update your profile",
        "delete this post",
        "insert a picture",
    ):
        assert not _SQL.search(text), text


def test_sql_stands_in_db_alone() -> None:
    found = [
        f"{file.relative_to(PACKAGE)}:{line}: {text[:60]!r}"
        for file in sorted(PACKAGE.rglob("*.py"))
        if file.relative_to(PACKAGE).parts[0] != "db"
        for line, text in literals(file.read_text(encoding="utf-8"))
        if _SQL.search(text)
    ]
    assert found == []


def test_engines_are_imported_by_db_alone() -> None:
    drivers = re.compile(r"^\s*(?:import|from)\s+(?:sqlite3|aiosqlite|asyncpg)\b", re.MULTILINE)
    found = [
        str(file.relative_to(PACKAGE))
        for file in sorted(PACKAGE.rglob("*.py"))
        if file.relative_to(PACKAGE).parts[0] != "db" and drivers.search(file.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_only_search_has_a_text_for_each_engine() -> None:
    """Elsewhere one text serves both; what differs is listed in query.py."""
    found = {
        file.name
        for file in (PACKAGE / "db").glob("*.py")
        if re.search(
            r"\.(?:sqlite|postgres) = |for_sqlite\(|for_postgres\(", file.read_text(encoding="utf-8")
        )
    }
    assert found <= {"query.py", "search.py", "migrate.py"}


def test_every_function_of_db_is_described_and_typed() -> None:
    missing = []
    for module in pkgutil.iter_modules(fediserver.db.__path__):
        loaded = importlib.import_module(f"fediserver.db.{module.name}")
        assert loaded.__doc__, module.name
        for name, value in vars(loaded).items():
            if not inspect.isfunction(value) or value.__module__ != loaded.__name__ or name.startswith("_"):
                continue
            typed = all(one in value.__annotations__ for one in inspect.signature(value).parameters)
            if not value.__doc__ or not typed or "return" not in value.__annotations__:
                missing.append(f"{module.name}.{name}")
    assert missing == []
