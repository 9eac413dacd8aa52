"""Scanning: which documents are in the source folders, as what they are known. None is opened."""

import marshal
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from feeds.config.types import Config, Source, is_store
from feeds.errors import SourceError
from feeds.processes import Beside, can_fork, without_searches
from feeds.text.media_types import MARKUPS, UNREADABLE, WHOLE

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_SUFFIXES = frozenset(MARKUPS) | WHOLE | UNREADABLE
# A file that was saved less than this before it was looked at may be saved again with the same time and size, in nanoseconds:
# where a file system tells parts of seconds, and where it does not.
_TICK, _COARSE_TICK = 50_000_000, 2_000_000_000
ABSENT = "absent"
# What parts lines of a scan, and stands for a stamp that is not there: no path holds the first, and no stamp is the second.
LINE_END, NO_STAMP = "\0\0", "?"
# Documents after which what is left to be seen is for two processes, where it is not more folders than a pipe holds; the bytes
# that stand for one there.
_MANY, _MOST, _TAKEN = 2000, 16_000, 2
# A folder as it was seen: where it is, where it really is, the path in its source that its names begin with, and what may be
# documents in it: each one's name, its stamp, and where it really is where it is a link; whether any is. Plain, to be handed over
# quickly.
_Seen = tuple[str, str, str, list[tuple[str, str, str]], bool]
_Waiting = tuple[str, str, str]


class Found(NamedTuple):
    """A document that is there. `path` names it, with its source as written; `file` is where it is, in the `source`th of
    config's folders. `stamp` changes when the file does: empty where it can't tell.
    """

    path: str
    source: int
    file: str
    stamp: str


class Scan(list[Found]):
    """The documents that were found, in the order of their paths."""

    @cached_property
    def lines(self) -> str:
        """All of it as one text, a line for each: to see whether anything has changed is to compare two such texts."""
        return LINE_END.join([f"{each.path}\0{each.stamp or NO_STAMP}" for each in self])

    @property
    def is_whole(self) -> bool:
        """Whether each has a stamp."""
        return f"\0{NO_STAMP}" not in self.lines


@without_searches()
def scan(config: Config) -> Scan:
    """Every document of every source of `config`, in the order of their paths. No document is opened, but those that are new
    or changed in an object store are fetched.

    Raises SourceError where a source is no folder, or can't be reached.
    """
    for source in config.sources:
        if source.url is not None:
            from feeds.sources import mirror

            mirror.refresh(source.url, source.folder, config.output if is_store(config.output) else None)
    return _listed(config, _folders(config))


def scan_beside(config: Config) -> Callable[[], Scan]:
    """Begin a scan in another process, where one can be forked; what is returned waits for it, and raises what `scan` does."""
    if any(source.url is not None for source in config.sources):
        # What is fetched from a store takes threads.
        return partial(scan, config)
    # Told at once: nothing is to be begun for it.
    for source in config.sources:
        _check(source)
    beside = Beside(lambda: marshal.dumps(_folders(config)))
    return lambda: _listed(config, _handed_over(beside))


def _folders(config: Config) -> list[list[_Seen]]:
    """Every folder of each source."""
    passed_over = frozenset(map(real, filter(None, (config.path, config.output_folder))))
    eyes = _Eyes(passed_over, time.time_ns())
    return [_seen(source, eyes) for source in config.sources]


def _listed(config: Config, seen: list[list[_Seen]]) -> Scan:
    """The documents in all folders that were `seen`, each once."""
    found: list[Found] = []
    places: set[str] = set()
    # Else there is but one way to each file.
    several = len(seen) > 1 or any(linked for folders in seen for *_, linked in folders)
    for number, (source, folders) in enumerate(zip(config.sources, seen, strict=True)):
        beginning = f"{source.name.rstrip('/')}/"
        ignored = _ignored(source)
        for here, real_here, within, seen_files, _ in folders:
            name = f"{beginning}{within}"
            files = [each for each in seen_files if ignored is None or not ignored.match_file(f"{within}{each[0]}")]
            new = files
            if several:
                new = []
                for each, stamp, linked in files:
                    place = linked or f"{real_here}/{each}"
                    if place not in places:
                        places.add(place)
                        new.append((each, stamp, linked))
            found += [Found(_text(name + each), number, f"{here}/{each}", stamp) for each, stamp, _ in new]
    found.sort(key=itemgetter(0))
    return Scan(found)


def stamp(place: str) -> str:
    """The stamp of any file; that of one that is not there says so."""
    try:
        known = os.stat(place)
    except (OSError, ValueError):
        return ABSENT
    return f"{known.st_size}-{known.st_mtime_ns}"


