"""SQLite: a database in a file of this machine."""

import logging
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feeds.errors import DamagedError, DatabaseError

if TYPE_CHECKING:
    from filelock import BaseFileLock

log = logging.getLogger("feeds")

# How long a writer waits for another, in seconds.
_PATIENCE = 60.0
_MOMENT = 0.01
_BESIDE = ("-wal", "-shm", "-journal")
_TYPE = re.compile(r"\bbytes\b")
_NOWHERE_TO_WRITE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class SQLite:
    """A connection to the database in `file`; in memory, where there is none or it can't be written."""

    dialect = "sqlite"

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._writer: BaseFileLock | None = None
        self._leads = 0
        try:
            self._connection = self._open()
        except DamagedError:
            self._connection = self._open()

    def rows(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """As `Driver` says."""
        with self._telling():
            return self._connection.execute(sql, parameters).fetchall()

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """As `Driver` says."""
        with self._telling():
            self._connection.executemany(sql, rows)

    def tables(self) -> set[str]:
        """As `Driver` says."""
        return {name for (name,) in self.rows("select name from sqlite_master where type = 'table'", ())}

    def create(self, statement: str) -> None:
        """As `Driver` says."""
        # An integer that is the key is where the row is, and needs no index.
        self.rows(_TYPE.sub("blob", statement).replace("bigint primary key", "integer primary key"), ())

    def begin(self, lock: str | None) -> None:
        """As `Driver` says."""
        self.rows("begin" if lock is None else "begin immediate", ())

    def commit(self) -> None:
        """As `Driver` says."""
        self.rows("commit", ())

    def rollback(self) -> None:
        """As `Driver` says."""
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("rollback")

    def lead(self, *, wait: bool, waiting: Callable[[], None]) -> bool:
        """As `Driver` says."""
        if not self._leads and self._file is not None and not self._lock(self._file, wait, waiting):
            return False
        self._leads += 1
        return True

    def unlead(self) -> None:
        """As `Driver` says."""
        self._leads -= 1
        if not self._leads and self._writer is not None:
            self._writer.release()
            self._writer = None

    def notify(self, generation: int) -> None:
        """Nothing: who follows a file looks at it (`notice`)."""

    def put_aside(self) -> bool:
        """As `Driver` says."""
        with suppress(sqlite3.Error):
            self._connection.close()
        if self._file is not None:
            self._move(self._file, "is not a database of this version of Feeds")
        self._connection = self._open()
        return True

    def close(self) -> None:
        """As `Driver` says."""
        self._connection.close()

    def _lock(self, file: Path, wait: bool, waiting: Callable[[], None]) -> bool:
        from filelock import FileLock, Timeout

        lock = FileLock(f"{file}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            if not wait:
                return False
            waiting()
            lock.acquire()
        except OSError:
            # Nowhere to write a lock is nowhere to write a database.
            return True
        self._writer = lock
        return True

    def _open(self) -> sqlite3.Connection:
        if self._file is not None:
            with suppress(OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
                # What is left of a deleted database would be taken for a part of the new one. Look for it before looking for the
                # database: another process that begins one now makes its database first, so nothing of it is deleted here.
                left = [file for suffix in _BESIDE if (file := Path(f"{self._file}{suffix}")).exists()]
                if left and not self._file.exists():
                    for file in left:
                        file.unlink(missing_ok=True)
        try:
            with self._telling():
                return _connect(str(self._file or ":memory:"))
        except _NowhereError:
            log.warning("%s: can't be written; what it would hold is forgotten in the end", self._file)
            self._file = None
            return _connect(":memory:")

    def _move(self, file: Path, why: str) -> None:
        aside = file.with_name(f"{file.name}.old")
        log.warning("%s: %s; a new one is begun, and the old is kept as %s", file, why, aside.name)
        try:
            # A process beside this one may have been quicker.
            with suppress(FileNotFoundError):
                file.replace(aside)
            for suffix in _BESIDE:
                Path(f"{file}{suffix}").unlink(missing_ok=True)
        except OSError as error:
            raise DatabaseError(f"{file}: {why}, and can't be moved ({error.strerror})") from error

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell what is the machine's fault in plain words; what is ours passes."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            if code in _DAMAGED and self._file is not None:
                self._move(self._file, "is damaged")
                raise DamagedError(f"{self._file}: was damaged; a new one is begun") from error
            if code in _NOWHERE_TO_WRITE:
                raise _NowhereError(f"{self._file}: can't be opened or written ({error})") from error
            if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
                raise DatabaseError(f"{self._file}: {error}") from error
            raise


class _NowhereError(DatabaseError):
    """The file can't be opened or written."""


def _begin_log(connection: sqlite3.Connection) -> None:
    """Have writes go to a log first. Of several who come to a new file at once, SQLite lets one do that, and has the others fail
    whatever their `timeout`.
    """
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_MOMENT)
        else:
            return


def _connect(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(name, check_same_thread=False, isolation_level=None, timeout=_PATIENCE)
    try:
        # An article or its entries are some kilobytes: larger pages hold them with less to be put together. In a new file only.
        connection.execute("pragma page_size = 16384")
        _begin_log(connection)
        connection.execute("pragma synchronous = normal")
        # Rows come in the order of their digests, which is none: what is held in memory meanwhile (KiB), or waits in the log
        # (pages), is not written to its place again and again.
        connection.execute("pragma cache_size = -8192")
        connection.execute("pragma wal_autocheckpoint = 8192")
        # Whether it is a database at all, and one that can be written.
        connection.execute("begin immediate")
        connection.execute("select count(*) from sqlite_master")
        connection.execute("commit")
    except BaseException:
        connection.close()
        raise
    return connection
