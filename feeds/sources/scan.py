"""Scan: find the documents in the source folders, without opening them."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from feeds.config.types import Config, Source, is_store
from feeds.errors import SourceError
from feeds.storage import database
from feeds.text.media_types import CHAPTERS, MARKUPS, UNREADABLE, WHOLE

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_SUFFIXES = frozenset(MARKUPS) | WHOLE | UNREADABLE
# A file that was saved less than this before it was scanned may be saved again with the same time and size, in nanoseconds:
# on file systems with times in parts of seconds, and on others.
_TICK, _COARSE_TICK = 50_000_000, 2_000_000_000
ABSENT = "absent"
# Documents in a part of a folder.
_AT_ONCE = 500


class Found(NamedTuple):
    """A document that is there. `path` names it, with its source as written; `file` is where it is, in the `source`th of
    config's folders. `stamp` changes when the file does: empty where that is uncertain.
    """

    path: str
    source: int
    file: str
    stamp: str


class Part(NamedTuple):
    """Documents of one folder in the order of their names: those after the name `after`, up to `until`, empty for no bound.

    `folder` is the part of their paths before the name. A large folder comes in several parts, so that none is held whole.
    """

    folder: str
    after: str
    until: str
    found: list[Found]


def scan(config: Config) -> Iterator[Part]:
    """Every document of every source of `config`. None is opened; those that changed in an object store are fetched.

    Raises SourceError where a source is no folder, or can't be reached.
    """
    for source in config.sources:
        if source.url is not None:
            from feeds.sources import mirror

            mirror.refresh(source.url, source.folder, config.output if is_store(config.output) else None)
    for source in config.sources:
        if not source.folder.is_dir():
            raise SourceError(f"{source.name}: no such folder of documents")
    return _Walk(config).parts()


class _Walk:
    """A walk through the source folders, in which each document is met once.

    A document that is within several sources is the first one's that does not ignore it. A link to a document that lies in a
    source gives way to that, and of several links to a file elsewhere the first one counts.
    """

    def __init__(self, config: Config) -> None:
        self._sources = config.sources
        self._roots = [real(source.folder) for source in config.sources]
        self._passed_over = frozenset(map(real, filter(None, (config.path, config.output_folder))))
        self._ignored = [_ignored(source) for source in config.sources]
        self._elsewhere: set[str] = set()
        self._now = time.time_ns()

    def parts(self) -> Iterator[Part]:
        """The documents of each folder."""
        for number, source in enumerate(self._sources):
            waiting = [(str(source.folder), self._roots[number], source.name.rstrip("/"))]
            while waiting:
                yield from self._folder(number, *waiting.pop(), waiting)

    def _folder(self, number: int, here: str, real_here: str, path: str, waiting: list[tuple[str, str, str]]) -> Iterator[Part]:
        """The documents in a folder. The folders in it are added to `waiting`, the last first."""
        earlier = [other for other in range(number) if holds(self._roots[other], real_here)]
        if any(self._ignored[other] is None for other in earlier):
            return
        try:
            with _opened(here) as (entries, status):
                names, folders = self._names(number, here, real_here, earlier, entries)
                waiting += [(f"{here}/{name}", f"{real_here}/{name}", f"{path}/{_text(name)}") for name in folders]
                after = ""
                for start in range(0, len(names), _AT_ONCE):
                    some = names[start : start + _AT_ONCE]
                    until = _text(some[-1]) if start + _AT_ONCE < len(names) else ""
                    found = [Found(f"{path}/{_text(name)}", number, f"{here}/{name}", self._stamp(status, name)) for name in some]
                    yield Part(_text(path), after, until, found)
                    after = until
        except OSError as error:
            if path == self._sources[number].name.rstrip("/"):
                raise SourceError(f"{error.filename}: {error.strerror}") from error
            # The reader reports why it can't be read; all other folders are scanned.
            folder = _text(path)
            yield Part(folder, "", "", [Found(f"{folder}/", number, here, "")])

    def _names(
        self, number: int, here: str, real_here: str, earlier: list[int], entries: Iterator[os.DirEntry[str]]
    ) -> tuple[list[str], list[str]]:
        """The names of the documents in a folder, in order, and of the folders in it, the last first."""
        passed_over = {os.path.basename(place) for place in self._passed_over if os.path.dirname(place) == real_here}
        names, folders = [], []
        for entry in entries:
            name = entry.name
            if name[0] == "." or name in passed_over:
                continue
            if entry.is_symlink():
                if not self._counts(real(f"{here}/{name}"), name):
                    continue
            elif entry.is_dir():
                folders.append(name)
                continue
            if not _is_document(name) or self._ignores(number, real_here, name):
                continue
            if all(self._ignores(other, real_here, name) for other in earlier):
                names.append(name)
        names.sort(key=_text)
        folders.sort(reverse=True)
        return names, folders

    def _stamp(self, status: Callable[[str], os.stat_result], name: str) -> str:
        try:
            known = status(name)
        except OSError:
            return ""
        return _stamp_of(known) if is_settled(known, self._now) else ""

    def _ignores(self, number: int, real_here: str, name: str) -> bool:
        """Whether the `ignore` of a source matches the document `name` in a folder."""
        spec = self._ignored[number]
        return spec is not None and spec.match_file(os.path.relpath(f"{real_here}/{name}", self._roots[number]))

    def _counts(self, place: str, name: str) -> bool:
        """Whether a link to `place` counts as a document."""
        if place in self._passed_over or os.path.isdir(place) or not _is_document(name):
            return False
        if any(holds(root, place) and _is_document(place) for root in self._roots) and os.path.exists(place):
            return False
        is_new = place not in self._elsewhere
        self._elsewhere.add(place)
        return is_new


def _ignored(source: Source) -> "GitIgnoreSpec | None":
    if not source.ignore:
        return None
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(source.ignore)


def _is_document(name: str) -> bool:
    return name[name.rfind(".") :].lower() in _SUFFIXES and not name.endswith(CHAPTERS)


def holds(root: str, place: str) -> bool:
    """Whether a walk from `root` reaches `place`: it is below, and nothing on the way is hidden."""
    return place == root or (place.startswith(f"{root}{os.sep}") and f"{os.sep}." not in place[len(root) :])


@contextmanager
def _opened(folder: str) -> Iterator[tuple[Iterator[os.DirEntry[str]], Callable[[str], os.stat_result]]]:
    """The names in a folder, each with its status. The folder is opened once, if possible, so that its path is resolved once."""
    if os.scandir not in os.supports_fd or os.stat not in os.supports_dir_fd:
        with os.scandir(folder) as entries:
            yield entries, lambda name: os.stat(f"{folder}/{name}")
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.scandir(opened) as entries:
            yield entries, lambda name: os.stat(name, dir_fd=opened)
    finally:
        os.close(opened)


def stamp(place: str) -> str:
    """The stamp of a file; `ABSENT` without one."""
    try:
        return _stamp_of(os.stat(place))
    except (OSError, ValueError):
        return ABSENT


def _stamp_of(known: os.stat_result) -> str:
    # Size and time alone miss a file that was replaced by one of the same size and time, or made readable.
    return f"{known.st_size}-{known.st_mtime_ns}-{known.st_ctime_ns}-{known.st_ino}"


def home_key(config: Config) -> tuple[object, ...]:
    """The settings that decide how documents are read."""
    site = config.site
    # Identities are the ledger's, and so are notices of articles that were withdrawn, which last for a while.
    ledger = config.ledger is not None and config.withdrawn
    if not database.is_file(config.index):
        # Several machines share it, each with the config at a place of its own.
        settings = tuple(replace(source, folder=Path(), authors_place=None) for source in config.sources)
        return (site.url, site.first_url, site.id, settings, config.limits, config.output, ledger)
    # As seen from the config file: an index moves with its folder, and it is the same however that is named.
    here = os.path.abspath(config.path.parent)
    folders = tuple(
        (replace(source, folder=Path(), authors_place=None), os.path.relpath(os.path.abspath(source.folder), here))
        for source in config.sources
    )
    return (site.url, site.first_url, site.id, folders, config.limits, config.output, config.index, ledger)


def _text(name: str) -> str:
    # A file's name need not be UTF-8; Python's surrogates for its bytes are not text.
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def real(file: str | Path) -> str:
    """The path of a file with all links followed."""
    # Unlike Path.resolve, this does not raise for links that lead in a circle.
    return os.path.realpath(file)


def fresh_stamp(place: str | Path) -> str:
    """Like `stamp`, but empty if the file was saved too recently or is missing."""
    try:
        known = os.stat(place)
    except OSError:
        return ""
    return _stamp_of(known) if is_settled(known, time.time_ns()) else ""


def is_settled(known: os.stat_result, now: int) -> bool:
    """Whether a file with this status would have another time if it was saved again at or after `now` (nanoseconds)."""
    moment = max(known.st_mtime_ns, known.st_ctime_ns)
    # A file system with parts of seconds distinguishes files written in one second.
    return now - moment > (_TICK if moment % 1_000_000_000 else _COARSE_TICK)
