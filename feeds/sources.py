"""Sources: the folders that documents are read from."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from feeds import documents, places
from feeds.config import Config, Source
from feeds.documents import Home, Reading
from feeds.errors import Problem, SourceError
from feeds.files import Shelf, shelf_name

SUFFIXES = frozenset(documents.MARKUPS) | documents.WHOLE


def read_all(config: Config) -> tuple[Reading, ...]:
    """Read every document of every source of `config`, in the order of their paths.

    A file that can't be read is a problem of its own. Raises SourceError where a source is no folder.
    """
    home = Home(config.site.url, config.site.first_url, config.site.id)
    passed_over = frozenset({_real(config.path), _real(config.output_folder)})
    kept_back = passed_over | {_real(config.state_folder)}
    found: dict[Path, tuple[str, Shelf]] = {}
    for index, source in enumerate(config.sources):
        shelf = Shelf(source.folder, config.site.url, shelf_name(source.name, index), kept_back)
        for file in _files(source, passed_over):
            name = f"{source.name.rstrip('/')}/{file.relative_to(source.folder).as_posix()}"
            # A file's name need not be UTF-8, and what stands for its bytes in Python is no text.
            found.setdefault(_real(file), (os.fsencode(name).decode("utf-8", "backslashreplace"), shelf))

    def read(file: Path, path: str, shelf: Shelf) -> Reading | None:
        if file.exists() and not file.is_file():
            # A pipe or a device: to read it could take forever.
            return Reading(path, None, (Problem(path, 1, "", "no regular file", "a document"),))
        try:
            return documents.read(path, file.read_bytes(), Home(home.url, home.first_url, home.id, partial(shelf.find, file)))
        except OSError as error:
            return Reading(path, None, (Problem(path, 1, "", f"an unreadable file ({error.strerror})", "a document"),))

    readings = (read(file, path, shelf) for file, (path, shelf) in sorted(found.items(), key=lambda item: item[1][0]))
    return tuple(reading for reading in readings if reading is not None)


def line_of(config: Config, path: str, field: str, near: str = "") -> int | None:
    """The line of a field of the document `path` (as `places.line_of`), or None where there is no such document."""
    for source in config.sources:
        name = f"{source.name.rstrip('/')}/"
        file = source.folder / path.removeprefix(name)
        if path.startswith(name) and file.is_file():
            return places.line_of(path, file.read_bytes(), field, near)
    return None


def _files(source: Source, passed_over: frozenset[Path]) -> Iterator[Path]:
    if not source.folder.is_dir():
        raise SourceError(f"{source.name}: no such folder of documents")
    for place, folders, files in os.walk(source.folder, onerror=_refuse):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and _real(here / name) not in passed_over)
        for name in sorted(files):
            file = here / name
            if file.suffix.lower() in SUFFIXES and not name.startswith(".") and _real(file) not in passed_over:
                yield file


def _real(file: Path) -> Path:
    # Unlike Path.resolve, this does not raise for links that lead in a circle.
    return Path(os.path.realpath(file))


def _refuse(error: OSError) -> None:
    raise SourceError(f"{error.filename}: {error.strerror}") from error
