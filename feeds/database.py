"""A database: SQLite in a file, reached by plain SQL."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VERSION = 1


class Database:
    """One connection, for use by several threads."""

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.RLock()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What `sql` finds."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run `sql`."""
        with self._lock:
            self._connection.execute(sql, parameters)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run `sql` for each of `rows`."""
        with self._lock:
            self._connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written in it."""
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read in it is of one state."""
        with self._lock:
            self._connection.execute("begin")
            try:
                yield
            finally:
                self._connection.execute("commit")

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()


def connect(url: str, folder: Path, schema: str = "") -> Database:
    """The database at `url`, with the tables of `schema`."""
    file = folder / url.removeprefix("sqlite:///")
    file.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None, timeout=60)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
    connection.executescript(schema.replace(" bytes", " blob"))
    return Database(connection)
