"""Workers: processes that read documents and render beside each other, where there is enough to do for several."""

import gc
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby, islice
from typing import TYPE_CHECKING, TypeVar

import msgspec

from feeds import codings, entries, hosting, reading
from feeds.config import Config
from feeds.entries import Rendered
from feeds.errors import ThemeError
from feeds.index import Index
from feeds.model import Document, Listing
from feeds.outputs import Output, Waiting
from feeds.processes import Beside, can_fork
from feeds.reading import Record
from feeds.scanning import Found
from feeds.site import Site
from feeds.sources import Reader

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

# What a process is given at a time, and what is done sooner than processes are started. So many documents are all formats of
# several feeds: what these have in common is worked out once.
_DOCUMENTS, _ENTRIES, _MADE = 100, 100, 12
_MADE_OF_PERIOD = 300
# How many batches of entries wait to be asked for: of some 100 kB each, while it is planned what they are for.
_ENTRIES_AHEAD = 128
# How many batches of documents wait to be asked for, where they are set aside and where they are handed over: an archive page may
# have some megabytes.
_AHEAD, _AHEAD_WHOLE = 24, 3
_FEW = 200
# Bytes that a pipe holds: as many as Linux lets anyone ask for.
_PIPE = 2**20
_PAGE = ".html"
# Bytes of entries that each process holds: archive pages of one period have many in common.
_MOST_HELD = 16_000_000
_Given = TypeVar("_Given")
_Made = TypeVar("_Made")
# What is handed over in numbers: in a third of the time that pickle takes.
_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(list[Record]).decode
_decode_entries = msgspec.msgpack.Decoder(list[Rendered]).decode
_decode_pages = msgspec.msgpack.Decoder(list[Document]).decode


