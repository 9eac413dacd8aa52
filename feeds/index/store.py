"""The index: documents, articles and groups, kept between runs so that unchanged files are not read again.

A cache: it can be deleted at any time, and nothing that is published differs. An index is brought up to date in two steps.
`refresh` compares the files with `documents` and reads those that are new or have changed, and notes the identities that this
touches; `advance` places the articles of these identities in their groups. The same steps serve the first build, one change and
a thousand.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice

from feeds import faults
from feeds.config.types import Config
from feeds.errors import DatabaseError, Problem, ShrinkError
from feeds.index import grouping, local_files
from feeds.index.documents import Documents, Wanted
from feeds.index.entries import RenderedEntries
from feeds.index.grouping import ALL
from feeds.index.homes import Home, Homes, Site, clock, names_of
from feeds.index.identities import EVERYTHING
from feeds.index.placing import EVERY_GROUP, Placing
from feeds.index.recording import Recording, identities_of
from feeds.index.schema import SCHEMA
from feeds.index.shrinking import Losses, Refused
from feeds.index.tidying import UNUSED, tidy
from feeds.index.view import View
from feeds.ledger import file as ledger
from feeds.model import Article, File, Listing, records
from feeds.model.records import Record
from feeds.sources.local_files import file_bytes
from feeds.sources.scan import Part
from feeds.storage import database

log = logging.getLogger("feeds")

# Documents per transaction, and articles per query.
_WRITTEN, _ASKED = 1000, 200
# If more than _FEW identities and one in _ANEW must be placed, placing all again is faster.
_ANEW, _FEW = 10, 1000
_PAUSE = 0.5
# In microseconds: how often an index that is used says so.
_DAY = 86_400_000_000

Read = Callable[[Iterable[Wanted]], Iterable[Record]]


class Index:
    """The index of the documents of `config`. Several threads may use it, and several processes may share one."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._names = names_of(config)
        self._database = database.connect(config.index, config.path.parent, SCHEMA)
        self._homes = Homes(self._database, config)
        self.entries = RenderedEntries(self._database, self._names.rendering)
        self._recording = Recording(self._database, config, self._homes)
        self._leading = ExitStack()
        self._writes = False
        self._refused: Refused | None = None

    @property
    def database(self) -> database.Database:
        """The database of the index."""
        return self._database

    def is_of(self, config: Config) -> bool:
        """Whether the index would be the same for `config`."""
        before = self._config
        here = (before.index, before.path, before.least_left, self._names)
        return here == (config.index, config.path, config.least_left, names_of(config))

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
            time.sleep(_PAUSE)

    def reopen(self) -> None:
        """Reopen the index to read what another process has written. Raises DatabaseError if that is nothing yet."""
        if database.is_file(self._config.index):
            self._database.reopen()
        if not self.is_filled():
            raise DatabaseError("the index holds nothing for this config yet; a writer of the same version of Feeds fills it")

    def is_filled(self) -> bool:
        """Whether the documents of this config have ever been written."""
        return self._homes.home().generation > 0

    def advance(self, now: datetime) -> bool:
        """Place all articles that were read since the last time, and those that are due by `now`.

        Whether anything has changed. Needs no lead: every process that shows the site does it. Raises ShrinkError where most
        articles would vanish; the site stays as it is.
        """
        home, site = self._homes.home(), self._homes.site()
        if site is not None and site.read == home.generation and not self._due(home, site, now):
            if site.used < clock() - _DAY:
                self._homes.use()
            return False
        if self._refused is not None and self._refused.holds(home.generation, now):
            raise self._refused.error
        try:
            self._place(now)
        except ShrinkError as error:
            self._refused = Refused(home.generation, now, error)
            # It is in use, though nothing new is taken in.
            self._homes.use()
            raise
        return True

    def _place(self, now: datetime) -> None:
        with self._database.transaction():
            home, site = self._homes.home(), self._homes.site()
            generation = self._database.announce()
            touched = self._touched(home, site, now) if site is not None else None
            losses = Losses(self._database, self._config, home.number, site.number) if site is not None else None
            last = site.moment if site is not None else 0
            if site is None or touched is None:
                site = self._homes.new_site(home, generation, now)
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
            self._recording.note(site, touched)
            self._homes.use()
            tidy(self._database)

    def record(self, now: datetime, quiet: timedelta = timedelta()) -> bool:
        """Write to the identity ledger which articles are published at the moment `now`, and which were withdrawn, and keep
        notices of those. For processes that publish; does nothing where nothing has changed.

        Articles whose documents are missing are withdrawn once no document has changed for as long as `quiet`: a process that
        follows the files sees those that are being moved when they are in neither place. Returns whether such are left: call
        this again after a while.
        """
        if self._writes and self._recording.record(now, quiet):
            self.advance(now)
        return self._recording.is_waiting

    def foresee(self, now: datetime) -> None:
        """Show what `record` would lead to at the moment `now`, and leave the ledger as it is.

        Raises LedgerError where the ledger can't be read.
        """
        if self._writes and self._recording.foresee(now):
            self.advance(now)

    def view(self) -> View:
        """The newest state. Raises DatabaseError where articles were never placed."""
        with self._database.snapshot():
            site = self._homes.site()
            if site is None:
                raise DatabaseError("the index holds nothing for this config")
            return View(self._database, self._config, self._homes.home().number, site.number, site.generation, site.renamed)

    def view_at(self, site: int, generation: int, renamed: int) -> View:
        """A given state, for a worker."""
        return View(self._database, self._config, self._homes.home().number, site, generation, renamed)

    def changed_since(self, view: View, site: int, generation: int) -> dict[int, list[int]] | None:
        """The groups that differ between a generation of a site and `view`, with the moments of their articles; None for all."""
        if site != view.site or generation < clock() - UNUSED:
            return None
        sql = "select grp, published from changes where site = ? and generation > ? and generation <= ?"
        found: dict[int, list[int]] = {}
        for number, published in self._database.rows(sql, (site, generation, view.generation)):
            found.setdefault(number, []).append(published)
        return None if EVERY_GROUP in found else found

    def problems(self) -> tuple[Problem, ...]:
        """The problems of documents, drafts included, in the order of their paths; then of entries that can't be rendered."""
        found = [problem for _, data in self._documents().facts("problems") for problem in records.decode_problems(data)]
        return (*found, *(faults.unrendered(listing.path) for listing in self.entries.unrendered(self._homes.home().number)))

    def broken(self) -> list[Article]:
        """Articles with fatal problems, as far as they could be read."""
        return [records.decode(data) for _, data in self._documents().facts("broken")]

    def articles_of(self, paths: Iterable[str]) -> list[Listing]:
        """The articles of documents, in the order of their paths."""
        numbers = (article.number for article in self._documents().known(paths).values())
        return sorted(self.listings(numbers), key=lambda listing: listing.path)

    def has_document(self, source: str, besides: Set[str]) -> bool:
        """Whether there is a document of the source with this name, `besides` those with these paths."""
        return self._documents().has_any_of(source, besides)

    def every_article(self) -> Iterator[Article]:
        """All articles, drafts included."""
        sql = (
            "select a.number, b.article from articles a join bodies b on b.number = a.number "
            "where a.number > ? and + a.home = ? and a.dropped is null and a.withdrawn is null "
            f"order by a.number limit {_ASKED}"
        )
        home, last = self._homes.home().number, 0
        while rows := self._database.rows(sql, (last, home)):
            last = rows[-1][0]
            yield from (records.decode(data) for _, data in rows)

    def articles(self, listings: Sequence[Listing]) -> list[Article]:
        """The articles of `listings`, in the same order."""
        numbers = [listing.number for listing in listings]
        found = self._database.by_number("select number, article from bodies where number in", numbers)
        return [records.decode(found[number]) for number in numbers]

    def listings(self, numbers: Iterable[int]) -> list[Listing]:
        """The listings of articles, in any order."""
        rows = self._database.rows_in("select number, listing from articles where number in", (), numbers)
        return [records.decode_listing(data, number) for number, data in rows]

    def file(self, file: File) -> bytes:
        """The bytes of a local file. Raises OSError where it can't be read any more."""
        shelf = local_files.shelf(self._database, self._homes.home().number, self._config) if not self._writes else None
        kept = shelf.get(file) if shelf is not None else None
        return file_bytes(self._config, file) if kept is None else kept

    def begin_anew(self) -> None:
        """Put the database aside, since it holds what can't be read, and begin another."""
        self._database.begin_anew()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _documents(self) -> Documents:
        return Documents(self._database, self._config, self._homes.home().number)

    def _take_in(self, parts: Iterable[Part], read: Read) -> None:
        """Write the documents that have changed."""
        home = self._homes.home()
        if not home.number:
            home = self._homes.new_home()
        generation = max(home.generation + 1, clock())
        documents = Documents(self._database, self._config, home.number)
        gone: list[tuple[str, str]] = []
        waiting = iter(read(documents.differences(parts, gone)))
        has_changed = not home.generation
        while some := list(islice(waiting, _WRITTEN)):
            with self._database.transaction():
                has_changed = documents.write(some, generation) or has_changed
        for start in range(0, len(gone), _WRITTEN):
            with self._database.transaction():
                documents.drop(gone[start : start + _WRITTEN], generation)
        path = self._config.ledger
        has_changed = has_changed or bool(gone) or (path is not None and ledger.stamp_of(path) != home.ledger)
        if has_changed or self._was_cut_short(home):
            with self._database.transaction():
                ledger_stamp, identified = home.ledger, home.identified
                if path is not None:
                    identities = identities_of(self._database, self._config, path, home, generation)
                    ledger_stamp, identified = identities.settle(home.ledger, home.identified)
                # Only now may anyone place what was read.
                sql = "update homes set generation = ?, ledger = ?, identified = ? where number = ?"
                self._database.execute(sql, (generation, ledger_stamp, identified, home.number))

    def _was_cut_short(self, home: Home) -> bool:
        """Whether an earlier run ended after writing documents and before they could be placed."""
        sql = "select 1 from touched where home = ? and generation > ? limit 1"
        if self._database.rows(sql, (home.number, home.generation)):
            return True
        last: int = self._database.rows("select coalesce(max(number), 0) from articles")[0][0]
        return self._config.ledger is not None and last > home.identified

    def _touched(self, home: Home, site: Site, now: datetime) -> list[str] | None:
        """The identities to place; None if placing all again is faster."""
        sql = "select distinct id from touched where home = ? and generation > ? and generation <= ?"
        found = {id for (id,) in self._database.rows(sql, (home.number, site.read, home.generation))}
        found.update(self._due(home, site, now))
        if len(found) > _FEW:
            sql = "select sum(size) from groups where site = ? and kind in (?, ?, ?, ?, ?)"
            kinds = (ALL[0], grouping.DRAFT, grouping.SCHEDULED, grouping.BELOW_MINIMUM, grouping.DUPLICATE)
            if len(found) * _ANEW > self._database.rows(sql, (site.number, *map(str, kinds)))[0][0]:
                return None
        return sorted(found)

    def _due(self, home: Home, site: Site, now: datetime) -> set[str]:
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

    def _placing(self, home: Home, site: Site, generation: int, now: datetime, *, is_new: bool = False) -> Placing:
        return Placing(self._database, self._config, home.number, site.number, generation, now, is_new=is_new)


def _record(article: Article) -> Record:
    """The record of an article that has no document."""
    body = records.encode(article)
    digest = records.digest(body)
    listing = records.encode_listing(article)
    facts = (article.path, "", digest, digest, listing, body, b"", None, b"", False)
    return Record(*facts, article.id, *records.moments(article))


def _refuse_in_worker() -> None:
    """Raise RuntimeError where a process that is being started runs the main module of its parent, and that has no guard: it must
    not do the parent's work again.
    """
    # If nothing has loaded it, this is not such a process.
    module = sys.modules.get("multiprocessing.process")
    if module is not None and getattr(module.current_process(), "_inheriting", False):
        raise RuntimeError('a script that builds a site needs `if __name__ == "__main__":` around what it does')
