"""Outputs: which documents exports have written to each place, kept in the index."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from feeds.storage.database import Database

_encode = msgspec.msgpack.Encoder().encode
_COLUMNS = "path, grp, key, sha256, stamp"
# Rows that are read at a time.
_AT_ONCE = 1000


class Row(NamedTuple):
    """A document that was written: its group, the key of what it was made from (`Traces`), its digest and its stamp."""

    path: str
    group: int
    key: bytes
    sha256: bytes
    stamp: str


class Last(NamedTuple):
    """The last export that was finished: the state of the site, the key of its settings, and the numbers of articles and feeds.

    `facts` is the key of all that pages share (`Traces.common`); `settings` is that of the config's settings. `config` names the
    config file, `manifest` is the stamp of the manifest in a folder.
    """

    site: int
    generation: int
    facts: bytes
    settings: str
    articles: int
    feeds: int
    config: str = ""
    manifest: str = ""


class _Counts(Struct, array_like=True):
    """The facts of the last export that are kept as one value. Add more at the end, with defaults."""

    settings: str
    articles: int
    feeds: int
    config: str = ""
    manifest: str = ""


class Outputs:
    """The documents that exports have written to `place`."""

    def __init__(self, database: Database, place: str) -> None:
        self._database = database
        self._place = place

    def last(self) -> Last | None:
        """The last export, if there was one."""
        sql = "select site, generation, facts, counts from exports where place = ?"
        rows = self._database.rows(sql, (self._place,))
        if not rows:
            return None
        site, generation, facts, counts = rows[0]
        return Last(site, generation, bytes(facts), *astuple(msgspec.msgpack.decode(counts, type=_Counts)))

    def all(self) -> Iterator[Row]:
        """All documents, in the order of their paths."""
        sql = f"select {_COLUMNS} from outputs where place = ? and path > ? order by path limit {_AT_ONCE}"
        after = ""
        while rows := self._database.rows(sql, (self._place, after)):
            yield from (Row(*row) for row in rows)
            after = rows[-1][0]

    def of(self, group: int) -> Iterator[Row]:
        """The documents of a group."""
        rows = self._database.rows(f"select {_COLUMNS} from outputs where place = ? and grp = ?", (self._place, group))
        return (Row(*row) for row in rows)

    def at(self, path: str) -> Row | None:
        """The document at a path."""
        rows = self._database.rows(f"select {_COLUMNS} from outputs where place = ? and path = ?", (self._place, path))
        return Row(*rows[0]) if rows else None

    def count(self) -> int:
        """The number of documents."""
        count: int = self._database.rows("select count(*) from outputs where place = ?", (self._place,))[0][0]
        return count

    def keep(self, rows: Iterable[Row], gone: Iterable[str], last: Last | None) -> None:
        """Add or replace rows, remove those of the paths `gone`, and record the `last` export if it is finished."""
        insert = (
            "insert into outputs (place, path, grp, key, sha256, stamp) values (?, ?, ?, ?, ?, ?) on conflict (place, path) do "
            "update set grp = excluded.grp, key = excluded.key, sha256 = excluded.sha256, stamp = excluded.stamp"
        )
        with self._database.transaction():
            self._database.many("delete from outputs where place = ? and path = ?", [(self._place, path) for path in gone])
            self._database.many(insert, [(self._place, *row) for row in rows])
            if last is not None:
                sql = (
                    "insert into exports (place, site, generation, facts, counts) values (?, ?, ?, ?, ?) on conflict (place) "
                    "do update set site = excluded.site, generation = excluded.generation, facts = excluded.facts, "
                    "counts = excluded.counts"
                )
                counts = _encode(_Counts(*last[3:]))
                self._database.execute(sql, (self._place, last.site, last.generation, last.facts, counts))
