"""What exports have written to a place, as the index remembers it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from feeds.storage.database import Database

_encode = msgspec.msgpack.Encoder().encode
_COLUMNS = "path, grp, key, sha256, stamp"


class Row(NamedTuple):
    """A document that was written: of which group, made of what (`Traces`), with which bytes, and the stamp of its file."""

    path: str
    group: int
    key: bytes
    sha256: bytes
    stamp: str


class Last(NamedTuple):
    """The last whole export: of which state, with which settings (`facts`, and `settings` for whoever has no site at hand), and
    how many articles and feeds there were.
    """

    site: int
    generation: int
    facts: bytes
    settings: str
    articles: int
    feeds: int


class Outputs:
    """The documents that stand at `place`, as far as is known."""

    def __init__(self, database: Database, place: str) -> None:
        self._database = database
        self._place = place

    def last(self) -> Last | None:
        """The last export, if there was one."""
        sql = "select site, generation, facts, told from exports where place = ?"
        rows = self._database.rows(sql, (self._place,))
        if not rows:
            return None
        site, generation, facts, told = rows[0]
        return Last(site, generation, bytes(facts), *msgspec.msgpack.decode(told, type=tuple[str, int, int]))

    def all(self) -> Iterator[Row]:
        """All documents, in the order of their paths."""
        rows = self._database.rows(f"select {_COLUMNS} from outputs where place = ? order by path", (self._place,))
        return (Row(*row) for row in rows)

    def of(self, group: int) -> Iterator[Row]:
        """The documents of a group."""
        rows = self._database.rows(f"select {_COLUMNS} from outputs where place = ? and grp = ?", (self._place, group))
        return (Row(*row) for row in rows)

    def at(self, path: str) -> Row | None:
        """The document at a path."""
        rows = self._database.rows(f"select {_COLUMNS} from outputs where place = ? and path = ?", (self._place, path))
        return Row(*rows[0]) if rows else None

    def count(self) -> int:
        """How many there are."""
        count: int = self._database.rows("select count(*) from outputs where place = ?", (self._place,))[0][0]
        return count

    def keep(self, rows: Iterable[Row], gone: Iterable[str], last: Last | None) -> None:
        """Remember what was written, and forget what is gone. The export is whole if it is the `last` one."""
        insert = (
            "insert into outputs (place, path, grp, key, sha256, stamp) values (?, ?, ?, ?, ?, ?) on conflict (place, path) do "
            "update set grp = excluded.grp, key = excluded.key, sha256 = excluded.sha256, stamp = excluded.stamp"
        )
        with self._database.transaction():
            self._database.many("delete from outputs where place = ? and path = ?", [(self._place, path) for path in gone])
            self._database.many(insert, [(self._place, *row) for row in rows])
            if last is not None:
                sql = (
                    "insert into exports (place, site, generation, facts, told) values (?, ?, ?, ?, ?) on conflict (place) "
                    "do update set site = excluded.site, generation = excluded.generation, facts = excluded.facts, "
                    "told = excluded.told"
                )
                told = _encode((last.settings, last.articles, last.feeds))
                self._database.execute(sql, (self._place, last.site, last.generation, last.facts, told))
