"""The live site: built when the server starts, and again when a file is saved or a scheduled article is due."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from msgspec.structs import replace
from watchfiles import awatch

from feeds import faults
from feeds.config.types import Config
from feeds.errors import DamagedError, DatabaseError, FeedsError, Problem, ShrinkError, UnreadableError
from feeds.index.store import Index
from feeds.site.build import Build, assemble
from feeds.site.site import Site
from feeds.sources import reading, scan
from feeds.sources.watch import QUIET, Filter, watched
from feeds.storage import notify
from feeds.web.process import HostProcess

Prepared = TypeVar("Prepared")
log = logging.getLogger("feeds")

# The longest wait, in seconds, while an article is scheduled: a clock may be set, and a machine may sleep.
_LONGEST_WAIT = 30.0
_RETRY = 1.0
# Seconds until a folder that has lost most of its articles is read again: mounting one is no change that is reported.
_RETRY_SHRUNK = 5.0
_SOON = 0.5


class Live(Generic[Prepared]):
    """Holds the newest site that could be built, and builds it again after changes.

    `load` reads the config. `prepare` is called in a thread with each build and the time at which it began
    (`time.perf_counter`). `show` is called in the event loop with the build and the result of `prepare`, and replaces the
    previous site in one step, so that no request sees a mixture. `first` is a build to start with, whose problems have been
    reported. With `follows`, no documents are read; the site is built from what another process writes to the index.
    """

    def __init__(
        self,
        load: Callable[[], Config],
        prepare: Callable[[Build, float], Prepared],
        show: Callable[[Build, Prepared], None],
        first: Build | None = None,
        *,
        follows: bool = False,
        process: HostProcess,
    ) -> None:
        # Why the newest state can't be built, while that is so, and how many articles it would lose.
        self._failure: str | None = None
        self.lost = 0
        self._load = load
        self._prepare = prepare
        self._show = show
        self._changed = asyncio.Event()
        self._build = first
        self._index = first.index if first is not None else None
        self._follows = follows
        # Whether articles are missing that may yet be withdrawn.
        self._unsettled = False
        self._reported = {_of(problem): problem for problem in (first.problems if first is not None else ())}
        self._process = process

    @property
    def site(self) -> Site:
        """The newest site that could be built."""
        assert self._build is not None, "started"
        return self._build.site

    @property
    def healthy(self) -> bool:
        """Whether the site that is served is the newest state of its files."""
        return self._failure is None

    def reload(self) -> None:
        """Read the config and all files again soon."""
        self._changed.set()

    async def start(self) -> None:
        """Build the site unless there is a first build, and show it. Raises FeedsError if it can't be built."""
        made, prepared = await asyncio.to_thread(self._make, self._build)
        self._take(made, prepared)
        if made.refused is not None:
            self._fail(made.refused)

    async def follow(self) -> None:
        """Rebuild the site after every change of its files, until cancelled. If they can't be read, the last good site stays."""
        if not self._follows:
            # Starting to watch many folders takes a while; let the first requests go first.
            await asyncio.sleep(_SOON)
        while True:
            config = self.site.config
            seen = replace(config, sources=()) if self._follows else config
            watchers = [asyncio.create_task(self._watch(*what)) for what in watched(seen)]
            if self._follows:
                watchers.append(asyncio.create_task(self._listen(config)))
            try:
                while self.site.config == config:
                    await self._wait()
                    await self._rebuild()
            finally:
                for watcher in watchers:
                    watcher.cancel()

    async def _wait(self) -> None:
        assert self._build is not None, "started"
        due = self._build.selection.next_due
        # Object stores do not report changes, so they are polled.
        waits = []
        if any(source.url for source in self.site.config.sources) and not self._follows:
            waits.append(float(self.site.config.poll))
        if self._unsettled:
            waits.append(QUIET.total_seconds())
        if due is not None:
            waits.append(min(max((due - datetime.now(UTC)).total_seconds(), 0.0), _LONGEST_WAIT))
        with suppress(TimeoutError):
            async with asyncio.timeout(min(waits, default=None)):
                await self._changed.wait()
        self._changed.clear()

    async def _rebuild(self) -> None:
        try:
            self._take(*await asyncio.to_thread(self._make))
        except FeedsError as error:
            self._fail(error)
            if isinstance(error, DatabaseError | ShrinkError):
                # No change of a file will show that the database is back, so try again.
                wait = _RETRY if isinstance(error, DatabaseError) else _RETRY_SHRUNK
                asyncio.get_running_loop().call_later(wait, self._changed.set)
        except Exception as error:
            # A bug: log it, and keep following the files.
            if repr(error) != self._failure:
                faults.log_trace("The last good state is still served", error)
            self._failure = repr(error)
        else:
            if self._failure is not None:
                log.warning("The newest state is served again.")
            self._failure, self.lost = None, 0

    def _fail(self, error: FeedsError) -> None:
        """Note, and say once, that the newest state can't be shown."""
        # A database that is away has other words for it at each attempt.
        failure = type(error).__name__ if isinstance(error, DatabaseError) else str(error)
        if failure != self._failure:
            log.error("The last good state is still served: %s", error)
        self._failure = failure
        self.lost = error.lost if isinstance(error, ShrinkError) else 0

    def _take(self, made: Build, prepared: Prepared) -> None:
        self._build = made
        self._show(made, prepared)
        self._process.settled()

    def _make(self, made: Build | None = None) -> tuple[Build, Prepared]:
        began = time.perf_counter()
        with self._process.building():
            if made is None:
                config = self._load()
                try:
                    made = self._build_of(config)
                except DamagedError as error:
                    # The damaged index has been moved aside. Build with a new one, which only takes longer.
                    if isinstance(error, UnreadableError) and self._index is not None:
                        self._index.begin_anew()
                    self._index = None
                    made = self._build_of(config)
                except DatabaseError:
                    # The database may have been replaced, so connect again.
                    self._let_go()
                    raise
                if not self._follows:
                    self._report(made.problems)
            return made, self._prepare(made, began)

    def _report(self, problems: tuple[Problem, ...]) -> None:
        """Log each problem when it first appears and when it is gone, not at every build."""
        found = {_of(problem): problem for problem in problems}
        for key, problem in found.items():
            if key not in self._reported:
                log.warning("%s", problem)
        for key, problem in self._reported.items():
            if key not in found:
                log.warning("mended or gone: %s", problem)
        self._reported = found

    def _build_of(self, config: Config) -> Build:
        index, now = self._index_of(config), datetime.now(UTC)
        # What is shown already is better than the same once more.
        keeps = self._build is None
        try:
            if self._follows:
                index.reopen()
            else:
                index.refresh(scan.scan(config), partial(reading.read_all, config, gives_way=True), now)
                self._unsettled = index.record(now, QUIET)
        except ShrinkError:
            if not keeps:
                raise
        return assemble(config, now, index=index, preview=config.drafts, keeps=keeps)

    def _index_of(self, config: Config) -> Index:
        if self._index is not None and self._index.is_of(config):
            return self._index
        self._let_go()
        self._index = Index(config)
        if not self._follows:
            self._index.lead()
        return self._index

    def _let_go(self) -> None:
        if self._index is not None:
            self._index.release()
            self._index = None

    async def _listen(self, config: Config) -> None:
        """Request a rebuild after every change that another process writes to the index."""
        assert self._build is not None, "started"
        async for _ in notify.generations(config.index, config.path.parent, self._build.site.view.generation):
            self._changed.set()

    async def _watch(self, folder: Path, recursive: bool, matters: Filter) -> None:
        """Request a rebuild after every change in `folder` that matters."""
        while True:
            # Rebuild once the folder is watched: it may have changed between the last build and now.
            asyncio.get_running_loop().call_later(_SOON, self._changed.set)
            with suppress(OSError):
                # Stop at the first change that matters: filtering all ten thousand changes of a checkout would delay answers.
                async for changes in awatch(folder, recursive=recursive, watch_filter=None):
                    if any(matters(*change) for change in changes):
                        self._changed.set()
            # The folder is missing. Rebuild, which reports that, and try to watch it again.
            self._changed.set()
            await asyncio.sleep(_RETRY)


def _of(problem: Problem) -> tuple[str, str, str]:
    """The identity of a problem while its document is edited: without its line and without numbers in its text."""
    return problem.path, problem.field, problem.expected
