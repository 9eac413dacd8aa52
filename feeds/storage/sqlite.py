"""SQLite: a database in a file of this machine.

A file is ours where it says so by its application id, holds the table that all our databases have, or is in a folder `.feeds`.
Any other file belongs to another program and is not touched.
"""

import atexit
import logging
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any
from weakref import WeakSet

from feeds.errors import DamagedError, DatabaseError, LockedError, visible
from feeds.storage import locks
from feeds.storage.driver import PATIENCE
from feeds.storage.seal import Seal

log = logging.getLogger("feeds")

_MOMENT = 0.01
_BESIDE = ("-wal", "-shm", "-journal")
# "Feed", the application id of our files (SQLite, "Database File Format", 1.3.15), its place in the file, and what
# each database of SQLite begins with (1.3.1).
_APPLICATION = 0x46656564
_APPLICATION_AT, _BEGINNING = 68, b"SQLite format 3\0"
_META = "feeds_meta"
# A folder with this name is ours, with all that is in it.
_OURS = ".feeds"
_TYPE = re.compile(r"\bbytes\b")
_NOWHERE_TO_WRITE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
# What SQLite says where its tables or texts are no more what they were.
_DAMAGE_SAID = ("no such table", "no such column", "Could not decode to UTF-8")
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


# Databases that are open. A process that ends without closing them must call `close_all`, which seals them.
OPEN: "WeakSet[SQLite]" = WeakSet()
# Damaged databases by the files that they were moved from.
_DAMAGED_ONES: dict[Path, Path] = {}


def close_all() -> None:
    """Close every database that is open."""
    for each in tuple(OPEN):
        with suppress(sqlite3.Error):
            each.close()


atexit.register(close_all)