class Pool:
    """As many processes as there are processors, forked when they are first worth it, so that they know what this one knows.

    `begin` is called in each of them with `given`, which need not be copied. A process with several threads must not fork,
    since the others' locks would stay closed in the child: there, and where there is little to do, this one does everything.
    """

    def __init__(self, begin: Callable[[_Given], None], given: _Given) -> None:
        self._begin = partial(begin, given)
        self._count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        self._pool: ProcessPoolExecutor | None = None

    def is_worth_it(self, count: int) -> bool:
        """Whether work of so many parts is for several processes."""
        return self._pool is not None or (
            count >= _FEW and self._count > 1 and hasattr(os, "fork") and threading.active_count() == 1
        )

    def start(self) -> None:
        """Fork now, if that was not done before."""
        if self._pool is None:
            self.submit(_nothing, None)

    def submit(self, work: Callable[[_Given], _Made], given: _Given) -> "Future[_Made]":
        """Have `work` done by one of the processes."""
        if self._pool is None:
            # Few exports have enough to do for it.
            import multiprocessing
            from concurrent.futures import ProcessPoolExecutor

            # What is here stays: not looking through it keeps it shared with the children.
            gc.freeze()
            self._pool = ProcessPoolExecutor(
                self._count, multiprocessing.get_context("fork"), initializer=_begin, initargs=(self._begin,)
            )
            _widen(self._pool)
        return self._pool.submit(work, given)

    def spread(
        self, work: Callable[[list[_Given]], _Made], given: Iterable[_Given], size: int, most: int = 32
    ) -> Iterator[_Made]:
        """What `work` makes of each batch of `size`, in order. The first are begun at once; at `most` so many are under way, or
        wait to be asked for.
        """
        waiting = iter(given)
        batches = iter(lambda: list(islice(waiting, size)), [])
        under_way = deque(self.submit(work, some) for some in islice(batches, most))
        return self._results(work, batches, under_way)

    def _results(
        self, work: Callable[[list[_Given]], _Made], batches: Iterator[list[_Given]], under_way: "deque[Future[_Made]]"
    ) -> Iterator[_Made]:
        for some in batches:
            under_way.append(self.submit(work, some))
            yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()

    def end(self) -> None:
        """Let the processes end, with nothing to be done any more."""
        if self._pool is not None:
            self._pool.shutdown(wait=False)

    def close(self) -> None:
        """Let the processes end, and wait for that."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def read(config: Config, wanted: Sequence[tuple[Found, bytes | None]]) -> Iterator[Record]:
    """Records of documents, each given with the digest of the content that it was known to have."""
    reader = Reader(config)
    pool = Pool(_begin_reading, (reader, wanted))
    if not pool.is_worth_it(len(wanted)):
        yield from reading.read(reader, wanted)
        return
    try:
        for some in pool.spread(_read, range(len(wanted)), _DOCUMENTS):
            yield from _decode(some)
    finally:
        pool.close()


class Press:
    """Renders what a site consists of, for `output`. A context: its processes end with it."""

    def __init__(self, site: Site, index: Index, output: Output) -> None:
        self._site = site
        self._index = index
        self._pool = Pool(_begin_rendering, (site, index, output))
        self._batches: list[list[str]] = []
        self._batch_of: dict[str, int] = {}
        self._under_way: dict[int, Future[dict[str, Document | Waiting | None]]] = {}
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
            self._pool.submit(_prepare, None)
        made = self._pool.spread(_render, [listing.id for listing in listings], _ENTRIES, _ENTRIES_AHEAD)
        return map(_decode_entries, made)

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
        if path not in self._made:
            self._go_on(number)
            made = self._under_way.pop(number).result()
            self._ahead = _AHEAD_WHOLE if any(isinstance(each, Document) for each in made.values()) else _AHEAD
            self._made |= made
            if number == len(self._batches) - 1 and not self._under_way and not any(self._batches):
                # They end while this process does the rest.
                self._pool.end()
        return self._made.pop(path)

    def _go_on(self, number: int) -> None:
        """Have the batches from `number` on made, as many as may wait to be asked for."""
        for each in range(number, min(number + self._ahead, len(self._batches))):
            if self._batches[each]:
                self._under_way[each] = self._pool.submit(_make, self._batches[each])
                self._batches[each] = []

    def __enter__(self) -> "Press":
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.close()
        if self._pages is not None:
            self._pages.forget()


class _Own:
    """What this process was begun with."""

    reader: Reader
    wanted: Sequence[tuple[Found, bytes | None]]
    site: Site
    output: Output


def _widen(pool: "ProcessPoolExecutor") -> None:
    """Let the pipe that results come through hold several: else who has made one waits until this process takes it out."""
    # The queue is Python's own affair; where it is made otherwise, results come a little later.
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pool._result_queue._reader, fcntl.F_SETPIPE_SZ, _PIPE)  # type: ignore[attr-defined]  # see above


def _batches(paths: Sequence[str]) -> Iterator[list[str]]:
    """`paths` in their order, some at a time: archive pages of one period together, which share their articles."""
    for period, some in groupby(paths, _period):
        waiting = iter(some)
        yield from iter(lambda: list(islice(waiting, _MADE_OF_PERIOD if period else _MADE)), [])  # noqa: B023  # read to its end here


def _period(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return name.partition(".")[0] if folder.endswith("/archive") else ""


def _begin(begin: Callable[[], None]) -> None:
    # Else they would wait for work for ever, where this process was killed, and keep its locks.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    begin()


def _end_with_parent() -> None:
    from multiprocessing import parent_process

    parent = parent_process()
    assert parent is not None, "forked"
    parent.join()
    os._exit(1)


def _begin_reading(given: tuple[Reader, Sequence[tuple[Found, bytes | None]]]) -> None:
    gc.enable()
    _Own.reader, _Own.wanted = given


def _begin_rendering(given: tuple[Site, Index, Output]) -> None:
    _Own.site, index, _Own.output = given
    _Own.site.rendered.most_held = _MOST_HELD
    index.after_fork()


def _read(places: list[int]) -> bytes:
    # Forked with all that is wanted, it need not be told again.
    return _encode(list(reading.read(_Own.reader, _Own.wanted[places[0] : places[-1] + 1])))


def _render(ids: list[str]) -> bytes:
    return _encode(_entries(_Own.site, [_Own.site.collection.articles[id] for id in ids]))


def _made_apart(site: Site, index: Index, parent: int, paths: Sequence[str]) -> bytes:
    if os.getpid() != parent:
        index.after_fork()
    return _encode([document for path in paths if (document := site.document(path)) is not None])


def _make(paths: list[str]) -> dict[str, Document | Waiting | None]:
    made: dict[str, Document | Waiting | None] = {}
    for path in paths:
        document = _Own.site.document(path)
        made[path] = document and _Own.output.set_aside(document)
        wanted = _Own.site.config.precompress
        if document is not None and wanted and hosting.is_compressible(path):
            for coding in wanted:
                place = f"{path}{codings.ENDINGS[coding][0]}"
                made[place] = _Own.output.set_aside(hosting.companion(document, place, coding))
    return made


def _prepare(given: None) -> None:
    # What is wrong with them is told when a page is made.
    with suppress(ThemeError):
        _Own.site.load_templates()


def _nothing(given: None) -> None:
    return None


def _entries(site: Site, listings: Sequence[Listing]) -> list[Rendered]:
    return entries.render(site.rendered.tasks(listings), site.config)
