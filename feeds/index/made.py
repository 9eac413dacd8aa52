"""What was made of articles, in the index: their entries, and what stands at each path."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from feeds.index import tables
from feeds.index.library import Recent
from feeds.model import records
from feeds.storage.database import Database

_encode = msgspec.msgpack.Encoder().encode


class Made(NamedTuple):
    """What was made at a path. `key` stands for all that it was made of. What is made of a group is its owner's; the path of
    its own key ends with `/`, and has no `sha256` (hexadecimal).
    """

    path: str
    key: bytes
    sha256: str


_made = msgspec.msgpack.Decoder(tuple[Made, ...]).decode


class Entries:
    """The entries of articles that look the same: `look` is a name for how."""

    def __init__(self, database: Database, look: str) -> None:
        self._database = database
        self._look = look
        self._recent = Recent()

    def get(self, names: Mapping[bytes, bytes]) -> dict[bytes, tuple[bytes, ...]]:
        """As `Library.entries` says."""
        found = self._recent.get(names)
        lacking = [digest for digest in names if digest not in found]
        sql = "select digest, names, bodies from entries where look = ? and digest in"
        rows = tables.chosen(self._database, sql, (self._look,), lacking)
        found.update((bytes(digest), data) for digest, named, data in rows if bytes(named) == names[bytes(digest)])
        return dict(zip(found, records.decode_bodies(found.values()), strict=True))

    def unrendered(self) -> list[bytes]:
        """The digests of the articles whose entries can't be rendered."""
        sql = "select digest from entries where look = ? and length(bodies) = 0"
        return [bytes(digest) for (digest,) in self._database.rows(sql, (self._look,))]

    def has_any(self) -> bool:
        """As `Library.has_entries` says."""
        return bool(self._database.rows("select 1 from entries limit 1"))

    def kept(self, names: Mapping[bytes, bytes]) -> set[bytes]:
        """As `Library` says."""
        rows = tables.chosen(
            self._database, "select digest, names from entries where look = ? and digest in", (self._look,), names
        )
        return {bytes(digest) for digest, named in rows if bytes(named) == names[bytes(digest)]}

    def keep(self, entries: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """As `Library` says."""
        sql = (
            "insert into entries (digest, look, names, bodies) values (?, ?, ?, ?) "
            "on conflict (digest, look) do update set names = excluded.names, bodies = excluded.bodies"
        )
        entries = list(entries)
        rows = [(digest, self._look, names, bodies) for digest, names, bodies in entries]
        with self._database.transaction():
            self._database.many(sql, rows)
        self._recent.add(entries)


class Documents:
    """What was made of the documents of `home`."""

    def __init__(self, database: Database, home: str) -> None:
        self._database = database
        self._home = home

    def get(self, owners: Sequence[str] | None) -> dict[str, tuple[Made, ...]]:
        """What was made last, by its owner: of all, or of some `owners`."""
        sql = "select owner, made from made where home = ?"
        if owners is None:
            rows: Iterable[tuple[Any, ...]] = self._database.rows(sql, (self._home,))
        else:
            rows = tables.chosen(self._database, f"{sql} and owner in", (self._home,), owners)
        return {owner: _made(data) for owner, data in rows}

    def keep(self, made: Mapping[str, Sequence[Made]], gone: Iterable[str]) -> None:
        """Keep all that was made of some owners, and forget what was of owners that are `gone`."""
        sql = "insert into made (home, owner, made) values (?, ?, ?) on conflict (home, owner) do update set made = excluded.made"
        with self._database.transaction():
            self._database.many("delete from made where home = ? and owner = ?", [(self._home, owner) for owner in gone])
            self._database.many(sql, [(self._home, owner, _encode(each)) for owner, each in made.items()])
