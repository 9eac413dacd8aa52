"""The press: renders what a site consists of, in several processes where there is enough to do for them."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby, islice

import msgspec

from feeds.errors import ThemeError
from feeds.index import Index
from feeds.model import Document, Listing
from feeds.pool import Pool
from feeds.processes import Beside, can_fork
from feeds.publish import static_hosts
from feeds.publish.targets import Output, Waiting
from feeds.site import rendered
from feeds.site.rendered import Rendered
from feeds.site.site import Site
from feeds.text import compression

# What a process is given at a time. So many documents are all formats of several feeds: what these have in common is worked out
# once.
_ENTRIES, _MADE, _MADE_OF_PERIOD = 100, 12, 300
# How many batches of entries wait to be asked for: of some 100 kB each, while it is planned what they are for.
_ENTRIES_AHEAD = 128
# How many batches of documents wait to be asked for, where they are set aside and where they are handed over: an archive page may
# have some megabytes.
_AHEAD, _AHEAD_WHOLE = 24, 3
# Bytes of entries that each process holds: archive pages of one period have many in common.
_MOST_HELD = 16_000_000
_PAGE = ".html"
_Given = tuple[Site, Index, Output]
_encode = msgspec.msgpack.Encoder().encode
_decode_entries = msgspec.msgpack.Decoder(list[Rendered]).decode
_decode_made = msgspec.msgpack.Decoder(tuple[list[Document], list[Waiting], list[str]]).decode
_decode_texts = msgspec.msgpack.Decoder(list[str]).decode
_decode_pages = msgspec.msgpack.Decoder(list[Document]).decode


class Press:
    """Renders what a site consists of, for `output`. A context: its processes end with it."""

    def __init__(self, site: Site, index: Index, output: Output) -> None:
        self._site = site
        self._index = index
        self._pool = Pool((site, index, output), (_prepare, _render, _make), _begin)
        self._batches: list[list[str]] = []
        self._batch_of: dict[str, int] = {}
        self._under_way: dict[int, int] = {}
        self._made: dict[str, Document | Waiting | None] = {}
        self._ahead = _AHEAD_WHOLE
        self._apart: frozenset[str] = frozenset()
        self._pages: Beside | None = None

    def entries(self, listings: Sequence[Listing]) -> Iterator[list[Rendered]]:
        """The entries of `listings`, in every format, in batches. Other processes begin at once."""
        if not self._pool.is_worth_it(len(listings)):
            waiting = iter(listings)
            return (_entries(self._site, some) for some in iter(lambda: list(islice(waiting, _ENTRIES)), []))
        if self._site.config.pages:
            # What one process has compiled, the others need not.
            self._pool.submit(_prepare, b"")
        ids = [listing.id for listing in listings]
        tasks = (_encode(ids[start : start + _ENTRIES]) for start in range(0, len(ids), _ENTRIES))
        return map(_decode_entries, self._pool.spread(_render, tasks, _ENTRIES_AHEAD))

    def expect(self, paths: Sequence[str]) -> None:
        """Say which documents will be asked for, in this order, so that they are made ahead, with their companions, from when
        the first is. Only those that take longer to make than to hand over are worth it.
        """
        if self._pool.is_worth_it(len(paths)):
            self._batches = list(_batches(paths))
            self._batch_of = {path: number for number, batch in enumerate(self._batches) for path in batch}
            # Once the output is open, this process has its lock, which no other must hold, and may have threads.
            self._pool.start()
        elif can_fork() and (pages := [path for path in paths if path.endswith(_PAGE)]):
            # A change has few, which take as long as all else that it does: what renders them is loaded there alone.
            self._apart = frozenset(pages)
            self._pages = Beside(partial(_made_apart, self._site, self._index, os.getpid(), pages))

    def companion(self, path: str) -> Document | Waiting | None:
        """The document in a coding at `path`, if it was made ahead."""
        return self._made.pop(path, None)

    def document(self, path: str) -> Document | Waiting | None:
        """The document at `path`."""
        if path in self._apart:
            assert self._pages is not None, "begun"
            self._made, self._apart = {made.path: made for made in _decode_pages(self._pages.result())}, frozenset()
            self._pages = None
        number = self._batch_of.pop(path, None)
        if number is None:
            return self._made.pop(path, None) or self._site.document(path)
        if self._batches[number] or number in self._under_way:
            self._go_on(number)
            whole, waiting, lacking = _decode_made(self._pool.result(self._under_way.pop(number)))
            self._ahead = _AHEAD_WHOLE if whole else _AHEAD
            self._made.update((made.path, made) for made in whole)
            self._made.update((made.path, made) for made in waiting)
            self._made.update((path, None) for path in lacking)
            if number == len(self._batches) - 1 and not self._under_way and not any(self._batches):
                # They end while this process does the rest.
                self._pool.end()
        # What a process failed at is tried here, which tells why.
        return self._made.pop(path) if path in self._made else self._site.document(path)

    def _go_on(self, number: int) -> None:
        """Have the batches from `number` on made, as many as may wait to be asked for."""
        for each in range(number, min(number + self._ahead, len(self._batches))):
            if self._batches[each]:
                self._under_way[each] = self._pool.submit(_make, _encode(self._batches[each]))
                self._batches[each] = []

    def __enter__(self) -> "Press":
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.close()
        if self._pages is not None:
            self._pages.forget()


def _batches(paths: Sequence[str]) -> Iterator[list[str]]:
    """`paths` in their order, some at a time: archive pages of one period together, which share their articles."""
    for period, some in groupby(paths, _period):
        together, size = list(some), _MADE_OF_PERIOD if period else _MADE
        yield from (together[start : start + size] for start in range(0, len(together), size))


def _period(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return name.partition(".")[0] if folder.endswith("/archive") else ""


def _begin(given: _Given) -> None:
    site, index, _ = given
    if site.config.archives:
        site.rendered.most_held = _MOST_HELD
    index.after_fork()


def _prepare(given: _Given, task: bytes) -> bytes:
    # What is wrong with them is told when a page is made.
    with suppress(ThemeError):
        given[0].load_templates()
    return b""


def _render(given: _Given, task: bytes) -> bytes:
    """The entries of the articles whose ids `task` tells."""
    site = given[0]
    return _encode(_entries(site, [site.collection.articles[id] for id in _decode_texts(task)]))


def _make(given: _Given, task: bytes) -> bytes:
    """The documents at the paths that `task` tells, with their companions: whole, or as they are set aside; and the paths where
    there is none.
    """
    site, _, output = given
    wanted = site.config.precompress
    made: list[Document | Waiting] = []
    lacking = []
    for path in _decode_texts(task):
        try:
            document = site.document(path)
        except Exception:  # noqa: S112  # it is made again, and told, where the document is asked for (`publish.export`)
            continue
        if document is None:
            lacking.append(path)
            continue
        made.append(output.set_aside(document))
        for coding in wanted if static_hosts.is_compressible(path) else ():
            place = f"{path}{compression.ENDINGS[coding][0]}"
            made.append(output.set_aside(static_hosts.companion(document, place, coding)))
    whole = [each for each in made if isinstance(each, Document)]
    return _encode((whole, [each for each in made if isinstance(each, Waiting)], lacking))


def _made_apart(site: Site, index: Index, parent: int, paths: Sequence[str]) -> bytes:
    if os.getpid() != parent:
        index.after_fork()
    return _encode([document for path in paths if (document := site.document(path)) is not None])


def _entries(site: Site, listings: Sequence[Listing]) -> list[Rendered]:
    return rendered.render(site.rendered.tasks(listings), site.config)
