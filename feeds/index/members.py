"""Members: the articles of a group, in columns, so that what a site of many articles does not look at need not be made.

Pure. The functions tell of any articles what the columns tell of members.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from itertools import accumulate
from typing import TypeVar, overload

from msgspec import Struct

from feeds.model import Group, Listing

# Listings that are fetched at a time; places that are sooner looked for one by one.
_FETCHED, _LOOKED_FOR = 200, 20
_Value = TypeVar("_Value")


class Columns(Struct, frozen=True, array_like=True):
    """What is known of many articles, each at its place: the document's path and the identity (a line each, in UTF-8), when it
    was published (seconds), and which of `topics` and of `domains` are its topics and its provider's.
    """

    paths: bytes
    ids: bytes
    moments: bytes
    topics: list[tuple[str, ...]]
    topics_of: bytes
    domains: list[str | None]
    domains_of: bytes


_LINE_END = b"\0"


def column(lines: Iterable[str]) -> bytes:
    """Texts as a column: no path and no identity has what is between its lines."""
    return "\0".join(lines).encode()


def lines(column: bytes) -> list[str]:
    """The lines of a column. An empty one has a line too."""
    return column.decode().split("\0")


def places(column: bytes, wanted: Iterable[str]) -> dict[str, int]:
    """The places of those `wanted` lines that a column has."""
    whole = b"".join((_LINE_END, column, _LINE_END))
    found = ((line, whole.find(b"".join((_LINE_END, line.encode(), _LINE_END)))) for line in wanted)
    return {line: whole.count(_LINE_END, 0, at) for line, at in found if at >= 0}


class Rows:
    """All articles of a site, with their `digests`, of 16 bytes. `fetch` is asked for listings, by document's path and digest,
    when they are first looked at.
    """

    def __init__(self, columns: Columns, digests: bytes, fetch: Callable[[Sequence[tuple[str, bytes]]], list[Listing]]) -> None:
        self.columns = columns
        self._digests = digests
        self.moments = array("q", columns.moments)
        self.topics_of = array("I", columns.topics_of)
        self.domains_of = array("I", columns.domains_of)
        self._fetch = fetch
        self._held: list[Listing | None] = [None] * len(self.moments)

    def digests(self, places: Sequence[int]) -> bytes:
        """The digests of the articles at `places`, one after the other."""
        digests = self._digests
        if len(places) > _FETCHED and places == array("I", range(places[0], places[0] + len(places))):
            # All articles stand in this order.
            return digests[16 * places[0] : 16 * (places[0] + len(places))]
        return b"".join([digests[16 * place : 16 * place + 16] for place in places])

    @cached_property
    def _paths(self) -> list[bytes]:
        # Few of them are looked at.
        return self.columns.paths.split(_LINE_END)

    def listings(self, places: Sequence[int]) -> list[Listing]:
        """The articles at `places`."""
        held = self._held
        lacking = [place for place in places if held[place] is None]
        if lacking:
            found = self._fetch([(self._paths[place].decode(), self.digests([place])) for place in lacking])
            for place, fetched in zip(lacking, found, strict=True):
                held[place] = fetched
        return [listing for place in places if (listing := held[place]) is not None]


class Members(Sequence[Listing]):
    """The articles at some places of `rows`."""

    __slots__ = ("places", "rows")

    def __init__(self, rows: Rows, places: "array[int]") -> None:
        self.rows = rows
        self.places = places

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, place: int) -> Listing: ...
    @overload
    def __getitem__(self, place: slice) -> "Members": ...
    def __getitem__(self, place: int | slice) -> "Listing | Members":
        if isinstance(place, slice):
            return Members(self.rows, self.places[place])
        return self.rows.listings([self.places[place]])[0]

    def __iter__(self) -> Iterator[Listing]:
        # A few at a time: whoever looks for the newest has seen enough soon.
        for start in range(0, len(self.places), _FETCHED):
            yield from self.rows.listings(self.places[start : start + _FETCHED])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Members) and other.rows is self.rows:
            return self.places == other.places
        return isinstance(other, Sequence) and len(other) == len(self) and all(map(Listing.__eq__, self, other))

    def __hash__(self) -> int:
        return hash(tuple(self.places))


def holds(articles: Sequence[Listing], places: frozenset[int]) -> bool:
    """Whether one of `articles` is at one of `places`; also where that is not known."""
    if not isinstance(articles, Members):
        return True
    if len(places) <= _LOOKED_FOR:
        # Most groups have none: their bytes say so at once.
        column = articles.places.tobytes()
        if not any(array("I", [place]).tobytes() in column for place in places):
            return False
    return not places.isdisjoint(articles.places)


def holding(groups: Sequence[Group], places: frozenset[int]) -> list[Group]:
    """Which of `groups` hold one of the articles at `places`; all, where that is not known."""
    columns = [group.articles.places for group in groups if isinstance(group.articles, Members)]
    if len(columns) < len(groups):
        return list(groups)
    # One column of them all: to look through that takes less time than to ask each.
    column = b"".join(columns)
    ends = list(accumulate(map(len, columns)))
    size = len(column) // ends[-1] if ends and ends[-1] else 1
    found = set()
    for place in places:
        wanted = array("I", [place]).tobytes()
        at = column.find(wanted)
        while at >= 0:
            if at % size == 0:
                found.add(bisect_right(ends, at // size))
            at = column.find(wanted, at + 1)
    return [groups[number] for number in sorted(found)]


def published(articles: Sequence[Listing], place: int) -> datetime:
    """When the article at `place` was published."""
    if isinstance(articles, Members):
        return datetime.fromtimestamp(articles.rows.moments[articles.places[place]], UTC)
    return articles[place].published


def first_before(articles: Sequence[Listing], moment: datetime, start: int = 0) -> int:
    """The place of the first of `articles`, newest first, from `start` on, that was published before `moment`; else their number.
    There may be many: not every one is looked at.
    """
    limit = moment.timestamp()
    if isinstance(articles, Members):
        column, places = articles.rows.moments, articles.places
        return bisect_left(range(len(places)), True, start, key=lambda place: column[places[place]] < limit)
    return bisect_left(range(len(articles)), True, start, key=lambda place: articles[place].published.timestamp() < limit)


def digests(articles: Sequence[Listing]) -> bytes:
    """The digests of all of `articles`, one after the other."""
    if isinstance(articles, Members):
        return articles.rows.digests(articles.places)
    return b"".join([article.digest for article in articles])


def topics(articles: Sequence[Listing]) -> Counter[tuple[str, ...]]:
    """How many of `articles` have the same topics."""
    if isinstance(articles, Members):
        rows = articles.rows
        return _counted(rows.columns.topics, rows.topics_of, articles.places)
    # Many articles have the same topics: to count them together is quick.
    return Counter([article.topics for article in articles])


def domains(articles: Sequence[Listing], domain: Callable[[Listing], str | None]) -> Counter[str | None]:
    """How many of `articles` have the same provider's `domain`."""
    if isinstance(articles, Members):
        rows = articles.rows
        return _counted(rows.columns.domains, rows.domains_of, articles.places)
    return Counter(map(domain, articles))


def _counted(values: Sequence[_Value], column: Sequence[int], places: Iterable[int]) -> Counter[_Value]:
    return Counter({values[number]: count for number, count in Counter(map(column.__getitem__, places)).items()})
