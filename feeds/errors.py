"""Errors and problems, and their messages for people.

    FeedsError
    ├── ConfigError      the config file can't be used; holds every mistake found in it
    ├── SourceError      a source folder can't be read
    ├── ShrinkError      most articles have vanished at once
    ├── ThemeError       a template or a folder of templates can't be used
    ├── DatabaseError    the index's database can't be reached or used
    │   └── DamagedError it is damaged, and has been put aside; or, as UnreadableError, is to be
    ├── LedgerError      the identity ledger can't be read or written, or is ambiguous
    ├── StoreError       an object store can't be reached, or does not do what it was asked
    ├── OutputError      the output can't be written, or is not ours to write
    └── SnapshotError    feeds that are to be compared can't be read

A document that can't be understood raises nothing: it costs that document alone,
and is reported as `Problem` values beside the articles that could be read.
"""

import re
from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

# Characters that a terminal obeys or that end a line of a log: control characters, line and paragraph separators, marks of the
# direction of writing (Unicode's Bidi_Control), and surrogates, which stand for bytes that are no text.
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """`text` on one line, for terminals and logs: what they would obey is escaped, as Python's literals escape it."""
    return text if text.isprintable() else _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class Remark(StrEnum):
    """A fact about a document that is worth counting, though nothing is wrong with it.

    A document that is passed over is not an article: `found` says why. Of one with fields that are not read, `field` has their
    names, a line each.
    """

    PASSED_OVER = "passed over"
    UNREAD = "unread"


class Problem(Struct, frozen=True):
    """A mistake in a file: its place, what was found, and what was expected.

    `line` counts from 1, and is 0 for an option of the command, which has none. `field` is the path to the value, such as
    `related[2].webUrl`, or empty where the whole file is meant. `fatal` problems leave their document out; the others leave out
    only the part they name. `private` ones are about a document that is held back: only its editor sees them (`feeds check`).
    One with a `remark` is no problem, but is counted.
    """

    path: str
    line: int
    field: str
    found: str
    expected: str
    fatal: bool = True
    private: bool = False
    remark: Remark | None = None

    def __str__(self) -> str:
        field = f"{self.field}: " if self.field else ""
        place = f"{self.path}:{self.line}" if self.line else self.path
        return visible(f"{place}: {field}found {self.found}, expected {self.expected}")


class FeedsError(Exception):
    """The root of all errors that Feeds raises on purpose. The message is one line that is safe to print (`visible`)."""

    def __init__(self, message: str = "") -> None:
        super().__init__(visible(message))


class _ProblemsError(FeedsError):
    """Several mistakes at once; the message has a line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        Exception.__init__(self, "\n".join(map(str, self.problems)))


class ConfigError(_ProblemsError):
    """The config file can't be used. `problems` are all mistakes in it, by line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__(sorted(problems, key=lambda problem: problem.line))


class DocumentError(_ProblemsError):
    """A document can't be published. `problems` are all the mistakes in it, each with its line and field."""


class SourceError(FeedsError):
    """A source folder is missing or can't be read."""


class ShrinkError(FeedsError):
    """Most articles have vanished at once, which is more likely a mistake than meant. `lost` is how many."""

    def __init__(self, message: str, lost: int) -> None:
        super().__init__(message)
        self.lost = lost


class ThemeError(FeedsError):
    """The folder of templates can't be read, or a template in it is broken."""


class DatabaseError(FeedsError):
    """The database can't be reached or used. The message holds no password."""


class LockedError(DatabaseError):
    """Another thread or process is writing the database, and was not waited for any longer."""


class DamagedError(DatabaseError):
    """The database is damaged. It has been moved aside, and the next connection begins a new one."""


class UnreadableError(DamagedError):
    """The database has data that Feeds has not written, although SQLite finds no damage. It is still in its place."""


class LedgerError(FeedsError):
    """The identity ledger can't be read or written, or is ambiguous: it fits articles in several ways."""


class OutputError(FeedsError):
    """The output folder can't be written, or holds something that must not be overwritten."""


class StoreError(FeedsError):
    """An object store can't be reached or refuses a request. The message holds no credentials."""


class SnapshotError(FeedsError):
    """Feeds that are to be compared can't be read: no such folder or file, or a server that does not answer."""
