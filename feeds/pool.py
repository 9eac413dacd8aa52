"""The pool: processes that work beside each other, where there is enough to do for several."""

import gc
import os
import select
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from io import FileIO
from itertools import islice
from struct import Struct
from typing import Generic, TypeVar

# What is done sooner than processes are started.
_FEW = 200
# Bytes that a pipe of results holds: as many as Linux lets anyone ask for. Else who has made one waits until it is taken out.
_PIPE = 2**20
# A task as it is handed out: its number, which work it is, where it begins in the file of tasks, and its length. Short enough for
# a pipe to hand over whole.
_TASK = Struct("=IIQQ")
# Before a result: the number of its task, whether that failed, and its length.
_RESULT = Struct("=I?Q")
_Given = TypeVar("_Given")
_Work = Callable[[_Given, bytes], bytes]


class Pool(Generic[_Given]):
    """As many processes as there are processors, forked when they are first worth it, so that they know what this one knows.

    Each of `works` makes bytes of what is `given`, which need not be copied, and of a task, bytes too. `begin` is called in each
    process, with what is given. Where a process fails, as for want of memory, its tasks are done here, which tells why.

    A process with several threads must not fork, since the others' locks would stay closed in the child: there, and where there
    is little to do, a pool is not worth it.
    """

    def __init__(self, given: _Given, works: Sequence[_Work[_Given]], begin: Callable[[_Given], None]) -> None:
        self._given = given
        self._works = works
        self._begin = begin
        self._tasks: list[tuple[int, int, int]] = []
        # None where a process has failed.
        self._made: dict[int, bytes | None] = {}
        self._children: list[int] = []
        # Of what is handed out, all processes take the next one: the queue tells them where it is in the file.
        self._queue = -1
        self._file: FileIO | None = None
        self._end = 0
        self._results: dict[int, FileIO] = {}
        self._count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1

    def is_worth_it(self, count: int) -> bool:
        """Whether work of so many parts is for several processes."""
        # What it takes is Linux's.
        can_fork = self._count > 1 and hasattr(os, "memfd_create") and threading.active_count() == 1
        return self._file is not None or (count >= _FEW and can_fork)

    def start(self) -> None:
        """Fork now, if that was not done before."""
        if self._file is not None:
            return
        # What is here stays: not looking through it keeps it shared with the children.
        gc.freeze()
        self._file = FileIO(os.memfd_create("tasks"), "r+")
        self._poll = select.poll()
        queue, self._queue = os.pipe()
        _widen(queue)
        for _ in range(self._count):
            self._fork(queue)
        os.close(queue)

    def submit(self, work: _Work[_Given], task: bytes) -> int:
        """Have `work` done by one of the processes. The number that `result` is to be asked for."""
        self.start()
        assert self._file is not None, "started"
        number = len(self._tasks)
        told = (self._works.index(work), self._end, len(task))
        self._tasks.append(told)
        os.pwrite(self._file.fileno(), task, self._end)
        self._end += len(task)
        if self._queue >= 0:
            with suppress(BrokenPipeError):
                os.write(self._queue, _TASK.pack(number, *told))
        return number

    def result(self, number: int) -> bytes:
        """What became of a task, once it is done. Raises what its work does. To be asked for once."""
        while number not in self._made and self._results:
            self._take()
        made = self._made.pop(number, None)
        if made is None:
            assert self._file is not None, "started"
            work, start, length = self._tasks[number]
            made = self._works[work](self._given, os.pread(self._file.fileno(), length, start))
        return made

    def spread(self, work: _Work[_Given], tasks: Iterable[bytes], most: int = 32) -> Iterator[bytes]:
        """What `work` makes of each of `tasks`, in order. The first are begun at once; at `most` so many are under way, or wait
        to be asked for.
        """
        waiting = iter(tasks)
        under_way = deque(self.submit(work, task) for task in islice(waiting, most))
        return self._in_order(work, waiting, under_way)

    def _in_order(self, work: _Work[_Given], tasks: Iterator[bytes], under_way: deque[int]) -> Iterator[bytes]:
        for task in tasks:
            under_way.append(self.submit(work, task))
            yield self.result(under_way.popleft())
        while under_way:
            yield self.result(under_way.popleft())

    def end(self) -> None:
        """Let the processes end, once they have done what was handed out."""
        if self._queue >= 0:
            os.close(self._queue)
            self._queue = -1

    def close(self) -> None:
        """Let the processes end, and wait for that. What was not asked for is forgotten."""
        self.end()
        for results in self._results.values():
            results.close()
        self._results.clear()
        for child in self._children:
            with suppress(ChildProcessError):
                os.waitpid(child, 0)
        self._children.clear()
        if self._file is not None:
            self._file.close()

    def _fork(self, queue: int) -> None:
        reads, writes = os.pipe()
        _widen(reads)
        child = os.fork()
        if not child:
            # Whatever happens here, it must not go on as if it were its parent.
            try:
                os.close(reads)
                self._work(queue, writes)
            finally:
                os._exit(0)
        os.close(writes)
        self._children.append(child)
        self._results[reads] = FileIO(reads)
        self._poll.register(reads, select.POLLIN)

    def _work(self, queue: int, writes: int) -> None:
        """Be one of the processes."""
        assert self._file is not None, "started"
        # Else it would never see that nothing more is handed out, nor that the one that hands out was killed.
        os.close(self._queue)
        for others in self._results.values():
            others.close()
        self._begin(self._given)
        with os.fdopen(writes, "wb") as results:
            while told := os.read(queue, _TASK.size):
                number, work, start, length = _TASK.unpack(told)
                task = os.pread(self._file.fileno(), length, start)
                # Why is told by who asks for it, and does it again.
                try:
                    made, has_failed = self._works[work](self._given, task), False
                except Exception:
                    made, has_failed = b"", True
                results.write(_RESULT.pack(number, has_failed, len(made)))
                results.write(made)
                results.flush()

    def _take(self) -> None:
        """Take out what has become of tasks, once there is something."""
        for place, _ in self._poll.poll():
            results = self._results[place]
            head = _whole(results, _RESULT.size)
            number, has_failed, length = _RESULT.unpack(head) if head else (0, True, 0)
            made = _whole(results, length) if head else None
            if made is None:
                # It has ended, and nobody knows what it had taken: what the others leave is done here.
                self.end()
                self._poll.unregister(place)
                self._results.pop(place).close()
            else:
                self._made[number] = None if has_failed else made


def _whole(results: FileIO, length: int) -> bytes | None:
    """So many bytes; None where that many don't come any more."""
    made = bytearray(length)
    left = memoryview(made)
    while left:
        count = results.readinto(left)
        if not count:
            return None
        left = left[count:]
    return bytes(made)


def _widen(pipe: int) -> None:
    # Where a pipe can't be made wider, results come a little later.
    with suppress(AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
