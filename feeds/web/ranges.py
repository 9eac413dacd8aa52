"""Parts of files: which bytes a `Range` asks for, and whether `If-Range` lets it (RFC 9110 13.1.5, 14). Pure."""

import re
from collections.abc import Mapping
from datetime import datetime

from feeds.web.conditional import http_date

# Of more digits than any file has bytes, no number is made.
_ONE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.IGNORECASE | re.ASCII)


class UnsatisfiableError(Exception):
    """The range begins where the file has ended (RFC 9110 15.5.17)."""


def asked(fields: Mapping[str, str], length: int, etag: str, changed: datetime | None) -> tuple[int, int] | None:
    """The first byte that a GET asks for and the one after the last, of `length` bytes under the strong `etag` that last
    `changed`; None where the whole is to be sent.

    The whole answers several ranges, other units and broken grammar (14.2 allows it). Raises UnsatisfiableError.
    """
    match = _ONE.fullmatch(fields.get("range", ""))
    if match is None or not length or not _unchanged(fields.get("if-range"), etag, changed):
        return None
    first, last = match[1], match[2]
    if not first:
        if not last:
            return None
        if not int(last):
            raise UnsatisfiableError
        return max(length - int(last), 0), length
    start, end = int(first), int(last) + 1 if last else length
    if last and end <= start:
        return None
    if start >= length:
        raise UnsatisfiableError
    return start, min(end, length)


def _unchanged(if_range: str | None, etag: str, changed: datetime | None) -> bool:
    """Whether the client's part is of the bytes that are here: by strong comparison, or by the very same date (13.1.5)."""
    if if_range is None:
        return True
    if if_range.strip().startswith(('"', "W/")):
        return if_range.strip() == etag
    return changed is not None and http_date(if_range) == changed
