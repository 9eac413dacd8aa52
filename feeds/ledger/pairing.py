"""Pairing: what the index has beside what the ledger has, both in the same order. Pure."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

_One = TypeVar("_One")
_Other = TypeVar("_Other")


def paired(
    some: Iterable[_One], others: Iterable[_Other], key: Callable[[_One], bytes], other_key: Callable[[_Other], bytes]
) -> Iterator[tuple[_One | None, _Other | None]]:
    """Pairs of one of `some` and one of `others` with the same key, and, with None in the other place, those without a
    counterpart; in the order of the keys.

    Both must be sorted by their keys, and hold no None. Only one of each is in memory at a time.
    """
    rest, other_rest = iter(some), iter(others)
    one, other = next(rest, None), next(other_rest, None)
    while one is not None and other is not None:
        place, other_place = key(one), other_key(other)
        if place == other_place:
            yield one, other
            one, other = next(rest, None), next(other_rest, None)
        elif place < other_place:
            yield one, None
            one = next(rest, None)
        else:
            yield None, other
            other = next(other_rest, None)
    while one is not None:
        yield one, None
        one = next(rest, None)
    while other is not None:
        yield None, other
        other = next(other_rest, None)
