"""Range requests: the bytes of `Range`, and whether `If-Range` allows a part (RFC 9110 13.1.5, 14). Pure."""

import re
from collections.abc import Mapping
from datetime import datetime

from feeds.web.conditional import http_date

# At most 18 digits, more than the size of any file has; converting very long numbers takes long.
_ONE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.IGNORECASE | re.ASCII)


class UnsatisfiableError(Exception):
    """The range begins after the end of the file (RFC 9110 15.5.17)."""


def asked(fields: Mapping[str, str], length: int, etag: str, changed: datetime | None) -> tuple[int, int] | None:
    """The range of bytes that a GET asks for: the first and the one after the last. None to send the whole file.

    `length` is the size of the file, `etag` its strong entity tag, and `changed` when it last changed. Requests for several
    ranges, requests in other units and malformed ones get the whole file, as 14.2 allows. Raises UnsatisfiableError.
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
    """Whether the client has a part of this same file: by strong comparison of the tag, or by an equal date (13.1.5)."""
    if if_range is None:
        return True
    if if_range.strip().startswith(('"', "W/")):
        return if_range.strip() == etag
    return changed is not None and http_date(if_range) == changed
