"""Slugs: the last part of a feed's address, made from the name of its group.

A slug is lowercase ASCII with words joined by `-`. It can't leave its folder or shadow a reserved path.
"""

import hashlib
from collections.abc import Iterable
from functools import lru_cache

from slugify import slugify

_RESERVED = frozenset({"archive", "index"})
_LONGEST = 80


@lru_cache(maxsize=10_000)
def slug(name: str) -> str:
    """The slug of a single name: `C++` is `c-plus-plus`, `Computer Vision` is `computer-vision`."""
    words = slugify(name, replacements=[("+", "-plus-"), ("#", "-sharp-")], entities=False)
    if not words:
        return _hash(name)
    if len(words) > _LONGEST:
        return f"{words[:_LONGEST].rstrip('-')}-{_hash(name)}"
    return f"{words}-{_hash(name)}" if words in _RESERVED else words


def slugs(names: Iterable[str]) -> dict[str, str]:
    """A unique slug for each name, independent of the order of names.

    Where several names have the same slug, the name that spells it naturally (else the first in code-point order) keeps it, and
    the others add a short hash of the name.
    """
    claims: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        claims.setdefault(slug(name), []).append(name)
    given: dict[str, str] = {}
    for wanted, claimants in claims.items():
        keeper = min(claimants, key=lambda name: (not _spells(name, wanted), name))
        for name in claimants:
            other = f"{wanted}-{_hash(name)}"
            given[name] = wanted if name == keeper else other if other not in claims else f"{other}-{_hash(other)}"
    return given


def _spells(name: str, wanted: str) -> bool:
    return "-".join(name.lower().split()) == wanted


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:8]
