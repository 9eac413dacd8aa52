"""Revision: a catalogue with a few articles taken out and put in, so that one new article does not have all grouped anew.

Pure. What it gives is what grouping all of them anew would give; and nothing, where an article changes more than who is where,
as where its topic is a new one, or is spelled otherwise from now on.
"""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from feeds.config.types import Config
from feeds.index.catalogue import Catalogue, Fetch
from feeds.index.grouping import (
    collect,
    configured_topics,
    is_platform,
    labels,
    provider_domain,
    provider_image,
    provider_label,
    provider_name,
    select,
)
from feeds.index.members import Columns, Members, Rows, column, lines
from feeds.model import Group, Kind, Listing
from feeds.text.text import name_key

# One article as it was and as it is; None where there was none, or is none now.
Change = tuple[Listing | None, Listing | None]
# More are sooner grouped anew, and so is what has many places at which nothing is any more: one in so many.
_MOST, _EMPTY = 100, 4
_Value = TypeVar("_Value")


def revised(
    catalogue: Catalogue, name: bytes, changes: Sequence[Change], config: Config, now: datetime, fetch: Fetch
) -> Catalogue | None:
    """The `catalogue` of `config` with `changes`, as of the moment `now`; None where all has to be grouped anew."""
    if len(changes) > _MOST:
        return None
    try:
        revision = _Revision(catalogue, config, now, fetch)
        for before, _ in changes:
            if before is not None:
                revision.take_out(before)
        for _, after in changes:
            if after is not None:
                revision.put_in(after)
        return revision.catalogue(name)
    except _AnewError:
        return None


class _AnewError(Exception):
    """All has to be grouped anew."""


