"""PostgreSQL: a database that several machines share, through psycopg."""

import hashlib
import os
import re
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from msgspec import Struct

from feeds.errors import DatabaseError, LockedError
from feeds.storage.driver import PATIENCE

if TYPE_CHECKING:
    import psycopg

Result = TypeVar("Result")

SCHEMA = "feeds"
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
# Notice within half a minute that the other side is gone for good, on either side, unless the URL says otherwise.
_PARAMETERS = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "fallback_application_name": "feeds",
}
_SESSION = "set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3; set timezone = 'UTC'"
# How long no new connection is tried after one that failed, in seconds: requests must not each wait for their own.
_PAUSE = 1.0
# Rows that are fetched at a time from a cursor of the server, and the numbers of cursors.
_FETCHED = 1000
_CURSORS = count(1)
# Types of a portable schema, as PostgreSQL has them; text in the order of SQLite, whatever the database's language.
_TYPES = {"bytes": "bytea", "text": 'text collate "C"'}
_FULL_TEXT = re.compile(r"create virtual table (\w+) using fts5")
_TYPE = re.compile(r"(?<=\w )(bytes|text)\b")


class Address(Struct, frozen=True):
    """The address of a database. `conninfo` is for libpq, `shown` for people, `schema` is the schema of our tables."""

    conninfo: str
    schema: str
    shown: str
    password: str

    @property
    def setup(self) -> str:
        """The statements that begin every session."""
        return f'{_SESSION}; set search_path = "{self.schema}"'

    def error(self, error: Exception) -> DatabaseError:
        """The error, without the password."""
        said = next(iter(str(error).strip().splitlines()), type(error).__name__)
        if self.password:
            said = said.replace(self.password, "…")
        return DatabaseError(f"{self.shown}: {said}")


def address(url: str) -> Address:
    """Parse `url`; `?schema=` in it names the schema. Raises ValueError with the mistake.

    It may name several hosts, with commas between them, as libpq takes them: the first that can be used is.
    """
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        login, _, places = parts.netloc.rpartition("@")
        at = ",".join(map(_place, places.split(",")))
        account = urlsplit(f"//{login}@")
    except ValueError:
        raise ValueError("a host or port that can't be") from None
    if parts.scheme not in ("postgresql", "postgres") or not url.startswith(f"{parts.scheme}://") or parts.fragment:
        raise ValueError("another form")
    schema = dict(query).get("schema", SCHEMA)
    if not _SCHEMA.fullmatch(schema) or schema.startswith("pg_"):
        raise ValueError("a schema that is no lowercase word of PostgreSQL's")
    rest = [(name, value) for name, value in query if name != "schema"]
    given = {name for name, _ in rest}
    rest += [(name, value) for name, value in _PARAMETERS.items() if name not in given]
    conninfo = urlunsplit(parts._replace(query=urlencode(rest, quote_via=quote)))
    user = f"{account.username}@" if account.username else ""
    password = account.password or dict(query).get("password", "")
    return Address(conninfo, schema, f"postgresql://{user}{at}{parts.path}", password)


def _place(host: str) -> str:
    """A host and its port, as they are shown. Raises ValueError for a port that can't be."""
    parts = urlsplit(f"//{host}")
    return f"{parts.hostname or ''}:{parts.port}" if parts.port else parts.hostname or ""


_open: "weakref.WeakSet[PostgreSQL]" = weakref.WeakSet()


def _forked() -> None:
    for each in _open:
        each.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def load(address: Address) -> Any:
    """The module `psycopg`. Raises DatabaseError where it isn't installed."""
    try:
        import psycopg
    except ImportError as error:
        # The module itself, or the library of PostgreSQL that it needs.
        raise DatabaseError(f"{address.shown}: needs a driver; pip install 'psycopg[binary]' ({error})") from error
    return psycopg


