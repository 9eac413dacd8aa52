"""Settings of the Python process that make a server answer faster, where the process is its own."""

import asyncio
import gc
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Seconds between switches of threads; benchmarks/serving.py shows the effect.
_SWITCH = 0.0005
# Seconds between two garbage collections.
_COLLECT_EVERY = 60.0


class HostProcess:
    """A process that belongs to a host application: none of its settings is changed."""

    @contextmanager
    def serving(self, reload: Callable[[], None]) -> Iterator[None]:
        """While the server runs. Where the process takes signals of its own, SIGHUP calls `reload` in the event loop."""
        yield

    @contextmanager
    def building(self) -> Iterator[None]:
        """While a site is built, in a thread."""
        yield

    def settled(self) -> None:
        """After a new site has taken the place of the old."""


class OwnProcess(HostProcess):
    """A process that does nothing but serve."""

    def __init__(self) -> None:
        self._collected = time.perf_counter()

    @contextmanager
    def serving(self, reload: Callable[[], None]) -> Iterator[None]:
        """As `HostProcess` says. Python switches threads every 5 ms; a build must not delay answers for that long."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH)
        if sys.platform != "win32" and threading.current_thread() is threading.main_thread():
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)
        try:
            yield
        finally:
            sys.setswitchinterval(before)

    @contextmanager
    def building(self) -> Iterator[None]:
        """As `HostProcess` says. Collects the garbage of the build once, in the end: there would be hundreds of collections, each
        of which delays every answer. Sites are in no cycle of references, so that one is freed when the next has replaced it.
        """
        if time.perf_counter() - self._collected > _COLLECT_EVERY:
            self._collected = time.perf_counter()
            gc.unfreeze()
            gc.collect()
        gc.freeze()
        gc.disable()
        try:
            yield
        finally:
            # Frozen objects are passed over, so this takes as long as the build was large. What it left, such as the contexts of
            # templates, would be frozen as well.
            gc.collect()
            gc.enable()

    def settled(self) -> None:
        """As `HostProcess` says. The new site stays until the next one; to traverse it again and again slows requests."""
        gc.freeze()
