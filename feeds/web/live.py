"""The live site: built when the server starts, and again when a file is saved or a scheduled article falls due."""

import asyncio
import gc
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

from feeds.config.types import Config
from feeds.errors import DamagedError, DatabaseError, FeedsError, Problem
from feeds.index.store import Index
from feeds.site.build import Build, assemble
from feeds.site.site import Site
from feeds.sources import reading, scan
from feeds.sources.watch import Filter, watched
from feeds.storage import notify

Prepared = TypeVar("Prepared")
log = logging.getLogger("feeds")

# A clock may be set and a machine may sleep: look again at least this often, in seconds, while something is scheduled.
_LONGEST_WAIT = 30.0
_RETRY = 1.0
_SOON = 0.5
# Seconds between two searches for what nobody holds any more.
_SEARCH_EVERY = 60.0


class Live(Generic[Prepared]):
    """Holds the newest site that could be built. `load` reads the config anew.

    `prepare` is called in a thread with each build and the moment it began (`time.perf_counter`); `show` is called in the
    event loop with what it returned, and puts that in its predecessor's place. `first` is what has been built already, with its
    problems reported.
    With `follows`, it reads no documents, but what another process writes to the index.

    Only whole sites take each other's place, in one step: no request ever sees half of one.
    """

    def __init__(
        self,
        load: Callable[[], Config],
        prepare: Callable[[Build, float], Prepared],
        show: Callable[[Build, Prepared], None],
        first: Build | None = None,
        *,
        follows: bool = False,
    ) -> None:
        self.healthy = True
        self._load = load
        self._prepare = prepare
        self._show = show
        self._changed = asyncio.Event()
        self._build = first
        self._index = first.index if first is not None else None
        self._follows = follows
        self._reported = frozenset(first.problems if first is not None else ())
        self._searched = time.perf_counter()

    @property
    def site(self) -> Site:
        """The newest site that could be built."""
        assert self._build is not None, "started"
        return self._build.site

    async def start(self) -> None:
        """Build for the first time, if that is not done. Raises FeedsError where there is nothing that could be served."""
        self._take(*await asyncio.to_thread(self._make, self._build))

    async def follow(self) -> None:
        """Keep the site true to its files, until cancelled. Where they can't be read, the last good site stays."""
        if not self._follows:
            # To begin to watch many folders takes a while, and whoever waits for the server comes first.
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
        # An object store tells of no change: it is looked at now and then.
        waits = []
        if any(source.url for source in self.site.config.sources) and not self._follows:
            waits.append(float(self.site.config.poll))
        if due is not None:
            waits.append(min(max((due - datetime.now(UTC)).total_seconds(), 0.0), _LONGEST_WAIT))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), min(waits, default=None))
        self._changed.clear()

    async def _rebuild(self) -> None:
        try:
            self._take(*await asyncio.to_thread(self._make))
            self.healthy = True
        except FeedsError as error:
            self.healthy = False
            log.error("The last good state is still served: %s", error)
            if isinstance(error, DatabaseError):
                # No file's change will tell that it is there again.
                asyncio.get_running_loop().call_later(_RETRY, self._changed.set)
        except Exception:
            # A defect of ours: it must not end the following of files, nor go unseen.
            self.healthy = False
            log.exception("The last good state is still served")

    def _take(self, made: Build, prepared: Prepared) -> None:
        self._build = made
        self._show(made, prepared)
        # What a site holds stays until the next: to look for cycles in it again and again costs every request.
        gc.freeze()

    def _make(self, made: Build | None = None) -> tuple[Build, Prepared]:
        began = time.perf_counter()
        # One search for cycles, which sets earlier sites free, in place of hundreds while the next grows: each holds up
        # every answer.
        if began - self._searched > _SEARCH_EVERY:
            self._searched = began
            gc.unfreeze()
            gc.collect()
        gc.freeze()
        gc.disable()
        try:
            if made is None:
                config = self._load()
                try:
                    made = self._build_of(config)
                except DamagedError:
                    # A new index is begun, which takes longer, and differs in nothing else.
                    self._index = None
                    made = self._build_of(config)
                except DatabaseError:
                    # It may come back as another one: begin with it from the start.
                    self._let_go()
                    raise
                if not self._follows:
                    self._report(made.problems)
            return made, self._prepare(made, began)
        finally:
            gc.enable()

    def _report(self, problems: tuple[Problem, ...]) -> None:
        """Log each problem once when it comes, not again at every build."""
        for problem in problems:
            if problem not in self._reported:
                log.warning("%s", problem)
        self._reported = frozenset(problems)

    def _build_of(self, config: Config) -> Build:
        index, now = self._index_of(config), datetime.now(UTC)
        if self._follows:
            index.look_again()
        else:
            index.refresh(scan.scan(config), partial(reading.read_all, config, apart=True), now)
        return assemble(config, now, index=index, preview=config.drafts)

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
        """Tell of every change that another process writes to the index."""
        assert self._build is not None, "started"
        async for _ in notify.generations(config.index, config.path.parent, self._build.site.view.generation):
            self._changed.set()

    async def _watch(self, folder: Path, recursive: bool, matters: Filter) -> None:
        """Tell of every change in `folder` that matters."""
        while True:
            # What has changed before it is watched, since the site was built, is seen by a look once it is.
            asyncio.get_running_loop().call_later(_SOON, self._changed.set)
            with suppress(OSError):
                # Unfiltered, and looked at until one matters: of a checkout's ten thousand changes, each would hold up answers.
                async for changes in awatch(folder, recursive=recursive, watch_filter=None):
                    if any(matters(*change) for change in changes):
                        self._changed.set()
            # The folder is not there, or not any more: say so once it is seen, and look for it again.
            self._changed.set()
            await asyncio.sleep(_RETRY)
