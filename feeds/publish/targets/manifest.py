"""The manifest of an output: the digests of all exported files, in the form of sha256sum, and the site.

    # feeds {"site":"https://news.example","url":"https://news.example","title":"News","articles":2,"lines":1,"sha256":"…"}
    <SHA-256>  all.atom

The first line, to sha256sum a comment, is of the last export that was finished: its site, and a checksum of the lines that it
wrote. An export that is under way adds lines.
"""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from msgspec import Struct

MANIFEST = ".feeds-manifest"
_HEAD = b"# feeds "


class Mark(Struct, frozen=True):
    """The site that an output holds, by its id, address and title, and how many articles it had."""

    site: str
    url: str
    title: str
    articles: int = 0


class _Head(Struct, frozen=True):
    site: str
    url: str
    title: str
    articles: int
    lines: int
    sha256: str


class Manifest(NamedTuple):
    """A manifest: the digests of each path (several after a killed export), and the site, if it is known.

    Of one that is damaged, no line is certain.
    """

    digests: dict[str, set[str]]
    mark: Mark | None = None
    is_damaged: bool = False


def read(data: bytes) -> Manifest:
    """The manifest in a file; an empty one without a file."""
    lines = data.splitlines(keepends=True)
    head, is_damaged = None, False
    if lines and lines[0].startswith(_HEAD):
        try:
            head = msgspec.json.decode(lines[0][len(_HEAD) :], type=_Head)
        except (msgspec.DecodeError, UnicodeDecodeError):
            is_damaged = True
        lines = lines[1:]
    if head is not None:
        is_damaged = _digest(b"".join(lines[: head.lines])) != head.sha256
    found: dict[str, set[str]] = {}
    for each in lines:
        digest, _, path = each.decode("utf-8", "replace").rstrip("\n").partition("  ")
        # Anybody may have edited the manifest, so no path in it may lead out of the output.
        if len(digest) == 64 and path.strip("./") and ".." not in path.split("/") and not path.startswith("/"):
            found.setdefault(path, set()).add(digest)
        elif head is None or each.endswith(b"\n"):
            # Only the last line may be cut short, of an export that was killed.
            is_damaged = True
    return Manifest(found, Mark(head.site, head.url, head.title, head.articles) if head is not None else None, is_damaged)


def text(digests: Mapping[str, str], mark: Mark | None = None) -> str:
    """A manifest."""
    lines = "".join(line(path, digest) for path, digest in sorted(digests.items()))
    return f"{first_line(mark, lines)}{lines}" if mark is not None else lines


def first_line(mark: Mark, lines: str = "") -> str:
    """The first line of a manifest of these `lines`."""
    data = lines.encode("utf-8")
    head = _Head(mark.site, mark.url, mark.title, mark.articles, len(data.splitlines()), _digest(data))
    return f"{_HEAD.decode()}{msgspec.json.encode(head).decode()}\n"


def line(path: str, digest: str) -> str:
    """A line of a manifest."""
    return f"{digest}  {path}\n"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
