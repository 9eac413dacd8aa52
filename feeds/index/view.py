"""Views: one state of a site in the index. Articles are fetched when they are needed."""

import threading
from array import array
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any, overload

from feeds.config.types import Config, ProviderNotes, Topic
from feeds.index import article_pages, grouping
from feeds.index.grouping import ALL, Collection, Key, Name
from feeds.index.search import Words
from feeds.model import File, Group, Image, Kind, Listing, records
from feeds.storage.database import Database
from feeds.text.words import Terms

_KINDS = (
    *(*Kind, grouping.PUBLISHER, grouping.TYPE, grouping.PICTURED),
    *(grouping.DRAFT, grouping.SCHEDULED, grouping.BELOW_MINIMUM),
    *(f"{grouping.TOLD}{kind}" for kind in (*Kind, grouping.PUBLISHER)),
)
_PUBLIC = {**{str(kind): kind for kind in Kind}, grouping.PUBLISHER: Kind.PROVIDER}
# Groups whose newest articles are held, as the documents of a group are made one after another; articles fetched at a time.
_MOST_HELD, _FETCHED, _MOST_FETCHED = 50, 100, 2000
# The least rows of a group to fetch, listings that are held, and values per query.
_HEAD, _MOST_LISTINGS, _ASKED = 60, 4000, 200
_DAY = 86_400
# Days are counted from here, so that their numbers are not negative: division in SQL rounds towards zero.
_FIRST = -62_135_596_800
_FIRST_DAY = date(1, 1, 1)
_SHOWN = "m.grp = ? and m.since <= ? and (m.until is null or m.until > ?)"
_JOINED = f"from memberships m join articles a on a.number = m.article where {_SHOWN}"
_BETWEEN = "and m.published >= ? and m.published < ?"
# When an article was published, in seconds, and its number.
_Row = tuple[int, int]
_EVER = (_FIRST - 1, 2**62)


