"""Databases: SQLite in a file or PostgreSQL, used with the same plain SQL.

A schema is a list of migrations, and its version their number. A database of an earlier version is migrated. Of a version that
is unknown here, a cache is rebuilt, with a warning; others are an error, since they have what can't be made
again. A damaged file is moved aside; of one that is no cache, what can be read is taken over.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from feeds.errors import DamagedError, DatabaseError, LockedError
from feeds.storage.driver import PATIENCE, Driver, Rows

log = logging.getLogger("feeds")

_MOMENT = 1.0
# Values per query.
_VALUES = 200
META = "create table if not exists feeds_meta (name text primary key, value text not null)"
_TABLE = re.compile(r"create (?:virtual )?table (?:if not exists )?(\w+)")
_OTHER = "is not a database of this version of Feeds"
GENERATION = "select value from feeds_meta where name = 'generation'"
# An index that ends with its process.
MEMORY = "sqlite:///:memory:"


class Schema(NamedTuple):
    """The tables of one purpose: `migrations` are scripts, each of which leads from a version to the next. `is_cache` says that
    all the tables hold can be made again.
    """

    name: str
    migrations: tuple[str, ...]
    is_cache: bool = False


NO_TABLES = Schema("nothing", ())


class Database:
    """A database for use by several threads, one of which writes at a time.

    Threads that only read do not wait for it: they share a second connection, and find what was committed last.

    SQL is the part common to SQLite and PostgreSQL, with `?` for parameters and no `%`. A virtual table of FTS5 in a schema is
    in PostgreSQL a table of text search vectors, `found`, by `article`, with the same name. Columns are `text` (compared by code
    point), `bigint`, `double precision` or `bytes`.
    Every method raises DatabaseError where the database can't be reached or used.
    """

    def __init__(self, connect: Callable[[], Driver], schema: Schema) -> None:
        self._connect = connect
        self._schema = schema
        self._name = schema.name
        self._lock = threading.RLock()
        self._reader: Driver | None = None
        self._reader_lock = threading.Lock()
        self._open()

    def reopen(self) -> None:
        """Use another connection, since the database may have been replaced."""
        with self._lock:
            before = self._driver
            self._open()
            before.close()
            self._forget_reader()

    def begin_anew(self) -> None:
        """Set the database aside, if it is a file, and begin a new one."""
        with self._lock:
            self._driver.put_aside("holds what can't be read")
            self._forget_reader()
            self._migrate()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """The rows of a query."""
        if not self._lock.acquire(blocking=False):
            # Another thread waits or writes.
            with self._reader_lock:
                if self._reader is None:
                    self._reader = self._driver.reader()
                if self._reader is not None:
                    return self._reader.rows(sql, parameters)
            self._lock.acquire()
        try:
            return self._driver.rows(sql, parameters)
        finally:
            self._lock.release()

    def stream(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query that may have more than fit in memory, one after another.

        Take them within one `transaction`, and write nothing that the query reads until you have taken the last.
        """
        return self._driver.stream(sql, parameters)

    def rows_in(self, sql: str, parameters: Sequence[Any], wanted: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
        """The rows of `sql`, which ends with `in`, for any number of `wanted` values."""
        waiting = iter(wanted)
        while some := list(islice(waiting, _VALUES)):
            yield from self.rows(f"{sql} ({', '.join('?' * len(some))})", (*parameters, *some))

    def by_number(self, sql: str, numbers: Sequence[int]) -> dict[int, Any]:
        """The value that `sql`, which ends with `in`, selects beside each of `numbers`.

        Raises DatabaseError where one is missing, as after another program has emptied the tables.
        """
        found: dict[int, Any] = dict(self.rows_in(sql, (), numbers))
        if len(found) < len(set(numbers)):
            raise DatabaseError(f"the {self._name} has lost rows")
        return found

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run one statement."""
        with self._lock:
            self._driver.rows(sql, parameters)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement with each of `rows`. Within a transaction it is fast."""
        with self._lock:
            self._driver.many(sql, rows)

    @contextmanager
    def transaction(self, patience: float = PATIENCE) -> Iterator[None]:
        """A transaction for writing: it takes effect as a whole, or not at all if an exception leaves it.

        Of all users of the schema, one at a time is in a transaction. Raises LockedError if that is another thread or process
        for more than `patience` seconds.
        """
        if not self._lock.acquire(timeout=patience):
            raise LockedError(f"the {self._name} is being written for more than {patience:.0f} seconds")
        try:
            with self._within(self._name, patience):
                yield
        finally:
            self._lock.release()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """A transaction for reading: all of it sees one state."""
        with self._lock, self._within(None):
            yield

    @contextmanager
    def lead(self, *, wait: bool = True, waiting: Callable[[], None] = lambda: None) -> Iterator[bool]:
        """Be the only writer of this database, until this block or this process ends.

        Where there is another: with `wait`, `waiting` is called and its end is waited for; else this gives False, a second
        later, in which the connection of one that was killed ends. When the own connection to PostgreSQL is lost, writing
        goes on only if none has come between.
        """
        end = time.monotonic() + _MOMENT
        with self._lock:
            while not (leads := self._driver.lead(wait=wait, waiting=waiting)) and time.monotonic() < end:
                time.sleep(0.05)
        try:
            yield leads
        finally:
            if leads:
                with self._lock:
                    self._driver.unlead()

    def announce(self) -> int:
        """Number the writes of the current transaction as a new generation. Followers are notified once it is committed."""
        # The time, so that a rebuilt database does not repeat generations that others have seen.
        generation = max(self.generation() + 1, time.time_ns() // 1000)
        self._set("generation", str(generation))
        self._driver.notify(generation)
        return generation

    def generation(self) -> int:
        """The newest generation, as `announce` counts; 0 before the first."""
        found = self.rows(GENERATION)
        return int(found[0][0]) if found else 0

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._driver.close()
            self._forget_reader()

    def _open(self) -> None:
        try:
            self._begin()
        except DamagedError:
            self._begin()

    def _begin(self) -> None:
        self._driver = self._connect()
        self.dialect = self._driver.dialect
        try:
            self._migrate()
        except BaseException:
            self._driver.close()
            raise

    def _forget_reader(self) -> None:
        with self._reader_lock:
            if self._reader is not None:
                self._reader.close()
                self._reader = None

    @contextmanager
    def _within(self, lock: str | None, patience: float = PATIENCE) -> Iterator[None]:
        self._driver.begin(lock, patience)
        try:
            yield
            self._driver.commit()
        except BaseException:
            self._driver.rollback()
            raise

    def _migrate(self) -> None:
        """Bring the tables to the newest version."""
        migrations = self._schema.migrations
        there = self._driver.tables()
        if "feeds_meta" not in there and there and not self._driver.put_aside(_OTHER):
            raise DatabaseError("the index's database holds tables that are not of Feeds; name a schema of its own for it")
        if not migrations or ("feeds_meta" in there and self._version() == len(migrations)):
            return
        with self._within(""):
            # Another process may have been quicker.
            self._driver.create(META)
            version = self._version()
            if not 0 <= version <= len(migrations):
                if not self._schema.is_cache:
                    raise DatabaseError(
                        f"the tables of {self._name} are of a newer version of Feeds; use that, or another `index`"
                    )
                log.warning("the tables of the %s are of another version of Feeds and are made anew", self._name)
                for table in sorted(set(_TABLE.findall(";".join(migrations))) & self._driver.tables()):
                    self._driver.rows(f"drop table {table}", ())
                version = 0
            for migration in migrations[version:]:
                for statement in filter(None, map(str.strip, migration.split(";"))):
                    self._driver.create(statement)
            self._set(f"version of {self._name}", str(len(migrations)))
            if not self._schema.is_cache:
                self._driver.salvage(_TABLE.findall(";".join(migrations)))

    def _version(self) -> int:
        """The number of migrations that were done; -1 if unknown."""
        found = self._get(f"version of {self._name}") or "0"
        return int(found) if found.isdecimal() else -1

    def _get(self, name: str) -> str | None:
        found = self.rows("select value from feeds_meta where name = ?", (name,))
        return found[0][0] if found else None

    def _set(self, name: str, value: str) -> None:
        sql = "insert into feeds_meta (name, value) values (?, ?) on conflict (name) do update set value = excluded.value"
        self.execute(sql, (name, value))


def connect(url: str, folder: Path, schema: Schema = NO_TABLES) -> Database:
    """The database at `url`: `sqlite:///` and a file, relative to `folder`, or `postgresql://…`, with the tables of `schema`.

    Where the file can't be written, it is a database that ends with the process. Raises DatabaseError.
    """
    return Database(partial(_driver, url, folder, is_cache=schema.is_cache), schema)


def _driver(url: str, folder: Path, *, is_cache: bool) -> Driver:
    if is_file(url):
        from feeds.storage.sqlite import SQLite

        return SQLite(None if url == MEMORY else folder / url.removeprefix("sqlite:///"), is_cache=is_cache)
    from feeds.storage.postgresql import PostgreSQL

    return PostgreSQL(url)


def is_file(url: str) -> bool:
    """Whether the database is a file of this machine."""
    return url.startswith("sqlite:///")
