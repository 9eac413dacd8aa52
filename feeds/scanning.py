"""Scanning: which documents are in the source folders, as what they are known. None is opened."""

import os
import time
from collections.abc import Iterable, Iterator
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import NamedTuple

from feeds.config import Config, Source, is_store
from feeds.errors import SourceError
from feeds.media_types import MARKUPS, WHOLE

_SUFFIXES = frozenset(MARKUPS) | WHOLE
# A file that was saved less than this before it was looked at may be saved again with the same time and size, in nanoseconds.
_TOO_FRESH = 2_000_000_000
ABSENT = "absent"


class Found(NamedTuple):
    """A document that is there. `path` names it, with its source as written; `file` is where it is, in the `source`th of
    config's folders. `stamp` changes when the file does: empty where it can't tell.
    """

    path: str
    source: int
    file: str
    stamp: str


def scan(config: Config) -> list[Found]:
    """Every document of every source of `config`, in the order of their paths. No document is opened, but those that are new
    or changed in an object store are fetched.

    Raises SourceError where a source is no folder, or can't be reached.
    """
    for source in config.sources:
        if source.url is not None:
            from feeds import mirror

            mirror.refresh(source.url, source.folder, config.output if is_store(config.output) else None)
    now = time.time_ns()
    passed_over = frozenset(map(real, filter(None, (config.path, config.output_folder))))
    found: dict[str, Found] = {}
    for number, source in enumerate(config.sources):
        beginning = f"{source.name.rstrip('/')}/"
        for place, within, entry in _files(source, passed_over):
            if place not in found:
                name = beginning + within
                if not name.isascii():
                    # A file's name need not be UTF-8, and what stands for its bytes in Python is no text.
                    name = os.fsencode(name).decode("utf-8", "backslashreplace")
                found[place] = Found(name, number, entry.path, _stamp(entry, now))
    return sorted(found.values(), key=itemgetter(0))


def stamp(place: str) -> str:
    """The stamp of any file; that of one that is not there says so."""
    try:
        known = os.stat(place)
    except (OSError, ValueError):
        return ABSENT
    return f"{known.st_size}-{known.st_mtime_ns}"


def _files(source: Source, passed_over: frozenset[str]) -> Iterator[tuple[str, str, os.DirEntry[str]]]:
    """Each file that may be a document: where it really is, its path in the folder, and the entry."""
    if not source.folder.is_dir():
        raise SourceError(f"{source.name}: no such folder of documents")
    waiting = [(str(source.folder), real(source.folder), "")]
    while waiting:
        here, real_here, within = waiting.pop()
        folders = []
        for entry in _entries(here):
            name = entry.name
            if name.startswith("."):
                continue
            linked = entry.is_symlink()
            place = real(Path(entry.path)) if linked else f"{real_here}/{name}"
            if place in passed_over:
                continue
            if not linked and entry.is_dir():
                folders.append((entry.path, place, f"{within}{name}/"))
            elif name[name.rfind(".") :].lower() in _SUFFIXES and not (linked and os.path.isdir(place)):
                yield place, f"{within}{name}", entry
        waiting += reversed(folders)


def _entries(folder: str) -> Iterable[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=attrgetter("name"))
    except OSError as error:
        raise SourceError(f"{error.filename}: {error.strerror}") from error


def _stamp(entry: os.DirEntry[str], now: int) -> str:
    try:
        known = entry.stat()
    except OSError:
        return ""
    return f"{known.st_size}-{known.st_mtime_ns}" if now - known.st_mtime_ns > _TOO_FRESH else ""


def real(file: Path) -> str:
    """Where a file really is, links followed."""
    # Unlike Path.resolve, this does not raise for links that lead in a circle.
    return os.path.realpath(file)


def fresh_stamp(place: str | Path) -> str:
    """As `stamp`, but empty where the file was saved too lately, or is not there."""
    try:
        known = os.stat(place)
    except OSError:
        return ""
    return f"{known.st_size}-{known.st_mtime_ns}" if time.time_ns() - known.st_mtime_ns > _TOO_FRESH else ""
