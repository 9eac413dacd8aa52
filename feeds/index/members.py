"""Members: the articles of a group in one state of the index, fetched when they are needed."""

import hashlib
import threading
from array import array
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any, overload

from feeds.index import grouping
from feeds.model import Group, Listing, records
from feeds.storage.database import Database

# Groups whose newest articles are held; articles fetched at a time.
_MOST_HELD, _FETCHED, _MOST_FETCHED = 50, 100, 2000
# The least rows of a group to fetch, and listings that are held.
_HEAD, _MOST_LISTINGS = 60, 4000
_DAY = 86_400
# Days are counted from here, so that their numbers are not negative: division in SQL rounds towards zero.
_FIRST = -62_135_596_800
_FIRST_DAY = date(1, 1, 1)
# The memberships of a group in a state; the parameters are those of `Members.shown`.
SHOWN = "m.grp = ? and m.since <= ? and (m.until is null or m.until > ?)"
_JOINED = f"from memberships m join articles a on a.number = m.article where {SHOWN}"
_BETWEEN = "and m.published >= ? and m.published < ?"
# When an article was published, in seconds, and its number.
_Row = tuple[int, int]
_EVER = (_FIRST - 1, 2**62)


class Members(Sequence[Listing]):
    """The articles of a group, newest first, ties by identity; or those that were published from the moment `start` on and before
    `end`. `changed` is the generation in which the group last changed.
    """

    __slots__ = ("_between", "_fetched", "_size", "changed", "number")

    def __init__(self, fetched: "Fetched", number: int, size: int, changed: int, between: tuple[int, int] = _EVER) -> None:
        self._fetched = fetched
        self.number = number
        self.changed = changed
        self._size = size
        self._between = between

    @property
    def shown(self) -> tuple[int, int, int]:
        """The parameters of `SHOWN` for this group."""
        return (self.number, self._fetched.generation, self._fetched.generation)

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, place: int) -> Listing: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Listing, ...]: ...
    def __getitem__(self, place: int | slice) -> Listing | tuple[Listing, ...]:
        if isinstance(place, slice):
            start, stop, step = place.indices(self._size)
            return tuple(self._first(stop)[start:stop:step])
        place = place + self._size if place < 0 else place
        if not 0 <= place < self._size:
            raise IndexError(place)
        return self._first(place + 1)[place]

    def __iter__(self) -> Iterator[Listing]:
        for rows in self._in_parts():
            yield from self._fetched.listings(rows)

    def oldest_first(self) -> Iterator[Listing]:
        """The articles, oldest first, ties by identity."""
        for rows in self._in_parts(oldest_first=True):
            yield from self._fetched.listings(rows)

    def numbers(self, most: int | None = None) -> "array[int]":
        """The numbers of the articles, or of the first `most`. Another wording has another number."""
        rows = self.whole_moments(self._size) if most is None else self._head(most)
        if most is not None and len(rows) > most:
            return array("q", [listing.number for listing in self._first(most)])
        return array("q", [number for _, number in rows])

    def moments(self) -> Iterator[datetime]:
        """When its articles were published, newest first."""
        rows = self._head(_HEAD)
        yield from (datetime.fromtimestamp(moment, UTC) for moment, _ in rows)
        for some in self._in_parts(end=rows[-1][0]) if rows else ():
            yield from (datetime.fromtimestamp(moment, UTC) for moment, _ in some)

    def published(self, place: int) -> datetime:
        """When the article at a place was published."""
        return datetime.fromtimestamp(self._head(place + 1)[place][0], UTC)

    def whole_moments(self, most: int, between: tuple[int, int] | None = None, *, oldest_first: bool = False) -> "list[_Row]":
        """The moments and numbers of the newest `most` articles, and of all others of the last one's moment."""
        start, end = between or self._between
        order = "m.published, m.article" if oldest_first else "m.published desc, m.article desc"
        sql = f"select m.published, m.article from memberships m where {SHOWN} {_BETWEEN} order by {order} limit ?"
        rows = self._fetched.rows(sql, (*self.shown, start, end, most + 1)) if self._size else []
        if len(rows) <= most:
            return rows
        last = rows[most - 1][0]
        if rows[most][0] != last:
            return rows[:most]
        return [row for row in rows if row[0] != last] + self._fetched.rows(sql, (*self.shown, last, last + 1, self._size))

    def beside(self, listing: Listing) -> tuple[Listing | None, Listing | None]:
        """The next older article than `listing`, and the next newer."""
        moment = int(listing.published.timestamp())
        same, places = self._fetched.of_moment(self, moment)
        place = places.get(listing.number)
        if place is None:
            return None, None
        older, newer = same[place + 1 : place + 2], same[max(place - 1, 0) : place]
        # Of one moment, those come first whose identity does.
        older = older or self._fetched.listings(self.whole_moments(1, (_EVER[0], moment)))
        newer = newer or self._fetched.listings(self.whole_moments(1, (moment + 1, _EVER[1]), oldest_first=True))
        return (older[0] if older else None), (newer[-1] if newer else None)

    def around(self, moments: Iterable[int]) -> list[Listing]:
        """The articles published at these moments, and the neighbours of each."""
        found: dict[int, Listing] = {}
        for moment in moments:
            parts = [self.whole_moments(1, (_EVER[0], moment)), self.whole_moments(self._size, (moment, moment + 1))]
            parts.append(self.whole_moments(1, (moment + 1, _EVER[1]), oldest_first=True))
            found.update((each.number, each) for rows in parts for each in self._fetched.listings(rows))
        return list(found.values())

    def last_updated(self) -> datetime | None:
        """The latest update of its articles."""
        found = self._fetched.rows(f"select max(a.updated) {_JOINED}", self.shown)[0][0]
        return datetime.fromtimestamp(found, UTC) if found is not None else None

    def digest(self) -> bytes:
        """A digest of the listings of its articles. It stays where only another part of an article changes, such as its body."""
        sql = f"select a.listing {_JOINED} {_BETWEEN} order by m.published desc, a.id"
        made = hashlib.blake2b(digest_size=16)
        for (listing,) in self._fetched.rows(sql, (*self.shown, *self._between)):
            made.update(listing)
        return made.digest()

    def days(self) -> list[tuple[date, int]]:
        """The days with articles, newest first, and the number of articles of each."""
        return [(_FIRST_DAY + timedelta(day), count) for day, count in self._fetched.days(self)]

    def between(self, first: date, last: date, count: int) -> "Members":
        """The articles from the day `first` to the day `last`, which are `count`."""
        return Members(self._fetched, self.number, count, self.changed, _moments(first, last))

    def around_days(self, first: date, last: date) -> tuple[int, datetime | None, datetime | None]:
        """The number of articles from the day `first` to the day `last`; when the article before them was published, and the one
        after them.
        """
        start, end = _moments(first, last)
        within = f"select count(*) from memberships m where {SHOWN} {_BETWEEN}"
        before = f"select m.published from memberships m where {SHOWN} and m.published < ? order by m.published desc limit 1"
        after = f"select m.published from memberships m where {SHOWN} and m.published >= ? order by m.published limit 1"
        parameters = (*self.shown, start, end, *self.shown, start, *self.shown, end)
        count, *beside = self._fetched.rows(f"select ({within}), ({before}), ({after})", parameters)[0]
        older, newer = (datetime.fromtimestamp(moment, UTC) if moment is not None else None for moment in beside)
        return count, older, newer

    def topics(self) -> Counter[tuple[str, ...]]:
        """The number of articles with each set of topics, by keys."""
        counted = f"select m.topics, count(*) from memberships m where {SHOWN} and m.topics is not null group by m.topics"
        sql = f"with c (topics, articles) as ({counted}) select g.key, c.articles from c join groups g on g.number = c.topics"
        return Counter({tuple(grouping.in_set(key)): count for key, count in self._fetched.rows(sql, self.shown)})

    def domains(self) -> Counter[str]:
        """The number of articles of each provider, by its domain."""
        counted = f"select m.provider, count(*) from memberships m where {SHOWN} {_BETWEEN}"
        rows = self._fetched.rows(f"{counted} and m.provider is not null group by m.provider", (*self.shown, *self._between))
        return Counter({self._fetched.providers[number]: count for number, count in rows})

    def _head(self, count: int) -> "list[_Row]":
        return self._fetched.head(self, count) if self._between == _EVER else self.whole_moments(count)

    def _first(self, count: int) -> Sequence[Listing]:
        rows = self._head(count)
        # Of a longer head, as much as is needed.
        end = next((place for place in range(count, len(rows)) if rows[place][0] != rows[place - 1][0]), len(rows))
        return self._fetched.listings(rows[:end])[:count]

    def _in_parts(self, *, end: int | None = None, oldest_first: bool = False) -> "Iterator[list[_Row]]":
        """All rows, or those before the moment `end`, fetched in growing batches."""
        start, end = self._between[0], self._between[1] if end is None else end
        most = _FETCHED
        while rows := self.whole_moments(most, (start, end), oldest_first=oldest_first):
            yield rows
            start, end = (rows[-1][0] + 1, end) if oldest_first else (start, rows[-1][0])
            most = min(2 * most, _MOST_FETCHED)


