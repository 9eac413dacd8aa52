"""Local files of articles, kept in an index that several machines share, so that servers need no source folder."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from feeds.config.types import Config
from feeds.model import File, records
from feeds.model.records import Record
from feeds.sources.local_files import file_bytes
from feeds.storage.database import Database, is_file

# Bytes of the largest file that is kept: pictures, not films.
MOST = 10_000_000


class LocalFiles:
    """The local files of the documents of `home`. A file is kept once for each document that refers to it."""

    def __init__(self, database: Database, home: int, config: Config) -> None:
        self._database = database
        self._home = home
        self._config = config

    def keep(self, some: Sequence[Record]) -> None:
        """Keep the current files of documents."""
        self.let_go(each.path for each in some)
        insert = (
            "insert into files (home, document, path, body) values (?, ?, ?, ?) on conflict (home, document, path) do nothing"
        )
        for each in some:
            for _, file in records.decode_listing(each.listing).files if each.listing is not None else ():
                # Larger files, and those that have just been removed, are read from the folder where there is one.
                if file.size <= MOST:
                    with suppress(OSError):
                        body = file_bytes(self._config, file)
                        self._database.execute(insert, (self._home, each.path, file.path, body))

    def let_go(self, documents: Iterable[str]) -> None:
        """Remove the files of documents, given by their paths."""
        sql = "delete from files where home = ? and document = ?"
        self._database.many(sql, [(self._home, path) for path in documents])

    def get(self, file: File) -> bytes | None:
        """The bytes of a file, None if it is not kept."""
        rows = self._database.rows("select body from files where home = ? and path = ? limit 1", (self._home, file.path))
        return bytes(rows[0][0]) if rows else None


def shelf(database: Database, home: int, config: Config) -> LocalFiles | None:
    """The local files of a home; None for an index in a file, since all its users have the folders too."""
    return None if is_file(config.index) else LocalFiles(database, home, config)
