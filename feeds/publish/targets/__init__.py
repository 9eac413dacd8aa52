"""Outputs: where an export writes to. Each kind of place is a module of its own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct

from feeds.publish.targets.manifest import Manifest, Mark


class Upload(Struct, frozen=True):
    """A document for `path`: its `body`, or the temporary `file` that holds it, and what an HTTP server sends with it.

    `sha256` is in hexadecimal. Where the output has the document already (`is_there`), there is no body.
    """

    path: str
    body: bytes
    sha256: str
    media_type: str
    file: str = ""
    is_there: bool = False


class Output(Protocol):
    """A place that documents are exported to. Every method raises OutputError where the place can't be used."""

    @property
    def name(self) -> str:
        """The folder or the URL, for messages."""

    @property
    def is_remote(self) -> bool:
        """Whether documents leave this machine."""

    def opened(self, mark: Mark, cache_control: Callable[[str], str]) -> AbstractContextManager[Manifest]:
        """Lock the output for this export, of the site `mark`. Gives the manifest. Raises OutputError where another export has
        the lock.

        `cache_control` gives the Cache-Control header of a path, for outputs that serve documents and so keep headers with them.
        """

    def earlier(self) -> Mapping[str, set[str]]:
        """The SHA-256 of documents that exports wrote here, in hexadecimal by path; several for a path after a killed export."""

    def recall(self, digests: Mapping[str, str]) -> None:
        """Take a damaged or missing manifest for these `digests` by path, and for what it says of documents that have them."""

    def foreign(self, paths: Iterable[str]) -> Sequence[str]:
        """Those of `paths` that are taken by something that no export has written."""

    def verify(self, path: str, sha256: str, stamp: str) -> str | None:
        """The stamp of the document at `path` if it has this digest and the right headers, else None.

        A file that still has the known `stamp` is not read.
        """

    def set_aside(self, upload: Upload) -> Upload:
        """Keep the body of `upload` for `put` in a hidden temporary file, or leave it as it is.

        This way, a worker need not send the body to the process that calls `put`.
        """

    def put(self, upload: Upload) -> None:
        """Write `upload` at its path, atomically, at the latest in `settle`. `earlier` has it even if the export is killed."""

    def settle(self) -> None:
        """Finish writing everything that was put."""

    def remove(self, path: str, digests: set[str]) -> bool:
        """Remove what an export wrote at `path`: only if it still has one of `digests`. Whether it was removed."""

    def stamp(self, path: str) -> str:
        """The stamp of the file at `path`, which changes whenever the file does. Call it after `settle`."""

    def finish(self, digests: Mapping[str, str], articles: int) -> None:
        """Write the manifest: the `digests` of all documents of the site by path, and its number of articles."""
