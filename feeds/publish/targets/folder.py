"""A folder of this machine.

What export has written is recorded in the folder, in `.feeds-manifest` (the form of sha256sum), a line for each file before it
is put in its place. So a later export knows what is its own to remove, even after one that was killed, and removes nothing else.

What is to be put is written under a hidden name first: in `.feeds-writing`, or by a process beside this one in `.feeds-waiting/`.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO
from uuid import uuid4

from filelock import FileLock, Timeout

from feeds.errors import OutputError
from feeds.model import Document
from feeds.publish.targets import MANIFEST, Upload, Waiting, written
from feeds.publish.targets.lines import Lines, line, lines
from feeds.sources.scan import ABSENT, fresh_stamp, stamp

_LOCK = ".feeds-lock"
_TEMPORARY = ".feeds-writing"
_WAITING = ".feeds-waiting"
# Windows writes bytes only when told to.
_WRITING = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
# Files that are recorded at a time, before they are put in their places.
_AT_A_TIME = 50


class Folder:
    """The folder `place`, made where it is not there yet.

    In the folder `memory`, if there is one, is kept as what size and time each file was written: what still has both is not
    read again. `seen` are stamps of files that have just been looked at, the manifest's among them where these say that nothing
    has been touched since an export left the `state`.
    """

    def __init__(self, place: Path, memory: Path | None = None, seen: Lines | None = None, state: str = "") -> None:
        self.place = place
        self.name = str(place)
        self.state = state
        # Where nothing stands, what does is asked of nobody: each look takes as long as a tenth of making a feed.
        self._is_new = not _holds_any(place)
        # Where nothing was touched, the manifest's is all that is asked for; else each is, which wants them taken apart.
        self._manifest_seen = (seen.get(MANIFEST) if seen is not None else None) or ""
        self._seen = _taken_apart(seen.text) if seen is not None and not state else {}
        name = hashlib.sha256(str(place.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self._memory = memory / f"{name}.stamps" if memory is not None else None
        self._manifest: IO[str] | None = None
        self._set_aside = 0
        self._own_folder = (0, "")
        self._recorded = Lines("")
        self._earlier: Mapping[str, set[str]] | None = None
        self._stamps: dict[str, str] = {}
        self._same: dict[str, str] = {}
        self._put: set[str] = set()
        self._waiting: list[Upload] = []

    @contextmanager
    def opened(self, cache_control: Callable[[str], str]) -> Iterator[None]:
        """As `Output` says."""
        try:
            self.place.mkdir(parents=True, exist_ok=True)
            # Opened by the first that is put: an export that is refused leaves no manifest.
            with FileLock(self.place / _LOCK, timeout=0), ExitStack() as self._closing:
                if self.state and stamp(f"{self.place}/{MANIFEST}") != self._manifest_seen:
                    raise OutputError(f"{self.place}: another export has written here meanwhile")
                self._recorded = Lines(self._manifest_text())
                self._earlier = None
                self._stamps, self._same = ({}, {}) if self.state else (_taken_apart(_read(self._memory)), {})
                yield
        except Timeout as error:
            raise OutputError(f"{self.place}: another export is writing here") from error
        except OSError as error:
            raise OutputError(f"{error.filename2 or error.filename or self.place}: {error.strerror}") from error

    def _manifest_text(self) -> str:
        with suppress(FileNotFoundError):
            return (self.place / MANIFEST).read_bytes().decode()
        return ""

    def earlier(self) -> Mapping[str, set[str]]:
        """As `Output` says."""
        if self._earlier is None:
            self._earlier = written(self._recorded.text)
        return self._earlier

    def foreign(self, paths: Iterable[str]) -> list[str]:
        """As `Output` says."""
        if self._is_new:
            return []
        # The whole manifest is not parsed for a few changes.
        known = self._recorded.get if self.state else self.earlier().get
        unknown = [path for path in paths if known(path) is None]
        folders = {folder for path in unknown for folder in _folders(path)}
        in_the_way = [folder for folder in folders if self._is_file(folder)]
        return in_the_way + [path for path in unknown if os.path.lexists(f"{self.place}/{path}")]

    def _is_file(self, path: str) -> bool:
        """Whether something else than a folder is at `path`."""
        place = f"{self.place}/{path}"
        return os.path.lexists(place) and not os.path.isdir(place)

    def holds(self, path: str, sha256: str) -> bool:
        """As `Output` says."""
        if self.state:
            return self._is_recorded(path, sha256)
        if self._is_new:
            return False
        now = self._seen.get(path) or stamp(f"{self.place}/{path}")
        if now == ABSENT:
            return False
        if (known := f"{sha256} {now}") == self._stamps.get(path):
            self._same[path] = known
            return True
        with (self.place / path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256

    def lacking(self, digests: Mapping[str, str]) -> list[str]:
        """As `Output` says."""
        if self.state:
            return self._recorded.lacking(digests)
        for path, digest in digests.items():
            known = f"{digest} {self._seen.get(path) or stamp(f'{self.place}/{path}')}"
            if known == self._stamps.get(path):
                self._same[path] = known
        return [path for path, digest in digests.items() if path not in self._same and not self.holds(path, digest)]

    def stamps(self) -> dict[str, str]:
        """As `Output` says."""
        return {path: known.rpartition(" ")[2] for path, known in self._same.items()}

    def set_aside(self, document: Document) -> Document | Waiting:
        """As `Output` says. What stands there already is left as it is: most likely it will not be put."""
        if not self._is_new and self._stands(document):
            return document
        if self._own_folder[0] != os.getpid():
            # Of this process alone: others, of an earlier export perhaps that was killed just now, write beside it; and two
            # that make files in one folder wait for each other.
            self._own_folder = (os.getpid(), f"{self.place}/{_WAITING}/{uuid4().hex}")
            os.makedirs(self._own_folder[1])
        self._set_aside += 1
        file = f"{self._own_folder[1]}/.{self._set_aside}"
        _write(file, document.body)
        return Waiting(document.path, document.media_type, document.sha256, file)

    def _stands(self, document: Document) -> bool:
        file = f"{self.place}/{document.path}"
        try:
            if os.stat(file).st_size != len(document.body):
                return False
            with open(file, "rb") as standing:
                return standing.read() == document.body
        except OSError:
            return False

    def put(self, upload: Upload) -> None:
        """As `Output` says."""
        self._waiting.append(upload)
        if len(self._waiting) >= _AT_A_TIME:
            self.settle()

    def settle(self) -> None:
        """As `Output` says."""
        waiting, self._waiting = self._waiting, []
        new = [line(each.path, each.sha256) for each in waiting if not self._is_recorded(each.path, each.sha256)]
        if new:
            if self._manifest is None:
                manifest = (self.place / MANIFEST).open("a", encoding="utf-8", newline="\n")
                self._manifest = self._closing.enter_context(manifest)
            self._manifest.write("".join(new))
            self._manifest.flush()
        for each in waiting:
            self._put.add(each.path)
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

    def finish(self, digests: Mapping[str, str], *, only_changes: bool = False) -> int:
        """As `Output` says."""
        (self.place / _TEMPORARY).unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            shutil.rmtree(self.place / _WAITING)
        if only_changes:
            digests = {path: digests[path] for path in self._put}
            self._recorded.put(digests)
            stamps = Lines(_read(self._memory))
            stamps.put({path: self._stamped(path, digest) for path, digest in digests.items()})
        else:
            self._recorded = Lines(lines(digests))
            same = self._same
            if self.state:
                same = {path: known for path, known in _taken_apart(_read(self._memory)).items() if path not in self._put}
            stamps = Lines(lines({path: same.get(path) or self._stamped(path, digest) for path, digest in digests.items()}))
        self._replace(MANIFEST, self._recorded.text)
        if self._memory is not None:
            with suppress(OSError):
                # Without it, the next export reads every file.
                self._memory.parent.mkdir(parents=True, exist_ok=True)
                self._memory.write_bytes(stamps.text.encode())
        return len(self._recorded)

    def _is_recorded(self, path: str, sha256: str) -> bool:
        if self.state and self._earlier is None:
            return self._recorded.get(path) == sha256
        return sha256 in self.earlier().get(path, ())

    def _stamped(self, path: str, digest: str) -> str:
        # A file that was written just now may be written again with the same time and size, by someone else.
        known = fresh_stamp(f"{self.place}/{path}")
        if not known:
            return ""
        self._same[path] = f"{digest} {known}"
        return self._same[path]

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


def _read(memory: Path | None) -> str:
    try:
        text = memory.read_bytes().decode() if memory is not None else ""
    except (OSError, ValueError):
        return ""
    return text if text.endswith("\n") else ""


def _taken_apart(text: str) -> dict[str, str]:
    parts = (each.partition("  ") for each in text.split("\n"))
    return {path: known for known, _, path in parts}
