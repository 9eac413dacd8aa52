"""Sources: the folders that documents are read from. Which documents are there, as what they are known, and what is in each."""

import os
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from feeds import documents, places
from feeds.config import Config, Source
from feeds.documents import Home, Reading
from feeds.errors import Problem, SourceError
from feeds.files import Shelf, shelf_name
from feeds.model import File

SUFFIXES = frozenset(documents.MARKUPS) | documents.WHOLE
# A file that was saved less than this before it was looked at may be saved again with the same time and size, in nanoseconds.
_TOO_FRESH = 2_000_000_000
_ABSENT = "absent"


class Found(NamedTuple):
    """A document that is there. `path` names it, with its source as written; `file` is where it is, in the `source`th of
    config's folders. `stamp` changes when the file does: empty where it can't tell.
    """

    path: str
    source: int
    file: str
    stamp: str


class Look(NamedTuple):
    """What was found in a document, and the `places` beside it that this depends on, each with its stamp."""

    reading: Reading | None
    places: tuple[tuple[str, str], ...]


def scan(config: Config) -> list[Found]:
    """Every document of every source of `config`, in the order of their paths. No document is opened.

    Raises SourceError where a source is no folder.
    """
    now = time.time_ns()
    passed_over = frozenset({_real(config.path), _real(config.output_folder)})
    found: dict[str, Found] = {}
    for number, source in enumerate(config.sources):
        for real, within, entry in _files(source, passed_over):
            if real not in found:
                name = f"{source.name.rstrip('/')}/{within}"
                if not name.isascii():
                    # A file's name need not be UTF-8, and what stands for its bytes in Python is no text.
                    name = os.fsencode(name).decode("utf-8", "backslashreplace")
                found[real] = Found(name, number, entry.path, _stamp(entry, now))
    return sorted(found.values())


def stamp(place: str) -> str:
    """The stamp of a file that documents refer to."""
    try:
        known = os.stat(place)
    except (OSError, ValueError):
        return _ABSENT
    return f"{known.st_size}-{known.st_mtime_ns}"


class Reader:
    """Reads documents of the sources of `config`. Files that documents refer to are each looked at once."""

    def __init__(self, config: Config) -> None:
        site = config.site
        kept_back = frozenset({_real(config.path), _real(config.output_folder), _real(config.state_folder)})
        self._home = Home(site.url, site.first_url, site.id)
        self._shelves = [
            Shelf(source.folder, site.url, number, shelf_name(source.name, number), frozenset(map(Path, kept_back)))
            for number, source in enumerate(config.sources)
        ]

    def data(self, found: Found) -> bytes | Problem:
        """The bytes of a document, or why they can't be had."""
        try:
            if os.path.exists(found.file) and not os.path.isfile(found.file):
                # A pipe or a device: to read it could take forever.
                return Problem(found.path, 1, "", "no regular file", "a document")
            with open(found.file, "rb") as file:
                return file.read()
        except OSError as error:
            return Problem(found.path, 1, "", f"an unreadable file ({error.strerror})", "a document")

    def read(self, found: Found, data: bytes) -> Look:
        """What the document with the bytes `data` says; no reading where it is no document."""
        tried: set[Path] = set()
        home = self._home
        locate = partial(self._shelves[found.source].find, Path(found.file), tried)
        reading = documents.read(found.path, data, Home(home.url, home.first_url, home.id, locate))
        return Look(reading, tuple((str(place), stamp(str(place))) for place in sorted(tried)))


def home_key(config: Config) -> tuple[object, ...]:
    """What readings of documents depend on beside the documents."""
    site = config.site
    folders = tuple((source.name, str(source.folder)) for source in config.sources)
    return (site.url, site.first_url, site.id, folders, config.output, config.index)


def file_bytes(config: Config, file: File) -> bytes:
    """The bytes of a local file. Raises OSError where it can't be read any more."""
    return (config.sources[file.source].folder.resolve() / file.place).read_bytes()


def stamp_of(config: Config, file: File) -> str:
    """The stamp of a local file, empty where it can't tell."""
    try:
        known = os.stat(config.sources[file.source].folder / file.place)
    except OSError:
        return ""
    return f"{known.st_size}-{known.st_mtime_ns}" if time.time_ns() - known.st_mtime_ns > _TOO_FRESH else ""


def line_of(config: Config, path: str, field: str, near: str = "") -> int | None:
    """The line of a field of the document `path` (as `places.line_of`), or None where there is no such document."""
    for source in config.sources:
        name = f"{source.name.rstrip('/')}/"
        file = source.folder / path.removeprefix(name)
        if path.startswith(name) and file.is_file():
            return places.line_of(path, file.read_bytes(), field, near)
    return None


def _files(source: Source, passed_over: frozenset[str]) -> Iterator[tuple[str, str, os.DirEntry[str]]]:
    """Each file that may be a document: where it really is, its path in the folder, and the entry."""
    if not source.folder.is_dir():
        raise SourceError(f"{source.name}: no such folder of documents")
    waiting = [(str(source.folder), _real(source.folder), "")]
    while waiting:
        here, real_here, within = waiting.pop()
        folders = []
        for entry in _entries(here):
            name = entry.name
            if name.startswith("."):
                continue
            linked = entry.is_symlink()
            real = _real(Path(entry.path)) if linked else f"{real_here}/{name}"
            if real in passed_over:
                continue
            if not linked and entry.is_dir():
                folders.append((entry.path, real, f"{within}{name}/"))
            elif os.path.splitext(name)[1].lower() in SUFFIXES and not (linked and os.path.isdir(real)):
                yield real, f"{within}{name}", entry
        waiting += reversed(folders)


def _entries(folder: str) -> Iterable[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise SourceError(f"{error.filename}: {error.strerror}") from error


def _stamp(entry: os.DirEntry[str], now: int) -> str:
    try:
        known = entry.stat()
    except OSError:
        return ""
    return f"{known.st_size}-{known.st_mtime_ns}" if now - known.st_mtime_ns > _TOO_FRESH else ""


def _real(file: Path) -> str:
    # Unlike Path.resolve, this does not raise for links that lead in a circle.
    return os.path.realpath(file)
