"""The local files that articles refer to, in an index that several machines share: those that serve need no folder."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from feeds.config.types import Config
from feeds.model import File, records
from feeds.model.records import Record
from feeds.sources import scan
from feeds.storage.database import Database

# Bytes of the largest file that is kept: pictures, not films.
MOST = 10_000_000


class LocalFiles:
    """Files of the documents of `home`, each kept with every document that refers to it."""

    def __init__(self, database: Database, home: int, config: Config) -> None:
        self._database = database
        self._home = home
        self._config = config

    def keep(self, some: Sequence[Record]) -> None:
        """Keep what documents refer to, as they are now."""
        self.let_go(each.path for each in some)
        insert = (
            "insert into files (home, document, path, body) values (?, ?, ?, ?) on conflict (home, document, path) do nothing"
        )
        for each in some:
            for _, file in records.decode_listing(each.listing).files if each.listing is not None else ():
                # What is too large, or was taken away just now, is looked for in the folder by those who have it.
                if file.size <= MOST:
                    with suppress(OSError):
                        body = scan.file_bytes(self._config, file)
                        self._database.execute(insert, (self._home, each.path, file.path, body))

    def let_go(self, documents: Iterable[str]) -> None:
        """Let go of the files of `documents`, by path."""
        sql = "delete from files where home = ? and document = ?"
        self._database.many(sql, [(self._home, path) for path in documents])

    def get(self, file: File) -> bytes | None:
        """The bytes of a file that is kept."""
        rows = self._database.rows("select body from files where home = ? and path = ? limit 1", (self._home, file.path))
        return bytes(rows[0][0]) if rows else None
