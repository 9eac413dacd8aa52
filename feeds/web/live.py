"""The live site: built when the server starts, and again when a file is saved or a scheduled article falls due."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from watchfiles import awatch

from feeds.build import Build, build
from feeds.config import Config
from feeds.errors import FeedsError
from feeds.history import History
from feeds.site import Site

log = logging.getLogger("feeds")

# A clock may be set and a machine may sleep: look again at least this often, in seconds, while something is scheduled.
_LONGEST_WAIT = 30.0
_RETRY = 1.0


class Live:
    """Holds the newest site that could be built. `load` reads the config anew.

    Only whole sites take each other's place, in one step: no request ever sees half of one.
    """

    def __init__(self, load: Callable[[], Config], first: Build | None = None) -> None:
        self._load = load
        self._changed = asyncio.Event()
        self._build = first
        self._history: History | None = None

    @property
    def site(self) -> Site:
        """The newest site that could be built."""
        assert self._build is not None, "started"
        return self._build.site

    @property
    def history(self) -> History:
        """What is remembered of each path."""
        assert self._history is not None, "started"
        return self._history

    async def start(self) -> None:
        """Build for the first time, if that is not done. Raises FeedsError where there is nothing that could be served."""
        if self._build is None:
            self._build = await asyncio.to_thread(self._make)
        self._history = History(self.site.config.state_folder / "history.db")
        await asyncio.to_thread(self._remember)

    async def follow(self) -> None:
        """Keep the site true to its files, until cancelled. Where they can't be read, the last good site stays."""
        while True:
            config = self.site.config
            watchers = [asyncio.create_task(self._watch(*what)) for what in _watched(config)]
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
        wait = None
        if due is not None:
            wait = min(max((due - datetime.now(UTC)).total_seconds(), 0.0), _LONGEST_WAIT)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), wait)
        self._changed.clear()

    async def _rebuild(self) -> None:
        try:
            self._build = await asyncio.to_thread(self._make)
            await asyncio.to_thread(self._remember)
        except FeedsError as error:
            log.error("The last good state is still served: %s", error)
        except Exception:
            # A defect of ours: it must not end the following of files, nor go unseen.
            log.exception("The last good state is still served")

    def _remember(self) -> None:
        # What an editor previews was never published.
        if not self.site.config.drafts:
            self.history.remember(self.site.paths())

    def _make(self) -> Build:
        made = _build(self._load())
        for problem in made.problems:
            log.warning("%s", problem)
        return made

    async def _watch(self, folder: Path, only: Path | None) -> None:
        """Tell of every change below `folder`, or of the file `only` in it, which an editor may replace by another."""
        while True:
            with suppress(OSError):
                async for changes in awatch(folder, recursive=only is None, watch_filter=None):
                    if only is None or any(Path(path).name == only.name for _, path in changes):
                        self._changed.set()
            # The folder is not there, or not any more: say so once it is seen, and look for it again.
            self._changed.set()
            await asyncio.sleep(_RETRY)


def _build(config: Config) -> Build:
    return build(config, datetime.now(UTC), preview=config.drafts)


def _watched(config: Config) -> list[tuple[Path, Path | None]]:
    sources: list[tuple[Path, Path | None]] = [(source.folder, None) for source in config.sources]
    themes: list[tuple[Path, Path | None]] = [(config.templates, None)] if config.templates else []
    return [*sources, *themes, (config.path.resolve().parent, config.path)]
