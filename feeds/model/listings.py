"""What a site lists for programs: outlines of feeds, and addresses for search engines."""

from datetime import datetime

from msgspec import Struct

from feeds.model.feed import Feed

# A sitemap may have 50,000 URLs and 50 MB (sitemaps.org): this many of the longest URLs that it may hold are under both.
SITEMAP_MOST = 20_000


class Outline(Struct, frozen=True):
    """A line of an outline: a feed with its URL, or a heading over other outlines. `text` is what a person reads."""

    text: str
    feed: Feed | None = None
    url: str = ""
    below: tuple["Outline", ...] = ()


class Address(Struct, frozen=True):
    """A URL of the site, and when what is there last changed, where that is known."""

    url: str
    updated: datetime | None


class News(Struct, frozen=True):
    """An article as a news sitemap names it. `language` is as Google wants it: two or three letters, `zh-cn` or `zh-tw`."""

    url: str
    publication: str
    language: str
    published: datetime
    title: str