class _Eyes(NamedTuple):
    """What a look at a folder needs to know: files and folders that are no documents of ours, and the moment of the scan."""

    passed_over: frozenset[str]
    now: int

    def see(self, waiting: _Waiting) -> tuple[_Seen, list[_Waiting]]:
        """A folder, and the folders in it."""
        here, real_here, within = waiting
        passed_over = {os.path.basename(place) for place in self.passed_over if os.path.dirname(place) == real_here}
        latest = self.now - _COARSE_TICK
        files, folders = [], []
        has_links = False
        try:
            with _entries(here) as entries:
                for entry in entries:
                    name = entry.name
                    if name[0] == "." or name in passed_over:
                        continue
                    place = ""
                    if entry.is_symlink():
                        has_links = True
                        place = real(f"{here}/{name}")
                        if place in self.passed_over or os.path.isdir(place):
                            continue
                    elif entry.is_dir():
                        folders.append((f"{here}/{name}", f"{real_here}/{name}", f"{within}{name}/"))
                        continue
                    if name[name.rfind(".") :].lower() not in _SUFFIXES:
                        continue
                    try:
                        known = entry.stat()
                    except OSError:
                        files.append((name, "", place))
                        continue
                    moment = known.st_mtime_ns
                    files.append(
                        (name, f"{known.st_size}-{moment}" if moment < latest or is_settled(moment, self.now) else "", place)
                    )
        except OSError as error:
            raise SourceError(f"{error.filename}: {error.strerror}") from error
        files.sort()
        folders.sort(reverse=True)
        return (here, real_here, within, files, has_links), folders

    def see_all(self, waiting: list[_Waiting]) -> Iterator[_Seen]:
        """The folders that are `waiting`, the last first, and what is below each before the next."""
        while waiting:
            seen, below = self.see(waiting.pop())
            waiting += below
            yield seen


@contextmanager
def _entries(folder: str) -> Iterator[Iterator[os.DirEntry[str]]]:
    """What is in a folder. Where it can be opened itself, each is looked at without the way to there."""
    if os.scandir not in os.supports_fd:
        with os.scandir(folder) as entries:
            yield entries
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.scandir(opened) as entries:
            yield entries
    finally:
        os.close(opened)


def _ignored(source: Source) -> "GitIgnoreSpec | None":
    if not source.ignore:
        return None
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(source.ignore)


def _check(source: Source) -> None:
    if not source.folder.is_dir():
        raise SourceError(f"{source.name}: no such folder of documents")


def _seen(source: Source, eyes: _Eyes) -> list[_Seen]:
    """Every folder of `source`."""
    _check(source)
    waiting = [(str(source.folder), real(source.folder), "")]
    found: list[_Seen] = []
    count = 0
    while waiting:
        if count >= _MANY and 1 < len(waiting) < _MOST and can_fork():
            return found + _seen_by_two(waiting, eyes)
        seen, below = eyes.see(waiting.pop())
        waiting += below
        found.append(seen)
        count += len(seen[3])
    return found


def _seen_by_two(waiting: list[_Waiting], eyes: _Eyes) -> list[_Seen]:
    """The same as `see_all`, by this process and a child: both take the next folder from a pipe, until it is empty."""
    queue, fill = os.pipe()
    for number in reversed(range(len(waiting))):
        os.write(fill, number.to_bytes(_TAKEN))
    os.close(fill)
    found: dict[int, list[_Seen]] = {}

    def see() -> Iterator[tuple[int, list[_Seen]]]:
        while taken := os.read(queue, _TAKEN):
            number = int.from_bytes(taken)
            yield number, list(eyes.see_all([waiting[number]]))

    child = Beside(lambda: marshal.dumps(list(see())))
    try:
        found.update(see())
        found.update(_handed_over(child))
    finally:
        os.close(queue)
    # Where the child failed, what it took is seen here.
    parts = (found.get(number) or list(eyes.see_all([waiting[number]])) for number in reversed(range(len(waiting))))
    return [seen for part in parts for seen in part]


def _handed_over(child: Beside) -> Any:
    # Not msgpack, which knows no undecodable names.
    return marshal.loads(child.result())  # noqa: S302  # nobody but a child that this process forked wrote it


def _text(name: str) -> str:
    # A file's name need not be UTF-8, and what stands for its bytes in Python is no text.
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def real(file: str | Path) -> str:
    """Where a file really is, links followed."""
    # Unlike Path.resolve, this does not raise for links that lead in a circle.
    return os.path.realpath(file)


def fresh_stamp(place: str | Path) -> str:
    """As `stamp`, but empty where the file was saved too lately, or is not there."""
    try:
        known = os.stat(place)
    except OSError:
        return ""
    return f"{known.st_size}-{known.st_mtime_ns}" if is_settled(known.st_mtime_ns, time.time_ns()) else ""


def is_settled(moment: int, now: int) -> bool:
    """Whether a file that was saved at `moment` would have another time if it was saved again at or after `now` (nanoseconds)."""
    # A file system that tells parts of seconds tells apart what is written in one second.
    return now - moment > (_TICK if moment % 1_000_000_000 else _COARSE_TICK)