class SQLite:
    """A connection to the database in `file`; in memory without a file or if it can't be written.

    A `connection` beside one that is open needs none of its checks and locks.
    A cache that has changed since it was sealed is rebuilt; of other databases, only damaged rows are lost.
    """

    dialect = "sqlite"

    def __init__(self, file: Path | None, *, is_cache: bool = True, connection: sqlite3.Connection | None = None) -> None:
        self._file = file
        self._is_cache = is_cache
        self._seal: Seal | None = None
        # Which file it is: another one may take its place.
        self._inode = 0
        self._lock: sqlite3.Connection | None = None
        self._leads = 0
        try:
            self._connection = connection or self._open()
        except DamagedError:
            self._connection = self._open()

    def rows(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """As `Driver` says."""
        with self._telling():
            return self._connection.execute(sql, parameters).fetchall()

    def stream(self, sql: str, parameters: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """As `Driver` says. What SQLite sorts for this goes to a temporary file when it outgrows the cache."""
        with self._telling():
            yield from self._connection.execute(sql, parameters)

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

    def begin(self, lock: str | None, patience: float = PATIENCE) -> None:
        """As `Driver` says."""
        if lock is None:
            self.rows("begin", ())
            return
        self._wait_for(patience)
        try:
            self.rows("begin immediate", ())
        finally:
            self._wait_for(PATIENCE)

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
        if not self._leads and self._file is not None:
            try:
                self._lock = locks.hold(f"{self._file}.lock", wait=wait, waiting=waiting)
            except sqlite3.DatabaseError as error:
                # Nowhere to write a lock is nowhere to write a database; and what is no lock keeps nobody from writing.
                if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                    return False
        self._leads += 1
        return True

    def unlead(self) -> None:
        """As `Driver` says."""
        self._leads -= 1
        if not self._leads and self._lock is not None:
            self._lock.close()
            self._lock = None

    def notify(self, generation: int) -> None:
        """Nothing: followers of a file poll it (`notify`)."""

    def put_aside(self, why: str) -> bool:
        """As `Driver` says."""
        with suppress(sqlite3.Error):
            self._connection.close()
        if self._file is not None:
            self._move(self._file, why)
        self._connection = self._open()
        return True

    def salvage(self, tables: Iterable[str]) -> None:
        """As `Driver` says."""
        aside = _DAMAGED_ONES.pop(self._file, None) if self._file is not None else None
        for table in tables if aside is not None else ():
            columns = [row[1] for row in self.rows(f"pragma table_info({table})", ())]
            insert = f"insert or ignore into {table} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})"
            for row in _readable(aside, table, columns) if aside is not None else ():
                # What breaks a rule of the table was damaged.
                with suppress(sqlite3.Error):
                    self._connection.execute(insert, row)

    def reader(self) -> "SQLite | None":
        """As `Driver` says."""
        if self._file is None:
            return None
        try:
            connection = sqlite3.connect(
                f"{self._file.absolute().as_uri()}?mode=rw",
                uri=True,
                check_same_thread=False,
                isolation_level=None,
                timeout=PATIENCE,
            )
        except sqlite3.OperationalError:
            # It was deleted.
            return None
        if _inode(self._file) != self._inode:
            # Another process has begun a new one, which is not the one that this connection reads.
            connection.close()
            return None
        return SQLite(self._file, is_cache=self._is_cache, connection=connection)

    def close(self) -> None:
        """As `Driver` says."""
        self._connection.close()
        if self._seal is not None:
            self._seal.close()
        OPEN.discard(self)

    def _wait_for(self, patience: float) -> None:
        self.rows(f"pragma busy_timeout = {patience * 1000:.0f}", ())

    def _open(self) -> sqlite3.Connection:
        if self._file is not None:
            check_ours(self._file)
            with suppress(OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
                # Leftovers of a deleted database would be taken for a part of the new one. Look for them before looking for the
                # database: another process that begins one now makes its database first, so nothing of it is moved here.
                left = [file for suffix in _BESIDE if (file := Path(f"{self._file}{suffix}")).exists()]
                if left and not self._file.exists():
                    for file in left:
                        file.replace(f"{file}.old")
            self._break_seal(self._file)
        try:
            # SQLite opens a file that may only be read, and fails at the first write.
            if self._file is not None and self._file.exists() and not os.access(self._file, os.W_OK):
                raise _NowhereError
            with self._telling():
                connection = _connect(str(self._file or ":memory:"))
            self._inode = _inode(self._file) if self._file is not None else 0
            return connection
        except _NowhereError:
            log.warning("%s: can't be written; what it would hold is forgotten in the end", visible(str(self._file)))
            self._file = None
            return _connect(":memory:")

    def _break_seal(self, file: Path) -> None:
        """Check the seal; set the file aside if it has changed."""
        if self._seal is None:
            self._seal = Seal(file)
            OPEN.add(self)
            if self._seal.open():
                return
            if self._is_cache or not _is_sound(file):
                self._move(
                    file,
                    "has changed since it was closed (it is damaged, was copied, or another program has written into it)",
                    is_damaged=True,
                )
            else:
                log.warning("%s: has changed since it was closed, but is sound: it is used as it is", visible(str(file)))

    def __del__(self) -> None:
        with suppress(sqlite3.Error, AttributeError):
            self.close()

    def _move(self, file: Path, why: str, *, is_damaged: bool = False) -> None:
        aside = file.with_name(f"{file.name}.old")
        log.warning("%s: %s; a new one is begun, and the old is kept as %s", visible(str(file)), why, visible(aside.name))
        try:
            # A process beside this one may have been quicker.
            with suppress(FileNotFoundError):
                file.replace(aside)
            for suffix in _BESIDE:
                Path(f"{aside}{suffix}").unlink(missing_ok=True)
                with suppress(FileNotFoundError):
                    Path(f"{file}{suffix}").replace(f"{aside}{suffix}")
            if is_damaged:
                _DAMAGED_ONES[file] = aside
        except OSError as error:
            raise DatabaseError(f"{file}: {why}, and can't be moved ({error.strerror})") from error

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Raise errors of the machine as DatabaseError in plain words; others pass."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            if self._file is not None and (code in _DAMAGED or str(error).startswith(_DAMAGE_SAID)):
                self._move(self._file, "is damaged", is_damaged=True)
                raise DamagedError(f"{self._file}: was damaged; a new one is begun") from error
            if code in _NOWHERE_TO_WRITE:
                raise _NowhereError(f"{self._file}: can't be opened or written ({error})") from error
            if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise LockedError(f"{self._file}: another process is writing it") from error
            if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
                raise DatabaseError(f"{self._file}: {error}") from error
            raise


def _inode(file: Path) -> int:
    """The number of a file in its file system; 0 without one."""
    try:
        return os.stat(file).st_ino
    except OSError:
        return 0


def check_ours(file: Path) -> None:
    """Raise DatabaseError if `file` exists and belongs to another program. Writes nothing, not even a lock."""
    try:
        known = file.stat()
        if S_ISDIR(known.st_mode):
            return
        if not S_ISREG(known.st_mode):
            raise DatabaseError(f"{file}: no regular file; name another one as `index` in the config")
        with file.open("rb") as opened:
            head = opened.read(100)
    except OSError:
        # There is none, or opening it raises a clear error.
        return
    if not head or file.absolute().parent.name == _OURS:
        return
    advice = "nothing of it was touched; name another file as `index` in the config"
    if not head.startswith(_BEGINNING):
        raise DatabaseError(f"{file}: not a database; {advice}, or delete this one if it is the rest of an index of Feeds")
    application = int.from_bytes(head[_APPLICATION_AT : _APPLICATION_AT + 4])
    if application == _APPLICATION:
        return
    tables = _tables_in(file)
    # The contents of the log are unknown here.
    if application or (_META not in tables and (tables or _has_log(file))):
        shown = f" (it has the tables {', '.join(sorted(tables)[:3])})" if tables else ""
        raise DatabaseError(f"{file}: a database of another program{shown}; {advice}")


def _tables_in(file: Path) -> set[str]:
    # The file alone: to read the log too would make files beside it.
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{file.absolute().as_uri()}?immutable=1", uri=True)) as opened:
        return {name for (name,) in opened.execute("select name from sqlite_master where type = 'table'")}
    return set()


def _is_sound(file: Path) -> bool:
    """Whether SQLite can read all of a database."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(file)) as opened:
        return bool(opened.execute("pragma integrity_check").fetchone() == ("ok",))
    return False


def _readable(file: Path, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of a table that can be read, from both ends of it: between these there may be damage."""
    for order in ("", "order by rowid desc"):
        with suppress(sqlite3.Error, UnicodeDecodeError), closing(sqlite3.connect(file)) as opened:
            there = {row[1] for row in opened.execute(f"pragma table_info({table})")}
            wanted = ", ".join(each if each in there else "null" for each in columns)
            yield from opened.execute(f"select {wanted} from {table} {order}")


def _has_log(file: Path) -> bool:
    with suppress(OSError):
        return Path(f"{file}-wal").stat().st_size > 0
    return False


class _NowhereError(DatabaseError):
    """The file can't be opened or written."""


def _begin_log(connection: sqlite3.Connection) -> None:
    """Turn on the write-ahead log. Of several processes that open a new file at once, SQLite lets one do that and fails the
    others, whatever their `timeout`.
    """
    end = time.monotonic() + PATIENCE
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
    connection = sqlite3.connect(name, check_same_thread=False, isolation_level=None, timeout=PATIENCE)
    try:
        # An article or its entries are some kilobytes: larger pages hold them with less to be put together. In a new file only.
        connection.execute("pragma page_size = 16384")
        # Before there is a log, so that it is written to the file itself.
        if connection.execute("pragma application_id").fetchone() != (_APPLICATION,):
            connection.execute(f"pragma application_id = {_APPLICATION}")
        _begin_log(connection)
        connection.execute("pragma synchronous = normal")
        # Rows come in the random order of their digests: what is held in memory meanwhile (KiB), or waits in the log
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
