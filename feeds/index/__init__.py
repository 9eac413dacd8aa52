"""The index: what is known of the documents, kept between runs, so that an unchanged file is not read again.

A cache: it can be deleted at any time, and nothing that is published differs. What an article says is kept under its
digest and never changes there, so that a server can go on with one state while the next is written.
"""

import hashlib
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from itertools import islice
from operator import attrgetter
from pathlib import Path

from msgspec.structs import replace

from feeds import faults
from feeds.config.types import Config
from feeds.errors import DatabaseError, Problem
from feeds.index import catalogue, sight, tables
from feeds.index.catalogue import Catalogue
from feeds.index.catalogues import Catalogues
from feeds.index.files import LocalFiles
from feeds.index.made import Documents, Entries
from feeds.index.revision import Change
from feeds.index.sight import Seen
from feeds.model import Article, File, Listing, records
from feeds.sources import reader
from feeds.sources.reading import Record
from feeds.sources.scan import Found, Scan
from feeds.storage import database
from feeds.version import __version__

log = logging.getLogger("feeds")

_PROBLEMS, _PLACES = "select problems from seen where home = ?", "select places from seen where home = ?"
_STAMPS = "stamps"
# Articles that are written at a time: each transaction writes much that lies between them anew.
_WRITTEN = 1000
# How long what no document says any more is kept for servers that still show it, and what no run asked for, in seconds.
_GRACE, _UNUSED = 3600, 7 * 86400
_LOOK_AGAIN = 0.5
# Documents that say something else, which are sooner put into a catalogue than it is made anew.
_FEW_CHANGES = 1000

# Reads documents, each given with the digest of the content that it had when it was read before.
Read = Callable[[Sequence[tuple[Found, bytes | None]]], Iterable[Record]]


