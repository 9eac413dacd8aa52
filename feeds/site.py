"""The site: a mapping from path to `Document`, and the one door to all that is published.

Export and serve ask the same object for the same path, so a file and an answer are the same bytes.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import ModuleType

from feeds import archives, directory
from feeds.archives import Page
from feeds.collection import Collection
from feeds.composer import compose_archive, compose_entry, compose_feed
from feeds.config import Config, Format, Sitemap
from feeds.directory import Address
from feeds.generators import atom, html, jsonfeed, opml, rss, sitemap
from feeds.model import Document, Feed, File, Group, Person
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

    def __contains__(self, path: object) -> bool:
        """Whether there is a document at `path`. Nothing is rendered."""
        return path in self._makers

    def document(self, path: str) -> Document | None:
        """The document at `path` (with its suffix, without a leading `/`), or None where there is none."""
        maker = self._makers.get(path)
        if maker is None:
            return None
        try:
            return self._document(path, maker)
        except FileNotFoundError:
            # A local file that was taken away since the site was built: what refers to it is told when it is built anew.
            return None

    def feed(self, group: Group, format: Format) -> Document:
        """The feed of a `group` that was put together for one answer, of articles of this collection."""
        # Such a group has no archive, however many articles it holds.
        feed = replace(compose_feed(group, self.config), older=None)
        return self._document(f"{group.path}.{format}", partial(self._feed, feed, format))

    def entries(self, group: Group, format: Format) -> Mapping[str, bytes]:
        """The entries that the feed of `group` shows, as they are rendered, by id."""
        shown = tuple(article.id for article in group.articles[: group.limit])
        with self._lock:
            kept = self._entries[format]
            kept.update(self._render(format, [id for id in shown if id not in kept]))
            return {id: kept[id] for id in shown}

    def documents(self) -> Iterator[Document]:
        """Every document, in the order of `paths`. Each entry is rendered once, whichever feeds and archives hold it."""
        groups = self.collection.groups.values()
        parts = (group.articles if archives.is_kept(group, self.config) else group.articles[: group.limit] for group in groups)
        shown = tuple(dict.fromkeys(article.id for part in parts for article in part))
        for format, kept in self._entries.items():
            with self._lock:
                kept.update(self._render(format, [id for id in shown if id not in kept]))
        for path in self.paths():
            if (document := self.document(path)) is not None:
                yield document

    def _document(self, path: str, maker: Maker) -> Document:
        with self._lock:
            media_type, body = maker()
        return Document(path, body, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')

    def _all_makers(self) -> Iterator[tuple[str, Maker]]:
        """Each path with what makes its document: here is all that the site consists of."""
        for path, group in self.collection.groups.items():
            for format in self.config.formats:
                yield f"{path}.{format}", partial(self._live, group, format)
            for page in archives.pages(group, self.config):
                for format in self.config.formats:
                    yield f"{archives.path(group, page.period)}.{format}", partial(self._archive, group, page, format)
        yield opml.PATH, self._opml
        if Sitemap.PLAIN in self.config.sitemaps:
            yield from self._sitemaps()
        if Sitemap.NEWS in self.config.sitemaps and (news := directory.news(self.collection, self.config)):
            # With no article there is no document: the sitemap protocol knows no empty one.
            yield sitemap.NEWS_PATH, lambda: (sitemap.MEDIA_TYPE, sitemap.render_news(news))
        for article in self.collection.articles.values():
            for _, file in article.files:
                yield file.path, partial(_file, file)
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

    def _opml(self) -> tuple[str, bytes]:
        site = self.config.site
        owner = site.author or Person(site.title, f"{site.url}/")
        return opml.MEDIA_TYPE, opml.render(site.title, owner, directory.outlines(self.collection, self.config))

    def _sitemaps(self) -> Iterator[tuple[str, Maker]]:
        parts = dict(sitemap.parts(directory.addresses(self.collection, self.config)))
        for path, addresses in parts.items():
            yield path, partial(_sitemap, addresses)
        if sitemap.PATH not in parts:
            urls = [f"{self.config.site.url}/{path}" for path in parts]
            yield sitemap.PATH, lambda: (sitemap.MEDIA_TYPE, sitemap.render_index(urls))

    def _live(self, group: Group, format: Format) -> tuple[str, bytes]:
        return self._feed(compose_feed(group, self.config), format)

    def _archive(self, group: Group, page: Page, format: Format) -> tuple[str, bytes]:
        return self._feed(compose_archive(group, page, self.config), format)

    def _feed(self, feed: Feed, format: Format) -> tuple[str, bytes]:
        generator = GENERATORS[format]
        kept = self._entries[format]
        rendered = self._render(format, [id for id in feed.entry_ids if id not in kept])
        if feed.current is None:
            # Archives are the whole history and are seldom read: a server keeps what its live feeds hold.
            kept.update(rendered)
        entries = [rendered[id] if id in rendered else kept[id] for id in feed.entry_ids]
        return generator.MEDIA_TYPE, generator.render_feed(feed, entries)

    def _render(self, format: Format, ids: Sequence[str]) -> dict[str, bytes]:
        """The entries `ids`, rendered."""
        rendered: dict[str, bytes] = {}
        for start in range(0, len(ids), _BATCH):
            some = ids[start : start + _BATCH]
            entries = [compose_entry(self.collection.articles[id], self.collection, self.config) for id in some]
            rendered.update(zip(some, GENERATORS[format].render_entries(entries), strict=True))
        return rendered


def _sitemap(addresses: Sequence[Address]) -> tuple[str, bytes]:
    return sitemap.MEDIA_TYPE, sitemap.render(addresses)


def _file(file: File) -> tuple[str, bytes]:
    return file.media_type, file.place.read_bytes()


def _asset(name: str, body: bytes) -> tuple[str, bytes]:
    return media_type(name), body


def _page(renderer: html.Renderer, pages: Pages, group: Group) -> tuple[str, bytes]:
    return html.MEDIA_TYPE, renderer.group(pages.group(group))


def _list(renderer: html.Renderer, page: ListPage) -> tuple[str, bytes]:
    return html.MEDIA_TYPE, renderer.list(page)
