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
from feeds.generators import atom, html, jsonfeed, rss
from feeds.model import Document, Group
from feeds.pagemodel import ListPage, Preview
from feeds.pages import Pages
from feeds.theme import Theme, media_type

GENERATORS: Mapping[Format, ModuleType] = {Format.RSS: rss, Format.ATOM: atom, Format.JSON: jsonfeed}
FEED_STYLESHEET, PREVIEW_SCRIPT, SEARCH_INDEX = "feed.css", "preview.js", "assets/search.json"
# Makes a document: its media type and its bytes.
Maker = Callable[[], tuple[str, bytes]]
# Entries that feedgen renders in one go: most of its cost is per document.
_BATCH = 200


class Site:
    """All that is published of one collection. Documents are rendered when they are asked for.

    Rendering is a pure function of the collection, the config and the version. Safe for use by several threads.
    """

    def __init__(self, collection: Collection, config: Config, theme: Theme, preview: Preview | None = None) -> None:
        self.collection = collection
        self.config = config
        self.theme = theme
        self.preview = preview
        self._entries: dict[Format, dict[str, bytes]] = {format: {} for format in config.formats}
        self._makers: dict[str, Maker] = dict(sorted(self._all_makers()))
        self._lock = threading.Lock()

    def paths(self) -> tuple[str, ...]:
        """Every path that has a document, in order."""
        return tuple(self._makers)

    def document(self, path: str) -> Document | None:
        """The document at `path` (with its suffix, without a leading `/`), or None where there is none."""
        maker = self._makers.get(path)
        if maker is None:
            return None
        with self._lock:
            media_type, body = maker()
        return Document(path, body, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')

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

    def _all_makers(self) -> Iterator[tuple[str, Maker]]:
        """Each path with what makes its document: here is all that the site consists of."""
        for path, group in self.collection.groups.items():
            for format in self.config.formats:
                yield f"{path}.{format}", partial(self._feed, group, format)
        yield from self._assets()
        if self.config.pages:
            yield from self._pages()

    def _assets(self) -> Iterator[tuple[str, Maker]]:
        """Without pages, what feeds link to remains: the stylesheet that makes them readable."""
        for name, body in self.theme.assets.items():
            if (self.config.pages or name == FEED_STYLESHEET) and (self.preview or name != PREVIEW_SCRIPT):
                yield f"assets/{name}", partial(_asset, name, body)

    def _pages(self) -> Iterator[tuple[str, Maker]]:
        pages = Pages(self.collection, self.config, self.preview)
        renderer = html.Renderer(self.config, self.theme, pages.sections, preview=self.preview is not None)
        yield "index.html", lambda: (html.MEDIA_TYPE, renderer.front(pages.front()))
        yield SEARCH_INDEX, lambda: (media_type(SEARCH_INDEX), html.search_index(pages.search_index()))
        for path, group in self.collection.groups.items():
            yield f"{path}/index.html", partial(_page, renderer, pages, group)
        for page in pages.lists():
            yield page.part.path, partial(_list, renderer, page)

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


def _asset(name: str, body: bytes) -> tuple[str, bytes]:
    return media_type(name), body


def _page(renderer: html.Renderer, pages: Pages, group: Group) -> tuple[str, bytes]:
    return html.MEDIA_TYPE, renderer.group(pages.group(group))


def _list(renderer: html.Renderer, page: ListPage) -> tuple[str, bytes]:
    return html.MEDIA_TYPE, renderer.list(page)
