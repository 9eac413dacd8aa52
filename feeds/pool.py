"""The pool: processes that work beside each other, where there is enough to do for several."""

import gc
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

# What is done sooner than processes are started.
_FEW = 200
# Bytes that a pipe holds: as many as Linux lets anyone ask for.
_PIPE = 2**20
_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


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


def load() -> None:
    """Load what it takes to begin processes: few exports have enough to do for it."""
    for name in ("multiprocessing", "concurrent.futures.process"):
        import_module(name)


def _widen(pool: "ProcessPoolExecutor") -> None:
    """Let the pipe that results come through hold several: else who has made one waits until this process takes it out."""
    # Where Python makes the queue otherwise, results come a little later.
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        results = pool._result_queue._reader  # type: ignore[attr-defined]  # Python's own affair: no public name leads to this pipe
        fcntl.fcntl(results, fcntl.F_SETPIPE_SZ, _PIPE)


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


def _nothing(given: None) -> None:
    return None
