"""The catalogue: a whole collection as it is kept, in columns, so that the next run need not make it again.

Pure. Where nothing but what articles say has changed, it is the same collection but for their digests.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from feeds.config.types import Config
from feeds.index.grouping import (
    Collection,
    Name,
    Selection,
    category_spellings,
    provider_domain,
    provider_spellings,
    topic_spellings,
)
from feeds.index.members import Columns, Members, Rows, column, lines, places
from feeds.model import File, Group, Image, Kind, Listing

# What an article may say anew and be in the same groups at the same place, if it alone has its identity.
_SAID = ("title", "updated", "digest")
# Changes that are sooner looked for one by one.
_LOOKED_FOR = 20
Fetch = Callable[[Sequence[tuple[str, bytes]]], list[Listing]]
# Parts by which a catalogue is kept: the columns that are long, the digests, and what is left. The longest is of use to few.
IDS = "ids"
_COLUMNS = ("paths", IDS, "moments", "topics_of", "domains_of")
PARTS = ("", "digests", *_COLUMNS)


class Catalogue(Struct, frozen=True, array_like=True):
    """A selection and a collection: places of articles, in place of the articles, `array("I")` as bytes.

    `spelled` is how often published articles spell each topic so, and each category; `called`, the same of providers by domain.
    `platforms` are those of the collection.

    `name` is of this one alone. `before` is the one that it was made from, its own name where it was made from the start: the
    articles at the places `fresh` are new there, or say something else; and groups by path hold more, or less, then with the
    moments when the articles that left were published, or have another name (`touched`).
    """

    name: bytes
    before: bytes
    fresh: frozenset[int]
    touched: dict[str, tuple[datetime, ...]]
    columns: Columns
    digests: bytes
    selected: tuple[bytes, bytes, bytes, bytes]
    duplicates: tuple[tuple[int, int], ...]
    next_due: datetime | None
    groups: tuple[tuple[Kind, str, str, bytes, int, str, Image | None], ...]
    topics: tuple[tuple[str, str, str], ...]
    categories: tuple[tuple[str, str, str], ...]
    files: tuple[File, ...]
    spelled: tuple[dict[str, int], dict[str, int]]
    called: dict[str, dict[str, int]]
    platforms: dict[str, dict[str, str]] = {}


class ById(Mapping[str, Listing]):
    """Articles by identity, in their order. `ids` gives those of all articles of a site, at their places."""

    def __init__(self, members: Members, ids: Callable[[], Sequence[str]]) -> None:
        self._members = members
        self._places: dict[str, int] = {}
        self._ids = ids

    def __getitem__(self, id: str) -> Listing:
        if not self._places:
            ids = list(self)
            self._places = dict(zip(ids, self._members.places, strict=True))
        return self._members.rows.listings([self._places[id]])[0]

    def __iter__(self) -> Iterator[str]:
        return map(self._ids().__getitem__, self._members.places)

    def __len__(self) -> int:
        return len(self._members)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Catalogue).decode


def encode(catalogue: Catalogue) -> dict[str, bytes]:
    """The catalogue but for its name, as `PARTS`. One article more, or less, is a few bytes of most of them."""
    columns = catalogue.columns
    rest = replace(
        catalogue,
        name=b"",
        before=b"",
        fresh=frozenset(),
        touched={},
        digests=b"",
        columns=replace(columns, **dict.fromkeys(_COLUMNS, b"")),
    )
    return {"": _encode(rest), "digests": catalogue.digests} | {name: getattr(columns, name) for name in _COLUMNS}


def decode(name: bytes, parts: Mapping[str, bytes]) -> Catalogue:
    """The catalogue with this `name`, of the `parts` that `encode` gave; perhaps without `IDS`."""
    rest = _decode(parts[""])
    columns = replace(rest.columns, **{name: parts.get(name, b"") for name in _COLUMNS})
    return replace(rest, name=name, before=name, digests=parts["digests"], columns=columns)


def make(name: bytes, selection: Selection, collection: Collection) -> Catalogue:
    """The catalogue of `selection`, and of the `collection` of what it says is published, with a `name` of its own."""
    published = collection.groups["all"].articles
    lost = [one for one, _ in selection.duplicates]
    held = [*published, *selection.drafts, *selection.scheduled, *selection.below_minimum, *lost]
    # By object, each of which is here once: what they say takes longer to compare, and identities meet where articles gave way.
    place_of = {id(listing): place for place, listing in enumerate(held)}
    topics: dict[tuple[str, ...], int] = {}
    domains: dict[str | None, int] = {}
    columns = Columns(
        paths=column([listing.path for listing in held]),
        ids=column([listing.id for listing in held]),
        moments=array("q", [int(listing.published.timestamp()) for listing in held]).tobytes(),
        topics_of=array("I", [topics.setdefault(listing.topics, len(topics)) for listing in held]).tobytes(),
        topics=list(topics),
        domains_of=array("I", [domains.setdefault(provider_domain(listing), len(domains)) for listing in held]).tobytes(),
        domains=list(domains),
    )

    def at(listings: Iterable[Listing]) -> bytes:
        return array("I", map(place_of.__getitem__, map(id, listings))).tobytes()

    return Catalogue(
        name=name,
        before=name,
        fresh=frozenset(),
        touched={},
        columns=columns,
        digests=b"".join([listing.digest for listing in held]),
        selected=(
            at(selection.published),
            at(selection.drafts),
            at(selection.scheduled),
            at(selection.below_minimum),
        ),
        duplicates=tuple((place_of[id(one)], place_of[id(other)]) for one, other in selection.duplicates),
        next_due=selection.next_due,
        groups=tuple(
            (each.kind, each.slug, each.name, at(each.articles), each.limit, each.description, each.image)
            for each in collection.groups.values()
        ),
        topics=tuple((key, name.label, name.slug) for key, name in collection.topics.items()),
        categories=tuple((key, name.label, name.slug) for key, name in collection.categories.items()),
        files=tuple(collection.files.values()),
        spelled=(topic_spellings(published), category_spellings(published)),
        called=provider_spellings(published),
        platforms={place: dict(slug_of) for place, slug_of in collection.platforms.items()},
    )


def is_at(catalogue: Catalogue, now: datetime, config: Config) -> bool:
    """Whether the same articles are for the public at the moment `now`: none has fallen due, and no clock was set back."""
    if catalogue.next_due is not None and catalogue.next_due <= now:
        return False
    newest = array("I", catalogue.selected[0])[:1]
    return config.drafts or not newest or array("q", catalogue.columns.moments)[newest[0]] <= now.timestamp()


def changed(catalogue: Catalogue, name: bytes, changes: Iterable[tuple[Listing, Listing]]) -> Catalogue | None:
    """The same with what articles say now, each given as it was and as it is; None where the collection may be another one."""
    changes = list(changes)
    if len(changes) > _LOOKED_FOR:
        place_of = {path: place for place, path in enumerate(lines(catalogue.columns.paths))}
    else:
        place_of = places(catalogue.columns.paths, [one.path for one, _ in changes])
    digests = bytearray(catalogue.digests)
    fresh = set()
    for one, other in changes:
        place = place_of.get(one.path)
        if place is None or catalogue.duplicates or replace(one, **{name: getattr(other, name) for name in _SAID}) != other:
            return None
        digests[16 * place : 16 * place + 16] = other.digest
        fresh.add(place)
    return replace(catalogue, name=name, before=catalogue.name, fresh=frozenset(fresh), touched={}, digests=bytes(digests))


def opened(
    catalogue: Catalogue, fetch: Fetch, identities: Callable[[bytes], bytes] = lambda name: b""
) -> tuple[Selection, Collection]:
    """What `make` was given. `fetch` is asked for listings when they are looked at, and `identities` for the part `IDS` of the
    catalogue with a name, where that was left out; it may know it no more.
    """
    rows = Rows(catalogue.columns, catalogue.digests, fetch)

    def ids() -> list[str]:
        column = catalogue.columns.ids or identities(catalogue.name)
        return lines(column) if column else [listing.id for listing in rows.listings(range(len(rows.moments)))]

    def members(places: bytes) -> Members:
        return Members(rows, array("I", places))

    published, drafts, scheduled, below = map(members, catalogue.selected)
    selection = Selection(
        published=published,
        drafts=drafts,
        scheduled=scheduled,
        below_minimum=below,
        duplicates=tuple((one, other) for one, other in map(rows.listings, catalogue.duplicates)),
        next_due=catalogue.next_due,
    )
    groups = (
        Group(kind, slug, name, members(places), limit, description, image)
        for kind, slug, name, places, limit, description, image in catalogue.groups
    )
    collection = Collection(
        groups={group.path: group for group in groups},
        topics={key: Name(label, slug) for key, label, slug in catalogue.topics},
        categories={key: Name(label, slug) for key, label, slug in catalogue.categories},
        articles=ById(published, ids),
        files={file.path: file for file in catalogue.files},
        platforms=catalogue.platforms,
        name=catalogue.name,
        before=catalogue.before,
        fresh=catalogue.fresh,
        touched=catalogue.touched,
    )
    return selection, collection
