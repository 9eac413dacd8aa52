"""The site: a mapping from path to `Document`, from which everything published is taken.

Export and serve ask the same object for the same path, so a file and an answer are the same bytes.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from msgspec.structs import replace

from feeds.config.types import Config, Sitemap
from feeds.copies import names
from feeds.copies.store import Store
from feeds.errors import FeedsError
from feeds.formats import feed_menu, opml, sitemap
from feeds.index.store import Index
from feeds.index.view import View
from feeds.model import Document, Feed, File, Format, Group, Kind, Listing, Person
from feeds.model.listings import Address
from feeds.model.pages import Preview
from feeds.pages.theme import PAGE_TYPE, Theme, media_type
from feeds.site import archives, listings
from feeds.site.archives import Page
from feeds.site.composer import compose_archive, compose_feed
from feeds.site.page_composer import Pages
from feeds.site.queries import Query
from feeds.site.rendered import GENERATORS, Entries, Style

if TYPE_CHECKING:
    from feeds.pages import html

FEED_STYLESHEET, PREVIEW_SCRIPT, SEARCH_INDEX, FRONT = "feed.css", "preview.js", "assets/search.json", "index.html"
SEARCH_PAGE, COMPOSER, NOT_FOUND = "search/index.html", "compose/index.html", "404.html"
# Ends the path of the page that a browser shows in place of a feed, with a character that no address has.
OPENED = "\x1fopened"
# Makes a document: its media type and its bytes.
Maker = Callable[[], tuple[str, bytes]]
MakerOf = Callable[["Site"], tuple[str, bytes]]
_PAGE = "/index.html"
# Archive pages that are held, since each is asked for in every format.
_MOST_ARCHIVES = 50


class Site:
    """The published documents of one state of the index. Documents are rendered on request.

    Rendering is a pure function of the collection, the config and the version. Safe for use by several threads.
    """

    def __init__(self, view: View, config: Config, theme: Theme, index: Index, preview: Preview | None = None) -> None:
        self.view = view
        self.collection = view.collection
        self.config = config
        self.theme = theme
        self.preview = preview
        self.copies = Store(config)
        self.rendered = Entries(self.collection, config, index)
        self._index = index
        self.pages = Pages(self.collection, config, index, preview)
        self._last_feed: tuple[str, tuple[Feed, Sequence[Listing]] | None] = ("", None)
        self._archives: OrderedDict[str, Page | None] = OrderedDict()
        self._lock = threading.Lock()

    def paths(self) -> tuple[str, ...]:
        """Every path that has a document, in order, except copies of pictures, which are there once they could be fetched."""
        return tuple(sorted(set(self.each_path())))

    def each_path(self) -> Iterator[str]:
        """Every path that has a document, one after another, in no order; a few may come twice."""
        for group in self.collection.groups.values():
            yield from self.paths_of(group)
        yield from self.other_paths()
        yield from self.files
        yield from self.collection.pages

    def paths_of(self, group: Group) -> Iterator[str]:
        """Every path that has a document of `group` alone: its feeds, their archives, its page."""
        for format in self.config.formats:
            yield f"{group.path}.{format}"
        for page in archives.pages(group, self.config):
            for format in self.config.formats:
                yield f"{archives.path(group, page.period)}.{format}"
            if self.config.pages:
                yield f"{archives.path(group, page.period)}{_PAGE}"
        if self.config.pages:
            yield f"{group.path}{_PAGE}"

    def other_paths(self) -> Iterator[str]:
        """Every path of a document of no group or of many, except local files and pages of articles."""
        yield from self._others

    def __contains__(self, path: object) -> bool:
        """Whether there is a document at `path`. Nothing is rendered."""
        return isinstance(path, str) and self._maker(path) is not None

    def document(self, path: str) -> Document | None:
        """The document at `path` (with its suffix, without a leading `/`), or None without one."""
        maker = self._maker(path)
        if maker is None:
            return None
        try:
            return _document(path, maker)
        except FileNotFoundError:
            # A local file that was removed since the site was built. The next build reports the documents that refer to it.
            return None

    def documents(self) -> Iterator[Document]:
        """Every document, in the order of `paths`."""
        for path in self.paths():
            if (document := self.document(path)) is not None:
                yield document

    def feed(self, group: Group, format: Format) -> Document:
        """The feed of a `group` made for one query, of articles of this collection."""
        # Such a group has no archive, however many articles it holds.
        feed = replace(compose_feed(group, self.config), older=None)
        return _document(f"{group.path}.{format}", partial(self._feed, feed, group.shown, format))

    def query_page(self, group: Group) -> Document:
        """The page of a `group` made for one query."""
        return _document(f"{group.path}{_PAGE}", partial(self._page, group))

    def opened(self, path: str, asked: Group | None = None) -> Document | None:
        """The page that a browser shows in place of the feed at `path`; None where there is no feed.

        `asked` is the group of a feed that was put together for one answer.
        """
        if asked is not None:
            group, archive = asked, None
            feed, shown = compose_feed(asked, self.config), asked.shown
        elif (found := self.group_at(path)) is not None and (at := self.feed_at(path)) is not None:
            (group, archive), (feed, shown) = found, at
        else:
            return None
        page = group.path if archive is None else archives.path(group, archive.period)

        def made() -> tuple[str, bytes]:
            return PAGE_TYPE, self._renderer.opened(self.pages.opened(feed, shown, path, page))

        return _document(f"{path}{OPENED}", made)

    def composer(self, query: Query) -> Document:
        """The composer page with `query` filled in."""
        return _document(f"compose/{query.slug}{_PAGE}", partial(self._compose, query))

    def search(self, text: str) -> Document:
        """The results of a search for `text`. Raises ValueError where `text` has no words."""
        return _document(f"search/q={quote(text, safe='')}{_PAGE}", partial(self._search, text))

    def error_page(
        self, status: int, message: str, *, near: Sequence[str] = (), names: Sequence[str] = (), depth: int = 0
    ) -> bytes:
        """An error page for browsers, `depth` folders below the root. `near` are paths of groups to suggest."""
        return self._renderer.error(self.pages.error(status, message, near, names), "../" * depth)

    def entries(self, group: Group, format: Format) -> Mapping[str, bytes]:
        """The entries that the feed of `group` shows, as they are rendered, by id."""
        shown = group.shown
        return dict(zip((listing.id for listing in shown), self.rendered.get(format, shown, Style.of(group)), strict=True))

    def feed_at(self, path: str) -> tuple[Feed, Sequence[Listing]] | None:
        """The feed whose document is at `path`, live or archive, and the articles that it shows; None without one."""
        found = self.group_at(path)
        if found is None:
            return None
        group, page = found
        if page is None:
            return compose_feed(group, self.config), group.shown
        return compose_archive(group, page, self.config), tuple(page.articles)

    def page_at(self, path: str) -> Group | None:
        """The group whose page is at `path`."""
        if not self.config.pages or not path.endswith(_PAGE):
            return None
        return self.collection.groups.get(path.removesuffix(_PAGE))

    def article_at(self, path: str) -> Listing | None:
        """The article whose own page is at `path`."""
        return self.collection.pages.get(path)

    def _maker(self, path: str) -> Maker | None:
        """The function that makes the document at `path`."""
        if self.group_at(path) is not None:
            return partial(self._feed_document, path)
        if (group := self.page_at(path)) is not None:
            return partial(self._page, group)
        if (archive := self.archive_page_at(path)) is not None:
            return partial(self._archive, *archive)
        if (other := self._others.get(path)) is not None:
            return partial(other, self)
        if (article := self.article_at(path)) is not None:
            return partial(self._article, article)
        if (copy := names.parse(path)) is not None and copy[0] in self.collection.copies and self.copies.has(*copy):
            return partial(self._copy, *copy)
        file = self.files.get(path)
        return partial(self._file, file) if file is not None else None

    def group_at(self, path: str) -> tuple[Group, Page | None] | None:
        """The group whose feed is at `path`, with the archive page where it is one."""
        base, _, suffix = path.rpartition(".")
        if suffix not in self.config.formats:
            return None
        if (group := self.collection.groups.get(base)) is not None:
            return group, None
        return self._archive_at(base)

    def archive_page_at(self, path: str) -> tuple[Group, Page] | None:
        """The group and the period whose archive is shown by the page at `path`."""
        if not self.config.pages or not path.endswith(_PAGE):
            return None
        return self._archive_at(path.removesuffix(_PAGE))

    def _archive_at(self, base: str) -> tuple[Group, Page] | None:
        place, _, period = base.rpartition("/archive/")
        group = self.collection.groups.get(place)
        if group is None:
            return None
        with self._lock:
            if base not in self._archives:
                self._archives[base] = archives.page(group, period, self.config)
                if len(self._archives) > _MOST_ARCHIVES:
                    self._archives.popitem(last=False)
            page = self._archives[base]
        return (group, page) if page is not None else None

    @cached_property
    def _others(self) -> Mapping[str, MakerOf]:
        """The documents of no group or of many. With `paths_of`, local files and pages of articles, these are all."""
        # Functions of any site: methods of this one would refer to it, and it would wait for the garbage collector in the end.
        return dict(self._other_makers())

    @property
    def files(self) -> Mapping[str, File]:
        """The local files that articles refer to, by path."""
        return self.collection.files

    def _other_makers(self) -> Iterator[tuple[str, MakerOf]]:
        yield opml.PATH, Site._opml
        if self.config.feed_menu:
            yield feed_menu.PATH, Site._feed_menu
        if Sitemap.PLAIN in self.config.sitemaps:
            yield from self._caught(sitemap.PATH, self._sitemaps)
        if Sitemap.NEWS in self.config.sitemaps:
            yield from self._caught(sitemap.NEWS_PATH, self._news)
        # Without pages, what feeds link to remains: the stylesheet that makes them readable.
        for name in self.theme.assets:
            if (self.config.pages or name == FEED_STYLESHEET) and (self.preview or name != PREVIEW_SCRIPT):
                yield f"assets/{name}", partial(Site._asset, name=name)
        if self.config.pages:
            yield FRONT, Site._front
            yield SEARCH_INDEX, Site._search_index
            yield SEARCH_PAGE, partial(Site._search, text="")
            yield COMPOSER, partial(Site._compose, query=None)
            yield NOT_FOUND, Site._not_found
            for path, kind, number in self.pages.lists.pages():
                yield path, partial(Site._list, kind=kind, number=number)

    @staticmethod
    def _caught(path: str, documents: Callable[[], Iterable[tuple[str, MakerOf]]]) -> Iterable[tuple[str, MakerOf]]:
        """Some `documents`; where they can't be told, the one at `path`, which fails for whoever asks for it and for no other."""
        try:
            return list(documents())
        except FeedsError:
            raise
        except Exception as error:
            return [(path, partial(_fail, error=error))]

    def _news(self) -> Iterator[tuple[str, MakerOf]]:
        # With no article there is no document: the sitemap protocol knows no empty one.
        if news := listings.news(self.collection, self.config):
            yield sitemap.NEWS_PATH, lambda site: (sitemap.MEDIA_TYPE, sitemap.render_news(news))

    def _sitemaps(self) -> Iterator[tuple[str, MakerOf]]:
        parts = dict(sitemap.parts(listings.addresses(self.collection, self.config)))
        for path, addresses in parts.items():
            yield path, partial(_sitemap, addresses=addresses)
        if sitemap.PATH not in parts:
            urls = [f"{self.config.site.url}/{path}" for path in parts]
            yield sitemap.PATH, lambda site: (sitemap.MEDIA_TYPE, sitemap.render_index(urls))

    @cached_property
    def _renderer(self) -> "html.Renderer":
        from feeds.pages import html

        preview = self.preview.build if self.preview is not None else ""
        return html.renderer(self.config, self.theme, self.pages.tree.sections, preview=preview)

    def _asset(self, name: str) -> tuple[str, bytes]:
        return media_type(name), self.theme.assets[name]

    def _front(self) -> tuple[str, bytes]:
        return PAGE_TYPE, self._renderer.front(self.pages.front())

    def _opml(self) -> tuple[str, bytes]:
        site = self.config.site
        owner = site.author or Person(site.title, f"{site.url}/")
        return opml.MEDIA_TYPE, opml.render(site.title, owner, listings.outlines(self.collection, self.config))

    def _feed_menu(self) -> tuple[str, bytes]:
        outlines = listings.outlines(self.collection, self.config)
        return feed_menu.MEDIA_TYPE, feed_menu.render(self.config.site.title, outlines, self.config.formats)

    def _page(self, group: Group) -> tuple[str, bytes]:
        return PAGE_TYPE, self._renderer.group(self.pages.group(group))

    def _archive(self, group: Group, page: Page) -> tuple[str, bytes]:
        return PAGE_TYPE, self._renderer.archive(self.pages.archive(group, page))

    def _article(self, article: Listing) -> tuple[str, bytes]:
        return PAGE_TYPE, self._renderer.article(self.pages.article(article))

    def _list(self, kind: Kind, number: int) -> tuple[str, bytes]:
        return PAGE_TYPE, self._renderer.list(self.pages.lists.page(kind, number))

    def _search_index(self) -> tuple[str, bytes]:
        from feeds.pages import html

        return media_type(SEARCH_INDEX), html.search_index(self.pages.lists.search_index())

    def _search(self, text: str) -> tuple[str, bytes]:
        return PAGE_TYPE, self._renderer.search(self.pages.search(text))

    def _not_found(self) -> tuple[str, bytes]:
        # A static host sends it for any path, so its links begin at the root of the host.
        page = self.pages.error(404, "The address may have a typing mistake, or what was here has moved.", (), ())
        return PAGE_TYPE, self._renderer.error(page, f"{urlsplit(self.config.site.url).path}/")

    def _compose(self, query: Query | None) -> tuple[str, bytes]:
        return PAGE_TYPE, self._renderer.compose(self.pages.compose(query))

    def _copy(self, name: str, width: int) -> tuple[str, bytes]:
        return names.MEDIA_TYPE, self.copies.get(name, width)

    def _file(self, file: File) -> tuple[str, bytes]:
        try:
            return file.media_type, self._index.file(file)
        except OSError as error:
            # One that may not be read any more is missing, too.
            raise FileNotFoundError(*error.args) from error

    def _feed_document(self, path: str) -> tuple[str, bytes]:
        base, _, suffix = path.rpartition(".")
        # A feed is asked for in one format after the other.
        last, found = self._last_feed
        if last != base:
            found = self.feed_at(path)
            self._last_feed = (base, found)
        assert found is not None, "checked by the caller"
        return self._feed(*found, Format(suffix))

    def _feed(self, feed: Feed, shown: Sequence[Listing], format: Format) -> tuple[str, bytes]:
        generator = GENERATORS[format]
        entries = [entry for entry in self.rendered.get(format, shown, Style.of(feed)) if entry]
        return generator.MEDIA_TYPE, generator.render_feed(feed, entries)


def _document(path: str, maker: Maker) -> Document:
    media_type, body = maker()
    return Document(path, body, media_type, hashlib.sha256(body).hexdigest())


def _sitemap(site: Site, addresses: Sequence[Address]) -> tuple[str, bytes]:
    return sitemap.MEDIA_TYPE, sitemap.render(addresses)


def _fail(site: Site, error: Exception) -> tuple[str, bytes]:
    raise error
