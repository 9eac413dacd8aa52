"""Negotiation of content codings with the Accept-Encoding header (RFC 9110 12.5.3)."""

import re
from functools import lru_cache

from feeds.text.compression import CODINGS, IDENTITY

_ALIASES = {"x-gzip": "gzip", "identity": IDENTITY}
_MEMBER = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?))?", re.IGNORECASE)


@lru_cache(maxsize=512)
def acceptable(accept_encoding: bytes | None) -> tuple[str, ...]:
    """The codings that a client accepts, best first. Identity is "".

    Without the header, the result is identity. It is identity too if nothing is acceptable, even identity: a reader can do more
    with a feed than with a 406, and RFC 9110 12.5.3 leaves the choice to the server. Malformed members are skipped.
    """
    if accept_encoding is None:
        return (IDENTITY,)
    weights: dict[str, float] = {}
    for part in accept_encoding.decode("latin-1").split(","):
        match = _MEMBER.fullmatch(part.strip())
        if match is not None:
            name = match[1].lower()
            weights[_ALIASES.get(name, name)] = min(float(match[2] or "1"), 1.0)
    other = weights.get("*", 0.0)
    # `*` stands for every coding that is not listed. Identity is acceptable unless it is refused, but the last choice.
    ranked = [(weights.get(name, other), name) for name in CODINGS]
    identity = weights.get(IDENTITY, 0.0005)
    ranked.append((identity, IDENTITY))
    wanted = [name for weight, name in sorted(ranked, key=lambda pair: -pair[0]) if weight > 0]
    return tuple(wanted) if wanted else (IDENTITY,)
