"""Published paths: the history has those of the state that a server shows, so that they get a 410 once they are gone."""

import threading
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain

from feeds.errors import DatabaseError
from feeds.index.history import History
from feeds.site.build import Build
from feeds.site.differences import differences
from feeds.site.site import Site
from feeds.web.absence import is_withdrawn


class Published:
    """Records published paths in `history`. Safe for use by several threads."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._lock = threading.Lock()
        # The state whose paths the history has; None if that is unknown.
        self._recorded: Site | None = None

    def begin(self, site: Site) -> None:
        """Record all paths of the first state, unless a later one has been recorded."""
        with self._lock:
            if self._recorded is None:
                self._record_all(site)

    def follow(self, build: Build, before: Site) -> None:
        """Record the paths of a new state, which comes after the state `before`."""
        with self._lock:
            if self._recorded is None:
                self._record_all(before)
            found = None
            if self._recorded is not None:
                with suppress(DatabaseError):
                    found = differences(self._recorded, build.site, build.index)
            if found is None:
                self._record_all(build.site, before)
            else:
                self._record(build.site, *found, before)

    def _record_all(self, site: Site, before: Site | None = None) -> None:
        groups = site.collection.groups
        went = (path for path in self._history.published() if path not in groups and path not in site)
        self._record(site, chain(site.each_path(), groups), went, before)

    def _record(self, site: Site, came: Iterable[str], went: Iterable[str], before: Site | None) -> None:
        if site.config.drafts:
            return
        is_missing = (lambda path: is_withdrawn(path, before, site)) if before is not None else (lambda path: False)
        is_done = self._history.publish(came, went, datetime.now(UTC), is_missing)
        # Otherwise all paths are recorded the next time.
        self._recorded = site if is_done else None
