"""The history: when the bytes at each path last changed, and which paths were ever published.

The first is for Last-Modified (RFC 9110 8.8.2), the second for 410, with the moments since when paths are missing.
"""

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

from feeds.config.types import USUAL_CONFIGS
from feeds.errors import DamagedError, DatabaseError
from feeds.model import Document
from feeds.storage import database

log = logging.getLogger("feeds")

SCHEMA = database.Schema(
    "history",
    (
        """
create table if not exists changed (
    path text primary key, etag text not null, at bigint not null, generation bigint not null, due bigint not null);
create table if not exists published (path text primary key);
""",
        # Earlier schemas said that a path is gone as soon as it was missing; the next state names the paths that are there.
        "alter table published add column absent bigint; update published set absent = 0",
    ),
)
# Which state of the site a document is of, in the order in which they came: the index's generation, and the moment up to
# which articles have fallen due.
State = tuple[int, int]
_READ = "select etag, at, generation, due from changed where path = ?"
_WRITE = (
    "insert into changed (path, etag, at, generation, due) values (?, ?, ?, ?, ?) on conflict (path) do update "
    "set etag = excluded.etag, at = excluded.at, generation = excluded.generation, due = excluded.due"
)
# Since when a path is missing that was withdrawn on purpose: for ever.
_WITHDRAWN = 0
_MISS = "update published set absent = ? where path = ?"
# How long an answer waits for others that write the history, in seconds.
_PATIENCE = 0.5
# Paths that are read and written at a time.
_AT_ONCE = 1000
_Found = TypeVar("_Found")
_USUAL = "history.db"


def url_of(index: str, config: Path) -> str:
    """The URL of the history of the site whose config file is `config`, beside an `index` in a file, else in its database.

    The sites of one folder have histories of their own, since their paths are the same.
    """
    if not database.is_file(index):
        return index
    place = index.rpartition("/")[0]
    own, usual = f"{place}/history-{config.stem}.db", f"{place}/{_USUAL}"
    if config.name in USUAL_CONFIGS:
        return usual
    # Earlier versions had one name for all.
    folder = config.parent
    files = (folder / url.removeprefix("sqlite:///") for url in (own, usual))
    is_there, is_earlier = (file.exists() for file in files)
    is_alone = not any((folder / name).exists() for name in USUAL_CONFIGS)
    return usual if is_earlier and is_alone and not is_there else own


class History:
    """Safe for use by several threads, and several servers may share one.

    `url` is that of its database (`url_of`), relative to `folder`. Raises DatabaseError if that can't be reached; from then on
    nothing does: while it can't be reached, nothing is known and nothing remembered.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        self._database = self._open()
        self._failing = False

    def changed(self, document: Document, built: datetime, state: State = (0, 0)) -> datetime | None:
        """When the bytes at the document's path last changed, in whole seconds.

        `built` is when the document's state of the site was built. Bytes that differ from the last known ones changed then,
        rounded up: a client that fetched the old bytes in the same second must not get a 304. Moments at one path never go
        back, so A, then B, then A again are three changes. At a path that was never asked for nobody has older bytes, so the
        moment is the second before `built`, which no Date header is earlier than (RFC 9110 8.8.2.1).
        None where it is unknown, as for a document of an earlier `state` than another server has sent.
        """
        return self._try(lambda: self._changed(document, built, state), None)

    def publish(
        self,
        came: Iterable[str],
        went: Iterable[str],
        now: datetime,
        is_withdrawn: Callable[[str], bool] = lambda path: False,
    ) -> bool:
        """Record that from the moment `now` on, the paths that `came` are published, and those that `went` are not.

        `is_withdrawn` says which of these were withdrawn on purpose. Returns whether all could be recorded.
        """
        return self._try(lambda: self._publish(came, went, int(now.timestamp()), is_withdrawn), otherwise=False)

    def published(self) -> Iterator[str]:
        """The paths that are published, one after another. Raises DatabaseError, except among the paths given to `publish`."""
        sql = f"select path from published where absent is null and path > ? order by path limit {_AT_ONCE}"
        after = ""
        while rows := self._database.rows(sql, (after,)):
            yield from (path for (path,) in rows)
            after = rows[-1][0]

    def missing_for(self, path: str, now: datetime) -> timedelta | None:
        """How long the published document at `path` has been missing; None if there never was one."""
        if "\0" in path:
            # Which PostgreSQL knows no text with.
            return None
        return self._try(lambda: self._missing_for(path, int(now.timestamp())), None)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _changed(self, document: Document, built: datetime, state: State) -> datetime | None:
        # Most have not changed: to find that out takes no turn at writing.
        row = next(iter(self._database.rows(_READ, (document.path,))), None)
        if row is None or row[0] != document.etag:
            with self._database.transaction(_PATIENCE):
                # Another server may have written meanwhile.
                row = next(iter(self._database.rows(_READ, (document.path,))), None)
                if row is None or (row[0] != document.etag and state >= (row[2], row[3])):
                    seconds = built.timestamp()
                    at = math.floor(seconds) - 1 if row is None else max(math.ceil(seconds), row[1] + 1)
                    row = (document.etag, at, *state)
                    self._database.execute(_WRITE, (document.path, *row))
        return datetime.fromtimestamp(row[1], UTC) if row[0] == document.etag else None

    def _publish(self, came: Iterable[str], went: Iterable[str], now: int, is_withdrawn: Callable[[str], bool]) -> bool:
        insert = "insert into published (path) values (?) on conflict (path) do update set absent = null"
        for some in _parts(came):
            sql = "select path from published where absent is null and path in"
            known = {path for (path,) in self._database.rows_in(sql, (), some)}
            self._write(insert, [(path,) for path in sorted(set(some) - known)])
        for some in _parts(went):
            rows = [(_WITHDRAWN if is_withdrawn(path) else now, path) for path in some]
            self._write(f"{_MISS} and absent is null", rows)
        return True

    def _write(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            with self._database.transaction():
                self._database.many(sql, rows)

    def _missing_for(self, path: str, now: int) -> timedelta | None:
        rows = self._database.rows("select absent from published where path = ?", (path,))
        if not rows:
            return None
        if rows[0][0] is None:
            # It was there in a state that another server shows, or a file of it was taken away.
            with self._database.transaction(_PATIENCE):
                self._database.execute(f"{_MISS} and absent is null", (now, path))
        since = now if rows[0][0] is None else rows[0][0]
        # Where a clock was set back, it began to be missing just now.
        return timedelta(seconds=max(now - since, 0))

    def _try(self, work: Callable[[], _Found], otherwise: _Found) -> _Found:
        try:
            found = work()
        except DatabaseError as error:
            if isinstance(error, DamagedError):
                self._database = self._open()
            elif not self._failing:
                log.warning("the database of Last-Modified and 410 can't be used: %s", error)
            self._failing = True
            return otherwise
        self._failing = False
        return found

    def _open(self) -> database.Database:
        return database.connect(self._url, self._folder, SCHEMA)


def _parts(paths: Iterable[str]) -> Iterator[list[str]]:
    waiting = iter(paths)
    while some := list(islice(waiting, _AT_ONCE)):
        yield some