class Fetched:
    """Rows of the index in the state `generation`. Some are cached, for the next document of the same group.

    `providers` are the domains of providers by the numbers of their groups. Safe for use by several threads.
    """

    def __init__(self, database: Database, generation: int, providers: Mapping[int, str]) -> None:
        self.generation = generation
        self.providers = providers
        self._database = database
        self._lock = threading.Lock()
        self._heads: OrderedDict[int, tuple[int, list[_Row]]] = OrderedDict()
        self._listings: dict[int, Listing] = {}
        self._days: dict[int, tuple[array[int], array[int]]] = {}
        self._moments: dict[tuple[int, int], tuple[list[Listing], dict[int, int]]] = {}

    def rows(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self._database.rows(sql, parameters)

    def head(self, members: "Members", count: int) -> "list[_Row]":
        """The moments and numbers of the newest articles of a group: at least `count`, if it has as many."""
        asked, rows = self._heads.get(members.number, (0, []))
        if asked < count:
            asked = max(count, _HEAD)
            rows = members.whole_moments(asked)
            with self._lock:
                self._heads[members.number] = (asked, rows)
                if len(self._heads) > _MOST_HELD:
                    self._heads.popitem(last=False)
        return rows

    def listings(self, rows: "Sequence[_Row]") -> list[Listing]:
        """The articles of rows, those of one moment by identity; `rows` hold whole moments."""
        # Most articles are in several groups, whose documents are made one after another.
        held = self._listings
        if lacking := [number for _, number in rows if number not in held]:
            if len(held) + len(lacking) > _MOST_LISTINGS:
                held = {number: held[number] for _, number in rows if number in held}
            found = self._database.by_number("select number, listing from articles where number in", lacking)
            held.update((number, records.decode_listing(data, number)) for number, data in found.items())
            self._listings = held
        listings = [held[number] for _, number in rows]
        if any(one[0] == other[0] for one, other in pairwise(rows)):
            places = sorted(range(len(rows)), key=lambda place: (rows[place][0], listings[place].id))
            by_moment = groupby(places, lambda place: rows[place][0])
            moments = {moment: [listings[place] for place in some] for moment, some in by_moment}
            return [listing for moment in dict.fromkeys(row[0] for row in rows) for listing in moments[moment]]
        return listings

    def days(self, members: "Members") -> Iterable[tuple[int, int]]:
        """The days on which articles of a group were published, newest first, and how many on each."""
        # Every document of the group needs them.
        found = self._days.get(members.number)
        if found is None:
            sql = f"select (m.published - ?) / {_DAY}, count(*) from memberships m where {SHOWN} group by 1 order by 1 desc"
            rows = self.rows(sql, (_FIRST, *members.shown))
            # A seventh of the memory of tuples; there may be thousands of days.
            found = array("q", [day for day, _ in rows]), array("q", [count for _, count in rows])
            # Another thread may begin a new one meanwhile.
            if len(self._days) >= _MOST_HELD:
                self._days = {}
            self._days[members.number] = found
        return zip(*found, strict=True)

    def of_moment(self, members: "Members", moment: int) -> tuple[list[Listing], dict[int, int]]:
        """The articles of a group that were published at a moment, by identity, and the place of each by its number."""
        # A site that was imported may have thousands of one moment, and each is asked for by its own page.
        key = (members.number, moment)
        found = self._moments.get(key)
        if found is None:
            listings = self.listings(members.whole_moments(len(members), (moment, moment + 1)))
            found = listings, {listing.number: place for place, listing in enumerate(listings)}
            if len(self._moments) >= _MOST_HELD:
                self._moments = {}
            self._moments[key] = found
        return found


def _moments(first: date, last: date) -> tuple[int, int]:
    """When the day `first` begins, and when the day `last` ends."""
    return _FIRST + (first - _FIRST_DAY).days * _DAY, _FIRST + ((last - _FIRST_DAY).days + 1) * _DAY


def members_of(group: Group) -> Members:
    """The articles of a group of a collection. Those of a group that was made for one query are no `Members`."""
    assert isinstance(group.articles, Members), "of a group of a collection"
    return group.articles
