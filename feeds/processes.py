"""How a process works: what a forked child does beside it, and when it searches for what nobody holds any more."""

import gc
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO


class Beside:
    """Begins `work` in a child, forked here, which knows what this process knows. What it returns should be small.

    A process with several threads must not fork, since the others' locks would stay closed in the child: there, and where there
    is but one processor, `work` is done when it is asked for; also where it is not `worth_it`, and where the child fails, to tell
    why.
    """

    def __init__(self, work: Callable[[], bytes], *, worth_it: bool = True) -> None:
        self._work = work
        self._child = 0
        self._pipe: IO[bytes] | None = None
        if not (worth_it and can_fork()):
            return
        reads, writes = os.pipe()
        self._child = os.fork()
        if not self._child:
            status = 1
            # Whatever happens here, the child must not go on as if it were its parent.
            try:
                gc.disable()
                os.close(reads)
                with os.fdopen(writes, "wb") as pipe:
                    pipe.write(work())
                status = 0
            finally:
                os._exit(status)
        os.close(writes)
        self._pipe = os.fdopen(reads, "rb")

    def result(self) -> bytes:
        """What `work` returns. To be asked for once."""
        if self._pipe is None:
            return self._work()
        with self._pipe:
            found = self._pipe.read()
        return found if os.waitpid(self._child, 0)[1] == 0 else self._work()

    def forget(self) -> None:
        """It is not asked for: let the child end by itself."""
        if self._pipe is not None:
            self._pipe.close()
            with suppress(ChildProcessError):
                os.waitpid(self._child, 0)


def can_fork() -> bool:
    """Whether a child may be forked, and has a processor of its own."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return processors > 1 and hasattr(os, "fork") and threading.active_count() == 1 and _threads() == 1


def _threads() -> int:
    """How many threads there are, those too that libraries have begun and Python knows nothing of."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1


@contextmanager
def without_searches() -> Iterator[None]:
    """What is made within stays: to search it for cycles again and again while it grows would cost a third of its time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()
