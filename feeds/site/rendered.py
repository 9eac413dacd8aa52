"""Rendered entries: each is rendered once per format and used in every feed."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from types import ModuleType
from typing import NamedTuple

from feeds import faults
from feeds.config.types import Config, Content
from feeds.errors import LockedError
from feeds.formats import atom, jsonfeed, rss
from feeds.index.grouping import Collection
from feeds.index.store import Index
from feeds.model import Article, Entry, Feed, Format, Group, Listing, records
from feeds.site.composer import Names, compose_entry, names_of

GENERATORS: Mapping[Format, ModuleType] = {Format.RSS: rss, Format.ATOM: atom, Format.JSON: jsonfeed}
# Entries that feedgen renders in one go: most of its cost is per document.
BATCH = 100
# Entries of one feed that are held until the next: those of an archive page may be many.
_MOST_HELD = 1000
# How long an answer waits for others that write the index, in seconds.
_PATIENCE = 0.5


class Style(NamedTuple):
    """The style of the entries of a feed: of a podcast, or with excerpts in place of full texts."""

    podcast: bool = False
    excerpts: bool = False

    @staticmethod
    def of(feed: Feed | Group) -> "Style":
        """The style of the entries of `feed`."""
        return Style(feed.podcast is not None, feed.excerpts)


class Task(NamedTuple):
    """An entry to be rendered: its article, and the names of its topics and category."""

    number: int
    article: Article
    names: Names


class Rendered(NamedTuple):
    """A rendered entry: its bodies in each of config's formats, as `records` encodes them, with the number of its article and the
    digest of the names it was rendered with. There are no bodies of an entry that can't be rendered: feeds go without it.
    """

    number: int
    names: bytes
    bodies: bytes


def render(tasks: Sequence[Task], config: Config) -> list[Rendered]:
    """The entries of `tasks` in every format that config has. One that can't be rendered has no bodies (`feeds.faults`)."""
    encoded = records.encode_bodies(_bodies_of(tasks, config, usual_style(config)))
    return [Rendered(task.number, names_digest(task.names), some) for task, some in zip(tasks, encoded, strict=True)]


def usual_style(config: Config) -> Style:
    """The style of feeds without settings of their own; entries in this style are kept in the index."""
    return Style(excerpts=config.content is Content.EXCERPT)


def _bodies_of(tasks: Sequence[Task], config: Config, style: Style) -> list[tuple[bytes, ...]]:
    try:
        entries = tuple(compose_entry(task.article, task.names, config, excerpt=style.excerpts) for task in tasks)
        return list(zip(*(_renderer(format, style)(entries) for format in config.formats), strict=True))
    except Exception as error:
        if len(tasks) > 1:
            # Render each by itself to find the one that fails.
            return [bodies for task in tasks for bodies in _bodies_of([task], config, style)]
        faults.report(tasks[0].article.path, faults.RENDERED, error)
        return [()]


def _renderer(format: Format, style: Style) -> Callable[[Sequence[Entry]], list[bytes]]:
    if style.podcast and format is Format.RSS:
        return rss.render_episodes
    render: Callable[[Sequence[Entry]], list[bytes]] = GENERATORS[format].render_entries
    return render


@lru_cache(maxsize=10_000)
def names_digest(names: Names) -> bytes:
    """A digest of `names`, in 16 bytes."""
    return hashlib.blake2b(repr(names).encode(), digest_size=16).digest()


class Entries:
    """The rendered entries of one collection."""

    def __init__(self, collection: Collection, config: Config, index: Index) -> None:
        self._collection = collection
        self._config = config
        self._index = index
        self._names: dict[tuple[tuple[str, ...], str | None], Names] = {}
        self._usual = usual_style(config)
        self._last: tuple[Sequence[Listing], Style, list[tuple[bytes, ...]]] = ((), self._usual, [])
        # How many bytes of entries are held besides, for feeds that share them and are asked for soon after each other.
        self.most_held = 0
        self._held: dict[int, tuple[bytes, ...]] = {}
        self._held_bytes = 0

    def names(self, listing: Listing) -> Names:
        """The names of the article's topics and category on the site."""
        key = ((), None) if listing.withdrawn is not None else (listing.topics, listing.category)
        if key not in self._names:
            self._names[key] = names_of(listing, self._collection)
        return self._names[key]

    def get(self, format: Format, listings: Sequence[Listing], style: Style) -> list[bytes]:
        """The entries of `listings` in `format`, in their order; no bytes for one that can't be rendered. What is not kept yet is
        rendered, and in the usual style it is kept.
        """
        place = self._config.formats.index(format)
        return [bodies[place] if bodies else b"" for bodies in self._bodies(listings, style)]

    def _bodies(self, listings: Sequence[Listing], style: Style) -> list[tuple[bytes, ...]]:
        # A feed is asked for in one format after the other.
        last, last_style, bodies = self._last
        if last == listings and last_style == style:
            return bodies
        found = self._found(listings) if style == self._usual else {}
        lacking = [listing for listing in listings if listing.number not in found]
        for start in range(0, len(lacking), BATCH):
            tasks = self.tasks(lacking[start : start + BATCH])
            if style == self._usual:
                made = render(tasks, self._config)
                # An answer does not wait for others that write the index: these entries are rendered again, then.
                with suppress(LockedError):
                    self._index.entries.keep(made, _PATIENCE)
                some = records.decode_bodies(entry.bodies for entry in made)
            else:
                some = _bodies_of(tasks, self._config, style)
            found.update((task.number, bodies) for task, bodies in zip(tasks, some, strict=True))
        wanted = [found[listing.number] for listing in listings]
        if len(wanted) <= _MOST_HELD:
            self._last = (listings, style, wanted)
        return wanted

    def _found(self, listings: Sequence[Listing]) -> dict[int, tuple[bytes, ...]]:
        held = self._held
        found = {listing.number: held[listing.number] for listing in listings if listing.number in held}
        names = {each.number: names_digest(self.names(each)) for each in listings if each.number not in found}
        kept = self._index.entries.get(names)
        if self.most_held:
            self._held_bytes += sum(len(body) for bodies in kept.values() for body in bodies)
            if self._held_bytes > self.most_held:
                self._held, self._held_bytes = {}, 0
            self._held.update(kept)
        return found | kept

    def tasks(self, listings: Sequence[Listing]) -> list[Task]:
        """The tasks of rendering the entries of `listings`."""
        articles = self._index.articles(listings)
        return [Task(listing.number, article, self.names(listing)) for listing, article in zip(listings, articles, strict=True)]

    def lacking(self, numbers: Iterable[int]) -> Iterator[int]:
        """The numbers of those articles whose entries are not kept yet."""
        if not self._index.entries.has_any():
            yield from numbers
            return
        waiting = iter(numbers)
        while some := list(islice(waiting, BATCH)):
            names = {listing.number: names_digest(self.names(listing)) for listing in self._index.listings(some)}
            kept = self._index.entries.kept(names)
            yield from (number for number in some if number not in kept)
