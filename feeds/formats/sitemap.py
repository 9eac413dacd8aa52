"""Sitemaps (sitemaps.org 0.9), and Google's extension of them for news."""

from collections.abc import Iterable, Iterator, Sequence

from lxml import etree

from feeds.model.listings import SITEMAP_MOST, Address, News
from feeds.text.dates import rfc3339

MEDIA_TYPE = "application/xml; charset=utf-8"
PATH = "sitemap.xml"
NEWS_PATH = "news.xml"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


def parts(addresses: Sequence[Address]) -> Iterator[tuple[str, Sequence[Address]]]:
    """Divide addresses into sitemaps, each with its path: a single `sitemap.xml` where they fit.

    Otherwise `sitemap.xml` is the index of the others. In order of creation, an address stays in the same sitemap.
    """
    if len(addresses) <= SITEMAP_MOST:
        yield PATH, addresses
        return
    for number, start in enumerate(range(0, len(addresses), SITEMAP_MOST), 1):
        yield f"sitemap-{number}.xml", addresses[start : start + SITEMAP_MOST]


def render(addresses: Iterable[Address]) -> bytes:
    """A sitemap of `addresses`."""
    root = etree.Element(f"{{{_SITEMAP}}}urlset", nsmap={None: _SITEMAP})
    for address in addresses:
        made = etree.SubElement(root, f"{{{_SITEMAP}}}url")
        _add(made, _SITEMAP, "loc", address.url)
        if address.updated:
            _add(made, _SITEMAP, "lastmod", rfc3339(address.updated))
    return _bytes(root)


def render_index(urls: Iterable[str]) -> bytes:
    """An index of the sitemaps at `urls`."""
    root = etree.Element(f"{{{_SITEMAP}}}sitemapindex", nsmap={None: _SITEMAP})
    for url in urls:
        _add(etree.SubElement(root, f"{{{_SITEMAP}}}sitemap"), _SITEMAP, "loc", url)
    return _bytes(root)


def render_news(news: Iterable[News]) -> bytes:
    """A news sitemap (Google Search Central, "Create a news sitemap")."""
    root = etree.Element(f"{{{_SITEMAP}}}urlset", nsmap={None: _SITEMAP, "news": _NEWS})
    for story in news:
        made = etree.SubElement(root, f"{{{_SITEMAP}}}url")
        _add(made, _SITEMAP, "loc", story.url)
        element = etree.SubElement(made, f"{{{_NEWS}}}news")
        publication = etree.SubElement(element, f"{{{_NEWS}}}publication")
        _add(publication, _NEWS, "name", story.publication)
        _add(publication, _NEWS, "language", story.language)
        _add(element, _NEWS, "publication_date", rfc3339(story.published))
        _add(element, _NEWS, "title", story.title)
    return _bytes(root)


def _add(parent: etree._Element, namespace: str, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{namespace}}}{name}").text = text


def _bytes(root: etree._Element) -> bytes:
    body: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return body
