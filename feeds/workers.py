"""Workers: processes that read documents and render entries beside each other, where there is enough to do for several."""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import TypeVar

from feeds import entries
from feeds.config import Config, Format
from feeds.entries import Rendered, Task
from feeds.reading import Record, record
from feeds.sources import Found, Reader

_BATCH = 100
# Less than this is done sooner than processes are started.
_FEW = 300
_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


class Workers:
    """As many processes as there are processors, started when they are first worth it; to be closed in the end."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None

    def read(self, wanted: Sequence[tuple[Found, bytes | None]]) -> Iterator[Record]:
        """Records of documents, each given with the digest of the content that it was known to have."""
        if not self._worth_it(len(wanted)):
            reader = Reader(self._config)
            return (record(reader, found, known) for found, known in wanted)
        return self._spread(_read, wanted)

    def render(self, tasks: Iterable[Task], count: int) -> Iterator[dict[Format, list[Rendered]]]:
        """The entries of `tasks`, of which there are about `count`, in batches."""
        if not self._worth_it(count):
            return (entries.render(some, self._config) for some in _batches(tasks))
        return self._spread_batches(_render, tasks)

    def close(self) -> None:
        """Let the processes end."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _spread(self, work: Callable[[list[_Given]], list[_Made]], given: Iterable[_Given]) -> Iterator[_Made]:
        for made in self._spread_batches(work, given):
            yield from made

    def _spread_batches(self, work: Callable[[list[_Given]], _Made], given: Iterable[_Given]) -> Iterator[_Made]:
        """What `work` makes of each batch, in order. No more is under way than keeps the processes busy."""
        pool = self._started()
        under_way: deque[Future[_Made]] = deque()
        for some in _batches(given):
            under_way.append(pool.submit(work, some))
            if len(under_way) > 2 * self._count:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()

    def _worth_it(self, count: int) -> bool:
        # A process with several threads must not fork: the others' locks would stay closed in the child.
        return self._pool is not None or (
            count >= _FEW and self._count > 1 and hasattr(os, "fork") and threading.active_count() == 1
        )

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("fork")
            self._pool = ProcessPoolExecutor(self._count, context, initializer=_start, initargs=(self._config,))
        return self._pool


_given: Config
_reader: Reader


def _start(config: Config) -> None:
    global _given, _reader
    _given, _reader = config, Reader(config)


def _read(wanted: list[tuple[Found, bytes | None]]) -> list[Record]:
    return [record(_reader, found, known) for found, known in wanted]


def _render(tasks: list[Task]) -> dict[Format, list[Rendered]]:
    return entries.render(tasks, _given)


def _batches(given: Iterable[_Given]) -> Iterator[list[_Given]]:
    waiting = iter(given)
    while some := list(islice(waiting, _BATCH)):
        yield some
