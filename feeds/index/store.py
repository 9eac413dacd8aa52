"""The index: documents, articles and groups, kept between runs so that unchanged files are not read again.

A cache: it can be deleted at any time, and nothing that is published differs. An index is brought up to date in two steps.
`refresh` compares the files with `documents` and reads those that are new or have changed, and notes the identities that this
touches; `advance` places the articles of these identities in their groups. The same steps serve the first build, one change and
a thousand.
"""

import hashlib
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from feeds import faults
from feeds.config.types import Config
from feeds.errors import DatabaseError, LedgerError, Problem, ShrinkError
from feeds.index import grouping, search
from feeds.index.grouping import ALL
from feeds.index.identities import EVERYTHING, Identities
from feeds.index.local_files import LocalFiles
from feeds.index.placing import EVERY_GROUP, Placing
from feeds.index.schema import SCHEMA
from feeds.index.shrinking import Losses
from feeds.index.view import View
from feeds.ledger import file as ledger
from feeds.model import Article, File, Listing, records
from feeds.model.records import Record
from feeds.sources import scan
from feeds.sources.scan import Found, Part
from feeds.storage import database
from feeds.version import __version__

log = logging.getLogger("feeds")

# Documents per transaction, files compared at a time, and values per query.
_WRITTEN, _COMPARED, _ASKED = 1000, 500, 200
# If more than _FEW identities and one in _ANEW must be placed, placing all anew is faster.
_ANEW, _FEW = 10, 1000
# In microseconds: how long replaced rows are kept for servers that still show them, and rows that no run uses.
_GRACE, _UNUSED, _DAY = 3_600_000_000, 7 * 86_400_000_000, 86_400_000_000
_LOOK_AGAIN = 0.5
_AGAIN = timedelta(minutes=1)

# A document, with the digest of its content when it was last read.
Wanted = tuple[Found, bytes | None]
Read = Callable[[Iterable[Wanted]], Iterable[Record]]


class _Home(NamedTuple):
    number: int
    generation: int
    used: int
    ledger: str
    identified: int


class _Site(NamedTuple):
    number: int
    generation: int
    read: int
    renamed: int
    moment: int
    used: int


class _Refused(NamedTuple):
    """Documents that were not placed, since most articles would vanish: their generation, when that was tried, and the error."""

    generation: int
    moment: datetime
    error: ShrinkError

    def holds(self, generation: int, now: datetime) -> bool:
        """Whether trying once more would end the same."""
        return self.generation == generation and abs(now - self.moment) < _AGAIN


