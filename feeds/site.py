"""The site: a mapping from path to `Document`, and the one door to all that is published.

Export and serve ask the same object for the same path, so a file and an answer are the same bytes.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import ModuleType

from feeds.collection import Collection
from feeds.composer import compose_entry, compose_feed
from feeds.config import Config, Format
from feeds.generators import atom, jsonfeed, rss
from feeds.model import Document, Group

GENERATORS: Mapping[Format, ModuleType] = {Format.RSS: rss, Format.ATOM: atom, Format.JSON: jsonfeed}
# Makes a document: its media type and its bytes.
Maker = Callable[[], tuple[str, bytes]]
# Entries that feedgen renders in one go: most of its cost is per document.
_BATCH = 200


class Site:
    """All that is published of one collection. Documents are rendered when they are asked for.

    Rendering is a pure function of the collection, the config and the version. Safe for use by several threads.
    """

    def __init__(self, collection: Collection, config: Config) -> None:
        self.collection = collection
        self.config = config
        self._entries: dict[Format, dict[str, bytes]] = {format: {} for format in config.formats}
        self._makers: dict[str, Maker] = dict(sorted(self._all_makers()))
        self._lock = threading.Lock()

    def paths(self) -> tuple[str, ...]:
        """Every path that has a document, in order."""
        return tuple(self._makers)

    def __contains__(self, path: object) -> bool:
        """Whether there is a document at `path`. Nothing is rendered."""
        return path in self._makers

    def document(self, path: str) -> Document | None:
        """The document at `path` (with its suffix, without a leading `/`), or None where there is none."""
        maker = self._makers.get(path)
        if maker is None:
            return None
        return self._document(path, maker)

    def feed(self, group: Group, format: Format) -> Document:
        """The feed of a `group` that was put together for one answer, of articles of this collection."""
        return self._document(f"{group.path}.{format}", partial(self._feed, group, format))

    def entries(self, group: Group, format: Format) -> Mapping[str, bytes]:
        """The entries that the feed of `group` shows, as they are rendered, by id."""
        shown = tuple(article.id for article in group.articles[: group.limit])
        with self._lock:
            self._render(format, shown)
            return {id: self._entries[format][id] for id in shown}

    def documents(self) -> Iterator[Document]:
        """Every document, in the order of `paths`."""
        groups = self.collection.groups.values()
        shown = tuple(dict.fromkeys(article.id for group in groups for article in group.articles[: group.limit]))
        for format in self.config.formats:
            with self._lock:
                self._render(format, shown)
        for path in self.paths():
            document = self.document(path)
            assert document is not None, path
            yield document

    def _document(self, path: str, maker: Maker) -> Document:
        with self._lock:
            media_type, body = maker()
        return Document(path, body, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')

    def _all_makers(self) -> Iterator[tuple[str, Maker]]:
        """Each path with what makes its document: here is all that the site consists of."""
        for path, group in self.collection.groups.items():
            for format in self.config.formats:
                yield f"{path}.{format}", partial(self._feed, group, format)

    def _feed(self, group: Group, format: Format) -> tuple[str, bytes]:
        generator = GENERATORS[format]
        feed = compose_feed(group, self.config)
        self._render(format, feed.entry_ids)
        rendered = self._entries[format]
        return generator.MEDIA_TYPE, generator.render_feed(feed, [rendered[id] for id in feed.entry_ids])

    def _render(self, format: Format, ids: Sequence[str]) -> None:
        """Render those of the entries `ids` that have not been rendered yet: each once, whichever feeds hold it."""
        rendered = self._entries[format]
        missing = [id for id in ids if id not in rendered]
        for start in range(0, len(missing), _BATCH):
            some = missing[start : start + _BATCH]
            entries = [compose_entry(self.collection.articles[id], self.collection, self.config) for id in some]
            rendered.update(zip(some, GENERATORS[format].render_entries(entries), strict=True))
