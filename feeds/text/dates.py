"""Moments and durations as editors write them. Moments are in UTC and whole seconds."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_YAML_TIMESTAMP = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:(?:[Tt]|[ \t]+)(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d*)?)?"
    r"[ \t]*(Z|z|UTC|GMT|[+-]\d{1,2}(?::?\d\d)?)?)?"
)
_DAY_AND_MONTH = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_MONTH_NAME = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b", re.IGNORECASE)
_CLOCK = re.compile(r"(?:([0-9]{1,6}):)?([0-9]{1,2}):([0-9]{2})")
# About thirty years: what is longer is a slip of the pen.
_LONGEST = 10**9


def moment(text: str, zone: tzinfo = UTC) -> datetime:
    """Parse a moment, in UTC and whole seconds.

    Understands RFC 3339 and ISO 8601, YAML's looser timestamps, `2020/12/21`, `12/31/2020` where the day is plain, RFC 822 and
    dates with the month's name. `zone` is that of a text without an offset; a bare date is midnight there. Raises ValueError for
    anything ambiguous.
    """
    text = text.strip()
    if text.endswith("Z"):
        # The usual form, which Python parses in C; what that refuses, such as a leap second, is parsed below.
        with suppress(ValueError):
            return datetime.fromisoformat(text).replace(microsecond=0)
    return local(text, zone).astimezone(UTC).replace(microsecond=0)


def local(text: str, zone: tzinfo | None = None) -> datetime:
    """Parse a moment as `moment` does, in `zone`, or where that is None in the zone that the text itself has."""
    try:
        found = _written(text.strip(), zone or UTC)
        return found.astimezone(zone) if zone is not None else found
    except OverflowError as error:
        raise ValueError(f"no such moment: {text!r}") from error


def _written(text: str, zone: tzinfo) -> datetime:
    try:
        if match := _YAML_TIMESTAMP.fullmatch(text):
            return _of_parts(match, zone)
        if match := _DAY_AND_MONTH.fullmatch(text):
            return _of_day_and_month(match, zone)
        found = _of_words(text) if _MONTH_NAME.search(text) else datetime.fromisoformat(text)
        return found.replace(tzinfo=zone) if found.tzinfo is None else found
    except OverflowError as error:
        raise ValueError(f"no such moment: {text!r}") from error


def seconds(text: str) -> int:
    """Parse a duration in whole seconds, from ISO 8601 (`PT4M13S`), a clock (`4:13`, `1:02:03`) or a count of seconds.

    Raises ValueError for anything else, for years and months, which have no fixed length, and for more than 10⁹ seconds.
    """
    found = _seconds(text.strip())
    if not 0 <= found <= _LONGEST:
        raise ValueError(f"no length of a recording: {text!r}")
    return found


def _seconds(text: str) -> int:
    if match := _CLOCK.fullmatch(text):
        hours, minutes, rest = match.groups(default="0")
        return int(hours) * 3600 + int(minutes) * 60 + int(rest)
    if text.isascii() and text.isdigit():
        return int(text)
    import isodate

    try:
        length = isodate.parse_duration(text)
    except (isodate.ISO8601Error, ArithmeticError) as error:
        # It has more digits than Python's lengths of time can hold, or none.
        raise ValueError(f"no length of time: {text!r}") from error
    if not isinstance(length, timedelta):
        raise ValueError(f"no fixed length of time: {text!r}")
    return int(length.total_seconds())


def rfc3339(value: datetime) -> str:
    """Format a moment as RFC 3339 in UTC: `2026-11-22T09:30:00Z`."""
    return value.isoformat().replace("+00:00", "Z")


def _of_parts(match: re.Match[str], zone: tzinfo) -> datetime:
    year, _, month, day, hour, minute, second, offset = match.groups()
    # 23:59:60 is a leap second (RFC 3339 5.7), which datetime does not have: take the second before it.
    second = "59" if second == "60" else second
    naive = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
    if offset is None:
        return naive.replace(tzinfo=zone)
    if offset[0] not in "+-":
        return naive.replace(tzinfo=UTC)
    digits = offset[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if hours > 23 or minutes > 59:
        raise ValueError(f"no such offset from UTC: {offset!r}")
    east = timedelta(hours=hours, minutes=minutes)
    return naive.replace(tzinfo=timezone(east if offset[0] == "+" else -east))


def _of_day_and_month(match: re.Match[str], zone: tzinfo) -> datetime:
    first, second, year = map(int, match.groups())
    if first == second or first > 12 or second > 12:
        month, day = (second, first) if first > 12 else (first, second)
        return datetime(year, month, day, tzinfo=zone)
    raise ValueError("which is the month?")


def _of_words(text: str) -> datetime:
    import dateutil.parser

    def known_zone(name: str | None, offset: int | None) -> int | None:
        # Never the zone names of this machine, which dateutil would try next.
        if name is None:
            return offset
        if name in ("Z", "UTC", "GMT", "UT"):
            return offset or 0
        raise ValueError(f"{name!r} is no offset from UTC")

    def parse(default: datetime) -> datetime:
        return dateutil.parser.parse(text, default=default, tzinfos=known_zone)

    # dateutil takes missing parts from a default; where two defaults give two results, the text has no whole date.
    first, second = parse(datetime(2000, 1, 1)), parse(datetime(2001, 2, 2))
    if first != second:
        raise ValueError(f"no whole date: {text!r}")
    return first
