"""Negotiation: which format of a group a client that names none wants (RFC 9110 12.5.1)."""

import re
from collections.abc import Sequence

_TYPES = {
    "rss": ("application/rss+xml", "application/xml", "text/xml"),
    "atom": ("application/atom+xml", "application/xml", "text/xml"),
    "json": ("application/feed+json", "application/json"),
    "html": ("text/html", "application/xhtml+xml"),
    "text": ("text/plain",),
}
_MEMBER = re.compile(r"\s*([\w!#$&^.+*-]+/[\w!#$&^.+*-]+)\s*(.*)", re.DOTALL)
_WEIGHT = re.compile(r";\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*(?:;|$)", re.IGNORECASE)


def choose(accept: str | None, offered: Sequence[str]) -> str:
    """The one of `offered` (`rss`, `atom`, `json`, `html`, `text`) that the client likes best.

    Equally liked are told apart by how exactly the client named them, then by their order. Where nothing fits, the
    first: a feed in another format is worth more to a reader than a 406.
    """
    ranges: list[tuple[str, float]] = []
    for part in (accept or "").lower().split(","):
        match = _MEMBER.fullmatch(part)
        if match is not None:
            weight = _WEIGHT.search(match[2])
            ranges.append((match[1], min(float(weight[1]), 1.0) if weight else 1.0))
    if not ranges:
        return offered[0]
    return max(offered, key=lambda name: max(_liking(type, ranges, place) for place, type in enumerate(_TYPES[name])))


def _liking(type: str, ranges: Sequence[tuple[str, float]], place: int) -> tuple[float, int, int]:
    """How much a client likes `type`: the weight of its most exact range, how exact that is, and how proper the type."""
    best = (0.0, -1)
    exactness = -1
    for range, weight in ranges:
        exact = 2 if range == type else 1 if range == f"{type.partition('/')[0]}/*" else 0 if range == "*/*" else -1
        if exact > exactness:
            exactness, best = exact, (weight, exact)
    if place and exactness < 2:
        # A general type, such as application/xml, stands for a format only where the client names it.
        return (0.0, -1, 0)
    return (*best, -place if best[0] and exactness == 2 else 0)
