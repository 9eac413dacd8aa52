"""The plans of SQL statements, as the database itself explains them."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from feeds.storage import database
from feeds.storage.postgresql import PostgreSQL
from feeds.storage.sqlite import SQLite

Statements = dict[str, Sequence[Any]]
# Scans of a table, or of all rows of a site or place.
WHOLE_TABLE = r"AUTOMATIC|(documents|articles|a|outputs) USING .*\((home|place)=\?\)|Seq Scan"
# FTS5 calls every access a scan: `M` is a match, 192 reads rows from the end.
BAD = rf"^SCAN (?!CONSTANT|words VIRTUAL TABLE INDEX (?:0:M|192:))|{WHOLE_TABLE}"
# Statements about the schema.
SCHEMA = ("feeds_meta", "sqlite_master", "pg_tables", "pg_namespace")


def record(monkeypatch: pytest.MonkeyPatch) -> Statements:
    """Record every statement from now on, with example parameters."""
    found: Statements = {}
    for driver in (SQLite, PostgreSQL):
        rows, stream, many = driver.rows, driver.stream, driver.many

        def watched(self: Any, sql: str, parameters: Sequence[Any], rows: Any = rows) -> Any:
            found.setdefault(sql, parameters)
            return rows(self, sql, parameters)

        def watched_stream(self: Any, sql: str, parameters: Sequence[Any], stream: Any = stream) -> Any:
            found.setdefault(sql, parameters)
            return stream(self, sql, parameters)

        def watched_many(self: Any, sql: str, given: Any, many: Any = many) -> None:
            given = list(given)
            if given:
                found.setdefault(sql, given[0])
            many(self, sql, given)

        monkeypatch.setattr(driver, "rows", watched)
        monkeypatch.setattr(driver, "stream", watched_stream)
        monkeypatch.setattr(driver, "many", watched_many)
    return found


def scans(statements: Statements, url: str, folder: Path, whole: Sequence[str]) -> dict[str, list[str]]:
    """The statements that scan a table of the database at `url`, with their plans.

    Statements that contain a text of `whole` are allowed.
    """
    opened = database.connect(url, folder)
    if opened.dialect == "postgresql":
        # PostgreSQL prefers to scan small tables.
        opened.execute("set enable_seqscan = off")
    scanned = {}
    for sql, parameters in list(statements.items()):
        if not re.match(r"select|insert|update|delete", sql) or any(part in sql for part in (*whole, *SCHEMA)):
            continue
        explain = "explain query plan " if opened.dialect == "sqlite" else "explain "
        plan = [str(row[-1]) for row in opened.rows(explain + sql, parameters)]
        if bad := [line for line in plan if re.search(BAD, line)]:
            scanned[sql] = bad
    opened.close()
    return scanned
