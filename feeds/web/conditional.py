"""Conditional requests: the one function that decides a 304 (RFC 9110 13)."""

import email.utils
import re
from datetime import UTC, datetime

_ENTITY_TAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)')
_HTTP_DATE = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:day|nesday|rsday|sday|urday)?,? .*\d\d:\d\d:\d\d(?: GMT| \d{4})")


def not_modified(etag: str, changed: datetime | None, if_none_match: str | None, if_modified_since: str | None) -> bool:
    """Whether a client with these validators already has the representation with the strong `etag`.

    If-None-Match goes before If-Modified-Since, which counts only where the former is absent (RFC 9110 13.2.2).
    A header that breaks its grammar is passed over: the answer is then whole, never wrongly empty.
    """
    if if_none_match is not None:
        return _matches(etag, if_none_match)
    since = http_date(if_modified_since) if if_modified_since is not None else None
    return since is not None and changed is not None and changed <= since


def http_date(text: str) -> datetime | None:
    """The moment that an HTTP date names in any of its three forms (RFC 9110 5.6.7), or None where it is none."""
    text = text.strip()
    if not _HTTP_DATE.fullmatch(text):
        return None
    try:
        parsed = email.utils.parsedate_to_datetime(text)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _matches(etag: str, field: str) -> bool:
    """Weak comparison (RFC 9110 8.8.3.2) with each member of the list, or with `*`."""
    if field.strip() == "*":
        return True
    place = 0
    while place < len(field):
        match = _ENTITY_TAG.match(field, place)
        if match is None:
            # Not a list of entity tags from here on; what is before may still match.
            return False
        if f'"{match[2]}"' == etag:
            return True
        place = match.end()
    return False
