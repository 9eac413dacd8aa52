"""Rendered entries, kept in the index so that an entry is rendered once for all feeds and all runs."""

from collections.abc import Iterable, Mapping

from feeds.model import Listing, records
from feeds.storage.database import Database
from feeds.storage.driver import PATIENCE


class RenderedEntries:
    """The rendered entries of articles; `rendering` names the settings that they are rendered by (`homes.names_of`)."""

    def __init__(self, database: Database, rendering: str) -> None:
        self._database = database
        self._rendering = rendering

    def get(self, names: Mapping[int, bytes]) -> dict[int, tuple[bytes, ...]]:
        """Entries, each in every format, by the number of their article, if they were rendered with the same `names`.

        `names` are digests by number too.
        """
        sql = "select article, names, bodies from entries where rendering = ? and article in"
        rows = self._database.rows_in(sql, (self._rendering,), names)
        found = {number: data for number, named, data in rows if bytes(named) == names[number]}
        return dict(zip(found, records.decode_bodies(found.values()), strict=True))

    def has_any(self) -> bool:
        """Whether any entries are kept."""
        return bool(self._database.rows("select 1 from entries where rendering = ? limit 1", (self._rendering,)))

    def kept(self, names: Mapping[int, bytes]) -> set[int]:
        """The numbers of the articles whose entries `get` finds."""
        rows = self._database.rows_in(
            "select article, names from entries where rendering = ? and article in", (self._rendering,), names
        )
        return {number for number, named in rows if bytes(named) == names[number]}

    def keep(self, entries: Iterable[tuple[int, bytes, bytes]], patience: float = PATIENCE) -> None:
        """Keep `entries`: the number of its article, the digest of the names in it, and encoded bodies of each.

        Raises LockedError if others write the index for more than `patience` seconds.
        """
        sql = (
            "insert into entries (rendering, article, names, bodies) values (?, ?, ?, ?) "
            "on conflict (rendering, article) do update set names = excluded.names, bodies = excluded.bodies"
        )
        rows = sorted((self._rendering, number, names, bodies) for number, names, bodies in entries)
        with self._database.transaction(patience):
            self._database.many(sql, rows)

    def unrendered(self, home: int) -> list[Listing]:
        """The articles of a home whose entries can't be rendered, in the order of their paths."""
        sql = (
            "select a.number, a.listing from entries e join articles a on a.number = e.article "
            "where e.rendering = ? and length(e.bodies) = 0 and a.home = ? and a.dropped is null"
        )
        rows = self._database.rows(sql, (self._rendering, home))
        return sorted((records.decode_listing(data, number) for number, data in rows), key=lambda listing: listing.path)