class _Revision:
    def __init__(self, catalogue: Catalogue, config: Config, now: datetime, fetch: Fetch) -> None:
        self._before = catalogue
        self._config = config
        self._now = now
        self._fetch = fetch
        columns = catalogue.columns
        self._moments = array("q", columns.moments)
        # An empty column has a line too.
        self._paths = lines(columns.paths)[: len(self._moments)]
        self._ids = lines(columns.ids)[: len(self._moments)]
        self._topics, self._topics_of = list(columns.topics), array("I", columns.topics_of)
        self._domains, self._domains_of = list(columns.domains), array("I", columns.domains_of)
        self._digests = bytearray(catalogue.digests)
        self._published, self._drafts, self._scheduled, self._below = (array("I", places) for places in catalogue.selected)
        self._next_due = catalogue.next_due
        self._groups = list(catalogue.groups)
        self._numbers = {(group[0], group[1]): number for number, group in enumerate(catalogue.groups)}
        # A name's slug depends on all names.
        self._slugs = {
            Kind.TOPIC: {key: slug for key, _, slug in catalogue.topics},
            Kind.CATEGORY: {key: slug for key, _, slug in catalogue.categories},
        }
        self._configured = configured_topics(config)
        self._files = {file.path: file for file in catalogue.files}
        self._topics_spelled, self._categories_spelled = map(dict, catalogue.spelled)
        self._called = {domain: dict(names) for domain, names in catalogue.called.items()}
        self._counted: set[str] = set()
        self._fresh: set[int] = set()
        self._touched: dict[str, tuple[datetime, ...]] = {}

    def take_out(self, listing: Listing) -> None:
        """Let an article be gone that is there."""
        if listing.path not in self._paths or self._ids.count(listing.id) > 1:
            # Of several with one identity, another may be the one that is published then.
            raise _AnewError
        place = self._paths.index(listing.path)
        self._paths[place] = self._ids[place] = ""
        for held in (self._drafts, self._scheduled, self._below):
            if place in held:
                held.remove(place)
                if held is self._scheduled and listing.published == self._next_due:
                    self._next_due = min((each.published for each in self._listings(held)), default=None)
                return
        if listing.files:
            # Others may refer to the same.
            raise _AnewError
        self._published.remove(place)
        self._count(listing, -1)
        for number in self._numbers_of(listing):
            held = array("I", self._groups[number][3])
            held.remove(place)
            self._resize(number, held, listing, (listing.published,))

    def put_in(self, listing: Listing) -> None:
        """Let an article be there."""
        if listing.id in self._ids or listing.path in self._paths:
            raise _AnewError
        place = self._append(listing)
        found = select([listing], self._config, self._now)
        if not found.published:
            held = self._drafts if found.drafts else self._scheduled if found.scheduled else self._below
            insort(held, place, key=self._paths.__getitem__)
            due = [moment for moment in (self._next_due, found.next_due) if moment is not None]
            self._next_due = min(due, default=None)
            return
        for _, file in listing.files:
            if self._files.setdefault(file.path, file) != file:
                raise _AnewError
        self._published.insert(self._order(self._published, listing), place)
        self._count(listing, 1)
        for number in self._numbers_of(listing):
            held = array("I", self._groups[number][3])
            held.insert(self._order(held, listing), place)
            self._resize(number, held, listing, ())

    def catalogue(self, name: bytes) -> Catalogue:
        """What it is now, called `name`."""
        if self._paths.count("") > len(self._paths) // _EMPTY:
            raise _AnewError
        before = self._before
        if labels(self._topics_spelled, self._configured) != {key: label for key, label, _ in before.topics}:
            raise _AnewError
        if labels(self._categories_spelled, {}) != {key: label for key, label, _ in before.categories}:
            raise _AnewError
        self._rename()
        return replace(
            before,
            name=name,
            before=before.name,
            fresh=frozenset(self._fresh),
            touched=self._touched,
            columns=self._columns,
            digests=bytes(self._digests),
            selected=(
                self._published.tobytes(),
                self._drafts.tobytes(),
                self._scheduled.tobytes(),
                self._below.tobytes(),
            ),
            next_due=self._next_due,
            groups=tuple(self._groups),
            files=tuple(self._files.values()),
            spelled=(self._topics_spelled, self._categories_spelled),
            called=self._called,
        )

    def _append(self, listing: Listing) -> int:
        """Give an article a place, and say what the columns say of it."""
        place = len(self._paths)
        self._paths.append(listing.path)
        self._ids.append(listing.id)
        self._moments.append(int(listing.published.timestamp()))
        self._topics_of.append(_number(self._topics, listing.topics))
        self._domains_of.append(_number(self._domains, provider_domain(listing)))
        self._digests += listing.digest
        self._fresh.add(place)
        return place

    def _order(self, held: "array[int]", listing: Listing) -> int:
        """Where an article belongs among those at the places `held`: newest first, ties by identity (`newest_first`)."""
        moment = -int(listing.published.timestamp())

        def age(place: int) -> int:
            return -self._moments[place]

        start, end = bisect_left(held, moment, key=age), bisect_right(held, moment, key=age)
        # The columns tell seconds alone.
        for at, other in enumerate(self._listings(held[start:end]), start):
            if other.published < listing.published or (other.published == listing.published and other.id > listing.id):
                return at
        return end

    def _listings(self, places: Sequence[int]) -> list[Listing]:
        return self._fetch([(self._paths[place], bytes(self._digests[16 * place : 16 * place + 16])) for place in places])

    def _numbers_of(self, listing: Listing) -> list[int]:
        """Which groups an article is in."""
        found = []
        for group in collect([listing], self._config).groups.values():
            if group.articles:
                slugs = self._slugs.get(group.kind)
                slug = group.slug if slugs is None else slugs.get(name_key(group.name), "")
                number = self._numbers.get((group.kind, slug))
                if number is None:
                    raise _AnewError
                found.append(number)
        return found

    def _count(self, listing: Listing, count: int) -> None:
        """Count how an article spells names."""
        for topic in listing.topics:
            _add(self._topics_spelled, topic, count)
        if listing.category:
            _add(self._categories_spelled, listing.category, count)
        domain, called = provider_domain(listing), provider_name(listing)
        if domain is None:
            return
        was_platform = is_platform(domain, self._called.get(domain, {}), self._config)
        if called:
            self._counted.add(domain)
            _add(self._called.setdefault(domain, {}), called, count)
        if was_platform or is_platform(domain, self._called.get(domain, {}), self._config):
            # On a platform, publishers have groups of their own.
            raise _AnewError

    def _resize(self, number: int, held: "array[int]", listing: Listing, left: tuple[datetime, ...]) -> None:
        """Let other articles be `held` by a group, since `listing` came, or `left`: then with when it was published."""
        kind, slug, name, _, limit, description, image = self._groups[number]
        lasts = kind in (Kind.ALL, Kind.FEED) or (kind is Kind.TOPIC and name_key(name) in self._configured)
        if not held and not lasts:
            raise _AnewError
        if kind is Kind.PROVIDER:
            notes = self._config.providers.get(slug)
            if (notes is None or notes.image is None) and provider_image([listing]) is not None:
                members = Members(Rows(self._columns, bytes(self._digests), self._fetch), held)
                image = provider_image(members)
        self._groups[number] = (kind, slug, name, held.tobytes(), limit, description, image)
        self._mark(number, left)

    def _rename(self) -> None:
        """Call providers as most articles do now, those too that are not good enough for the provider's feed."""
        for domain in self._counted:
            number = self._numbers.get((Kind.PROVIDER, domain))
            if number is not None:
                kind, slug, before, places, limit, description, image = self._groups[number]
                name = provider_label(domain, self._called.get(domain, {}), self._config)
                self._groups[number] = (kind, slug, name, places, limit, description, image)
                if name != before:
                    self._mark(number, ())

    def _mark(self, number: int, left: tuple[datetime, ...]) -> None:
        """Mark a group as touched, from which articles of these moments `left`."""
        kind, slug, name, _, limit, *_ = self._groups[number]
        path = Group(kind, slug, name, (), limit).path
        self._touched[path] = (*self._touched.get(path, ()), *left)

    @property
    def _columns(self) -> Columns:
        return Columns(
            paths=column(self._paths),
            ids=column(self._ids),
            moments=self._moments.tobytes(),
            topics=self._topics,
            topics_of=self._topics_of.tobytes(),
            domains=self._domains,
            domains_of=self._domains_of.tobytes(),
        )


def _number(values: list[_Value], value: _Value) -> int:
    """The number of a value among all there are, of which it is one from now on."""
    if value not in values:
        values.append(value)
    return values.index(value)


def _add(counts: dict[str, int], name: str, count: int) -> None:
    """Count, and forget what is there no more."""
    counts[name] = counts.get(name, 0) + count
    if not counts[name]:
        del counts[name]
