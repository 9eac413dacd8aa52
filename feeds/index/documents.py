"""Documents: compare those in the sources with those in the index, and write what is new or has changed."""

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import NamedTuple

from feeds.config.types import Config
from feeds.index import local_files
from feeds.model import records
from feeds.model.records import Record
from feeds.sources import scan
from feeds.sources.scan import Found, Part
from feeds.storage.database import Database

# Files compared at a time.
_COMPARED = 500
# A document, with the digest of its content when it was last read.
Wanted = tuple[Found, bytes | None]


class Known(NamedTuple):
    """The article of a document in the index; `digest` is that of what the document says."""

    number: int
    id: str
    digest: bytes


class Documents:
    """The documents of a home."""

    def __init__(self, database: Database, config: Config, home: int) -> None:
        self._database = database
        self._home = home
        self._shelf = local_files.shelf(database, home, config)
        # There is nothing to look up for the first documents.
        self._had_none = not database.rows("select 1 from documents where home = ? limit 1", (home,))

    def differences(self, parts: Iterable[Part], gone: list[tuple[str, str]]) -> Iterator[Wanted]:
        """The documents that are new or may have changed. Those that no longer exist are added to `gone`."""
        loose = self._loose()
        seen: set[str] = set()
        for some in _batches(parts):
            known = {} if self._had_none else self._stamps(some)
            wanted, differing = [], []
            for part in some:
                seen.add(part.folder)
                for each in part.found:
                    before = known.pop(each.path, None)
                    if before is None or each.path in loose:
                        wanted.append(each)
                    elif not each.stamp or before != each.stamp:
                        wanted.append(each)
                        differing.append(each.path)
            gone += map(_split, known)
            contents = self._contents(differing)
            yield from ((each, contents.get(each.path)) for each in wanted)
        rows = self._database.rows("select distinct folder from documents where home = ?", (self._home,))
        lost = [folder for (folder,) in rows if folder not in seen]
        gone += self._database.rows_in("select folder, name from documents where home = ? and folder in", (self._home,), lost)

    def _stamps(self, parts: Sequence[Part]) -> dict[str, str]:
        """The known stamps of the documents in parts of folders, by path."""
        sql = "select folder || '/' || name, stamp from documents where home = ? and folder"
        whole = [part.folder for part in parts if not part.after and not part.until]
        rows = list(self._database.rows_in(f"{sql} in", (self._home,), whole))
        for folder, after, until, _ in parts:
            if until:
                rows += self._database.rows(f"{sql} = ? and name > ? and name <= ?", (self._home, folder, after, until))
            elif after:
                rows += self._database.rows(f"{sql} = ? and name > ?", (self._home, folder, after))
        return dict(rows)

    def _contents(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The known digests of the contents of documents, by path."""
        sql = "select folder, name, content from documents where home = ? and folder = ? and name in"
        return {
            f"{folder}/{name}": bytes(content)
            for folder, names in _by_folder(paths).items()
            for folder, name, content in self._database.rows_in(sql, (self._home, folder), names)
        }

    def _loose(self) -> set[str]:
        """Documents that depend on other files which were added, removed or changed."""
        stamps: dict[str, str] = {}
        loose = set()
        for path, data in self.facts("places"):
            for place, before in records.decode_places(data):
                if place not in stamps:
                    stamps[place] = scan.stamp(place)
                if stamps[place] != before:
                    loose.add(path)
        return loose

    def write(self, some: Sequence[Record], generation: int) -> bool:
        """Write documents that were read. Whether any has changed."""
        again = [(each.stamp, self._home, *_split(each.path)) for each in some if each.same]
        self._database.many("update documents set stamp = ? where home = ? and folder = ? and name = ?", again)
        new = [each for each in some if not each.same]
        known = {} if self._had_none else self.known([each.path for each in new])
        number: int = self._database.rows("select coalesce(max(number), 0) from articles")[0][0]
        touched: set[str] = set()
        dropped, articles, bodies, documents, remarks = [], [], [], [], []
        for each in new:
            before, at = known.get(each.path), None
            if before is not None:
                touched.add(before.id)
            if before is not None and before.digest == each.digest:
                at = before.number
            else:
                dropped += [before.number] if before is not None else []
                if each.digest is not None:
                    number += 1
                    at = number
                    facts = (each.published, each.updated, each.expires, each.digest, each.listing, each.line)
                    articles.append((at, self._home, each.id, *facts))
                    bodies.append((at, each.article))
                    touched.add(each.id)
            documents.append((self._home, *_split(each.path), each.stamp, each.content, at))
            if each.problems or each.broken or each.places:
                remarks.append((self._home, each.path, each.problems or None, each.broken, each.places or None))
        many = self._database.many
        many("update articles set dropped = ? where number = ?", [(generation, number) for number in dropped])
        columns = "number, home, id, published, updated, expires, digest, listing, line"
        many(f"insert into articles ({columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)", articles)
        many("insert into bodies (number, article) values (?, ?)", bodies)
        many(
            "insert into documents (home, folder, name, stamp, content, article) values (?, ?, ?, ?, ?, ?) on conflict "
            "(home, folder, name) do update set stamp = excluded.stamp, content = excluded.content, article = excluded.article",
            documents,
        )
        if not self._had_none:
            many("delete from remarks where home = ? and path = ?", [(self._home, each.path) for each in new])
        insert = "insert into remarks (home, path, problems, broken, places) values (?, ?, ?, ?, ?)"
        many(f"{insert} on conflict (home, path) do nothing", remarks)
        if (shelf := self._shelf) is not None:
            shelf.keep(new)
        self.touch(generation, touched)
        return bool(new)

    def drop(self, gone: Sequence[tuple[str, str]], generation: int) -> None:
        """Remove documents that no longer exist."""
        known = self.known([f"{folder}/{name}" for folder, name in gone])
        sql = "update articles set dropped = ? where number = ?"
        self._database.many(sql, [(generation, article.number) for article in known.values()])
        sql = "delete from documents where home = ? and folder = ? and name = ?"
        self._database.many(sql, [(self._home, folder, name) for folder, name in gone])
        sql = "delete from remarks where home = ? and path = ?"
        self._database.many(sql, [(self._home, f"{folder}/{name}") for folder, name in gone])
        if (shelf := self._shelf) is not None:
            shelf.let_go(f"{folder}/{name}" for folder, name in gone)
        self.touch(generation, {article.id for article in known.values()})

    def touch(self, generation: int, ids: set[str]) -> None:
        """Record identities whose articles must be placed."""
        if self._database.rows("select 1 from sites where home = ? limit 1", (self._home,)):
            sql = "insert into touched (home, generation, id) values (?, ?, ?) on conflict (home, generation, id) do nothing"
            self._database.many(sql, [(self._home, generation, id) for id in sorted(ids)])

    def known(self, paths: Iterable[str]) -> dict[str, Known]:
        """The known articles of documents, by path."""
        sql = (
            "select d.folder, d.name, a.number, a.id, a.digest from documents d join articles a on a.number = d.article "
            "where d.home = ? and d.folder = ? and d.name in"
        )
        return {
            f"{folder}/{name}": Known(*facts)
            for folder, names in _by_folder(paths).items()
            for folder, name, *facts in self._database.rows_in(sql, (self._home, folder), names)
        }

    def has_any_of(self, source: str, besides: Set[str]) -> bool:
        """Whether there is a document of the source with this name, `besides` those with these paths."""
        home, beginning, most = self._home, source.rstrip("/"), len(besides) + 1
        for within, values in (("folder = ?", (beginning,)), ("folder >= ? and folder < ?", (f"{beginning}/", f"{beginning}0"))):
            sql = f"select folder, name from documents where home = ? and {within} limit ?"
            if any(f"{folder}/{name}" not in besides for folder, name in self._database.rows(sql, (home, *values, most))):
                return True
        return False

    def facts(self, column: str) -> list[tuple[str, bytes]]:
        """A column of the remarks on documents, in the order of their paths."""
        sql = f"select path, {column} from remarks where home = ? and {column} is not null order by path"
        return [(path, data) for path, data in self._database.rows(sql, (self._home,))]


def _batches(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Parts of folders in batches."""
    some: list[Part] = []
    count = 0
    for part in parts:
        some.append(part)
        count += len(part.found)
        if count >= _COMPARED:
            yield some
            some, count = [], 0
    if some:
        yield some


def _by_folder(paths: Iterable[str]) -> dict[str, list[str]]:
    """The names of documents by their folder."""
    folders: dict[str, list[str]] = {}
    for path in paths:
        folder, name = _split(path)
        folders.setdefault(folder, []).append(name)
    return folders


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name
