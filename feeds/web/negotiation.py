"""Content negotiation: which coding, and which media type, a client would rather have (RFC 9110 12.5)."""

import re
from collections.abc import Sequence

_MEMBER = re.compile(r"\s*([^\s;,]+)\s*((?:;[^,]*)?)(?:,|$)")
_WEIGHT = re.compile(r";\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)", re.IGNORECASE)


def weights(field: str) -> dict[str, float]:
    """The members of an Accept-like field in lower case, each with its weight, 1 where it says none (RFC 9110 12.4.2)."""
    found: dict[str, float] = {}
    for member, parameters in _MEMBER.findall(field):
        weight = _WEIGHT.search(parameters)
        found.setdefault(member.lower(), float(weight[1]) if weight else 1.0)
    return found


def coding(field: str | None, offered: Sequence[str]) -> str:
    """The content coding to send: the best of `offered` (ours first) that Accept-Encoding takes, else `identity`.

    With no field a client takes anything, but `identity` is what it surely reads (RFC 9110 12.5.3).
    """
    if not field:
        return "identity"
    given = weights(field)
    others = given.get("*", 0.0)
    ranked = [(given.get(name, others), -place, name) for place, name in enumerate(offered)]
    best = max(ranked, default=(0.0, 0, "identity"))
    return best[2] if best[0] > 0 and best[0] >= given.get("identity", 0.0) else "identity"


# What clients ask for when they mean these: few know the types that feeds are registered under.
_ALSO = {
    "application/feed+json": ("application/json",),
    "application/atom+xml": ("application/xml", "text/xml"),
    "application/rss+xml": ("application/xml", "text/xml"),
}


def media_type(field: str | None, offered: Sequence[str]) -> str:
    """The media type to send of `offered` (without parameters, ours first): the one that Accept weighs most.

    Where the client takes none of them, the first: a feed that was not asked for is better than none (RFC 9110 12.5.1).
    """
    if not field:
        return offered[0]
    given = weights(field)

    def weight(name: str) -> float:
        patterns = (name, *_ALSO.get(name, ()), f"{name.partition('/')[0]}/*", "*/*")
        return next((given[pattern] for pattern in patterns if pattern in given), 0.0)

    return max(offered, key=lambda name: (weight(name), -offered.index(name)))