class PostgreSQL:
    """A connection to the database at `url`; a new one is made where it was lost, but never within a transaction."""

    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        try:
            self._address = address(url)
        except ValueError as error:
            raise DatabaseError(f"index: {error}, where postgresql://user:password@host/database is expected") from None
        self._url = url
        self._psycopg = load(self._address)
        _open.add(self)
        self._connection: psycopg.Connection[Any] | None = None
        self._within = False
        self._leads = 0
        self._failed: tuple[float, DatabaseError] | None = None

    def rows(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """As `Driver` says."""
        query = sql.replace("?", "%s")

        def run(connection: "psycopg.Connection[Any]") -> list[tuple[Any, ...]]:
            with connection.cursor(binary=True) as cursor:
                cursor.execute(query, parameters)
                return cursor.fetchall() if cursor.description else []

        return self._run(run)

    def stream(self, sql: str, parameters: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """As `Driver` says."""
        query = sql.replace("?", "%s")
        # A cursor of the server, which keeps the rows until they are fetched.
        cursor = self._ready().cursor(f"feeds_{next(_CURSORS)}")
        self._run(lambda _: cursor.execute(query, parameters, binary=True))
        while rows := self._run(lambda _: cursor.fetchmany(_FETCHED)):
            yield from rows
        self._run(lambda _: cursor.close())

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """As `Driver` says."""
        query = sql.replace("?", "%s")
        given = list(rows)

        def run(connection: "psycopg.Connection[Any]") -> None:
            with connection.cursor() as cursor:
                cursor.executemany(query, given)

        self._run(run)

    def tables(self) -> set[str]:
        """As `Driver` says."""
        return {name for (name,) in self.rows("select tablename::text from pg_tables where schemaname = current_schema()", ())}

    def create(self, statement: str) -> None:
        """As `Driver` says."""
        if (words := _FULL_TEXT.match(statement)) is not None:
            self._simple(
                f"create table {words[1]} (article bigint primary key, found tsvector not null); "
                f"create index {words[1]}_found on {words[1]} using gin (found)"
            )
            return
        self._simple(_TYPE.sub(lambda match: _TYPES[match[1]], statement).removesuffix(" without rowid"))

    def begin(self, lock: str | None, patience: float = PATIENCE) -> None:
        """As `Driver` says. By default, nothing bounds how long this waits for others."""
        if lock is None:
            self._simple("begin isolation level repeatable read read only")
        else:
            bound = f"set local lock_timeout = {patience * 1000:.0f}; " if patience < PATIENCE else ""
            self._simple(f"begin; {bound}select pg_advisory_xact_lock({self._key(lock)})")
        self._within = True

    def commit(self) -> None:
        """As `Driver` says."""
        self._simple("commit")
        self._within = False

    def rollback(self) -> None:
        """As `Driver` says."""
        self._within = False
        if self._connection is not None:
            with suppress(self._psycopg.Error):
                self._connection.rollback()

    def lead(self, *, wait: bool, waiting: Callable[[], None]) -> bool:
        """As `Driver` says. The lock belongs to the connection that writes: a process that has lost it can't write either."""
        if not self._leads:
            key = self._key("writer", "lead")
            if not self.rows(f"select pg_try_advisory_lock({key})", ())[0][0]:
                if not wait:
                    return False
                waiting()
                self._simple(f"select pg_advisory_lock({key})")
        self._leads += 1
        return True

    def unlead(self) -> None:
        """As `Driver` says."""
        self._leads -= 1
        if not self._leads and self._connection is not None:
            # A lost connection loses the lock.
            with suppress(self._psycopg.Error):
                self._connection.execute(f"select pg_advisory_unlock({self._key('writer', 'lead')})")

    def notify(self, generation: int) -> None:
        """As `Driver` says."""
        self.rows("select pg_notify(?, ?)", (self._address.schema, str(generation)))

    def put_aside(self, why: str) -> bool:
        """Never: tables in a shared database may belong to others."""
        return False

    def salvage(self, tables: Iterable[str]) -> None:
        """Nothing: a server keeps its own tables whole."""

    def reader(self) -> "PostgreSQL":
        """As `Driver` says."""
        return PostgreSQL(self._url)

    def close(self) -> None:
        """As `Driver` says."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def forked(self) -> None:
        """Let go, in a child that was forked, of what is its parent's, so that neither hears the other's answers, and that
        nothing the child does or outlives keeps the parent's connection open.
        """
        if self._connection is not None and not self._connection.closed:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, self._connection.fileno())
            os.close(nowhere)
        self._connection = None

    def _simple(self, statement: str) -> None:
        self._run(lambda connection: connection.execute(statement, prepare=False) and None)

    def _run(self, work: Callable[["psycopg.Connection[Any]"], Result]) -> Result:
        again = not self._within
        while True:
            connection = self._ready()
            try:
                return work(connection)
            except self._psycopg.Error as error:
                lost = connection.closed
                if lost:
                    self._connection = None
                elif not self._within:
                    with suppress(self._psycopg.Error):
                        connection.rollback()
                if isinstance(error, self._psycopg.errors.LockNotAvailable):
                    raise LockedError(f"{self._address.shown}: another process is writing the tables of Feeds") from error
                if not lost or not again:
                    raise self._address.error(error) from error
                again = False

    def _ready(self) -> "psycopg.Connection[Any]":
        if self._connection is not None:
            return self._connection
        if self._within:
            raise DatabaseError(f"{self._address.shown}: the connection was lost")
        if self._failed is not None and time.monotonic() < self._failed[0]:
            raise self._failed[1]
        try:
            self._connection = self._connect()
        except self._psycopg.Error as error:
            failure = self._address.error(error)
            self._failed = (time.monotonic() + _PAUSE, failure)
            raise failure from error
        self._failed = None
        return self._connection

    def _connect(self) -> "psycopg.Connection[Any]":
        connection: psycopg.Connection[Any] = self._psycopg.connect(self._address.conninfo, autocommit=True)
        try:
            connection.execute(self._address.setup)
            schema = self._address.schema
            if connection.execute("select 1 from pg_namespace where nspname = %s", (schema,)).fetchone() is None:
                # Two at once: without the lock, one of them fails.
                connection.execute(
                    f'begin; select pg_advisory_xact_lock({self._key("schema")}); create schema if not exists "{schema}"; commit'
                )
            if self._leads:
                lead = connection.execute(f"select pg_try_advisory_lock({self._key('writer', 'lead')})").fetchone()
                if lead is None or not lead[0]:
                    raise DatabaseError(f"{self._address.shown}: another process has become the writer")
        except BaseException:
            connection.close()
            raise
        return connection

    def _key(self, *names: str) -> int:
        digest = hashlib.sha256("\0".join((self._address.schema, *names)).encode()).digest()
        return int.from_bytes(digest[:8], signed=True)
