"""Export: write every document of a site into a folder, each file whole or not at all.

What export has written is recorded in the folder, in `.feeds-manifest` (the form of sha256sum), a line before each file is put
in its place. So a later export knows what is its own to remove, even after one that was killed, and removes nothing else.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from filelock import FileLock, Timeout

from feeds.errors import OutputError
from feeds.model import Document

MANIFEST = ".feeds-manifest"
_LOCK = ".feeds-lock"
_TEMPORARY = ".feeds-writing"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an export did, in numbers of files."""

    written: int
    unchanged: int
    removed: int
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Planned:
    """A document to be exported. `known` is the SHA-256 of its body, in hexadecimal, where that is known without making it."""

    path: str
    known: str | None
    make: Callable[[], Document | None]


def export(planned: Iterable[Planned], folder: Path, tell: Callable[[str], None]) -> Outcome:
    """Make `folder` hold the documents `planned`, and of what earlier exports wrote there nothing else.

    `tell` is called after each document. Raises OutputError where the folder can't be written, or another export is writing it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / _LOCK, timeout=0):
            return _export(planned, folder, tell)
    except Timeout as error:
        raise OutputError(f"{folder}: another export is writing here") from error
    except OSError as error:
        raise OutputError(f"{error.filename2 or error.filename or folder}: {error.strerror}") from error


def _export(planned: Iterable[Planned], folder: Path, tell: Callable[[str], None]) -> Outcome:
    earlier = _read_manifest(folder)
    now: dict[str, str] = {}
    written = unchanged = 0
    temporary = folder / _TEMPORARY
    with (folder / MANIFEST).open("a", encoding="utf-8") as manifest:
        for each in planned:
            target = folder / each.path
            tell(each.path)
            if each.known is not None and _sha256(target) == each.known:
                now[each.path] = each.known
                unchanged += 1
                continue
            document = each.make()
            if document is None:
                continue
            digest = hashlib.sha256(document.body).hexdigest()
            now[document.path] = digest
            if digest not in earlier.get(document.path, ()):
                manifest.write(_line(document.path, digest))
                manifest.flush()
            if _holds(target, document.body):
                unchanged += 1
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                temporary.write_bytes(document.body)
                temporary.replace(target)
                written += 1
    temporary.unlink(missing_ok=True)
    removed = sum(_remove(folder, path, digests) for path, digests in earlier.items() if path not in now)
    _write_manifest(folder, now)
    return Outcome(written, unchanged, removed, now)


def _sha256(target: Path) -> str | None:
    try:
        return hashlib.sha256(target.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def _holds(target: Path, body: bytes) -> bool:
    try:
        return target.stat().st_size == len(body) and target.read_bytes() == body
    except FileNotFoundError:
        return False


def _remove(folder: Path, path: str, digests: set[str]) -> bool:
    """Remove what an export wrote at `path`, and the folders that this leaves empty; not what someone else put there since."""
    target = folder / path
    if not target.is_file() or hashlib.sha256(target.read_bytes()).hexdigest() not in digests:
        return False
    target.unlink()
    for parent in PurePosixPath(path).parents:
        if parent == PurePosixPath(".") or any((folder / parent).iterdir()):
            break
        (folder / parent).rmdir()
    return True


def _read_manifest(folder: Path) -> dict[str, set[str]]:
    """What exports have written, by path; several digests where one was killed before it could clean up."""
    try:
        lines = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    written: dict[str, set[str]] = {}
    for line in lines:
        digest, _, path = line.partition("  ")
        # The manifest is a file like any other: it must not lead out of the folder.
        parts = PurePosixPath(path).parts
        if len(digest) == 64 and parts and ".." not in parts and not path.startswith("/"):
            written.setdefault(path, set()).add(digest)
    return written


def _write_manifest(folder: Path, documents: dict[str, str]) -> None:
    body = "".join(_line(path, digest) for path, digest in sorted(documents.items())).encode()
    if not _holds(folder / MANIFEST, body):
        temporary = folder / _TEMPORARY
        temporary.write_bytes(body)
        temporary.replace(folder / MANIFEST)


def _line(path: str, digest: str) -> str:
    return f"{digest}  {path}\n"
