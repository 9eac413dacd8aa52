"""The prepared answers of a site: those of every path that was requested, kept in memory.

An `Answers` belongs to one state of the site. A new state takes over what has not changed and prepares the rest before it
replaces the old one, so that no request waits for it or sees a mixture.
"""

import asyncio
import re
import threading
import time
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from starlette.types import Message

from feeds import faults
from feeds.errors import FeedsError
from feeds.index.history import History, State
from feeds.model import Document, File, Format, Group
from feeds.site import http_cache, http_safety, queries
from feeds.site.http_cache import cache_control, group_of
from feeds.site.site import OPENED, Site
from feeds.site.traces import Traces
from feeds.sources.local_files import FOLDER as FILES
from feeds.storage import database
from feeds.text import compression
from feeds.web.absence import articles_of, may_be_away, withdrawn_of
from feeds.web.delta import Versions
from feeds.web.files import OpenFile
from feeds.web.headers import COMMON, fields, links
from feeds.web.prepared import STYLED, FileState, Header, Prepared

# Remembered requests may use 1/_KNOWN_SHARE of the memory. Each has at most _LONGEST_KNOWN bytes, and takes _KNOWN more: those of
# the lists and messages of an answer of its own.
_KNOWN_SHARE, _LONGEST_KNOWN, _KNOWN = 4, 4000, 1000
# Local files of at most so many bytes are compressed, and are in a database that servers share (`feeds.index`).
_MOST_COMPRESSED, _MOST_IN_DATABASE = 1 << 20, 10_000_000
# Encodes the path and the headers of a GET as one key.
words = msgspec.msgpack.Encoder().encode
QUERY = re.compile(r"feeds/([^/]*=[^/]*)\.([a-z]+)")
# Pages that are made for one question: those of queries, the composer with a query, and searches.
ASKED = re.compile(r"(feeds|compose|search)/([^/]*=[^/]*)/index\.html")


class _Away(NamedTuple):
    """The last answers for a document that is missing, to be sent until a moment in seconds since 1970.

    They are dropped once one of the `articles` in them is withdrawn.
    """

    until: float
    prepared: Prepared
    articles: frozenset[str]