class View:
    """The site `site` of the index at `generation`. Safe for use by several threads."""

    def __init__(self, database: Database, config: Config, home: int, site: int, generation: int, renamed: int) -> None:
        self.generation = generation
        self.site = site
        self.renamed = renamed
        self._database = database
        self._config = config
        self._home = home
        marks = ", ".join("?" * len(_KINDS))
        columns = "number, kind, key, label, slug, size, mentions, part, changed"
        sql = f"select {columns} from groups where site = ? and kind in ({marks})"
        self._rows = {row[1:3]: row for row in database.rows(sql, (site, *map(str, _KINDS)))}
        self._words = Words(database)
        self._lock = threading.Lock()
        self._heads: OrderedDict[int, tuple[int, list[_Row]]] = OrderedDict()
        self._listings: dict[int, Listing] = {}
        self._days: dict[int, list[tuple[int, int]]] = {}
        self._moments: dict[tuple[int, int], tuple[list[Listing], dict[int, int]]] = {}
        self._last_sets: dict[int, list[str]] = {}

    @cached_property
    def collection(self) -> Collection:
        """All that is published, in groups."""
        names: dict[str, dict[str, Name]] = {Kind.TOPIC: {}, Kind.CATEGORY: {}}
        groups = []
        for (kind, key), (_, _, _, label, slug, size, *_) in sorted(self._rows.items()):
            if kind in names and label:
                names[kind][key] = Name(label, slug)
            if kind in _PUBLIC and (group := self._group(kind, key, label, slug, size)) is not None:
                groups.append(group)
        everything = self.members(ALL)
        return Collection(
            groups={group.path: group for group in sorted(groups, key=lambda group: group.path)},
            topics=names[Kind.TOPIC],
            categories=names[Kind.CATEGORY],
            articles=_ByIdentity(everything, self.of_identity),
            files=_Files(self._database, self.site),
            pages=_Pages(self),
            find=self.find,
            platforms=self._platforms,
            providers=[
                *(key for (kind, key), row in self._rows.items() if kind == Kind.PROVIDER and row[6]),
                *(slug for slug_of in self._platforms.values() for slug in slug_of.values()),
            ],
            types=[key for (kind, key), row in self._rows.items() if kind == grouping.TYPE and row[6]],
        )

    def members(self, key: Key) -> "Members":
        """The articles of a group."""
        row = self._rows.get((str(key[0]), key[1]))
        return Members(self, row[0], row[5], row[8]) if row is not None else Members(self, 0, 0, 0)

    @cached_property
    def selection(self) -> "Selection":
        """What became of all articles."""
        return Selection(self)

    @property
    def next_due(self) -> datetime | None:
        """When the next article, or notice of one, begins or ends to be for the public, if one does."""
        scheduled = self.members((grouping.SCHEDULED, ""))
        sql = f"select m.published from memberships m where {_SHOWN} order by m.published limit 1"
        found = self.rows(sql, scheduled.shown) if scheduled else []
        if not self._config.drafts:
            sql = (
                f"select a.expires from articles a join memberships m on m.published = a.published and m.article = a.number "
                f"where a.home = ? and a.expires is not null and {_SHOWN} order by a.expires limit 1"
            )
            for key in (ALL, (f"{grouping.TOLD}{Kind.ALL}", "")):
                found += self.rows(sql, (self._home, *self.members(key).shown))
        return min((datetime.fromtimestamp(moment, UTC) for (moment,) in found), default=None)

    def duplicates(self) -> list[tuple[Listing, Listing]]:
        """Articles that are not published because of another with the same identity, each with that one."""
        sql = "select a.listing from groups g join memberships m on m.grp = g.number join articles a on a.number = m.article \
where g.site = ? and g.kind = ? and g.key = '' and m.since <= ? and (m.until is null or m.until > ?)"
        rows = self._database.rows(sql, (self.site, grouping.DUPLICATE, self.generation, self.generation))
        lost = sorted((records.decode_listing(data) for (data,) in rows), key=lambda article: article.path)
        kinds = ((Kind.ALL, ""), (grouping.BELOW_MINIMUM, ""))
        return [
            (one, kept) for one in lost for kind in kinds if (kept := self.of_identity(one.id, self.members(kind))) is not None
        ]

    def singles(self, numbers: Iterable[int] | None) -> Iterator[tuple[int, str, File | None]]:
        """Groups with a single document, all or those with these `numbers`: local files, and pages of articles.

        Yields the number of the group, the path of its document, empty for other groups, and the file, if it is one.
        """
        sql = "select number, kind, key, size, part from groups"
        if numbers is None:
            kinds = (grouping.FILE, grouping.PAGE)
            rows = [
                row for kind in kinds for row in self.rows(f"{sql} where site = ? and kind = ? and size > 0", (self.site, kind))
            ]
        else:
            rows = [row for number in numbers for row in self.rows(f"{sql} where number = ?", (number,))]
        for number, kind, key, size, part in rows:
            is_file = kind == grouping.FILE and size and part is not None
            yield (
                number,
                key if is_file or (kind == grouping.PAGE and size) else "",
                records.decode_file(part) if is_file else None,
            )

    def find(self, terms: Terms, most: int, best_first: bool) -> list[Listing]:
        """At most `most` published articles that hold the words of `terms`, the newest first, or those that match best."""
        self._words.fill()
        source, score, parameters = self._words.matching(terms)
        order = f"{score}, a.published desc, a.id" if best_first else "a.published desc, a.id"
        sql = (
            f"select a.number, a.listing from {source} w join articles a on a.number = w.number join memberships m "
            f"on m.published = a.published and m.article = a.number where {_SHOWN} order by {order} limit ?"
        )
        rows = self.rows(sql, (*parameters, *self.members(ALL).shown, most))
        return [records.decode_listing(data, number) for number, data in rows]

    def fill_words(self, goes_on: Callable[[], bool]) -> None:
        """Make ready for `find`, while `goes_on`."""
        self._words.fill(goes_on=goes_on)

    def number_of_page(self, path: str) -> int:
        """The number of the group of the article whose page is at `path`; 0 for none."""
        sql = "select number from groups where site = ? and kind = ? and key = ?"
        return next((number for (number,) in self.rows(sql, (self.site, grouping.PAGE, path))), 0)

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
            for start in range(0, len(lacking), _ASKED):
                some = lacking[start : start + _ASKED]
                marks = ", ".join("?" * len(some))
                found = self.rows(f"select number, listing from articles where number in ({marks})", some)
                held.update((number, records.decode_listing(data, number)) for number, data in found)
            self._listings = held
        listings = [held[number] for _, number in rows]
        if any(one[0] == other[0] for one, other in pairwise(rows)):
            places = sorted(range(len(rows)), key=lambda place: (rows[place][0], listings[place].id))
            by_moment = groupby(places, lambda place: rows[place][0])
            moments = {moment: [listings[place] for place in some] for moment, some in by_moment}
            return [listing for moment in dict.fromkeys(row[0] for row in rows) for listing in moments[moment]]
        return listings

    def days(self, members: "Members") -> list[tuple[int, int]]:
        """The days on which articles of a group were published, newest first, and how many on each."""
        # Every document of the group needs them.
        if members.number not in self._days:
            sql = f"select (m.published - ?) / {_DAY}, count(*) from memberships m where {_SHOWN} group by 1 order by 1 desc"
            if len(self._days) >= _MOST_HELD:
                self._days = {}
            self._days[members.number] = [(day, count) for day, count in self.rows(sql, (_FIRST, *members.shown))]
        return self._days[members.number]

    def of_moment(self, members: "Members", moment: int) -> tuple[list[Listing], dict[int, int]]:
        """The articles of a group that were published at a moment, by identity, and the place of each by its number."""
        # A site that was imported may have thousands of one moment, and each is asked for by its own page.
        key = (members.number, moment)
        if key not in self._moments:
            listings = self.listings(members.whole_moments(len(members), (moment, moment + 1)))
            if len(self._moments) >= _MOST_HELD:
                self._moments = {}
            self._moments[key] = (listings, {listing.number: place for place, listing in enumerate(listings)})
        return self._moments[key]

    def keys_of_topics(self, number: int) -> list[str]:
        """The keys in the set of topics with this number."""
        if number not in self._last_sets:
            key = self.rows("select key from groups where number = ?", (number,))[0][0]
            self._last_sets[number] = grouping.in_set(key)
        return self._last_sets[number]

    @cached_property
    def providers(self) -> dict[int, str]:
        """The domains of providers by the numbers of their groups."""
        return {row[0]: key for (kind, key), row in self._rows.items() if kind == Kind.PROVIDER}

    def rows(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self._database.rows(sql, parameters)

    def _group(self, kind: str, key: str, label: str, slug: str, size: int) -> Group | None:
        config, members, public = self._config, self.members((kind, key)), _PUBLIC[kind]
        notices = self.members((f"{grouping.TOLD}{kind}", key))
        if public is Kind.ALL:
            site = config.site
            return Group(public, "", site.title, members, config.limit, site.description, site.image, notices)
        if public is Kind.FEED:
            feed = next(feed for feed in config.feeds if feed.name == key)
            limit = feed.limit or config.limit
            return Group(public, feed.name, feed.title, members, limit, feed.description, feed.image, notices)
        is_shown = size and label if kind == grouping.PUBLISHER else size or (public is Kind.TOPIC and key in self._configured)
        if public not in config.groups or not is_shown:
            return None
        notes: Topic | ProviderNotes | None = None
        if public is Kind.TOPIC:
            notes = config.topics.get(key)
        elif public is Kind.PROVIDER:
            notes = config.providers.get(slug)
        image = notes.image if notes is not None else None
        # The picture of one publisher is not that of the platform.
        if public is Kind.PROVIDER and image is None and key not in self._platforms:
            image = self._pictured(key)
        description = notes.description if notes is not None else ""
        return Group(public, slug, label, members, config.limit, description, image, notices)

    @cached_property
    def _platforms(self) -> Mapping[str, Mapping[str, str]]:
        """The slugs of the publishers on each platform, by `name_key`."""
        found: dict[str, dict[str, str]] = {}
        for (kind, key), (_, _, _, label, slug, size, *_) in sorted(self._rows.items()):
            if kind == grouping.PUBLISHER and label and size and Kind.PROVIDER in self._config.groups:
                place, name = grouping.publisher_of(key)
                found.setdefault(place, {})[name] = slug
        return found

    @cached_property
    def _configured(self) -> Mapping[str, str]:
        return grouping.configured_topics(self._config)

    def _pictured(self, domain: str) -> Image | None:
        row = self._rows.get((grouping.PICTURED, domain))
        return records.decode_image(row[7]) if row is not None and row[5] and row[7] is not None else None

    def of_identity(self, id: str, members: "Members") -> Listing | None:
        """The article of a group with this identity."""
        sql = "select number, published, listing from articles where home = ? and id = ?"
        shown = f"select 1 from memberships m where {_SHOWN} and m.published = ? and m.article = ?"
        for number, published, data in self.rows(sql, (self._home, id)):
            if self.rows(shown, (*members.shown, published, number)):
                return records.decode_listing(data, number)
        return None


class Members(Sequence[Listing]):
    """The articles of a group, newest first, ties by identity; or those that were published from the moment `start` on and before
    `end`. `changed` is the generation in which the group last changed.
    """

    __slots__ = ("_between", "_size", "changed", "number", "view")

    def __init__(self, view: View, number: int, size: int, changed: int, between: tuple[int, int] = _EVER) -> None:
        self.view = view
        self.number = number
        self.changed = changed
        self._size = size
        self._between = between

    @property
    def shown(self) -> tuple[int, int, int]:
        """The parameters of `_SHOWN` for this group."""
        return (self.number, self.view.generation, self.view.generation)

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
            yield from self.view.listings(rows)

    def oldest_first(self) -> Iterator[Listing]:
        """The articles, oldest first, ties by identity."""
        for rows in self._in_parts(oldest_first=True):
            yield from self.view.listings(rows)

    def numbers(self, most: int | None = None) -> "array[int]":
        """The numbers of the articles, or of the first `most`, which tell one wording from another."""
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
        sql = f"select m.published, m.article from memberships m where {_SHOWN} {_BETWEEN} order by {order} limit ?"
        rows = self.view.rows(sql, (*self.shown, start, end, most + 1)) if self._size else []
        if len(rows) <= most:
            return rows
        last = rows[most - 1][0]
        if rows[most][0] != last:
            return rows[:most]
        return [row for row in rows if row[0] != last] + self.view.rows(sql, (*self.shown, last, last + 1, self._size))

    def beside(self, listing: Listing) -> tuple[Listing | None, Listing | None]:
        """The next older article than `listing`, and the next newer."""
        moment = int(listing.published.timestamp())
        same, places = self.view.of_moment(self, moment)
        place = places.get(listing.number)
        if place is None:
            return None, None
        older, newer = same[place + 1 : place + 2], same[max(place - 1, 0) : place]
        # Of one moment, those come first whose identity does.
        older = older or self.view.listings(self.whole_moments(1, (_EVER[0], moment)))
        newer = newer or self.view.listings(self.whole_moments(1, (moment + 1, _EVER[1]), oldest_first=True))
        return (older[0] if older else None), (newer[-1] if newer else None)

    def around(self, moments: Iterable[int]) -> list[Listing]:
        """The articles of these moments, and those right before and after each."""
        found: dict[int, Listing] = {}
        for moment in moments:
            parts = [self.whole_moments(1, (_EVER[0], moment)), self.whole_moments(self._size, (moment, moment + 1))]
            parts.append(self.whole_moments(1, (moment + 1, _EVER[1]), oldest_first=True))
            found.update((each.number, each) for rows in parts for each in self.view.listings(rows))
        return list(found.values())

    def last_updated(self) -> datetime | None:
        """When one of its articles was last updated."""
        found = self.view.rows(f"select max(a.updated) {_JOINED}", self.shown)[0][0]
        return datetime.fromtimestamp(found, UTC) if found is not None else None

    def by_day(self) -> list[tuple[date, "Members"]]:
        """The days on which some were published, newest first."""
        return [(_FIRST_DAY + timedelta(day), self._on(day, day, count)) for day, count in self.view.days(self)]

    def joined(self, days: Sequence["Members"]) -> "Members":
        """Several days that follow each other, newest first."""
        return Members(self.view, self.number, sum(map(len, days)), self.changed, (days[-1]._between[0], days[0]._between[1]))

    def topics(self) -> Counter[tuple[str, ...]]:
        """How many have the same topics, by keys."""
        sql = f"select m.topics, count(*) from memberships m where {_SHOWN} and m.topics is not null group by m.topics"
        rows = self.view.rows(sql, self.shown)
        return Counter({tuple(self.view.keys_of_topics(number)): count for number, count in rows})

    def domains(self) -> Counter[str]:
        """How many have the same provider, by its domain."""
        sql = f"select m.provider, count(*) from memberships m where {_SHOWN} and m.provider is not null group by m.provider"
        return Counter({self.view.providers[number]: count for number, count in self.view.rows(sql, self.shown)})

    def _on(self, first: int, last: int, count: int) -> "Members":
        between = (_FIRST + first * _DAY, _FIRST + (last + 1) * _DAY)
        return Members(self.view, self.number, count, self.changed, between)

    def _head(self, count: int) -> "list[_Row]":
        return self.view.head(self, count) if self._between == _EVER else self.whole_moments(count)

    def _first(self, count: int) -> Sequence[Listing]:
        rows = self._head(count)
        # Of a longer head, as much as is needed.
        end = next((place for place in range(count, len(rows)) if rows[place][0] != rows[place - 1][0]), len(rows))
        return self.view.listings(rows[:end])[:count]

    def _in_parts(self, *, end: int | None = None, oldest_first: bool = False) -> "Iterator[list[_Row]]":
        """All rows, or those before the moment `end`. The more were asked for, the more are fetched at a time."""
        start, end = self._between[0], self._between[1] if end is None else end
        most = _FETCHED
        while rows := self.whole_moments(most, (start, end), oldest_first=oldest_first):
            yield rows
            start, end = (rows[-1][0] + 1, end) if oldest_first else (start, rows[-1][0])
            most = min(2 * most, _MOST_FETCHED)


class _Pages(Mapping[str, Listing]):
    """The articles that have a page of their own, by its path."""

    def __init__(self, view: View) -> None:
        self._view = view

    def __getitem__(self, path: str) -> Listing:
        sql = (
            "select a.number, a.listing from groups g join memberships m on m.grp = g.number "
            "join articles a on a.number = m.article "
            "where g.site = ? and g.kind = ? and g.key = ? and m.since <= ? and (m.until is null or m.until > ?) limit 1"
        )
        view = self._view
        # Most paths are of something else, and PostgreSQL can't be asked for one with a null character.
        is_possible = path.startswith(f"{article_pages.FOLDER}/") and "\0" not in path
        rows = view.rows(sql, (view.site, grouping.PAGE, path, view.generation, view.generation)) if is_possible else []
        if not rows:
            raise KeyError(path)
        return records.decode_listing(rows[0][1], rows[0][0])

    def __iter__(self) -> Iterator[str]:
        sql = "select key from groups where site = ? and kind = ? and size > 0 order by key"
        return (path for (path,) in self._view.rows(sql, (self._view.site, grouping.PAGE)))

    def __len__(self) -> int:
        sql = "select count(*) from groups where site = ? and kind = ? and size > 0"
        count: int = self._view.rows(sql, (self._view.site, grouping.PAGE))[0][0]
        return count


class Selection:
    """The published articles, and those that are held back, in the order of their paths."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.published: Sequence[Listing] = view.members(ALL)
        self.next_due = view.next_due

    @cached_property
    def drafts(self) -> Sequence[Listing]:
        """Drafts and removed articles."""
        return () if self._view._config.drafts else self._held_back(grouping.DRAFT)

    @cached_property
    def scheduled(self) -> Sequence[Listing]:
        """Articles with a date in the future."""
        return self._held_back(grouping.SCHEDULED)

    @cached_property
    def below_minimum(self) -> Sequence[Listing]:
        """Articles whose scores are too low for the site."""
        return self._held_back(grouping.BELOW_MINIMUM)

    @cached_property
    def duplicates(self) -> Sequence[tuple[Listing, Listing]]:
        """Articles that gave way, each with the one of the same identity that did not."""
        return self._view.duplicates()

    def _held_back(self, kind: str) -> Sequence[Listing]:
        return sorted(self._view.members((kind, "")), key=lambda article: article.path)


class _ByIdentity(Mapping[str, Listing]):
    def __init__(self, members: Members, find: Any) -> None:
        self._members = members
        self._find = find

    def __getitem__(self, id: str) -> Listing:
        found: Listing | None = self._find(id, self._members)
        if found is None:
            raise KeyError(id)
        return found

    def __iter__(self) -> Iterator[str]:
        return (article.id for article in self._members)

    def __len__(self) -> int:
        return len(self._members)


class _Files(Mapping[str, File]):
    """The local files of a site by path."""

    def __init__(self, database: Database, site: int) -> None:
        self._database = database
        self._site = site

    def __getitem__(self, path: str) -> File:
        sql = "select part from groups where site = ? and kind = ? and key = ? and size > 0"
        # A path that PostgreSQL can't be asked for is none of ours.
        rows = self._database.rows(sql, (self._site, grouping.FILE, path)) if "\0" not in path else []
        if not rows or rows[0][0] is None:
            raise KeyError(path)
        return records.decode_file(rows[0][0])

    def __iter__(self) -> Iterator[str]:
        sql = "select key from groups where site = ? and kind = ? and size > 0 order by key"
        return (path for (path,) in self._database.rows(sql, (self._site, grouping.FILE)))

    def __len__(self) -> int:
        sql = "select count(*) from groups where site = ? and kind = ? and size > 0"
        count: int = self._database.rows(sql, (self._site, grouping.FILE))[0][0]
        return count
