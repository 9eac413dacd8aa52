"""Reads the documents of the source folders, and the files beside them."""

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from posixpath import splitext
from stat import S_ISREG
from typing import NamedTuple
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from feeds.config.types import Config, Source
from feeds.documents import conventions, front_matter, limits, line_numbers
from feeds.documents.front_matter import Home, Reading, Text, taken_apart
from feeds.documents.limits import Limits
from feeds.documents.names import Names
from feeds.documents.rules import Rules
from feeds.errors import Problem, Remark, SourceError
from feeds.sources.local_files import Shelf, shelf_name
from feeds.sources.scan import Found, holds, real, scan, stamp
from feeds.text.media_types import LINKED
from feeds.text.text import is_text
from feeds.text.urls import is_relative

# Without waiting: to open a pipe without a writer would take forever. Windows needs the flag to read bytes.
# A file must not become a link meanwhile.
_READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_CHUNK = 2**20
# The most characters of a link to another document.
_LONGEST = 1024


class Look(NamedTuple):
    """The result of reading a document, and the `places` beside it that this depends on, each with its stamp."""

    reading: Reading
    places: tuple[tuple[str, str], ...]


class Reader:
    """Reads documents of the sources of `config`. Each file that documents refer to is examined once."""

    def __init__(self, config: Config) -> None:
        site = config.site
        kept_back = frozenset(map(real, filter(None, (config.path, config.ledger, config.output_folder, config.state_folder))))
        self._roots = [real(source.folder) for source in config.sources]
        self._top = real(config.path.parent)
        self._home = Home(site.url, site.first_url, site.id)
        self._rules = [_rules(source, config.limits) for source in config.sources]
        self._shelves = [
            # A mirror is in the state folder; nothing of ours is in it.
            Shelf(
                source.folder,
                site.url,
                number,
                shelf_name(source.name, number),
                frozenset(map(Path, kept_back)) if source.url is None else (),
            )
            for number, source in enumerate(config.sources)
        ]

    @property
    def site_url(self) -> str:
        """The URL of the site."""
        return self._home.url

    def rules(self, found: Found) -> Rules:
        """The rules of a source."""
        return self._rules[found.source]

    def data(self, found: Found) -> bytes | Problem:
        """The bytes of a document, or the reason why it can't be read. A symlink must lead to a file within a source."""
        place = found.file
        if os.path.islink(place):
            place = real(place)
            if os.path.exists(place) and not any(holds(root, place) for root in self._roots):
                expected = "a link to a file within one; nothing outside is published"
                return Problem(found.path, 1, "", "a symbolic link out of the source folders", expected, fatal=False)
        try:
            opened = os.open(place, _READING)
            try:
                known = os.fstat(opened)
                if not S_ISREG(known.st_mode):
                    # A pipe or a device: to read it could take forever.
                    return Problem(found.path, 1, "", "no regular file", "a document")
                most = self._rules[found.source].limits.document
                # Asked before it is read: it may be larger than the memory.
                size = known.st_size
                data = _whole(opened, size, most) if size <= most else b""
                size = max(size, len(data))
                return data if size <= most else limits.too_large(found.path, size, most)
            finally:
                os.close(opened)
        except OSError as error:
            # The scan takes a folder that it can't read for a document without a name.
            what, expected = ("folder", "a folder of documents") if found.path.endswith("/") else ("file", "a document")
            return Problem(found.path, 1, "", f"an unreadable {what} ({error.strerror})", expected)

    def read(self, found: Found, text: Text) -> Look:
        """Read the document with this `text`."""
        tried: set[Path] = set()
        home = self._home
        locate = partial(self._shelves[found.source].find, found.file, tried)
        link = partial(self._address, found, tried)
        reading = front_matter.read(text, Home(home.url, home.first_url, home.id, locate, link))
        # With whole paths: what reads the index next may work in another folder. No file is published from where a name is no
        # UTF-8, so nothing depends on what is there.
        places = sorted({place for each in tried if is_text(place := os.path.abspath(each))})
        return Look(reading, tuple((place, stamp(place)) for place in places))

    def _address(self, found: Found, tried: set[Path], reference: str) -> str | None:
        """The address of the document that another means by `reference`: a file's name relative to the document, to its source,
        or to a folder above that up to the config's. None where there is no such document, or it has no address.

        Every place that was tried is added to `tried`, so that the document is read again when the other one changes.
        """
        name, mark, anchor = reference.strip().partition("#")
        name = unquote(name.partition("?")[0]).removeprefix("@")
        if not is_relative(name) or not is_text(name) or "\0" in name or len(name) > _LONGEST:
            return None
        root = Path(self._roots[found.source])
        starts = [root, *(each for each in root.parents if each.is_relative_to(self._top))]
        if not name.startswith("/"):
            starts.insert(0, Path(found.file).parent)
        named = (name,) if splitext(name)[1].lower() in LINKED else (f"{name}.md", f"{name}.markdown", f"{name}/index.md")
        for place in (start / each.lstrip("/") for start in starts for each in named):
            tried.add(place)
            if (address := self._address_of(real(place))) is not None:
                return f"{address}{mark}{anchor}"
        return None

    def _address_of(self, place: str) -> str | None:
        """The address of the document in a file; None if it is not a document or has no address."""
        for number, (root, rules) in enumerate(zip(self._roots, self._rules, strict=True)):
            if holds(root, place) and os.path.isfile(place):
                path = f"{rules.root}{os.path.relpath(place, root).replace(os.sep, '/')}"
                data = self.data(Found(path, number, place, ""))
                if isinstance(data, bytes):
                    home = Home(self._home.url, self._home.first_url, self._home.id)
                    article = front_matter.read(taken_apart(path, data, rules), home).article
                    return article.url if article is not None else None
        return None


