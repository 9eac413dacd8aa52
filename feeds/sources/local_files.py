"""Local files: the file of a source folder that a relative URL in a document means, and its facts.

Only files with an ending of a kind that articles show or offer are published, never a document, a hidden file, or
anything that is, or that a link leads, outside its source folder.
"""

import errno
import hashlib
import os
import re
import stat
from collections.abc import Collection
from pathlib import Path
from urllib.parse import quote, unquote

from msgspec import Struct, field

from feeds.config.types import Config
from feeds.model import File
from feeds.sources.scan import fresh_stamp, real
from feeds.text.media_types import CHAPTERS, MARKUPS, WHOLE, media_type
from feeds.text.urls import is_relative, web_address

FOLDER = "files"
_IMAGE_STARTS = {
    rb"\x89PNG\r\n": "image/png",
    rb"\xff\xd8\xff": "image/jpeg",
    rb"GIF8": "image/gif",
    rb"RIFF....WEBP": "image/webp",
    rb"....ftypavi": "image/avif",
}
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")
_LONGEST = 1024
# What is no link must not become one meanwhile, and opening a pipe must not wait. Windows reads bytes only when told to.
_READING = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Shelf(Struct):
    """The files of one source folder, the `source`th of the config. `prefix` keeps their addresses below `site_url` from clashing
    with those of other sources.

    `kept_back` are files and folders that are never published, such as the config. Each file is read once.
    """

    folder: Path
    site_url: str
    source: int = 0
    prefix: str = ""
    kept_back: Collection[Path] = ()
    _known: dict[Path, File | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()

    def find(self, document: str, tried: set[Path], reference: str) -> File | None:
        """The file that `document` means by `reference`: relative to the document, or else to the source folder.

        Every place that was tried is added to `tried`.
        """
        reference = reference.strip()
        if not is_relative(reference) or len(reference) > _LONGEST or reference[0] in "#?":
            return None
        address = unquote(re.split("[?#]", reference, maxsplit=1)[0])
        for name in dict.fromkeys((reference, address)):
            if not name or _UNSAFE.search(name):
                continue
            starts = (self.folder,) if name.startswith("/") else (Path(document).parent, self.folder)
            for start in starts:
                place = start / name.lstrip("/")
                tried.add(place)
                if found := self._file(place):
                    return found
        return None

    def _file(self, place: Path) -> File | None:
        try:
            # Most references are to no file; this finds out soonest.
            place.stat()
            # Links and `..` are followed first, so that the check is of the file that would be read.
            real = place.resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            return None
        if real not in self._known:
            self._known[real] = self._read(real)
        return self._known[real]

    def _read(self, real: Path) -> File | None:
        if not real.is_relative_to(self.folder) or not real.is_file():
            return None
        within = real.relative_to(self.folder)
        kind = media_type(f"file{real.suffix}")
        if (
            kind is None
            or (real.suffix.lower() in WHOLE | MARKUPS.keys() and not real.name.endswith(CHAPTERS))
            or any(part.startswith(".") for part in within.parts)
            or _UNSAFE.search(str(within))
            or any(real.is_relative_to(place) for place in self.kept_back)
        ):
            return None
        try:
            size = real.stat().st_size
            with real.open("rb") as file:
                # Of every file, so that one that can't be read is found out now and not when it is published.
                start = file.read(16)
            width = height = None
            if kind.startswith("image/"):
                kind = _image_type(start) or kind
                width, height = _measure(real)
        except OSError:
            return None
        path = "/".join(part for part in (FOLDER, self.prefix, within.as_posix()) if part)
        url = web_address(f"{self.site_url}/{quote(path, safe='/')}")
        return File(path, url, self.source, within.as_posix(), kind, size, width, height) if url else None


def open_file(config: Config, file: File) -> int:
    """Open a local file for reading, and return its file descriptor.

    Raises OSError where it can't be read any more, or is a link or no regular file by now.
    """
    place = f"{real(config.sources[file.source].folder)}{os.sep}{file.place.replace('/', os.sep)}"
    if real(place) != place:
        # It was in the folder when it was found fit for publishing; a link may lead out of it.
        raise FileNotFoundError(errno.ENOENT, "became a symbolic link", place)
    opened = os.open(place, _READING)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise FileNotFoundError(errno.ENOENT, "is no regular file any more", place)
    return opened


def file_bytes(config: Config, file: File) -> bytes:
    """The bytes of a local file. Raises OSError as `open_file` does."""
    with open(open_file(config, file), "rb") as reading:
        return reading.read()


def stamp_of(config: Config, file: File) -> str:
    """The stamp of a local file, empty if it was saved too recently or is missing."""
    return fresh_stamp(config.sources[file.source].folder / file.place)


def shelf_name(source: str, index: int) -> str:
    """The folder of the files of the source at `index`: none for the first, a hash of its name for others."""
    return hashlib.sha256(source.encode()).hexdigest()[:8] if index else ""


def _image_type(start: bytes) -> str | None:
    """The media type of a picture by its first bytes, whatever its name says."""
    return next((kind for pattern, kind in _IMAGE_STARTS.items() if re.match(pattern, start, re.DOTALL)), None)


def _measure(place: Path) -> tuple[int | None, int | None]:
    """Width and height in pixels, as a browser turns the picture (EXIF); None where it is unknown."""
    import imagesize

    try:
        width, height = imagesize.get(place)
    except Exception:  # a damaged picture can raise anything: it is a picture of unknown size
        return None, None
    return (round(width), round(height)) if width > 0 and height > 0 else (None, None)
