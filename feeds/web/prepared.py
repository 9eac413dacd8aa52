"""Prepared answers: the 200 and the 304 of one document in every coding, ready to be sent."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import NamedTuple

from starlette.types import Message

from feeds.formats import atom, rss
from feeds.model import Document
from feeds.text import compression
from feeds.web.files import Span, Stamp

Header = tuple[bytes, bytes]
# Media types with a stylesheet for browsers, which are sent to browsers as plain XML.
STYLED = frozenset({atom.MEDIA_TYPE, rss.MEDIA_TYPE})
# The memory of an answer besides its body, in bytes: roughly its lists of headers.
_OVERHEAD = 6000
# Uvicorn's Date header is up to a second old.
_CLOCK_STEP = timedelta(seconds=1)
_NOT_RENEWED = frozenset({b"link", b"access-control-expose-headers"})


@lru_cache(maxsize=10_000)
def shared(name: bytes, value: bytes) -> Header:
    """The header (name, value), the same object every time. Answers that share it make better use of the processor's cache."""
    return (name, value)


class Coded:
    """The ASGI messages for a document in one coding: a 200, a 304 and the body. `data` are the bytes of the body.

    The body of a file that is sent from the disk is its `Span`.
    """

    __slots__ = ("body", "data", "etag", "length", "not_modified", "ok")

    def __init__(self, prepared: "Prepared", coding: str, data: bytes) -> None:
        etag = prepared.document.etag if not coding else f'{prepared.document.etag[:-1]}-{coding}"'
        self.data = data
        self.length = prepared.file.size if prepared.file is not None else len(data)
        common = [(b"etag", etag.encode()), *prepared.headers]
        if prepared.last_modified is not None:
            common.append((b"last-modified", prepared.last_modified))
        full = [*common, (b"content-type", prepared.document.media_type.encode()), (b"content-length", b"%d" % self.length)]
        if coding:
            full.append((b"content-encoding", coding.encode()))
        if prepared.in_parts:
            full.append((b"accept-ranges", b"bytes"))
        full = [shared(*header) for header in full]
        self.etag = etag.encode()
        # A 304 has only the headers that a cache updates in its copy (RFC 9110 15.4.5).
        renewed = [shared(*header) for header in common if header[0] not in _NOT_RENEWED]
        self.ok: Message = {"type": "http.response.start", "status": 200, "headers": full}
        self.not_modified: Message = {"type": "http.response.start", "status": 304, "headers": renewed}
        self.body: Body = self.part(0, self.length) if prepared.file is not None else {"type": "http.response.body", "body": data}

    def part(self, start: int, end: int) -> "Body":
        """The body of an answer with the bytes from `start` up to `end`."""
        if self.length != len(self.data):
            return Span(start, end)
        return {"type": "http.response.body", "body": self.data[start:end]}


# The body of an answer: a message, or the bytes of a file that is sent from the disk.
Body = Message | Span


class FileState(NamedTuple):
    """The state of a file for which answers were prepared."""

    stamp: Stamp
    size: int


class Prepared:
    """All answers at one path. `key` is that of the document (`Traces.of`).

    `changed` is when its bytes last changed; it is None if that is unknown, and until Last-Modified may be sent. `file` is the
    state of a local file that is sent from the disk; its document has no body. Only `Answers` changes what is prepared.
    """

    __slots__ = (
        "changed",
        "coded",
        "codings",
        "document",
        "file",
        "headers",
        "in_parts",
        "key",
        "pending",
        "size",
        "styled",
        "used",
    )

    def __init__(
        self,
        document: Document,
        headers: list[Header],
        changed: datetime | None,
        now: datetime,
        key: bytes | None = None,
        file: FileState | None = None,
    ) -> None:
        self.document = document
        self.key = key
        self.file = file
        self.headers = headers
        self.codings = (
            (*compression.CODINGS, compression.IDENTITY)
            if file is None and compression.compressible(document.media_type)
            else (compression.IDENTITY,)
        )
        # Only files with a single coding, such as pictures and sound, are sent in parts, as their bytes are unambiguous.
        self.in_parts = len(self.codings) == 1
        self.styled = document.media_type in STYLED
        self.used = True
        # Last-Modified must not be later than Date (RFC 9110 8.8.2.1). Until the clock has passed it, only the ETag is sent.
        self.pending = changed if changed is not None and now - changed < _CLOCK_STEP else None
        self.changed = None if self.pending else changed
        self.coded: Mapping[str, Coded] = {}
        # The approximate memory in bytes.
        self.size = 0
        self.add("", document.body)

    @property
    def last_modified(self) -> bytes | None:
        """The value of the Last-Modified header, or None."""
        return format_datetime(self.changed, usegmt=True).encode() if self.changed is not None else None

    def settle(self) -> None:
        """Add Last-Modified from now on, if the clock has passed it."""
        if self.pending is not None and datetime.now(UTC) - self.pending >= _CLOCK_STEP:
            self.changed, self.pending = self.pending, None
            self.coded = {coding: Coded(self, coding, coded.data) for coding, coded in self.coded.items()}

    def add(self, coding: str, body: bytes) -> None:
        """Add the `body` encoded in `coding`."""
        # A new mapping, since other threads may be reading the old one.
        self.coded = {**self.coded, coding: Coded(self, coding, body)}
        self.size = sum(len(coded.data) + _OVERHEAD for coded in self.coded.values()) + len(self.document.path)