def sources_with_documents(config: Config) -> frozenset[int]:
    """The numbers of the sources of `config` that have a document, even a draft or one in error; none where one is no folder."""
    found: set[int] = set()
    reader = Reader(config)
    with suppress(SourceError):
        for part in scan(config):
            for each in part.found:
                if each.source not in found and isinstance(data := reader.data(each), bytes):
                    result = reader.read(each, taken_apart(each.path, data, reader.rules(each))).reading
                    if not any(problem.remark is Remark.PASSED_OVER for problem in result.problems):
                        found.add(each.source)
        return frozenset(found)
    return frozenset()


def _rules(source: Source, limits: Limits) -> Rules:
    zone = ZoneInfo(source.timezone) if source.timezone else None
    return Rules(
        root=f"{source.name.rstrip('/')}/",
        names=Names(source.fields, tags_are_topics=source.tags_are_topics),
        conventions=conventions.GENERATORS.get(source.generator, conventions.USUAL),
        link=source.link,
        translations=source.translations,
        language=source.language,
        zone=zone,
        authors={key.casefold(): person for key, person in source.authors.items()},
        cascades=source.cascades,
        defaults=source.defaults,
        shortcodes=source.shortcodes,
        limits=limits,
    )


def _whole(opened: int, size: int, most: int) -> bytes:
    """All bytes of a file; of one larger than `most`, the first `most` and one more."""
    # To ask for one byte more finds the end, or a file that has grown since.
    data = os.read(opened, size + 1)
    if len(data) == size:
        return data
    parts = [data]
    count = len(data)
    while data and count <= most:
        data = os.read(opened, _CHUNK)
        parts.append(data)
        count += len(data)
    return b"".join(parts)


def line_of(config: Config, path: str, field: str, near: str = "") -> int | None:
    """The line of a field of the document `path` (as `line_numbers.line_of`), or None where there is no such document."""
    for source in config.sources:
        name = f"{source.name.rstrip('/')}/"
        file = source.folder / path.removeprefix(name)
        if path.startswith(name) and file.is_file():
            return line_numbers.line_of(path, file.read_bytes(), field, near, _rules(source, config.limits))
    return None
