"""Mappings of one state of the index: articles by identity, pages of articles and local files by path, pictures by name."""

from collections.abc import Iterator, Mapping

from feeds.index import article_pages, grouping
from feeds.index.members import SHOWN, Members
from feeds.model import File, Listing, records
from feeds.storage.database import Database


class ByIdentity(Mapping[str, Listing]):
    """The articles of a group by identity."""

    def __init__(self, database: Database, home: int, members: Members) -> None:
        self._database = database
        self._home = home
        self._members = members

    def __getitem__(self, id: str) -> Listing:
        sql = "select number, published, listing from articles where home = ? and id = ?"
        shown = f"select 1 from memberships m where {SHOWN} and m.published = ? and m.article = ?"
        for number, published, data in self._database.rows(sql, (self._home, id)):
            if self._database.rows(shown, (*self._members.shown, published, number)):
                return records.decode_listing(data, number)
        raise KeyError(id)

    def __iter__(self) -> Iterator[str]:
        return (article.id for article in self._members)

    def __len__(self) -> int:
        return len(self._members)


class Pages(Mapping[str, Listing]):
    """The articles that have a page of their own, by its path."""

    def __init__(self, database: Database, site: int, generation: int) -> None:
        self._database = database
        self._site = site
        self._generation = generation

    def __getitem__(self, path: str) -> Listing:
        sql = (
            "select a.number, a.listing from groups g join memberships m on m.grp = g.number "
            "join articles a on a.number = m.article "
            "where g.site = ? and g.kind = ? and g.key = ? and m.since <= ? and (m.until is null or m.until > ?) limit 1"
        )
        # Most paths are of something else, and PostgreSQL refuses a null character.
        if not path.startswith(f"{article_pages.FOLDER}/") or "\0" in path:
            raise KeyError(path)
        rows = self._database.rows(sql, (self._site, grouping.PAGE, path, self._generation, self._generation))
        if not rows:
            raise KeyError(path)
        return records.decode_listing(rows[0][1], rows[0][0])

    def __iter__(self) -> Iterator[str]:
        sql = "select key from groups where site = ? and kind = ? and size > 0 order by key"
        return (path for (path,) in self._database.rows(sql, (self._site, grouping.PAGE)))

    def __len__(self) -> int:
        sql = "select count(*) from groups where site = ? and kind = ? and size > 0"
        count: int = self._database.rows(sql, (self._site, grouping.PAGE))[0][0]
        return count


class Files(Mapping[str, File]):
    """The local files of a site by path."""

    def __init__(self, database: Database, site: int) -> None:
        self._database = database
        self._site = site

    def __getitem__(self, path: str) -> File:
        sql = "select part from groups where site = ? and kind = ? and key = ? and size > 0"
        # PostgreSQL refuses a null character.
        rows = self._database.rows(sql, (self._site, grouping.FILE, path)) if "\0" not in path else []
        if not rows or rows[0][0] is None:
            raise KeyError(path)
        return records.decode_file(rows[0][0])

    def __iter__(self) -> Iterator[str]:
        sql = "select key from groups where site = ? and kind = ? and size > 0 order by key"
        return (path for (path,) in self._database.rows(sql, (self._site, grouping.FILE)))

    def __len__(self) -> int:
        sql = "select count(*) from groups where site = ? and kind = ? and size > 0"
        count: int = self._database.rows(sql, (self._site, grouping.FILE))[0][0]
        return count


class Copies(Mapping[str, str]):
    """The URLs of the pictures that pages of a site show copies of, by the name of the copy, those of the newest articles first.

    `own` are those of groups.
    """

    def __init__(self, database: Database, site: int, own: Mapping[str, str]) -> None:
        self._database = database
        self._site = site
        self._own = own

    def __getitem__(self, name: str) -> str:
        if (url := self._own.get(name)) is not None:
            return url
        sql = "select part from groups where site = ? and kind = ? and key = ? and size > 0"
        rows = self._database.rows(sql, (self._site, grouping.COPIED, name))
        if not rows or rows[0][0] is None:
            raise KeyError(name)
        return bytes(rows[0][0]).decode()

    def __iter__(self) -> Iterator[str]:
        newest = "select max(m.published) from memberships m where m.grp = g.number and m.until is null"
        sql = f"select g.key, ({newest}) as newest from groups g where g.site = ? and g.kind = ? and g.size > 0 order by 2 desc"
        yield from self._own
        yield from (name for name, _ in self._database.rows(sql, (self._site, grouping.COPIED)) if name not in self._own)

    def __len__(self) -> int:
        return sum(1 for _ in self)
