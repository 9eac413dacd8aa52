"""Identities: articles in the index have those of the ledger, and the ledger holds what is published.

`settle` follows documents that were read: it gives their articles the identities that the ledger has for them. `record` follows
articles that were placed: it writes to the ledger which are published, and which were withdrawn. Both treat only what has
changed, unless someone else has changed the ledger.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from heapq import merge
from itertools import count
from operator import itemgetter
from pathlib import Path

from msgspec.structs import replace

from feeds.config.types import Config
from feeds.index.grouping import ALL
from feeds.ledger import file, matching
from feeds.ledger import line as lines
from feeds.ledger.file import Ledger
from feeds.ledger.line import Line
from feeds.ledger.pairing import paired
from feeds.model import Article, Provider, records
from feeds.storage.database import Database

# In `unrecorded`: everything.
EVERYTHING = ""
_LIVE = "home = ? and dropped is null and withdrawn is null"
_CURRENT = "until is null"
# As documents have their articles: the number, the identity and the line.
_Row = tuple[int, str, bytes]
# A line of the ledger, after its number in the file.
_Numbered = tuple[int, bytes]
Touch = Callable[[set[str]], None]


class Identities:
    """The identities of the articles of a home. `path` is the ledger's file. Every method is called within a transaction."""

    def __init__(self, database: Database, config: Config, path: Path, home: int, generation: int, touch: Touch) -> None:
        self._database = database
        self._config = config
        self._path = path
        self._home = home
        self._generation = generation
        self._touch = touch
        # The identities of articles that the last `record` has found without a document, and has not withdrawn.
        self.missing: set[str] = set()
        # The lines of articles that the last `record` has found withdrawn.
        self.withdrawn: list[Line] = []

    def settle(self, known: str, identified: int) -> tuple[str, int]:
        """Give articles the identities that the ledger has for them: those after the number `identified`, or all where the ledger
        is not as it was `known`. The stamp of the ledger and the number of the last article.

        Raises LedgerError where the ledger can't be read, or is ambiguous.
        """
        if known == file.NO_FILE and file.stamp_of(self._path) == known:
            return known, self._last()
        with file.opened(self._path) as ledger:
            is_whole = ledger.stamp != known
            self._settle(file.checked(ledger, self._path) if is_whole else ledger, None if is_whole else identified)
            return ledger.stamp, self._last()

    def _settle(self, ledger: Ledger, identified: int | None) -> None:
        rows: Iterator[_Row]
        if identified is None:
            left = (numbered for _, numbered in self._differing(ledger) if numbered is not None)
            free = [line for numbered in left if (line := file.parse(*numbered, self._path)) is not None]
            rows = (row for row, _ in self._differing(ledger) if row is not None)
        else:
            free = self._free(ledger, identified)
            rows = self._rows(identified, "number")
        found = self._match(rows, free, ledger)
        self._name([(row, id) for row, id in found if row[1] != id])
        # The documents that could not be read may be gone now, or be other articles.
        self._touch(set(self._held()))
        self._hold({line.id for line in free if line.article} - {id for _, id in found})
        if identified is None:
            self.keep_notices(ledger.withdrawn())
            sql = "insert into unrecorded (site, id) select number, ? from sites where home = ? on conflict (site, id) do nothing"
            self._database.execute(sql, (EVERYTHING, self._home))

    def record(
        self, ids: set[str], site: int, ledger: Ledger, known: str, now: datetime, *, waits: bool = False
    ) -> Iterable[bytes | memoryview] | None:
        """The parts of the ledger, brought up to date with what is published of the identities `ids` at the moment `now`; None
        where it is up to date. `known` is the stamp that it was left with. Take the parts within the same transaction.

        Sets `withdrawn`. An article whose document is missing is withdrawn; with `waits`, it is only added to `missing`.
        """
        now = now.replace(microsecond=0)
        self.missing = set()
        if EVERYTHING in ids:
            return self._record_all(site, ledger, now, waits=waits)
        if ledger.stamp != known:
            ledger = file.checked(ledger, self._path)
        changes: dict[str, Line | None] = {}
        everything = self._everything(site)
        for id in sorted(ids):
            before = ledger.get(id)
            line = self._published(id, everything) or (
                self._unpublished(before, now, waits=waits) if before is not None else None
            )
            if line != before:
                changes[id] = line
        self.withdrawn = [line for line in ledger.withdrawn() if line.id not in changes]
        self.withdrawn += [line for line in changes.values() if line is not None and line.withdrawn]
        return ledger.changed(changes) if changes else None

    def keep_notices(self, withdrawn: Iterable[Line]) -> bool:
        """Keep a notice of each article that was withdrawn, and of no other. Whether that changes anything."""
        span = timedelta(seconds=self._config.withdrawn)
        wanted = {line.id: line for line in withdrawn if line.at is not None and span}
        sql = "select number, id, line from articles where home = ? and withdrawn is not null and dropped is null"
        rows = [(number, id, bytes(data)) for number, id, data in self._database.rows(sql, (self._home,))]
        gone = [(number, id) for number, id, data in rows if id not in wanted or lines.encode(wanted[id]) != data]
        self._drop(number for number, _ in gone)
        there = {id for _, id, _ in rows} - {id for _, id in gone}
        site_url = self._config.site.url
        new = [_notice(line, span, site_url) for id, line in sorted(wanted.items()) if id not in there]
        self._insert([(article, lines.encode(wanted[article.id]), b"") for article in new])
        self._touch({id for _, id in gone} | {article.id for article in new})
        return bool(gone or new)

    def _rows(self, after: int, order: str) -> Iterator[_Row]:
        """The articles of documents after a number, in the order of a column."""
        sql = (
            "select number, id, line from articles where number > ? and + home = ? and dropped is null and withdrawn is null "
            f"and line is not null order by {order}"
        )
        return ((number, id, bytes(line)) for number, id, line in self._database.stream(sql, (after, self._home)))

    def _differing(self, ledger: Ledger) -> Iterator[tuple[_Row | None, _Numbered | None]]:
        """The articles of documents that say something else than the ledger, or have another identity than it; and the lines of
        the ledger that no document says.
        """
        for row, numbered in paired(self._rows(0, "line"), enumerate(ledger, 1), lambda row: row[2] + b"\n", itemgetter(1)):
            if row is None or numbered is None or not _is_own(*row[1:]):
                yield row, numbered

    def _free(self, ledger: Ledger, identified: int) -> list[Line]:
        """The lines that articles after the number `identified` may be: those that no other article is."""
        sql = "select distinct id from articles where dropped >= ? and + home = ? and number <= ?"
        gone = [id for (id,) in self._database.rows(sql, (self._settled(), self._home, identified))]
        gone += self._held()
        others = f"select 1 from articles where {_LIVE} and id = ? and number <= ? limit 1"
        free = {line.id: line for id in gone if (line := ledger.get(id)) is not None}
        free |= {line.id: line for line in ledger.unclaimed()}
        return [line for id, line in free.items() if not self._database.rows(others, (self._home, id, identified))]

    def _settled(self) -> int:
        """The generation up to which documents were taken in before."""
        return int(self._database.rows("select generation from homes where number = ?", (self._home,))[0][0]) + 1

    def _match(self, rows: Iterable[_Row], free: Sequence[Line], ledger: Ledger) -> list[tuple[_Row, str]]:
        """The articles that have another identity in the ledger, or may have one of the lines `free`; each with its identity."""
        clues = {clue for line in free for clue in matching.clues_to(line)}
        found, candidates = [], {}
        for row in rows:
            article = lines.decode(row[2])
            if not clues.isdisjoint(matching.clues_of(article)):
                candidates[row[0]] = (row, article)
            elif (id := _new_id(article, ledger)) != row[1]:
                found.append((row, id))
        matched = matching.match({number: article for number, (_, article) in candidates.items()}, free)
        for number, (row, article) in candidates.items():
            found.append((row, matched[number].id if number in matched else _new_id(article, ledger)))
        return sorted(found)

    def _held(self) -> list[str]:
        """The identities that no document had when this was last settled."""
        return [id for (id,) in self._database.rows("select id from held where home = ?", (self._home,))]

    def _hold(self, ids: set[str]) -> None:
        """Remember which identities no document has at the moment, as while it can't be read."""
        self._database.execute("delete from held where home = ?", (self._home,))
        self._database.many("insert into held (home, id) values (?, ?)", [(self._home, id) for id in sorted(ids)])

    def _name(self, ids: Sequence[tuple[_Row, str]]) -> None:
        """Give articles other identities, each by another row."""
        new = []
        for (number, _, line), id in ids:
            sql = "select b.article, a.digest from bodies b join articles a on a.number = b.number where b.number = ?"
            body, digest = self._database.rows(sql, (number,))[0]
            new.append((replace(records.decode(body), id=id), line, digest))
        self._drop(number for (number, _, _), _ in ids)
        for (article, *_), number in zip(new, self._insert(new), strict=True):
            folder, _, name = article.path.rpartition("/")
            sql = "update documents set article = ? where home = ? and folder = ? and name = ?"
            self._database.execute(sql, (number, self._home, folder, name))
        self._touch({each for (_, before, _), id in ids for each in (before, id)})

    def _last(self) -> int:
        """The number of the last article."""
        return int(self._database.rows("select coalesce(max(number), 0) from articles")[0][0])

    def _insert(self, some: Sequence[tuple[Article, bytes, bytes]]) -> list[int]:
        """Write articles, each with its line and the digest of what its document says. Their numbers."""
        rows, bodies = [], []
        for number, (article, line, digest) in enumerate(some, self._last() + 1):
            at = int(article.withdrawn.timestamp()) if article.withdrawn is not None else None
            listing = records.encode_listing(article)
            rows.append((number, self._home, article.id, *records.moments(article), digest, listing, line, at))
            bodies.append((number, records.encode(article)))
        columns = "number, home, id, published, updated, expires, digest, listing, line, withdrawn"
        self._database.many(f"insert into articles ({columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._database.many("insert into bodies (number, article) values (?, ?)", bodies)
        return [row[0] for row in rows]

    def _drop(self, numbers: Iterable[int]) -> None:
        sql = "update articles set dropped = ? where number = ?"
        self._database.many(sql, [(self._generation, number) for number in numbers])

    def _everything(self, site: int) -> int:
        """The number of the group of all articles."""
        sql = "select number from groups where site = ? and kind = ? and key = ?"
        return int(self._database.rows(sql, (site, *map(str, ALL)))[0][0])

    def _published(self, id: str, everything: int) -> Line | None:
        """The line of the article with this identity that is published."""
        sql = f"select number, published, line from articles where {_LIVE} and id = ?"
        placed = f"select 1 from memberships where grp = ? and published = ? and article = ? and {_CURRENT}"
        for number, published, line in self._database.rows(sql, (self._home, id)):
            if line is not None and self._database.rows(placed, (everything, published, number)):
                return lines.decode(line).under(id)
        return None

    def _unpublished(self, before: Line, now: datetime, *, waits: bool) -> Line | None:
        """The line of an identity that was published and is not; None where its document has another one now."""
        sql = f"select listing, line from articles where {_LIVE} and id = ? order by number"
        rows = [(records.decode_listing(listing), line) for listing, line in self._database.rows(sql, (self._home, before.id))]
        if any(not listing.draft for listing, _ in rows):
            # It is scheduled again, has expired, or its scores are too low.
            return before
        line = before
        if rows and rows[0][1] is not None:
            line = lines.decode(rows[0][1]).under(before.id)
        elif before.path:
            folder, _, name = before.path.rpartition("/")
            sql = "select article from documents where home = ? and folder = ? and name = ?"
            found = self._database.rows(sql, (self._home, folder, name))
            if found and before.withdrawn:
                return before
            if found:
                # Its document can't be read at the moment, or gives itself another identity.
                return before if found[0][0] is None else None
            if waits and not before.withdrawn:
                self.missing.add(before.id)
                return before
        else:
            return before
        return line.as_withdrawn(before.at if before.at is not None and line.why == before.why else now)

    def _record_all(self, site: int, ledger: Ledger, now: datetime, *, waits: bool) -> Iterable[bytes] | None:
        """As `record`, for all identities. Only what differs is held in memory; the ledger and what is published pass by twice:
        to find out what differs, and to be written.
        """
        known = file.checked(ledger, self._path)
        everything = self._everything(site)
        has_changed = known is not ledger
        gone: set[bytes] = set()
        self.withdrawn = []
        # The lines that differ from those of documents and from those of the ledger.
        added: list[bytes] = []
        for published, numbered in self._beside(everything, known, added):
            if numbered is None or published is not None:
                has_changed = has_changed or numbered is None or numbered[1] != published
                continue
            before = file.parse(*numbered, self._path)
            data = b""
            if before is not None and self._published(before.id, everything) is None:
                line = self._unpublished(before, now, waits=waits)
                data = file.written(line) if line is not None else b""
                self.withdrawn += [line] if line is not None and line.withdrawn else []
            if data != numbered[1]:
                gone.add(numbered[1])
                added += [data] if data else []
        if not has_changed and gone == set(added):
            return None
        both = self._beside(everything, known, [])
        kept = (numbered[1] if published is None and numbered is not None else published for published, numbered in both)
        return merge((line for line in kept if line is not None and line not in gone), sorted(added))

    def _beside(self, everything: int, ledger: Ledger, others: list[bytes]) -> Iterator[tuple[bytes | None, _Numbered | None]]:
        """The lines of published articles beside the numbers and lines that the ledger has for them, in the order of the ledger.

        Articles with another identity than their documents give them are added to `others` instead.
        """

        def published() -> Iterator[bytes]:
            sql = (
                "select a.id, a.line from memberships m join articles a on a.number = m.article where m.grp = ? "
                f"and m.{_CURRENT} and a.line is not null order by a.line"
            )
            for id, data in self._database.stream(sql, (everything,)):
                if _is_own(id, line := bytes(data)):
                    yield line + b"\n"
                else:
                    others.append(file.written(lines.decode(line).under(id)))

        # Each begins with `{"article":"` and the digest.
        return paired(published(), enumerate(ledger, 1), lambda line: line[:28], lambda numbered: numbered[1][:28])


def _is_own(id: str, line: bytes) -> bool:
    """Whether an identity is the one in the line of a document."""
    return line[12:28] == lines.key(id).encode()


def _new_id(article: Line, ledger: Ledger) -> str:
    """The identity of an article that is none of the ledger."""
    return article.id if article.given else _free_id(article, ledger)


def _free_id(article: Line, ledger: Ledger) -> str:
    """The identity of a new article, which is no other's: unless they have the same address, which makes them one."""
    for number in count(1):
        id = article.id if number == 1 else uuid.uuid5(uuid.NAMESPACE_URL, f"{article.id}#{number}").urn
        other = ledger.get(id)
        if other is None or (article.address and article.address == other.address):
            return id
    raise AssertionError("endless")


def _notice(line: Line, span: timedelta, site_url: str) -> Article:
    """The notice of an article that was withdrawn: the fields that decide its groups, and when it was published and withdrawn."""
    assert line.at is not None, "of one that was withdrawn"
    at = line.at
    provider = Provider(line.publisher, line.provider) if line.provider or line.publisher else None
    return Article(
        path="",
        id=line.id,
        title="",
        published=line.published or at,
        updated=at,
        url=f"{site_url if not line.address.startswith('//') else 'https:'}{line.address}" if line.address else None,
        type=line.type,
        provider=provider,
        topics=line.topics,
        category=line.category,
        expires=at + span,
        withdrawn=at,
        why_removed=line.why,
    )