class Answers:
    """The prepared answers of one state of the site, in at most `memory` bytes.

    That is the memory of all answers together, in all codings, and of the requests that are remembered with them. While a new
    state takes the place of another, the two share it.
    """

    def __init__(
        self, site: Site, history: History, versions: Versions, memory: int, state: State = (0, 0), *, follows: bool = False
    ) -> None:
        self.site = site
        # Whether local files are in a database that this server reads and another process writes.
        self._shared = follows and not database.is_file(site.config.index)
        self._state = state
        due = site.view.next_due
        self._due = due.timestamp() if due is not None else None
        self._built = datetime.now(UTC)
        self.ready: dict[str, Prepared] = {}
        # Answers that depend only on the path and headers of the GET, by `words` of these. It is one dictionary for all paths,
        # with bytes as keys: every access to memory on the way to an answer costs as much as a dozen lines of Python.
        self.known: dict[bytes, tuple[Message, Message]] = {}
        # Whether a published path that is missing gets a 410 rather than a 404.
        self.gone_for_certain = True
        self._traces = Traces(site)
        self._history = history
        self.versions = versions
        self._memory = memory
        self._held = self._known_held = 0
        self._lock = threading.Lock()
        self._retired = False
        self._making: dict[tuple[str, str], asyncio.Task[Prepared | None]] = {}
        self._away: dict[str, _Away] = {}
        self._taken_over: set[str] = set()
        # What the state before this has prepared too late to be prepared here.
        self._late: dict[str, Prepared] = {}
        # The state that has replaced this one, while requests to this one are still being answered.
        self._successor: Answers | None = None

    def succeed(self, other: "Answers") -> None:
        """Prepare what `other` has prepared, before this replaces it, as far as half the memory goes. Call it in a thread.

        From now on `other` does not write to the history, since a late request to an old state is not a change.
        """
        with other._lock:
            other._retired = True
            other._make_room(self._memory // 2)
            ready = {path: away.prepared for path, away in other._away.items()} | other._late | other.ready
        self._taken_over = set(ready)
        for path, earlier in ready.items():
            # Queries are endless, and local files are opened for each request.
            if QUERY.fullmatch(path) or ASKED.fullmatch(path) or path.endswith(OPENED) or earlier.file is not None:
                continue
            if self._held > self._memory // 2:
                break
            try:
                made = self._prepared_again(path, earlier)
            except FeedsError:
                raise
            except Exception as error:
                # Requests for this document get a 500, and others do not.
                faults.report(path, faults.RENDERED, error)
                continue
            if made is not None:
                self._keep(path, made)
            else:
                self._miss(path, other, earlier)

    def succeed_late(self, other: "Answers") -> None:
        """Take over what `other` has prepared since `succeed`, which may be away now or later. Call it when this replaces the
        other.
        """
        other._successor = self
        for path in other.ready.keys() - self._taken_over:
            self._inherit(path, other, other.ready[path])

    def _inherit(self, path: str, other: "Answers", earlier: Prepared) -> None:
        """Take over the answers `earlier`, which `other` has prepared at `path` since `succeed`."""
        if path in self.site:
            self._late[path] = earlier
        else:
            self._miss(path, other, earlier)

    def away(self, path: str) -> Prepared | None:
        """The last answers at a path without a document, while it is only away."""
        away = self._away.get(path)
        return away.prepared if away is not None and time.time() < away.until else None

    def _miss(self, path: str, other: "Answers", earlier: Prepared) -> None:
        """Keep the answers `earlier` of `other` for a missing document, if it may come back."""
        away = other._away.get(path)
        if away is None:
            if QUERY.fullmatch(path) or ASKED.fullmatch(path) or earlier.file is not None or not may_be_away(path):
                return
            away = _Away(time.time() + self.site.config.gone_after, earlier, articles_of(path, other.site))
        fits = self._held + earlier.size < self._memory // 2
        if away.until > time.time() and fits and not withdrawn_of(away.articles, self.site):
            self._away[path] = away
            self._held += earlier.size

    def _prepared_again(self, path: str, earlier: Prepared) -> Prepared | None:
        """The answers at a path, in the codings that `earlier` has."""
        document = self._again(path, earlier)
        if document is None:
            return None
        made = self._prepare(document, group_of(path, self.site))
        for coding, coded in tuple(earlier.coded.items()):
            if coding not in made.coded:
                same = document.etag == earlier.document.etag
                made.add(coding, coded.data if same else compression.encode(document.body, coding))
        return made

    def _again(self, path: str, earlier: Prepared) -> Document | None:
        """The document at `path`: that of `earlier` if rendering would give the same bytes."""
        # A preview's pages show more than their keys cover.
        key = self._traces.of(path) if self.site.preview is None else None
        return earlier.document if key is not None and key == earlier.key else self.site.document(path)

    async def get(self, path: str, coding: str = "") -> Prepared | None:
        """The answers at `path`, including `coding` if the document has it. None if there is no document.

        Documents are rendered and compressed in threads, once for all requests that wait. Raises QueryError for a bad query.
        """
        prepared = self._whole(path)
        if prepared is not None and (coding in prepared.coded or coding not in prepared.codings):
            return prepared
        key = (path, coding)
        task = self._making.get(key)
        if task is None:
            task = asyncio.create_task(asyncio.to_thread(self._make, path, coding))
            self._making[key] = task
            task.add_done_callback(lambda _: self._making.pop(key, None))
        # A client that disconnects must not cancel the work for others that wait.
        return await asyncio.shield(task)

    @property
    def waiting(self) -> int:
        """The number of answers that are being made."""
        return len(self._making)

    def local_file(self, path: str) -> File | None:
        """The local file at `path`; None if it is not sent from the disk, or if there is none.

        Small files that compress well, such as drawings, are prepared like documents, and so are files that are in the database.
        """
        if self._whole(path) is not None:
            # Known without the database, which may be away.
            return None
        file = self.site.files.get(path)
        if file is None or (self._shared and file.size <= _MOST_IN_DATABASE):
            return None
        if file.size <= _MOST_COMPRESSED and compression.compressible(file.media_type):
            return None
        return file

    async def of_file(self, file: File, opened: OpenFile, sha256: str) -> Prepared:
        """The answers for a local file, which is sent from the disk."""
        prepared = self.ready.get(file.path)
        if prepared is None or prepared.file is None or prepared.file.stamp != opened.stamp:
            document = Document(file.path, b"", file.media_type, sha256)
            state = FileState(opened.stamp, opened.size)
            prepared = await asyncio.to_thread(self._prepare, document, None, state)
            self._keep(file.path, prepared)
        return prepared

    def settle(self, prepared: Prepared) -> None:
        """Add Last-Modified to prepared answers from now on, if the clock has passed it."""
        if prepared.pending is not None:
            with self._lock:
                prepared.settle()

    @property
    def held(self) -> int:
        """The memory of prepared answers and remembered requests, in bytes."""
        return self._held + self._known_held

    def timed(self, start: Message) -> Message:
        """`start`, which no cache keeps past the moment when the next article is due: it would hold that back."""
        if self._due is None:
            return start
        left = self._due - time.time()
        headers = [
            (name, http_cache.until(value.decode(), left).encode()) if name == b"cache-control" else (name, value)
            for name, value in start["headers"]
        ]
        return {**start, "headers": headers}

    def remember(self, path: str, asked: bytes, answer: tuple[Message, Message]) -> None:
        """Give the same `answer` to every later GET with the same `words`, `asked`, for the document at `path`.

        A feed reader sends the same headers every time, and so do all installations of it. Nothing is remembered until
        Last-Modified may be sent.
        """
        prepared = self.ready.get(path)
        if prepared is None or prepared.pending is not None or len(asked) > _LONGEST_KNOWN:
            return
        with self._lock:
            if asked not in self.known:
                if self._known_held > self._memory // _KNOWN_SHARE:
                    self._forget()
                self._known_held += len(asked) + _KNOWN
            self.known[asked] = answer

    def _whole(self, path: str) -> Prepared | None:
        """The prepared answers at `path`, unless these are sent from the disk."""
        prepared = self.ready.get(path)
        return prepared if prepared is not None and prepared.file is None else None

    def _make(self, path: str, coding: str) -> Prepared | None:
        prepared = self._whole(path)
        if prepared is None:
            found = self._find(path)
            if found is None:
                return None
            prepared = self._prepare(*found)
        body = None
        if coding in prepared.codings and coding not in prepared.coded:
            body = compression.encode(prepared.document.body, coding)
        return self._keep(path, prepared, coding, body)

    def _find(self, path: str) -> tuple[Document, Group | None] | None:
        if path.endswith(OPENED):
            opened = self._opened(path.removesuffix(OPENED))
            return (opened, None) if opened is not None else None
        if (page := ASKED.fullmatch(path)) is not None:
            return self._asked_page(page[1], page[2]), None
        asked = QUERY.fullmatch(path)
        if asked is None:
            document = self.site.document(path)
            return (document, group_of(path, self.site)) if document is not None else None
        if asked[2] not in self.site.config.formats:
            return None
        group = queries.group(self._query(asked[1]), self.site.collection, self.site.config)
        return self.site.feed(group, Format(asked[2])), group

    def _opened(self, path: str) -> Document | None:
        """The page that a browser shows in place of the feed at `path`."""
        if (asked := QUERY.fullmatch(path)) is None:
            return self.site.opened(path)
        return self.site.opened(path, queries.group(self._query(asked[1]), self.site.collection, self.site.config))

    def _asked_page(self, place: str, slug: str) -> Document:
        if place == "search":
            return self.site.search(queries.from_slug(slug)[0][1])
        query = self._query(slug)
        if place == "compose":
            return self.site.composer(query)
        return self.site.query_page(queries.group(query, self.site.collection, self.site.config))

    def _query(self, slug: str) -> queries.Query:
        return queries.parse(queries.from_slug(slug), self.site.collection, self.site.config)

    def _prepare(self, document: Document, group: Group | None, file: FileState | None = None) -> Prepared:
        now = datetime.now(UTC)
        is_opened = document.path.endswith(OPENED)
        # A cache that many share must not give a feed reader what a browser was given.
        kept = "private, no-cache" if is_opened else cache_control(document.path, group, self.site)
        varies = "Accept, Sec-Fetch-Dest, " if is_opened else "Accept, " if document.media_type in STYLED else ""
        headers: list[Header] = [
            (b"cache-control", kept.encode()),
            (b"vary", f"{varies}Accept-Encoding".encode()),
            *COMMON,
        ]
        if document.path.startswith(f"{FILES}/"):
            headers += fields(http_safety.of(document.media_type))
        base, _, suffix = document.path.rpartition(".")
        if group is not None and base == group.path and suffix in self.site.config.formats:
            home = "index.html" if base == "all" else f"{base}/index.html"
            page = home in self.site or "=" in base
            headers.append((b"link", links(document.path, base, self.site, page=page).encode()))
            if not self.versions.knows(document):
                self.versions.remember(document, self.site.entries(group, Format(suffix)))
        changed = None
        # Queries are endless, so they are not in the history and have an ETag only.
        if "=" not in document.path and not is_opened:
            with self._lock:
                if not self._retired:
                    changed = self._history.changed(document, self._built, self._state)
        key = self._traces.of(document.path) if "=" not in document.path and not is_opened and file is None else None
        return Prepared(document, headers, changed, now, key, file)

    def _keep(self, path: str, prepared: Prepared, coding: str = "", body: bytes | None = None) -> Prepared:
        """Keep the answers at `path`, with a `body` that was encoded in `coding`. Returns the answers that are kept."""
        with self._lock:
            before = self.ready.get(path)
            if before is not None and before.document.etag == prepared.document.etag and before.file == prepared.file:
                # Another thread has made the same.
                prepared = before
            if before is not None:
                self._held -= before.size
            if body is not None and coding not in prepared.coded:
                prepared.add(coding, body)
            self.ready[path] = prepared
            self._held += prepared.size
            most = self._memory - self._memory // _KNOWN_SHARE
            if self._held > most:
                self._make_room(most - most // 10, path)
        if self._successor is not None:
            self._successor._inherit(path, self, prepared)
        return prepared

    def _make_room(self, most: int, spare: str = "") -> None:
        """Drop answers until at most so many bytes are held: first those not requested since the last time, oldest first.

        The answer at the path `spare` stays.
        """
        if self._held <= most:
            return
        self._held -= sum(away.prepared.size for away in self._away.values())
        self._away = {}
        ready = dict(self.ready)
        for again in (False, True):
            for path, answer in tuple(ready.items()):
                if self._held <= most:
                    break
                if path == spare or (answer.used and not again):
                    answer.used = False
                    continue
                del ready[path]
                self._held -= answer.size
        self.ready = ready
        self._forget()

    def _forget(self) -> None:
        """Forget all remembered requests, so that dropped answers are freed and later requests mark theirs as used."""
        self.known = {}
        self._known_held = 0
