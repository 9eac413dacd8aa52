"""Listings for programs: outlines of feeds, and addresses for search engines."""

from datetime import datetime

from msgspec import Struct

from feeds.model.feed import Feed

# A sitemap may have 50,000 URLs and 50 MB (sitemaps.org). This many URLs of the greatest length stay below both limits.
SITEMAP_MOST = 20_000


class Outline(Struct, frozen=True):
    """An OPML outline: a feed with its URL, or a heading above other outlines. `text` is for people."""

    text: str
    feed: Feed | None = None
    url: str = ""
    below: tuple["Outline", ...] = ()


class Address(Struct, frozen=True):
    """A URL of the site, and when its content last changed, if that is known."""

    url: str
    updated: datetime | None


class News(Struct, frozen=True):
    """An article in a news sitemap. `language` has the form that Google asks for: two or three letters, `zh-cn` or `zh-tw`."""

    url: str
    publication: str
    language: str
    published: datetime
    title: str
