"""The body of an article as sanitised HTML, its URLs absolute."""

from collections.abc import Collection

from feeds.markup import sanitiser
from feeds.markup.sanitiser import Resolve
from feeds.model import Article, Markup
from feeds.text.urls import is_relative, web_address


def html(article: Article, hosts: Collection[str]) -> str:
    """The body; empty without one. Frames of `hosts` stay."""
    if not article.body.strip():
        return ""
    source = sanitiser.to_html(article.body, article.markup)
    return clean(source, article, hosts, autolinks=article.markup is Markup.MARKDOWN)


def clean(source: str, article: Article, hosts: Collection[str], *, autolinks: bool = False) -> str:
    """HTML of `article`, sanitised."""
    pictures = {file.url: (file.width, file.height) for _, file in article.files}
    pictures |= {image.url: (image.width, image.height) for image in article.images}
    return sanitiser.clean(source, resolver(article), hosts=hosts, pictures=pictures, autolinks=autolinks)


def resolver(article: Article) -> Resolve:
    """A function that makes URLs in the article's body absolute: addresses of its own files and of other documents first, else
    relative to its URL.
    """
    known = {reference: file.url for reference, file in article.files} | dict(article.links)

    def resolve(url: str) -> str | None:
        url = url.strip()
        if url in known:
            return known[url]
        # Without an address of its own there is nothing that `#note` could be in.
        return web_address(url, article.url) if article.url or not is_relative(url) else None

    return resolve
