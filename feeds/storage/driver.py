"""Drivers: what a connection to SQLite and to PostgreSQL can do."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

# How long a thread waits for its turn to write, in seconds.
PATIENCE = 60.0
Rows = list[tuple[Any, ...]]


class Driver(Protocol):
    """One connection to a database of one kind. Every method raises DatabaseError where the database can't be used."""

    dialect: str

    def rows(self, sql: str, parameters: Sequence[Any]) -> Rows:
        """The rows of a statement, if any."""

    def stream(self, sql: str, parameters: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, one after another, within a transaction. Not all of them are in memory at once."""

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once with each of `rows`."""

    def tables(self) -> set[str]:
        """The names of all tables there are."""

    def create(self, statement: str) -> None:
        """Run a statement of a schema, its types named as this database has them."""

    def begin(self, lock: str | None, patience: float = PATIENCE) -> None:
        """Begin a transaction: one to read one state in, or one to write in, alone of all that name the same `lock`.

        Raises LockedError if that can't be had within `patience` seconds.
        """

    def commit(self) -> None:
        """Commit the transaction."""

    def rollback(self) -> None:
        """Roll back the transaction, if there is one. Raises nothing."""

    def lead(self, *, wait: bool, waiting: Callable[[], None]) -> bool:
        """Become the one writer until the connection ends, as `Database.lead` says."""

    def unlead(self) -> None:
        """Let another process be the writer."""

    def notify(self, generation: int) -> None:
        """Notify listeners once the transaction is committed."""

    def put_aside(self, why: str) -> bool:
        """Set aside tables that are not ours or unusable, and log why. Returns whether that was possible."""

    def salvage(self, tables: Iterable[str]) -> None:
        """Copy the readable rows of `tables` from the damaged database that this one replaces."""

    def reader(self) -> "Driver | None":
        """Another connection, to read with while this one waits or writes; None if nobody else can read this database."""

    def close(self) -> None:
        """Close the connection."""
