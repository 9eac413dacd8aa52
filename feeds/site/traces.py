"""Traces: the keys of documents. A key is a digest of everything that a document is made of."""

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from functools import cached_property

from feeds.config.types import Config
from feeds.index.grouping import provider_domain
from feeds.index.members import Members
from feeds.model import Group, Kind, Listing
from feeds.site import archives
from feeds.site.archives import Page
from feeds.site.composer import rhythm
from feeds.site.site import Site
from feeds.version import __version__


class Traces:
    """The keys of the documents of a site. `common` is the key of what all pages share."""

    def __init__(self, site: Site) -> None:
        self._site = site
        config, theme = site.config, site.theme
        self._feeds = digest(__version__, repr(_rendered_by(config)), str(site.view.renamed))
        self._pages = digest(self._feeds, repr([*theme.templates.items(), *theme.assets.items()]))
        week = str(site.pages.last_week) if config.pages else ""
        self.common = digest(self._pages, week, repr(site.pages.tree.sections))
        self._articles = digest(self._pages, repr(site.pages.tree.sections))

    def of(self, path: str) -> bytes | None:
        """The key of the document at `path`; None if it is unknown without making the document."""
        found = self._site.group_at(path)
        if found is not None:
            group, page = found
            return (self.feed(group) if page is None else self.archive(group, page))[0]
        page_of = self._site.page_at(path)
        if page_of is not None:
            return self.page(page_of)
        archive = self._site.archive_page_at(path)
        if archive is not None:
            return self.archive_page(*archive)
        article = self._site.article_at(path)
        return self.article(article) if article is not None else None

    def feed(self, group: Group) -> tuple[bytes, "array[int]"]:
        """The key of a live feed, in any format, and the numbers of the articles that it shows."""
        shown = _numbers(group.articles, group.limit)
        if group.notices:
            shown += _numbers(group.notices, group.limit)
        older = archives.first_period(group, self._site.config)
        return digest(self._feeds, _own(group), repr((rhythm(group), older)), shown.tobytes()), shown

    def archive(self, group: Group, page: Page) -> tuple[bytes, "array[int]"]:
        """The key of an archive page in any format, and the numbers of the articles that it shows."""
        shown = _numbers(page.articles)
        return digest(self._feeds, _own(group), repr((page.period, page.older, page.newer)), shown.tobytes()), shown

    def archive_page(self, group: Group, page: Page) -> bytes:
        """The key of the page of one period of a group's archive."""
        above = [(each.path, each.name) for each in self._site.pages.tree.above(group)]
        assert isinstance(page.articles, Members), "of a group of a collection"
        own = repr((page.period, page.older, page.newer, above, self._providers(page.articles.domains())))
        # It shows titles and dates, and no text.
        return digest(self._articles, _own(group), own, page.articles.digest())

    def page(self, group: Group) -> bytes:
        """The key of the page of a group."""
        pages = self._site.pages
        above = [(each.path, each.name, len(each.articles)) for each in pages.tree.above(group)]
        below = [(each.path, _changed(each)) for each in pages.tree.children(group)]
        return digest(self.common, _own(group), repr((_changed(group), above, below)))

    def article(self, article: Listing) -> bytes:
        """The key of the page of an article."""
        pages = self._site.pages
        beside = [each.number if each is not None else None for each in pages.beside(article)]
        around = (pages.followed(article).path, pages.topics_of(article), self._providers([provider_domain(article) or ""]))
        return digest(self._articles, repr((article.number, beside, around)))

    @cached_property
    def names(self) -> bytes:
        """The key of the list of all feeds."""
        return digest(self._feeds, *(f"{path}\n{group.name}" for path, group in self._site.collection.listed.items()))

    @cached_property
    def sizes(self) -> bytes:
        """The key of lists of groups, which show the sizes of these."""
        groups = self._site.collection.listed
        return digest(self.common, *(f"{path}\n{group.name}\n{len(group.articles)}" for path, group in groups.items()))

    def everything(self) -> bytes:
        """The key of documents that depend on all articles."""
        view = self._site.view
        return digest(self.common, repr((view.site, view.generation)))

    def _providers(self, domains: Iterable[str]) -> list[tuple[object, ...]]:
        """What pages with articles of the providers with these `domains` show of these: their names, and the publishers on each
        that have a page.
        """
        groups, platforms = self._site.collection.groups, self._site.collection.platforms
        found = [(domain, groups.get(f"{Kind.PROVIDER}/{domain}")) for domain in sorted(domains)]
        return [(domain, group and group.name, sorted(platforms.get(domain, {}).items())) for domain, group in found]


def digest(*parts: bytes | str) -> bytes:
    """A digest of `parts` in 16 bytes."""
    made = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        # With their lengths, so that no two lists of parts have the same digest.
        made.update(b"%d:" % len(data))
        made.update(data)
    return made.digest()


def _own(group: Group) -> str:
    choices = (group.podcast, group.excerpts, group.language, group.translations)
    return repr((group.kind, group.slug, group.name, group.limit, group.description, group.image, *choices))


def _changed(group: Group) -> int:
    return group.articles.changed if isinstance(group.articles, Members) else 0


def _numbers(articles: Sequence[Listing], most: int | None = None) -> "array[int]":
    """The numbers of these articles: each is for one article in one wording."""
    assert isinstance(articles, Members), "of a group of a collection"
    return articles.numbers(most)


def _rendered_by(config: Config) -> tuple[object, ...]:
    """The settings that decide published bytes."""
    notes = (config.topics, config.providers, config.formats, config.archives, config.archive_period, config.limit)
    shown = (
        config.sitemaps,
        config.pages,
        config.article_pages,
        config.pictures,
        config.feed_menu,
        config.embeds,
        config.groups,
        config.feeds,
        config.precompress,
    )
    return (config.site, config.content, *notes, *shown, config.all_hubs, config.cloud_url)
