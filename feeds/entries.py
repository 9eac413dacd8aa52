"""Entries, rendered: each once in every format, and spliced into every feed that holds it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import ModuleType
from typing import NamedTuple

from feeds.collection import Collection
from feeds.composer import Names, compose_entry, names_of
from feeds.config import Config, Format
from feeds.generators import atom, jsonfeed, rss
from feeds.library import Library
from feeds.model import Article, Listing

GENERATORS: Mapping[Format, ModuleType] = {Format.RSS: rss, Format.ATOM: atom, Format.JSON: jsonfeed}
# Entries that feedgen renders in one go: most of its cost is per document.
BATCH = 100


class Task(NamedTuple):
    """An entry to be rendered: its article, and what its topics are called."""

    digest: bytes
    article: Article
    names: Names


class Rendered(NamedTuple):
    """A rendered entry in one format, with the digests of its article and of the names it was rendered with."""

    digest: bytes
    names: bytes
    body: bytes


def render(tasks: Sequence[Task], config: Config) -> dict[Format, list[Rendered]]:
    """The entries of `tasks` in every format that config has."""
    entries = [compose_entry(task.article, task.names, config) for task in tasks]
    keys = [(task.digest, names_digest(task.names)) for task in tasks]
    return {
        format: [Rendered(*key, body) for key, body in zip(keys, GENERATORS[format].render_entries(entries), strict=True)]
        for format in config.formats
    }


@lru_cache(maxsize=10_000)
def names_digest(names: Names) -> bytes:
    """What tells `names` from others: 16 bytes."""
    return hashlib.blake2b(repr(names).encode(), digest_size=16).digest()


class Entries:
    """The rendered entries of one collection."""

    def __init__(self, collection: Collection, config: Config, library: Library) -> None:
        self._collection = collection
        self._config = config
        self._library = library
        self._names: dict[tuple[tuple[str, ...], str | None], Names] = {}

    def names(self, listing: Listing) -> Names:
        """What the article's topics and category are called on the site."""
        key = (listing.topics, listing.category)
        if key not in self._names:
            self._names[key] = names_of(listing, self._collection)
        return self._names[key]

    def get(self, format: Format, listings: Sequence[Listing]) -> list[bytes]:
        """The entries of `listings` in `format`, in their order; those that are not kept yet are rendered, and kept."""
        names = {listing.digest: names_digest(self.names(listing)) for listing in listings}
        found = self._library.entries(format, names)
        lacking = [listing for listing in listings if listing.digest not in found]
        for start in range(0, len(lacking), BATCH):
            made = render(self.tasks(lacking[start : start + BATCH]), self._config)
            for each, entries in made.items():
                self._library.keep(each, entries)
            found.update((entry.digest, entry.body) for entry in made[format])
        return [found[listing.digest] for listing in listings]

    def tasks(self, listings: Sequence[Listing]) -> list[Task]:
        """What has to be known to render the entries of `listings`."""
        articles = self._library.articles(listings)
        return [Task(listing.digest, article, self.names(listing)) for listing, article in zip(listings, articles, strict=True)]

    def lacking(self, listings: Iterable[Listing]) -> list[Listing]:
        """Those of `listings` whose entries are not kept in some format yet."""
        wanted = {listing.digest: listing for listing in listings}
        names = {digest: names_digest(self.names(listing)) for digest, listing in wanted.items()}
        kept = [self._library.kept(format, names) for format in self._config.formats]
        return [listing for digest, listing in wanted.items() if not all(digest in some for some in kept)]