class Index:
    """The index of the documents of `config`. Several threads may use it, and several processes may share one."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._home_name = _name(__version__, scan.home_key(config))
        self._site_name = _name(__version__, _grouped_by(config))
        self._look = _name(__version__, _look(config))
        self._database = database.connect(config.index, config.path.parent, SCHEMA)
        self._leading = ExitStack()
        self._writes = False
        self._failing = False
        self._refused: _Refused | None = None

    @property
    def database(self) -> database.Database:
        """The database of the index."""
        return self._database

    def is_of(self, config: Config) -> bool:
        """Whether the index would be the same for `config`."""
        before = self._config
        here = (before.index, before.path, before.least_left, self._home_name, self._site_name, self._look)
        names = (_name(__version__, scan.home_key(config)), _name(__version__, _grouped_by(config)))
        return here == (config.index, config.path, config.least_left, *names, _name(__version__, _look(config)))

    def refresh(self, parts: Iterable[Part], read: Read, now: datetime) -> bool:
        """Update the index, and place articles as of `now`. Whether anything has changed.

        `parts` are the documents that exist now; `read` reads those that are new or have changed. If another process updates an
        index in a file, this waits for it. In PostgreSQL, only one process writes; in others, nothing is read. Raises
        DatabaseError if that process has not written this config's documents yet.
        """
        _refuse_in_worker()
        with self._database.lead(wait=database.is_file(self._config.index)) as leads:
            self._writes = leads
            if leads:
                self._take_in(parts, read)
        if not leads:
            if not self.is_filled():
                raise DatabaseError("the index holds nothing for this config, and another process is its writer")
            log.warning("another process writes the index; what it holds is used")
        return self.advance(now)

    def add(self, articles: Iterable[Article], now: datetime) -> None:
        """Add articles that have no documents."""
        self._take_in([], lambda wanted: map(_record, articles))
        self.advance(now)

    def lead(self) -> None:
        """Be the writer of an index that several machines share, until `release`; wait while there is another."""
        if not database.is_file(self._config.index):
            said = "another process writes the index: waiting until it ends (`feeds serve --follow` would serve beside it)"
            self._leading.enter_context(self._database.lead(waiting=partial(log.warning, said)))

    def release(self) -> None:
        """Let another process be the writer."""
        self._leading.close()

    def await_writer(self) -> None:
        """Wait until a process of the same version has written the documents of this config."""
        warned = False
        while not self.is_filled():
            if not warned:
                log.warning("the index holds nothing for this config yet: waiting for a writer of the same version of Feeds")
                warned = True
            time.sleep(_LOOK_AGAIN)

    def look_again(self) -> None:
        """Reopen the index to read what another process has written. Raises DatabaseError if that is nothing yet."""
        if database.is_file(self._config.index):
            self._database.reopen()
        if not self.is_filled():
            raise DatabaseError("the index holds nothing for this config yet; a writer of the same version of Feeds fills it")

    def is_filled(self) -> bool:
        """Whether the documents of this config have ever been written."""
        return self._home().generation > 0

    def advance(self, now: datetime) -> bool:
        """Place all articles that were read since the last time, and those that are due by `now`.

        Whether anything has changed. Needs no lead: whoever shows the site does it. Raises ShrinkError where most articles would
        vanish; the site stays as it is.
        """
        home, site = self._home(), self._site()
        if site is not None and site.read == home.generation and not self._due(home, site, now):
            if site.used < _clock() - _DAY:
                self._use()
            return False
        if self._refused is not None and self._refused.holds(home.generation, now):
            raise self._refused.error
        try:
            self._place(now)
        except ShrinkError as error:
            self._refused = _Refused(home.generation, now, error)
            # It is in use, though nothing new is taken in.
            self._use()
            raise
        return True

    def _place(self, now: datetime) -> None:
        with self._database.transaction():
            home, site = self._home(), self._site()
            generation = self._database.announce()
            touched = self._touched(home, site, now) if site is not None else None
            losses = Losses(self._database, self._config, home.number, site.number) if site is not None else None
            last = site.moment if site is not None else 0
            if site is None or touched is None:
                site = self._new_site(home, generation, now)
                touched = [EVERYTHING]
                placing = self._placing(home, site, generation, now, is_new=True)
                placing.all()
            else:
                placing = self._placing(home, site, generation, now)
                for id in touched:
                    placing.place(id, site.read)
            renamed = generation if placing.finish() else site.renamed
            if losses is not None:
                losses.check(site.number, generation, now, datetime.fromtimestamp(last, UTC))
            sql = "update sites set generation = ?, read = ?, renamed = ?, moment = ? where number = ?"
            self._database.execute(sql, (generation, home.generation, renamed, int(now.timestamp()), site.number))
            if self._records:
                sql = "insert into unrecorded (site, id) values (?, ?) on conflict (site, id) do nothing"
                self._database.many(sql, [(site.number, id) for id in touched])
            self._use()
            self._tidy()

    def record(self, now: datetime) -> None:
        """Write to the identity ledger which articles are published at the moment `now`, and which were withdrawn, and make the
        index tell of those. For whoever publishes; nothing happens where nothing has changed.

        A ledger that can't be written is told in the log, once.
        """
        path, site = self._config.ledger, self._site()
        if path is None or site is None or not self._records or not self._writes:
            return
        sql = "select id from unrecorded where site = ?"
        if not (ids := {id for (id,) in self._database.rows(sql, (site.number,))}):
            return
        try:
            with self._database.transaction():
                self._record(path, ids, site, now)
        except LedgerError as error:
            if not self._failing:
                log.warning("articles may lose their identity: %s", error)
            self._failing = True
            return
        self._failing = False
        self.advance(now)

    def _record(self, path: Path, ids: set[str], site: _Site, now: datetime) -> None:
        home = self._home()
        generation = max(home.generation + 1, _clock())
        identities = self._identities(path, home.number, generation)
        lock = self._config.state_folder / "ledger.lock"
        before, after = ledger.update(path, lock, lambda found: identities.record(ids, site.number, found, home.ledger, now))
        with ledger.opened(path) as found:
            is_told = identities.tell_of(found.withdrawn())
        if is_told:
            self._database.execute("update homes set generation = ? where number = ?", (generation, home.number))
        self._database.many("delete from unrecorded where site = ? and id = ?", [(site.number, id) for id in sorted(ids)])
        if before == home.ledger:
            # What another process has written is yet to be compared.
            self._database.execute("update homes set ledger = ? where number = ?", (after, home.number))

    @property
    def _records(self) -> bool:
        """Whether what this site publishes is for the ledger. A preview publishes nothing."""
        return self._config.ledger is not None and not self._config.drafts

    @property
    def has_state(self) -> bool:
        """Whether articles of this config have ever been placed."""
        return self._site() is not None

    def view(self) -> View:
        """The newest state. Raises DatabaseError where articles were never placed."""
        with self._database.snapshot():
            site = self._site()
            if site is None:
                raise DatabaseError("the index holds nothing for this config")
            return View(self._database, self._config, self._home().number, site.number, site.generation, site.renamed)

    def view_at(self, site: int, generation: int, renamed: int) -> View:
        """A given state, for a worker."""
        return View(self._database, self._config, self._home().number, site, generation, renamed)

    def changed_since(self, view: View, site: int, generation: int) -> dict[int, list[int]] | None:
        """The groups that differ between a generation of a site and `view`, with the moments of their articles; None for all."""
        if site != view.site or generation < _clock() - _UNUSED:
            return None
        sql = "select grp, published from changes where site = ? and generation > ? and generation <= ?"
        found: dict[int, list[int]] = {}
        for number, published in self._database.rows(sql, (site, generation, view.generation)):
            found.setdefault(number, []).append(published)
        return None if EVERY_GROUP in found else found

    def problems(self) -> tuple[Problem, ...]:
        """The problems of documents, drafts included, in the order of their paths; then of entries that can't be rendered."""
        told = [problem for _, data in self._facts("problems") for problem in records.decode_problems(data)]
        return (*told, *(faults.unrendered(listing.path) for listing in self._unrendered()))

    def _unrendered(self) -> list[Listing]:
        """The articles whose entries can't be rendered, in the order of their paths."""
        sql = (
            "select a.number, a.listing from entries e join articles a on a.number = e.article "
            "where e.look = ? and length(e.bodies) = 0 and a.home = ? and a.dropped is null"
        )
        rows = self._database.rows(sql, (self._look, self._home().number))
        return sorted((records.decode_listing(data, number) for number, data in rows), key=attrgetter("path"))

    def broken(self) -> list[Article]:
        """Articles with fatal problems, as far as they could be read."""
        return [records.decode(data) for _, data in self._facts("broken")]

    def articles_of(self, paths: Iterable[str]) -> list[Listing]:
        """The articles of documents."""
        return list(self._known(self._home().number, paths).values())

    def has_document(self, source: str, besides: Set[str]) -> bool:
        """Whether there is a document of the source with this name, `besides` those with these paths."""
        home, beginning, most = self._home().number, source.rstrip("/"), len(besides) + 1
        for within, values in (("folder = ?", (beginning,)), ("folder >= ? and folder < ?", (f"{beginning}/", f"{beginning}0"))):
            sql = f"select folder, name from documents where home = ? and {within} limit ?"
            if any(f"{folder}/{name}" not in besides for folder, name in self._database.rows(sql, (home, *values, most))):
                return True
        return False

    def every_article(self) -> Iterator[Article]:
        """All articles, drafts included."""
        sql = (
            "select a.number, b.article from articles a join bodies b on b.number = a.number "
            "where a.number > ? and + a.home = ? and a.dropped is null and a.withdrawn is null "
            f"order by a.number limit {_ASKED}"
        )
        home, last = self._home().number, 0
        while rows := self._database.rows(sql, (last, home)):
            last = rows[-1][0]
            yield from (records.decode(data) for _, data in rows)

    def articles(self, listings: Sequence[Listing]) -> list[Article]:
        """The articles of `listings`, in the same order."""
        numbers = [listing.number for listing in listings]
        found = dict(self._chosen("select number, article from bodies where number in", (), numbers))
        return [records.decode(found[number]) for number in numbers]

    def listings(self, numbers: Iterable[int]) -> list[Listing]:
        """The listings of articles, in any order."""
        rows = self._chosen("select number, listing from articles where number in", (), numbers)
        return [records.decode_listing(data, number) for number, data in rows]

    def entries(self, names: Mapping[int, bytes]) -> dict[int, tuple[bytes, ...]]:
        """Rendered entries, each in every format, by the number of their article: those that were rendered with the same `names`,
        which are digests by number too.
        """
        sql = "select article, names, bodies from entries where look = ? and article in"
        rows = self._chosen(sql, (self._look,), names)
        found = {number: data for number, named, data in rows if bytes(named) == names[number]}
        return dict(zip(found, records.decode_bodies(found.values()), strict=True))

    def has_entries(self) -> bool:
        """Whether any rendered entries are kept."""
        return bool(self._database.rows("select 1 from entries where look = ? limit 1", (self._look,)))

    def kept(self, names: Mapping[int, bytes]) -> set[int]:
        """The numbers of the articles for which `entries` would find rendered entries."""
        rows = self._chosen("select article, names from entries where look = ? and article in", (self._look,), names)
        return {number for number, named in rows if bytes(named) == names[number]}

    def keep(self, entries: Iterable[tuple[int, bytes, bytes]]) -> None:
        """Keep rendered `entries`: the number of its article, the digest of the names in it, and encoded bodies of each."""
        sql = (
            "insert into entries (look, article, names, bodies) values (?, ?, ?, ?) "
            "on conflict (look, article) do update set names = excluded.names, bodies = excluded.bodies"
        )
        rows = sorted((self._look, number, names, bodies) for number, names, bodies in entries)
        with self._database.transaction():
            self._database.many(sql, rows)

    def file(self, file: File) -> bytes:
        """The bytes of a local file. Raises OSError where it can't be read any more."""
        kept = self._files.get(file) if self._files is not None and not self._writes else None
        return scan.file_bytes(self._config, file) if kept is None else kept

    def reopen(self) -> None:
        """Open the database again, which was put aside since it is damaged."""
        self._database.reopen()

    def begin_anew(self) -> None:
        """Put the database aside, since it holds what can't be read, and begin another."""
        self._database.begin_anew()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    @property
    def _files(self) -> LocalFiles | None:
        # Whoever has the file of an index has the folders too.
        if database.is_file(self._config.index):
            return None
        return LocalFiles(self._database, self._home().number, self._config)

    def _take_in(self, parts: Iterable[Part], read: Read) -> None:
        """Write the documents that have changed."""
        home = self._home()
        if not home.number:
            home = self._new_home()
        generation = max(home.generation + 1, _clock())
        gone: list[tuple[str, str]] = []
        is_first = not self._database.rows("select 1 from documents where home = ? limit 1", (home.number,))
        waiting = iter(read(self._differences(home.number, parts, gone, is_first=is_first)))
        is_other = not home.generation
        while some := list(islice(waiting, _WRITTEN)):
            with self._database.transaction():
                is_other = self._write(home.number, some, generation, is_first=is_first) or is_other
        for start in range(0, len(gone), _WRITTEN):
            with self._database.transaction():
                self._drop(home.number, gone[start : start + _WRITTEN], generation)
        path = self._config.ledger
        is_other = is_other or bool(gone) or (path is not None and ledger.stamp_of(path) != home.ledger)
        if is_other or self._was_cut_short(home):
            with self._database.transaction():
                ledger_stamp, identified = home.ledger, home.identified
                if path is not None:
                    identities = self._identities(path, home.number, generation)
                    ledger_stamp, identified = identities.settle(home.ledger, home.identified)
                # Only now may anyone place what was read.
                sql = "update homes set generation = ?, ledger = ?, identified = ? where number = ?"
                self._database.execute(sql, (generation, ledger_stamp, identified, home.number))

    def _was_cut_short(self, home: _Home) -> bool:
        """Whether an earlier run ended after writing documents and before they could be placed."""
        sql = "select 1 from touched where home = ? and generation > ? limit 1"
        if self._database.rows(sql, (home.number, home.generation)):
            return True
        last: int = self._database.rows("select coalesce(max(number), 0) from articles")[0][0]
        return self._config.ledger is not None and last > home.identified

    def _identities(self, path: Path, home: int, generation: int) -> Identities:
        return Identities(self._database, self._config, path, home, generation, partial(self._touch, home, generation))

    def _differences(self, home: int, parts: Iterable[Part], gone: list[tuple[str, str]], *, is_first: bool) -> Iterator[Wanted]:
        """The documents that are new or may have changed. Those that no longer exist are added to `gone`."""
        loose = set() if is_first else self._loose()
        seen: set[str] = set()
        for some in _batches(parts):
            known = {} if is_first else self._in_parts(home, some)
            for part in some:
                seen.add(part.folder)
                for each in part.found:
                    before = known.pop((part.folder, each.path[len(part.folder) + 1 :]), None)
                    if before is None or each.path in loose:
                        yield each, None
                    elif not each.stamp or before[0] != each.stamp:
                        yield each, bytes(before[1])
            gone += known
        rows = [] if is_first else self._database.rows("select distinct folder from documents where home = ?", (home,))
        lost = [folder for (folder,) in rows if folder not in seen]
        gone += self._chosen("select folder, name from documents where home = ? and folder in", (home,), lost)

    def _in_parts(self, home: int, parts: Sequence[Part]) -> dict[tuple[str, str], tuple[str, bytes]]:
        """The known stamps and digests of the documents in parts of folders, by folder and name."""
        sql = "select folder, name, stamp, content from documents where home = ? and folder"
        whole = [part.folder for part in parts if not part.after and not part.until]
        rows = list(self._chosen(f"{sql} in", (home,), whole))
        for folder, after, until, _ in parts:
            if until:
                rows += self._database.rows(f"{sql} = ? and name > ? and name <= ?", (home, folder, after, until))
            elif after:
                rows += self._database.rows(f"{sql} = ? and name > ?", (home, folder, after))
        return {(folder, name): (stamp, content) for folder, name, stamp, content in rows}

    def _loose(self) -> set[str]:
        """Documents that depend on other files which were added, removed or changed."""
        stamps: dict[str, str] = {}
        loose = set()
        for path, data in self._facts("places"):
            for place, before in records.decode_places(data):
                if place not in stamps:
                    stamps[place] = scan.stamp(place)
                if stamps[place] != before:
                    loose.add(path)
        return loose

    def _write(self, home: int, some: Sequence[Record], generation: int, *, is_first: bool) -> bool:
        """Write documents that were read. Whether any has changed."""
        again = [(each.stamp, home, *_split(each.path)) for each in some if each.same]
        self._database.many("update documents set stamp = ? where home = ? and folder = ? and name = ?", again)
        new = [each for each in some if not each.same]
        known = {} if is_first else self._known(home, [each.path for each in new])
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
                    articles.append((at, home, each.id, each.published, each.updated, each.expires, each.listing, each.line))
                    bodies.append((at, each.article))
                    touched.add(each.id)
            documents.append((home, *_split(each.path), each.stamp, each.content, at))
            if each.problems or each.broken or each.places:
                remarks.append((home, each.path, each.problems or None, each.broken, each.places or None))
        many = self._database.many
        many("update articles set dropped = ? where number = ?", [(generation, number) for number in dropped])
        columns = "number, home, id, published, updated, expires, listing, line"
        many(f"insert into articles ({columns}) values (?, ?, ?, ?, ?, ?, ?, ?)", articles)
        many("insert into bodies (number, article) values (?, ?)", bodies)
        many(
            "insert into documents (home, folder, name, stamp, content, article) values (?, ?, ?, ?, ?, ?) on conflict "
            "(home, folder, name) do update set stamp = excluded.stamp, content = excluded.content, article = excluded.article",
            documents,
        )
        if not is_first:
            many("delete from remarks where home = ? and path = ?", [(home, each.path) for each in new])
        insert = "insert into remarks (home, path, problems, broken, places) values (?, ?, ?, ?, ?)"
        many(f"{insert} on conflict (home, path) do nothing", remarks)
        if (shelf := self._files) is not None:
            shelf.keep(new)
        self._touch(home, generation, touched)
        return bool(new)

    def _drop(self, home: int, gone: Sequence[tuple[str, str]], generation: int) -> None:
        """Remove documents that no longer exist."""
        known = self._known(home, [f"{folder}/{name}" for folder, name in gone])
        sql = "update articles set dropped = ? where number = ?"
        self._database.many(sql, [(generation, listing.number) for listing in known.values()])
        sql = "delete from documents where home = ? and folder = ? and name = ?"
        self._database.many(sql, [(home, folder, name) for folder, name in gone])
        sql = "delete from remarks where home = ? and path = ?"
        self._database.many(sql, [(home, f"{folder}/{name}") for folder, name in gone])
        if (shelf := self._files) is not None:
            shelf.let_go(f"{folder}/{name}" for folder, name in gone)
        self._touch(home, generation, {listing.id for listing in known.values()})

    def _touch(self, home: int, generation: int, ids: set[str]) -> None:
        """Record identities whose articles must be placed."""
        if self._database.rows("select 1 from sites where home = ? limit 1", (home,)):
            sql = "insert into touched (home, generation, id) values (?, ?, ?) on conflict (home, generation, id) do nothing"
            self._database.many(sql, [(home, generation, id) for id in sorted(ids)])

    def _known(self, home: int, paths: Iterable[str]) -> dict[str, Listing]:
        """The known articles of documents, by path."""
        folders: dict[str, list[str]] = {}
        for path in paths:
            folder, name = _split(path)
            folders.setdefault(folder, []).append(name)
        sql = (
            "select d.folder, d.name, a.number, a.listing from documents d join articles a on a.number = d.article "
            "where d.home = ? and d.folder = ? and d.name in"
        )
        return {
            f"{folder}/{name}": records.decode_listing(data, number)
            for folder, names in folders.items()
            for folder, name, number, data in self._chosen(sql, (home, folder), names)
        }

    def _touched(self, home: _Home, site: _Site, now: datetime) -> list[str] | None:
        """The identities to place; None if placing all anew is faster."""
        sql = "select distinct id from touched where home = ? and generation > ? and generation <= ?"
        found = {id for (id,) in self._database.rows(sql, (home.number, site.read, home.generation))}
        found.update(self._due(home, site, now))
        if len(found) > _FEW:
            sql = "select sum(size) from groups where site = ? and kind in (?, ?, ?, ?, ?)"
            kinds = (ALL[0], grouping.DRAFT, grouping.SCHEDULED, grouping.BELOW_MINIMUM, grouping.DUPLICATE)
            if len(found) * _ANEW > self._database.rows(sql, (site.number, *map(str, kinds)))[0][0]:
                return None
        return sorted(found)

    def _due(self, home: _Home, site: _Site, now: datetime) -> set[str]:
        """The identities of articles that began or ended to be for the public between the last placing and `now`, or, since a
        clock was set back, do so after `now`.
        """
        if self._config.drafts:
            return set()
        between = sorted((site.moment, int(now.timestamp())))
        found: set[str] = set()
        for moment in ("published", "expires"):
            sql = f"select id from articles where home = ? and {moment} >= ? and {moment} <= ? and dropped is null"
            found.update(id for (id,) in self._database.rows(sql, (home.number, *between)))
        return found

    def _placing(self, home: _Home, site: _Site, generation: int, now: datetime, *, is_new: bool = False) -> Placing:
        return Placing(self._database, self._config, home.number, site.number, generation, now, is_new=is_new)

    def _home(self) -> _Home:
        sql = "select number, generation, used, ledger, identified from homes where name = ?"
        rows = self._database.rows(sql, (self._home_name,))
        return _Home(*rows[0]) if rows else _Home(0, 0, 0, "", 0)

    def _new_home(self) -> _Home:
        with self._database.transaction():
            number = self._database.rows("select coalesce(max(number), 0) + 1 from homes")[0][0]
            sql = "insert into homes (number, name, generation, used, ledger, identified) values (?, ?, 0, ?, '', 0)"
            self._database.execute(sql, (number, self._home_name, _clock()))
        return self._home()

    def _site(self) -> _Site | None:
        sql = (
            "select s.number, s.generation, s.read, s.renamed, s.moment, s.used from homes h join sites s on s.home = h.number "
            "where h.name = ? and s.name = ? order by s.number desc limit 1"
        )
        rows = self._database.rows(sql, (self._home_name, self._site_name))
        return _Site(*rows[0]) if rows else None

    def _new_site(self, home: _Home, generation: int, now: datetime) -> _Site:
        number = self._database.rows("select coalesce(max(number), 0) + 1 from sites")[0][0]
        sql = "insert into sites (number, home, name, generation, read, renamed, moment, used) values (?, ?, ?, ?, ?, ?, ?, ?)"
        row = (generation, home.generation, generation, int(now.timestamp()), _clock())
        self._database.execute(sql, (number, home.number, self._site_name, *row))
        return _Site(number, *row)

    def _use(self) -> None:
        """Record that this config uses the index, so that its rows are not removed as unused."""
        now = _clock()
        self._database.execute("update homes set used = ? where name = ?", (now, self._home_name))
        sql = "update sites set used = ? where name = ? and home in (select number from homes where name = ?)"
        self._database.execute(sql, (now, self._site_name, self._home_name))
        sql = "insert into looks (name, used) values (?, ?) on conflict (name) do update set used = excluded.used"
        self._database.execute(sql, (self._look, now))

    def _tidy(self) -> None:
        """Remove rows that were replaced a while ago, and those that no run has used. Call it within a transaction."""
        now = _clock()
        execute, rows = self._database.execute, self._database.rows
        unused, replaced = now - _UNUSED, now - _GRACE
        for (number,) in rows("select number from homes where used < ?", (unused,)):
            for table in ("documents", "remarks", "touched", "held", "files"):
                execute(f"delete from {table} where home = ?", (number,))
            execute("update articles set dropped = ? where home = ? and dropped is null", (0, number))
            execute("update sites set used = 0 where home = ?", (number,))
            execute("delete from homes where number = ?", (number,))
        # A site that has not taken in what is about to go can't do so later.
        sql = (
            "select s.number from sites s where s.used < ? or s.generation < ? and exists (select 1 from sites o "
            "where o.home = s.home and o.name = s.name and o.number > s.number) or s.read < ? and s.used < ? and exists "
            "(select 1 from homes h where h.number = s.home and h.generation > s.read)"
        )
        for (number,) in rows(sql, (unused, replaced, replaced, replaced)):
            for table in ("memberships", "spellings"):
                execute(f"delete from {table} where grp in (select number from groups where site = ?)", (number,))
            for table in ("groups", "changes", "unrecorded"):
                execute(f"delete from {table} where site = ?", (number,))
            execute("delete from sites where number = ?", (number,))
        execute("delete from memberships where until < ?", (replaced,))
        for home, read in rows("select home, min(read) from sites group by home"):
            execute("delete from touched where home = ? and generation < ? and generation <= ?", (home, replaced, read))
        for (site,) in rows("select number from sites"):
            execute("delete from changes where site = ? and generation < ?", (site, unused))
        # A site that keeps its last state, since most articles have vanished, needs these.
        sql = (
            "select a.number from articles a where a.dropped < ? and not exists "
            "(select 1 from sites s where s.home = a.home and s.read < a.dropped)"
        )
        dropped = rows(sql, (replaced,))
        for (look,) in rows("select name from looks"):
            self._database.many("delete from entries where look = ? and article = ?", [(look, number) for (number,) in dropped])
        search.forget(self._database, dropped)
        for table in ("bodies", "articles"):
            self._database.many(f"delete from {table} where number = ?", dropped)
        if looks := rows("select name from looks where used < ?", (unused,)):
            self._database.many("delete from entries where look = ?", looks)
            self._database.many("delete from looks where name = ?", looks)

    def _facts(self, column: str) -> list[tuple[str, bytes]]:
        """A column of the remarks on documents, in the order of their paths."""
        sql = f"select path, {column} from remarks where home = ? and {column} is not null order by path"
        return [(path, data) for path, data in self._database.rows(sql, (self._home().number,))]

    def _chosen(self, sql: str, parameters: Sequence[Any], wanted: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
        """The rows of `sql`, which ends with `in`, for any number of `wanted` values."""
        waiting = iter(wanted)
        while some := list(islice(waiting, _ASKED)):
            yield from self._database.rows(f"{sql} ({', '.join('?' * len(some))})", (*parameters, *some))


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


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def name_of(config: Config) -> str:
    """The name of the home of `config` in an index."""
    return _name(__version__, scan.home_key(config))


def _record(article: Article) -> Record:
    """The record of an article that has no document."""
    body = records.encode(article)
    digest = records.digest(body)
    listing = records.encode_listing(article, digest)
    facts = (article.path, "", digest, digest, listing, body, b"", None, b"", False)
    return Record(*facts, article.id, *records.moments(article))


def _refuse_in_worker() -> None:
    """Raise RuntimeError where a process that is being started runs the main module of its parent, and that has no guard: it must
    not do the parent's work again.
    """
    # Where nothing loaded that, this is no such process.
    module = sys.modules.get("multiprocessing.process")
    if module is not None and getattr(module.current_process(), "_inheriting", False):
        raise RuntimeError('a script that builds a site needs `if __name__ == "__main__":` around what it does')


def _clock() -> int:
    return time.time_ns() // 1000


def _grouped_by(config: Config) -> tuple[object, ...]:
    """The settings that decide which groups articles are in and how groups are named."""
    topics = [(key, topic.name, topic.parent) for key, topic in config.topics.items()]
    providers = [(domain, notes.name) for domain, notes in config.providers.items()]
    feeds = [(feed.name, feed.topics, feed.providers, feed.categories, feed.types, feed.minimum) for feed in config.feeds]
    pages = (config.pages, config.article_pages)
    return (config.groups, topics, providers, feeds, sorted(config.minimums.items()), config.drafts, pages)


def _look(config: Config) -> tuple[object, ...]:
    """The settings that decide how entries are rendered."""
    providers = tuple((domain, notes.name, notes.feed) for domain, notes in config.providers.items() if notes.feed)
    site = config.site
    pages = (config.pages, config.article_pages)
    return (config.formats, site.url, site.title, site.language, site.author, config.embeds, providers, pages)


def _name(*facts: object) -> str:
    return hashlib.sha256(repr(facts).encode("utf-8", "surrogateescape")).hexdigest()[:32]
