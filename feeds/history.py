"""When the bytes at each path last changed: what Last-Modified says (RFC 9110 8.8.2). And which paths were ever published.

Never the newest article's date: a corrected title must not hide behind a 304. Remembered in a small database beside the
config, so that a restart does not make every feed look new; losing it does no harm but that, and a 404 where a 410 was.
"""

import math
import sqlite3
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from feeds.model import Document

_SCHEMA = """
create table if not exists changed (path text primary key, etag text not null, at integer not null);
create table if not exists published (path text primary key) without rowid;
"""


class History:
    """Safe for use by several threads. `file` is None for a memory that ends with the process."""

    def __init__(self, file: Path | None) -> None:
        self._lock = threading.Lock()
        self._database = _open(file)

    def changed(self, document: Document, now: datetime) -> datetime:
        """When the bytes at the document's path became these: `now`, where they were others or unknown.

        Whole seconds, rounded up: whoever fetched the bytes before, in the same second, must not be told that they
        still stand. Moments at one path never go back, so that A, then B, then A again are three changes.
        """
        with self._lock:
            row = self._database.execute("select etag, at from changed where path = ?", (document.path,)).fetchone()
            if row is not None and row[0] == document.etag:
                return datetime.fromtimestamp(row[1], UTC)
            at = math.ceil(now.timestamp())
            if row is not None:
                at = max(at, row[1] + 1)
            with self._database:
                self._database.execute("insert or replace into changed values (?, ?, ?)", (document.path, document.etag, at))
            return datetime.fromtimestamp(at, UTC)

    def publish(self, paths: Iterable[str]) -> None:
        """Remember that there were documents for the public at `paths`."""
        with self._lock, self._database:
            self._database.executemany("insert or ignore into published values (?)", ((path,) for path in paths))

    def was_published(self, path: str) -> bool:
        """Whether there ever was a document for the public at `path`."""
        with self._lock:
            return self._database.execute("select 1 from published where path = ?", (path,)).fetchone() is not None

    def close(self) -> None:
        """Let go of the database; what was remembered stays."""
        self._database.close()


def _open(file: Path | None) -> sqlite3.Connection:
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            return _connect(str(file))
        except (sqlite3.OperationalError, OSError):
            # Nowhere to write, as in a read-only container: remember for as long as the process lives.
            return _connect(":memory:")
        except sqlite3.DatabaseError:
            # Damaged, or another program's. It only saves readers a download: begin anew.
            file.unlink(missing_ok=True)
            return _connect(str(file))
    return _connect(":memory:")


def _connect(name: str) -> sqlite3.Connection:
    database = sqlite3.connect(name, check_same_thread=False)
    database.execute("pragma journal_mode = wal")
    database.executescript(_SCHEMA)
    database.commit()
    return database
