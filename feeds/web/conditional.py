"""Conditional requests: the choice between 200, 304 and 412 (RFC 9110 13)."""

import email.utils
import re
from collections.abc import Mapping
from datetime import UTC, datetime

_ENTITY_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_SEPARATOR = re.compile(r"[ \t]*(?:,[ \t]*)+|[ \t]*$")
_HTTP_DATE = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:day|nesday|rsday|sday|urday)?,? .*\d\d:\d\d:\d\d(?: GMT| \d{4})")

FIELDS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")


def decide(etag: str, changed: datetime | None, fields: Mapping[str, str]) -> int:
    """The status of a GET or HEAD for the representation with the strong `etag`, whose bytes last `changed`: 200, 304 or 412.

    `fields` are the request's headers by lowercase name, with repeated ones joined. If `changed` is None, it is unknown and both
    date fields are ignored. The order of the checks is that of RFC 9110 13.2.2. Malformed dates are ignored and malformed
    entity tags match nothing, so a broken request never gets a wrong 304.
    """
    if_match, unmodified_since = fields.get("if-match"), fields.get("if-unmodified-since")
    if if_match is not None:
        # Strong comparison (8.8.3.2): a weak tag matches nothing.
        if not _matches(etag, if_match, weak=False):
            return 412
    elif unmodified_since is not None and changed is not None:
        moment = http_date(unmodified_since)
        if moment is not None and changed > moment:
            return 412
    if_none_match, modified_since = fields.get("if-none-match"), fields.get("if-modified-since")
    if if_none_match is not None:
        return 304 if _matches(etag, if_none_match, weak=True) else 200
    if modified_since is not None and changed is not None:
        moment = http_date(modified_since)
        if moment is not None and changed <= moment:
            return 304
    return 200


def http_date(text: str) -> datetime | None:
    """The moment of an HTTP date in any of its three forms (RFC 9110 5.6.7). None if `text` is not an HTTP date."""
    text = text.strip()
    if not _HTTP_DATE.fullmatch(text):
        return None
    try:
        # All three forms are in UTC, whether or not they say so.
        return email.utils.parsedate_to_datetime(text).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def entity_tags(field: str) -> tuple[tuple[bool, str], ...]:
    """The members of a list of entity tags: whether each is weak, and the tag with its quotes.

    Parsing stops at the first syntax error; the tags before it count. Empty members are allowed (RFC 9110 5.6.1.2).
    """
    tags: list[tuple[bool, str]] = []
    field = field.strip(" \t,")
    place = 0
    while match := _ENTITY_TAG.match(field, place):
        separator = _SEPARATOR.match(field, match.end())
        if separator is None:
            break
        tags.append((match[1] is not None, f'"{match[2]}"'))
        place = separator.end()
    return tuple(tags)


def _matches(etag: str, field: str, *, weak: bool) -> bool:
    if field.strip() == "*":
        return True
    return any(tag == etag and (weak or not is_weak) for is_weak, tag in entity_tags(field))
