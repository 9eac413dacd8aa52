"""A folder of this machine.

What export has written is recorded in the folder, in `.feeds-manifest` (the form of sha256sum), a line for each file before it
is put in its place. So a later export knows what is its own to remove, even after one that was killed, and removes nothing else.

Documents are written under a hidden name first and then renamed: in `.feeds-writing`, or, by workers, in `.feeds-waiting/`.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO
from uuid import uuid4

from msgspec.structs import replace

from feeds.errors import OutputError
from feeds.publish.targets import Upload, manifest
from feeds.publish.targets.manifest import MANIFEST, Manifest, Mark
from feeds.sources.scan import ABSENT, stamp

_LOCK = ".feeds-lock"
_TEMPORARY = ".feeds-writing"
_WAITING = ".feeds-waiting"
# Windows needs the flag to write bytes.
_WRITING = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
# Files that are recorded at a time, before they are put in their places.
_AT_A_TIME = 50


class Folder:
    """The folder `place`, made where it is not there yet."""

    is_remote = False

    def __init__(self, place: Path) -> None:
        self.place = place
        self.name = str(place)
        # In an empty folder no file is checked: each check takes a tenth of the time to make a feed.
        self._is_new = not _holds_any(place)
        self._manifest: IO[str] | None = None
        self._set_aside = 0
        self._own_folder = (0, "")
        self._mark = Mark("", "", "")
        self._earlier: dict[str, set[str]] = {}
        self._waiting: list[Upload] = []

    @contextmanager
    def opened(self, mark: Mark, cache_control: Callable[[str], str]) -> Iterator[Manifest]:
        """As `Output` says."""
        # An export with nothing to do never gets here: loading the library takes a twentieth of its time.
        from filelock import FileLock, Timeout

        try:
            self.place.mkdir(parents=True, exist_ok=True)
            with FileLock(self.place / _LOCK, timeout=0), ExitStack() as self._closing:
                found = manifest.read(self._manifest_bytes())
                self._mark, self._earlier = mark, found.digests
                yield found
        except Timeout as error:
            raise OutputError(f"{self.place}: another export is writing here") from error
        except OSError as error:
            raise OutputError(f"{error.filename2 or error.filename or self.place}: {error.strerror}") from error

    def _manifest_bytes(self) -> bytes:
        with suppress(FileNotFoundError):
            return (self.place / MANIFEST).read_bytes()
        return b""

    def earlier(self) -> Mapping[str, set[str]]:
        """As `Output` says."""
        return self._earlier

    def recall(self, digests: Mapping[str, str]) -> None:
        """As `Output` says."""
        listed = self._earlier.items()
        self._earlier = {path: some for path, some in listed if any(self.verify(path, each, "") for each in some)}
        for path, digest in digests.items():
            self._earlier.setdefault(path, set()).add(digest)

    def foreign(self, paths: Iterable[str]) -> list[str]:
        """As `Output` says."""
        if self._is_new:
            return []
        unknown = [path for path in paths if path not in self._earlier]
        folders = {folder for path in unknown for folder in _folders(path)}
        in_the_way = [folder for folder in folders if self._is_file(folder)]
        return in_the_way + [path for path in unknown if os.path.lexists(f"{self.place}/{path}")]

    def _is_file(self, path: str) -> bool:
        """Whether something else than a folder is at `path`."""
        place = f"{self.place}/{path}"
        return os.path.lexists(place) and not os.path.isdir(place)

    def verify(self, path: str, sha256: str, stamp: str) -> str | None:
        """As `Output` says."""
        if self._is_new:
            return None
        now = self.stamp(path)
        if now == stamp:
            return now
        if now == ABSENT:
            return None
        if not os.path.isfile(self.place / path):
            return None
        with (self.place / path).open("rb") as file:
            return now if hashlib.file_digest(file, "sha256").hexdigest() == sha256 else None

    def set_aside(self, upload: Upload) -> Upload:
        """As `Output` says."""
        if self._own_folder[0] != os.getpid():
            # A folder for each process: an export that was killed may still write, and processes that create files in one
            # folder wait for each other.
            self._own_folder = (os.getpid(), f"{self.place}/{_WAITING}/{uuid4().hex}")
            os.makedirs(self._own_folder[1])
        self._set_aside += 1
        file = f"{self._own_folder[1]}/.{self._set_aside}"
        _write(file, upload.body)
        return Upload(upload.path, b"", upload.sha256, upload.media_type, file)

    def put(self, upload: Upload) -> None:
        """As `Output` says."""
        self._waiting.append(upload)
        if len(self._waiting) >= _AT_A_TIME:
            self.settle()

    def settle(self) -> None:
        """As `Output` says."""
        waiting, self._waiting = self._waiting, []
        new = [manifest.line(each.path, each.sha256) for each in waiting if each.sha256 not in self._earlier.get(each.path, ())]
        if new:
            if self._manifest is None:
                # Only now: an export that is refused leaves no manifest.
                opened = (self.place / MANIFEST).open("a", encoding="utf-8", newline="\n")
                self._manifest = self._closing.enter_context(opened)
                if not opened.tell():
                    opened.write(manifest.first_line(self._mark))
            self._manifest.write("".join(new))
            self._manifest.flush()
        for each in waiting:
            self._place(each)

    def _place(self, upload: Upload) -> None:
        target = f"{self.place}/{upload.path}"
        file = upload.file
        if not file:
            file = f"{self.place}/{_TEMPORARY}"
            _write(file, upload.body)
        try:
            os.replace(file, target)
        except (FileNotFoundError, NotADirectoryError):
            for folder in _folders(upload.path):
                # Only `--overwrite` gets here with such a file.
                if self._is_file(folder):
                    os.unlink(f"{self.place}/{folder}")
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, target)

    def remove(self, path: str, digests: set[str]) -> bool:
        """As `Output` says; the folders that this leaves empty go too."""
        target = self.place / path
        if not target.is_file() or hashlib.sha256(target.read_bytes()).hexdigest() not in digests:
            return False
        target.unlink()
        for parent in PurePosixPath(path).parents:
            if parent == PurePosixPath(".") or any((self.place / parent).iterdir()):
                break
            (self.place / parent).rmdir()
        return True

    def stamp(self, path: str) -> str:
        """As `Output` says."""
        return stamp(f"{self.place}/{path}")

    def finish(self, digests: Mapping[str, str], articles: int) -> None:
        """As `Output` says."""
        (self.place / _TEMPORARY).unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            shutil.rmtree(self.place / _WAITING)
        self._replace(MANIFEST, manifest.text(digests, replace(self._mark, articles=articles)))

    def _replace(self, name: str, text: str) -> None:
        body = text.encode("utf-8")
        file = self.place / name
        if not file.exists() or file.read_bytes() != body:
            temporary = self.place / _TEMPORARY
            temporary.write_bytes(body)
            temporary.replace(file)


def _folders(path: str) -> list[str]:
    """The folders that `path` is in, below the output, the outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def _holds_any(place: Path) -> bool:
    try:
        with os.scandir(place) as entries:
            return any(entries)
    except OSError:
        return False


def _write(file: str, body: bytes) -> None:
    opened = os.open(file, _WRITING, 0o666)
    try:
        # Most file systems take it at once.
        while body := body[os.write(opened, body) :]:
            pass
    finally:
        os.close(opened)
