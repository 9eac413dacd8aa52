"""Workers: processes that share the work of reading documents and rendering, when there is enough of it."""

import gc
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

log = logging.getLogger("feeds")

# With fewer parts of work than this, starting processes takes longer than doing the work.
FEW = 300
# Tasks that are submitted before the first result is taken.
_AHEAD = 32
_Kit = TypeVar("_Kit")
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")
# The object that the tasks of this worker share, made when it started.
_kit: Any = None


class Workers(Generic[_Kit]):
    """A pool with a process for each processor, started on first use. Use it as a context manager.

    Each process calls `make(*arguments)` once; its result, the kit, is given to every task. If a process is killed, for example
    because memory runs out, or none can be started, this process does the remaining tasks, with the kit `own` if given. `count`
    is the maximum number of processes; with 1, this process does the work. With `is_patient`, the processes have a low priority,
    and even one is started where there are two processors, so that this process stays responsive.
    """

    def __init__(
        self,
        make: Callable[..., _Kit],
        *arguments: Any,
        count: int | None = None,
        is_patient: bool = False,
        own: _Kit | None = None,
    ) -> None:
        self._make = make
        self._arguments = arguments
        self._count = min(processors(), count or processors())
        self._is_patient = is_patient
        self._executor: ProcessPoolExecutor | None = None
        # No process could be started.
        self._is_alone = False
        self._own = own

    def are_worth_it(self, count: int) -> bool:
        """Whether other processes are faster for `count` parts of work."""
        return count >= FEW and (self._count > 1 or (self._is_patient and processors() > 1))

    def begin(self) -> None:
        """Start the processes, unless they have been started."""
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        if self._executor is None:
            context = multiprocessing.get_context("fork" if _can_fork() else "spawn")
            given = (self._make, self._arguments, self._is_patient)
            self._executor = ProcessPoolExecutor(self._count, context, _begin, given)
            before = multiprocessing.active_children()
            try:
                # It starts its processes with the first task.
                self._executor.submit(_nothing)
            except OSError as error:
                # There are too many processes, or too little memory is left.
                for process in multiprocessing.active_children():
                    if process not in before:
                        process.terminate()
                log.warning("no other process can be started (%s): this one does all the work", error.strerror or error)
                self._is_alone = True

    def map(
        self, work: Callable[[_Kit, _Task], _Result], tasks: Iterable[_Task], *, here: bool = False, ahead: int = _AHEAD
    ) -> Iterator[_Result]:
        """The results of `work(kit, task)` for each of `tasks`, in order; computed in this process if `here`.

        At most `ahead` tasks are submitted before a result is taken.
        """
        if here:
            yield from (work(self._kit, task) for task in tasks)
            return
        self.begin()
        waiting: deque[tuple[_Task, Future[_Result] | None]] = deque()
        for task in tasks:
            waiting.append((task, self._submit(work, task)))
            if len(waiting) >= ahead:
                yield self._result(work, *waiting.popleft())
        while waiting:
            yield self._result(work, *waiting.popleft())

    def close(self) -> None:
        """End the processes, and wait until they have."""
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)

    def __enter__(self) -> "Workers[_Kit]":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def _kit(self) -> _Kit:
        if self._own is None:
            self._own = self._make(*self._arguments)
        return self._own

    def _submit(self, work: Callable[[_Kit, _Task], _Result], task: _Task) -> Future[_Result] | None:
        assert self._executor is not None, "begun"
        if self._is_alone:
            return None
        try:
            return self._executor.submit(_do, work, task)
        except (BrokenExecutor, OSError):
            return None

    def _result(self, work: Callable[[_Kit, _Task], _Result], task: _Task, future: Future[_Result] | None) -> _Result:
        try:
            if future is not None:
                return future.result()
        except BrokenExecutor:
            pass
        return work(self._kit, task)


def processors() -> int:
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _can_fork() -> bool:
    """Whether forking is safe: in a child, locks that other threads hold would never be released."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


def _begin(make: Callable[..., Any], arguments: tuple[Any, ...], is_patient: bool) -> None:
    """Set up a worker process."""
    global _kit
    gc.enable()
    if is_patient and hasattr(os, "nice"):
        os.nice(10)
    # Otherwise it would go on after its parent was killed.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _kit = make(*arguments)


def _end_with_parent() -> None:
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _nothing() -> None:
    """A task that only starts the processes."""


def _do(work: Callable[[Any, Any], Any], task: Any) -> Any:
    return work(_kit, task)
