"""Outputs: where an export writes to. Each kind of place is a module of its own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct

MANIFEST = ".feeds-manifest"


class Upload(Struct, frozen=True):
    """A document that is to stand at `path`: its bytes, or a `file` that an output has set them aside in, with what an HTTP
    server has to know of them. `sha256` is in hexadecimal. Of one that `stands` there already, there are no bytes.
    """

    path: str
    body: bytes
    sha256: str
    media_type: str
    file: str = ""
    stands: bool = False


class Output(Protocol):
    """A place that documents are exported to. Every method raises OutputError where the place can't be used."""

    @property
    def name(self) -> str:
        """The folder or the URL, for messages."""

    @property
    def is_remote(self) -> bool:
        """Whether documents leave this machine."""

    def opened(self, cache_control: Callable[[str], str]) -> AbstractContextManager[None]:
        """Within this context nobody else exports to here. Raises OutputError where someone does already.

        `cache_control` says how long HTTP caches may keep what is at a path: a place that is served as it stands keeps that
        beside each document.
        """

    def earlier(self) -> Mapping[str, set[str]]:
        """What exports have written here, by path: SHA-256 in hexadecimal, several where an export was killed."""

    def foreign(self, paths: Iterable[str]) -> Sequence[str]:
        """Those of `paths` at which something is that no export has written here."""

    def stands(self, path: str, sha256: str, stamp: str) -> str | None:
        """The stamp of what stands at `path`, where that is what has this digest, and is served as it should be; else None. What
        has the known `stamp` still is not read.
        """

    def set_aside(self, upload: Upload) -> Upload:
        """Keep the body of `upload` for `put`, under no name that anyone reads, or leave it as it is. So a process beside the one
        that puts it need not hand it over.
        """

    def put(self, upload: Upload) -> None:
        """Have `upload` stand at its path, whole or not at all; perhaps not before `settle`. `earlier` will tell of it even if
        the export is killed.
        """

    def settle(self) -> None:
        """Wait until all that was put stands."""

    def remove(self, path: str, digests: set[str]) -> bool:
        """Take away what an export wrote at `path`, with one of `digests`; not what someone else put there since."""

    def stamp(self, path: str) -> str:
        """What tells the file at `path` from others that may come to stand there: `stands` takes it. Once all is settled."""

    def finish(self, digests: Mapping[str, str]) -> None:
        """All that exports wrote stands, with these `digests` by path, and nothing else. Keep it for `earlier` to tell."""


def lines(digests: Mapping[str, str]) -> str:
    """A manifest, in the form of sha256sum."""
    return "".join(line(path, digest) for path, digest in sorted(digests.items()))


def line(path: str, digest: str) -> str:
    """A line of a manifest."""
    return f"{digest}  {path}\n"


def written(text: str) -> dict[str, set[str]]:
    """What a manifest tells: digests by path."""
    found: dict[str, set[str]] = {}
    for each in text.splitlines():
        digest, _, path = each.partition("  ")
        # A manifest is a file like any other: it must not lead out of its place.
        if (
            len(digest) == 64
            and path.strip("./")
            and (".." not in path or ".." not in path.split("/"))
            and not path.startswith("/")
        ):
            found.setdefault(path, set()).add(digest)
    return found
