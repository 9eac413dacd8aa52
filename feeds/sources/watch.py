"""Watching: the folders whose changes change the site."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from watchfiles import Change, watch

from feeds.config.types import Config

Filter = Callable[[Change, str], bool]


# How long no document may have changed before one that is missing counts as deleted. Version control removes the documents
# that it moves before it writes them again, and many programs upload in this order too.
QUIET = timedelta(seconds=5)
# How long is waited for each of two kinds of folders in turn, in milliseconds.
_TURN = 100


class Changes:
    """Waits for changes of the folders of `config` since this object was made."""

    def __init__(self, config: Config) -> None:
        self._begin(config)

    def follow(self, config: Config) -> None:
        """Wait for changes of the folders of `config` from now on."""
        if _folders(config) != self._folders:
            self._begin(config)

    def wait(self, due: datetime | None) -> None:
        """Return when something has changed since the last time, or the moment `due` has come."""
        began = time.monotonic()
        remote = any(source.url for source in self._config.sources)
        while not any(next(each) for each in self._watchers):
            if due is not None and due <= datetime.now(UTC):
                return
            # Object stores send no notices of changes, so they are listed now and then.
            if remote and time.monotonic() - began > self._config.poll:
                return
            if _folders(self._config) != self._folders:
                self._begin(self._config)
                return

    def _begin(self, config: Config) -> None:
        self._config = config
        self._folders = _folders(config)
        by_depth: dict[bool, list[Path]] = {}
        for folder, recursive in self._folders:
            by_depth.setdefault(recursive, []).append(folder)
        known = watched(config)

        def matters(change: Change, path: str) -> bool:
            return any(which(change, path) for _, _, which in known)

        self._watchers = [
            watch(*folders, watch_filter=matters, recursive=recursive, yield_on_timeout=True, rust_timeout=_TURN)
            for recursive, folders in by_depth.items()
        ]
        for each in self._watchers:
            # It begins to watch when it is first asked.
            next(each)


def _folders(config: Config) -> list[tuple[Path, bool]]:
    return [(folder, recursive) for folder, recursive, _ in watched(config) if folder.is_dir()]


def watched(config: Config) -> list[tuple[Path, bool, Filter]]:
    """Each folder to be watched, whether the folders in it are too, and a filter of the changes that matter.

    Nothing below a name that begins with a dot does, nor what export writes: what a build leaves behind must not cause another.
    """
    folders = [source.folder for source in config.sources if source.url is None] + (
        [config.templates] if config.templates else []
    )
    places = [source.authors_place for source in config.sources if source.authors_place is not None]
    folders += [place for place in places if place.is_dir()]
    # An editor may put another file in the place of one, so it is its folder that is watched.
    files = [config.path, *(place for place in places if not place.is_dir())]
    # What a build adds to the ledger causes one more, which finds nothing to do.
    if config.ledger is not None and config.ledger.resolve().parent.is_dir():
        files.append(config.ledger)
    return [(folder, True, _within(folder, config)) for folder in folders] + [
        (file.resolve().parent, False, partial(_is, file.resolve())) for file in files
    ]


def _is(file: Path, change: Change, path: str) -> bool:
    return Path(path).resolve() == file


def _within(folder: Path, config: Config) -> Filter:
    root = folder.absolute()
    output = config.output_folder.absolute() if config.output_folder else None

    def matters(change: Change, path: str) -> bool:
        place = Path(path).absolute()
        if not place.is_relative_to(root) or (output is not None and place.is_relative_to(output)):
            return False
        return not any(part.startswith(".") for part in place.relative_to(root).parts)

    return matters