class Index:
    """What is known of the documents of `config`. Safe for use by several threads; several processes may share one."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._home = _name(__version__, reader.home_key(config))
        self._look = _name(__version__, _look(config))
        self._database = database.connect(config.index, config.path.parent, tables.SCHEMA)
        self._listings: dict[bytes, Listing] = {}
        self._lock = threading.Lock()
        self._leading = ExitStack()
        self._entries = Entries(self._database, self._look)
        layout = (__version__, sys.byteorder, Catalogue.__struct_fields__)
        # A catalogue names no place on this machine.
        grouping = replace(config, path=Path(), sources=(), templates=None)
        self._catalogues = Catalogues(self._database, self._home, _name(layout, grouping))
        self.made = Documents(self._database, self._home)
        # Whoever has the file of an index has the folders too.
        self._files = None if database.is_file(config.index) else LocalFiles(self._database, self._home, config)
        self._writes = False
        self._filled: tuple[int, list[Listing]] = (0, [])
        self.generation = 0

    def is_of(self, config: Config) -> bool:
        """Whether this is the index of `config` too: where it differs, if at all, no document and no entry does."""
        same = (self._config.index, self._config.path, self._home, self._look)
        return same == (
            config.index,
            config.path,
            _name(__version__, reader.home_key(config)),
            _name(__version__, _look(config)),
        )

    def refresh(self, found: Iterable[Found], read: Read) -> bool:
        """Make the index what the documents are now, which are `found`; `read` reads those that are new or have changed.

        While another process does the same with a file, it is waited for; in PostgreSQL it is the writer, and nothing is done
        here. Whether anything has changed. Raises DatabaseError where nothing is known but to the writer.
        """
        with self._database.lead(wait=database.is_file(self._config.index)) as leads:
            self._writes = leads
            if leads:
                return self._refresh(found, read)
        if not self.is_filled():
            raise DatabaseError("the index holds nothing for this config, and another process is its writer")
        log.warning("another process writes the index; what it holds is used")
        return False

    def lead(self) -> None:
        """Be the writer of an index that several machines share, until `release`; wait while there is another."""
        if not database.is_file(self._config.index):
            said = "another process writes the index: waiting until it ends (`feeds serve --follow` would serve beside it)"
            self._leading.enter_context(self._database.lead(waiting=partial(log.warning, said)))

    def release(self) -> None:
        """Let another process be the writer."""
        self._leading.close()

    def await_writer(self) -> None:
        """Return once a process of the same version has written what the documents of this config are."""
        told = False
        while not self.is_filled():
            if not told:
                log.warning("the index holds nothing for this config yet: waiting for a writer of the same version of Feeds")
                told = True
            time.sleep(_LOOK_AGAIN)

    def look_again(self) -> None:
        """Make ready to read what another process has written meanwhile. Raises DatabaseError where that is nothing yet."""
        if database.is_file(self._config.index):
            self._database.reopen()
        if not self.is_filled():
            raise DatabaseError("the index holds nothing for this config yet; a writer of the same version of Feeds fills it")

    def is_filled(self) -> bool:
        """Whether the documents of this config were ever written."""
        return bool(self._database.rows("select 1 from used where name = ?", (self._home,)))

    def _refresh(self, found: Iterable[Found], read: Read) -> bool:
        found = found if isinstance(found, Scan) else Scan(found)
        if not self.is_filled():
            self._fill(found, read)
            return True
        told = found.lines
        seen = self._seen()
        loose = seen.loose()
        if told == seen.stamps and not loose and found.is_whole:
            return False
        changed, gone = sight.differences(found, seen.stamps, loose)
        sql = "select path, content from documents where home = ? and path in"
        known = dict(tables.chosen(self._database, sql, (self._home,), [each.path for each in changed]))
        wanted = [(each, known.get(each.path) if each.path not in loose else None) for each in changed]
        del changed, known
        written = [] if not wanted else list(self._keep_articles(read(wanted)))
        del wanted
        unread = {each.path for each in written if not each.stamp}
        self._write(written, gone, seen, _told(found, unread))
        return any(not record.same for record in written) or bool(gone)

    def _fill(self, found: Scan, read: Read) -> None:
        """Write what the documents are for the first time, as they are read. None of it counts before the last step."""
        with self._database.transaction():
            # What is left of an earlier time that was cut off.
            self._database.execute(
                "insert into dropped (digest, at) select digest, ? from documents where home = ? and digest is not null "
                "on conflict (digest) do update set at = excluded.at",
                (int(time.time()), self._home),
            )
            self._database.execute("delete from documents where home = ?", (self._home,))
            self._database.execute("delete from files where home = ?", (self._home,))
        seen = Seen("", {}, {})
        unread: set[str] = set()
        listings: list[Listing] = []
        stamps = ""
        waiting = iter(read([(each, None) for each in found]))
        while some := list(islice(waiting, _WRITTEN)):
            with self._database.transaction():
                self._put_articles(some)
                self._put_documents(some)
            seen = _with(seen, some)
            unread.update(each.path for each in some if not each.stamp)
            # While other processes read: what is asked for next.
            stamps = found.lines
            listings += [records.decode_listing(each.listing) for each in some if each.listing is not None]
        with self._database.transaction():
            if unread:
                stamps = _told(found, unread)
            self._keep_seen(seen._replace(stamps=stamps), tables.long_value(self._database, self._home, _STAMPS))
            self._tidy(int(time.time()))
            self._filled = (self._database.announce(), listings)
            self._catalogues.let_go()

    def listings(self) -> list[Listing]:
        """All articles, drafts too, in the order of their documents' paths. `generation` is that of these from now on."""
        with self._lock, self._database.snapshot():
            self.generation = self._database.generation()
            sql = "select digest, path from documents where home = ? and digest is not null"
            paths: dict[bytes, str] = dict(self._database.rows(sql, (self._home,))) if self._listings else {}
            lacking = [path for digest, path in paths.items() if digest not in self._listings]
            if len(lacking) > len(paths) // 2 or not paths:
                self._listings = {listing.digest: listing for listing in self._all_listings()}
            else:
                rows = tables.chosen(
                    self._database, "select listing from documents where home = ? and path in", (self._home,), lacking
                )
                loaded = [records.decode_listing(data) for (data,) in rows]
                held = self._listings | {listing.digest: listing for listing in loaded}
                self._listings = {digest: held[digest] for digest in paths}
            return sorted(self._listings.values(), key=attrgetter("path"))

    def _all_listings(self) -> list[Listing]:
        """All listings of this generation. Where this process wrote them just now, it has them at hand."""
        (generation, written), self._filled = self._filled, (0, [])
        if generation == self.generation and written:
            return written
        rows = self._database.rows("select listing from documents where home = ? and digest is not null", (self._home,))
        return [records.decode_listing(data) for (data,) in rows]

    def catalogue(self, now: datetime) -> Catalogue | None:
        """What the collection was last, if it is the same at the moment `now` but for what articles say. `generation` is that of
        this from now on.
        """
        with self._lock, self._database.snapshot():
            self.generation = self._database.generation()
            found = self._catalogues.newest(self.generation)
        return found if found is not None and catalogue.is_at(found, now, self._config) else None

    def identities(self, name: bytes) -> bytes:
        """The identities of the articles in the catalogue with this `name`, as its column; none if it is the newest no more."""
        with self._lock, self._database.snapshot():
            return self._catalogues.ids(name)

    def keep_catalogue(self, made: Catalogue) -> None:
        """Keep the catalogue of what was read last. Nothing is done where another process is the writer."""
        if not self._writes:
            return
        with self._database.transaction():
            # Else the documents have changed meanwhile.
            if self._database.generation() == self.generation:
                self._catalogues.keep(made)

    def listed(self, wanted: Sequence[tuple[str, bytes]]) -> list[Listing]:
        """The listings of documents, by path and digest."""
        rows = tables.chosen(
            self._database,
            "select listing from documents where listing is not null and home = ? and path in",
            (self._home,),
            [path for path, _ in wanted],
        )
        found = {listing.digest: listing for listing in (records.decode_listing(data) for (data,) in rows)}
        # What a document said before, it is known to have said.
        lacking = [digest for _, digest in wanted if digest not in found]
        rows = tables.chosen(self._database, "select digest, article from articles where digest in", (), lacking)
        found.update((bytes(digest), records.listing(records.decode(article), bytes(digest))) for digest, article in rows)
        return [found[digest] for _, digest in wanted]

    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with documents, drafts too, in the order of their paths; then those whose entries can't be rendered."""
        found = self._facts(_PROBLEMS)
        told = [problem for _, data in sorted(found.items()) for problem in records.decode_problems(data)]
        sql = "select path from documents where home = ? and digest in"
        failing = tables.chosen(self._database, sql, (self._home,), self._entries.unrendered())
        return (*told, *(faults.unrendered(path) for (path,) in sorted(failing)))

    def broken(self) -> list[Article]:
        """What could be understood of articles that can't be published."""
        rows = self._database.rows("select path, broken from documents where home = ? and broken is not null", (self._home,))
        return [records.decode(data) for _, data in sorted(rows)]

    def articles(self, listings: Sequence[Listing]) -> list[Article]:
        """As `Library` says."""
        wanted = [listing.digest for listing in listings]
        rows = tables.chosen(self._database, "select digest, article from articles where digest in", (), wanted)
        found = {bytes(digest): bytes(article) for digest, article in rows}
        return [records.decode(found[digest]) for digest in wanted]

    def entries(self, names: Mapping[bytes, bytes]) -> dict[bytes, tuple[bytes, ...]]:
        """As `Library` says."""
        return self._entries.get(names)

    def has_entries(self) -> bool:
        """As `Library` says."""
        return self._entries.has_any()

    def kept(self, names: Mapping[bytes, bytes]) -> set[bytes]:
        """As `Library` says."""
        return self._entries.kept(names)

    def keep(self, entries: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """As `Library` says."""
        self._entries.keep(entries)

    def places(self) -> list[tuple[str, str]]:
        """The files beside documents that these depend on, each with the stamp that it had."""
        return list({place for data in self._facts(_PLACES).values() for place in records.decode_places(data)})

    def settle_beside(self) -> None:
        """Have what was kept go to its place on the disk meanwhile."""
        self._database.settle_beside()

    def file(self, file: File) -> bytes:
        """As `Library` says."""
        kept = self._files.get(file) if self._files is not None and not self._writes else None
        return reader.file_bytes(self._config, file) if kept is None else kept

    def after_fork(self) -> None:
        """Use a connection of this process's own."""
        self._database.after_fork()

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _seen(self) -> Seen:
        return Seen(tables.long_value(self._database, self._home, _STAMPS).decode(), self._facts(_PROBLEMS), self._facts(_PLACES))

    def _facts(self, sql: str) -> dict[str, bytes]:
        rows = self._database.rows(sql, (self._home,))
        return records.decode_facts(bytes(rows[0][0])) if rows else {}

    def _changes(self, new: Sequence[Record], gone: Iterable[str]) -> list[Change]:
        """What is `new` and what is `gone`, each as it is known and as it is now; nothing of what was no article and is none."""
        sql = "select path, listing from documents where listing is not null and home = ? and path in"
        now = {each.path: each.listing for each in new}
        known = dict(tables.chosen(self._database, sql, (self._home,), [*now, *gone]))
        pairs = [(known.get(path), now.get(path)) for path in (*now, *gone)]
        return [
            (records.decode_listing(one) if one else None, records.decode_listing(other) if other else None)
            for one, other in pairs
            if one or other
        ]

    def _keep_articles(self, read: Iterable[Record]) -> Iterator[Record]:
        """Write the articles as they come in, and pass on what there is to be written of their documents."""
        waiting = iter(read)
        while some := list(islice(waiting, _WRITTEN)):
            with self._database.transaction():
                self._put_articles(some)
            yield from (each._replace(article=None) for each in some)

    def _put_articles(self, some: Sequence[Record]) -> None:
        sql = "insert into articles (digest, article) values (?, ?) on conflict (digest) do nothing"
        new = [each for each in some if each.digest is not None]
        self._database.many(sql, [(each.digest, each.article) for each in new])
        if self._database.rows("select 1 from dropped limit 1"):
            # Said again: not to be forgotten meanwhile.
            self._database.many("delete from dropped where digest = ?", [(each.digest,) for each in new])

    def _put_documents(self, some: Sequence[Record]) -> None:
        insert = (
            "insert into documents (home, path, stamp, content, digest, listing, problems, broken, places) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (home, path) do update set stamp = excluded.stamp, "
            "content = excluded.content, digest = excluded.digest, listing = excluded.listing, problems = excluded.problems, "
            "broken = excluded.broken, places = excluded.places"
        )
        self._database.many(
            insert,
            [
                (self._home, path, stamp, content, digest, listing, problems, broken, places)
                for path, stamp, content, digest, listing, _, problems, broken, places, _ in some
            ],
        )
        if self._files is not None:
            self._files.keep(some)

    def _write(self, written: Sequence[Record], gone: set[str], seen: Seen, stamps: str) -> None:
        """The step in which what is known becomes the documents' newest state, all at once: what was `seen`, but for these, with
        other `stamps`.
        """
        now = int(time.time())
        home = self._home
        drop = (
            "insert into dropped (digest, at) select digest, ? from documents where home = ? and path = ? and digest is not null "
            "on conflict (digest) do update set at = excluded.at"
        )
        new = [each for each in written if not each.same]
        with self._database.transaction():
            changes = self._changes(new, gone) if 0 < len(new) + len(gone) <= _FEW_CHANGES else None
            self._database.many(drop, [(now, home, path) for path in (*(each.path for each in new), *gone)])
            self._database.many(
                "update documents set stamp = ? where home = ? and path = ?",
                [(each.stamp, home, each.path) for each in written if each.same],
            )
            self._database.many("delete from documents where home = ? and path = ?", [(home, path) for path in gone])
            if self._files is not None:
                self._files.let_go(gone)
            self._put_documents(new)
            self._keep_seen(_with(seen, new, gone)._replace(stamps=stamps), seen.stamps.encode())
            self._tidy(now)
            changed = None
            if changes is not None:
                changed = self._catalogues.change(changes, self._config, self.listed)
            elif new or gone:
                self._catalogues.let_go()
            generation = self._database.announce() if new or gone else self._database.generation()
        if changed is not None:
            self._catalogues.hold(generation, changed)

    def _keep_seen(self, seen: Seen, stamps: bytes) -> None:
        """Keep what was `seen`, where these `stamps` are kept."""
        sql = (
            "insert into seen (home, problems, places) values (?, ?, ?) on conflict (home) do update set "
            "problems = excluded.problems, places = excluded.places"
        )
        self._database.execute(sql, (self._home, records.encode_facts(seen.problems), records.encode_facts(seen.places)))
        tables.keep_long_value(self._database, self._home, _STAMPS, seen.stamps.encode(), stamps)

    def _tidy(self, now: int) -> None:
        """Forget what no document says and no run asked for, for a while."""
        self._database.many(
            "insert into used (name, at) values (?, ?) on conflict (name) do update set at = excluded.at",
            [(self._home, now), (self._look, now)],
        )
        if self._database.rows("select 1 from used where at < ?", (now - _UNUSED,)):
            self._database.execute("delete from used where at < ?", (now - _UNUSED,))
            for statement in tables.DROP_UNUSED:
                self._database.execute(statement)
        forgotten = self._database.rows(
            "select digest from dropped where at < ? and digest not in (select digest from documents where digest is not null)",
            (now - _GRACE,),
        )
        self._database.many("delete from articles where digest = ?", forgotten)
        self._database.many("delete from entries where digest = ?", forgotten)
        self._database.execute("delete from dropped where at < ?", (now - _GRACE,))


def _told(found: Scan, unread: set[str]) -> str:
    """The lines of what was `found`: those that could not be read have no stamp."""
    return Scan(each._replace(stamp="") if each.path in unread else each for each in found).lines if unread else found.lines


def _with(seen: Seen, new: Sequence[Record], gone: Iterable[str] = ()) -> Seen:
    """What was `seen`, but of documents that are `new`, and of those that are `gone`."""
    for path in (*(each.path for each in new), *gone):
        seen.problems.pop(path, None)
        seen.places.pop(path, None)
    seen.problems.update((each.path, each.problems) for each in new if each.problems)
    seen.places.update((each.path, each.places) for each in new if each.places)
    return seen


def _look(config: Config) -> tuple[object, ...]:
    providers = tuple((domain, notes.name, notes.feed) for domain, notes in config.providers.items() if notes.feed)
    site = config.site
    return (config.formats, site.url, site.title, site.language, site.author, config.embeds, providers)


def _name(*facts: object) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]
