"""Content negotiation with the Accept header (RFC 9110 12.5.1)."""

import re
from collections.abc import Sequence
from functools import lru_cache

_TYPES = {
    "rss": ("application/rss+xml", "application/xml", "text/xml"),
    "atom": ("application/atom+xml", "application/xml", "text/xml"),
    "json": ("application/feed+json", "application/json"),
    "html": ("text/html", "application/xhtml+xml"),
    "text": ("text/plain",),
}
# The sort key of what a client refuses with a weight of 0: below what it does not mention.
_REFUSED = (-1.0, -1, 0)
_MEMBER = re.compile(r"\s*([\w!#$&^.+*-]+/[\w!#$&^.+*-]+)\s*(.*)", re.DOTALL)
_WEIGHT = re.compile(r";\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*(?:;|$)", re.IGNORECASE)


def choose(accept: str | None, offered: Sequence[str]) -> str:
    """The format of `offered` (`rss`, `atom`, `json`, `html`, `text`) that the client prefers.

    Among formats of equal weight, the one that the client names most specifically wins, then the first. If none is acceptable,
    the result is the first too: a reader can do more with a feed in another format than with a 406.
    """
    ranges = _ranges(accept or "")
    if not ranges:
        return offered[0]
    return max(offered, key=lambda name: _liking_of_format(name, ranges))


def _liking_of_format(name: str, ranges: Sequence[tuple[str, float]]) -> tuple[float, int, int]:
    found = [_liking(type, ranges, place) for place, type in enumerate(_TYPES[name])]
    return _REFUSED if found[0] == _REFUSED else max(found)


def names_html(accept: str | None) -> bool:
    """Whether the client names HTML in its Accept header without refusing it. Browsers do; most feed readers do not."""
    return any(range in _TYPES["html"] and weight > 0 for range, weight in _ranges(accept or ""))


@lru_cache(maxsize=512)
def _ranges(accept: str) -> tuple[tuple[str, float], ...]:
    """The media ranges of an Accept header with their weights. Malformed members are skipped."""
    ranges: list[tuple[str, float]] = []
    for part in accept.lower().split(","):
        match = _MEMBER.fullmatch(part)
        if match is not None:
            weight = _WEIGHT.search(match[2])
            ranges.append((match[1], min(float(weight[1]), 1.0) if weight else 1.0))
    return tuple(ranges)


def _liking(type: str, ranges: Sequence[tuple[str, float]], place: int) -> tuple[float, int, int]:
    """A sort key for how much a client prefers `type`, which has the given `place` among the types of its format.

    It consists of the weight of the most specific range that matches, how specific that range is, and the place of the type.
    """
    best = (0.0, -1)
    exactness = -1
    for range, weight in ranges:
        exact = 2 if range == type else 1 if range == f"{type.partition('/')[0]}/*" else 0 if range == "*/*" else -1
        if exact > exactness:
            exactness, best = exact, (weight, exact)
    if place and exactness < 2:
        # A general type, such as application/xml, counts as the format only if the client names it.
        return (0.0, -1, 0)
    if exactness >= 0 and best[0] == 0.0:
        return _REFUSED
    return (*best, -place if exactness == 2 else 0)
