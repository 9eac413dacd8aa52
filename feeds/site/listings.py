"""Listings for programs: the site's feeds as an outline (OPML), its pages for search engines (sitemaps).

Pure, as the composer is: values in, values out.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from feeds.config.types import Config
from feeds.index.article_pages import address
from feeds.index.grouping import Collection
from feeds.index.members import members_of
from feeds.model import Format, Group, Kind, Listing
from feeds.model.listings import Address, News, Outline
from feeds.site.composer import describe_feed, home_url
from feeds.text.text import name_key

_LONGEST_URL = 2_048
_NEWS_MOST = 1_000
_NEWS_WINDOW = timedelta(days=2)
_HEADINGS = {
    Kind.FEED: "Feeds",
    Kind.TOPIC: "Topics",
    Kind.PROVIDER: "Providers",
    Kind.CATEGORY: "Categories",
    Kind.TAG: "Tags",
    Kind.LANGUAGE: "Languages",
}


def outlines(collection: Collection, config: Config) -> tuple[Outline, ...]:
    """Every live feed, by kind. A topic with children is a heading over its own feed and theirs: many readers that find a
    feed's address in a line ignore the lines below it.
    """
    groups = sorted(collection.listed.values(), key=lambda group: (name_key(group.name), group.path))
    found = [_outline(group, config) for group in groups if group.kind is Kind.ALL]
    for kind, heading in _HEADINGS.items():
        of_kind = [group for group in groups if group.kind is kind]
        topics = kind is Kind.TOPIC
        below = _topics(of_kind, collection, config) if topics else tuple(_outline(group, config) for group in of_kind)
        if below:
            found.append(Outline(heading, below=below))
    return tuple(found)


def addresses(collection: Collection, config: Config) -> tuple[Address, ...]:
    """The pages of the site (its feeds, where it has no pages), then the articles that are on it, oldest first; each URL once.

    Nothing that is not below `site.url`: a sitemap speaks only for the place where it is (sitemaps.org, "Location").
    """
    found = {place.url: place for place in _places(collection, config)}
    for article in members_of(collection.groups["all"]).oldest_first():
        url = address(article, config)
        if url and _is_on_site(url, config):
            found.setdefault(url, Address(url, article.updated))
    return tuple(found.values())


def news(collection: Collection, config: Config) -> tuple[News, ...]:
    """The articles on the site of the two days that end with the newest of them, newest first, at most 1,000.

    Google asks for the last two days. They are counted from the newest article, not from now, so that the document changes
    with its articles alone and is never empty once there is one; Google passes over what is older than it wants.
    """
    own: dict[str, Listing] = {}
    newest: datetime | None = None
    for article in collection.groups["all"].articles:
        url = address(article, config)
        if not url or not _is_on_site(url, config):
            continue
        newest = newest or article.published
        if newest - article.published > _NEWS_WINDOW or len(own) == _NEWS_MOST:
            break
        own.setdefault(url, article)
    return tuple(_news(url, article, config) for url, article in own.items())


def _topics(groups: list[Group], collection: Collection, config: Config) -> tuple[Outline, ...]:
    keys = {name.slug: key for key, name in collection.topics.items()}
    by_key = {keys[group.slug]: group for group in groups}
    children: dict[str | None, list[str]] = {}
    for key in by_key:
        topic = config.topics.get(key)
        above = name_key(topic.parent) if topic and topic.parent else None
        children.setdefault(above if above in by_key else None, []).append(key)

    return _below(None, {key: _outline(group, config) for key, group in by_key.items()}, children)


def _below(above: str | None, own: Mapping[str, Outline], children: Mapping[str | None, Sequence[str]]) -> tuple[Outline, ...]:
    return tuple(
        Outline(own[key].text, below=(own[key], *_below(key, own, children))) if key in children else own[key]
        for key in children.get(above, ())
    )


def _outline(group: Group, config: Config) -> Outline:
    feed = describe_feed(group, config)
    suffix = next(format for format in Format if format in config.formats)
    return Outline(group.name, feed, f"{feed.address}.{suffix}")


def _places(collection: Collection, config: Config) -> Iterator[Address]:
    suffix = next(format for format in Format if format in config.formats)
    for group in sorted(collection.listed.values(), key=lambda group: (group.kind is not Kind.ALL, group.path)):
        url = home_url(group, config) if config.pages else f"{config.site.url}/{group.path}.{suffix}"
        yield Address(url, members_of(group).last_updated())


def _is_on_site(url: str, config: Config) -> bool:
    return url.startswith(f"{config.site.url}/") and len(url) < _LONGEST_URL


def _news(url: str, article: Listing, config: Config) -> News:
    language = article.language or config.site.language
    assert language is not None, "config demands the site's, where it asks for news"
    return News(url, config.site.title, _news_language(language), article.published, article.title)


def _news_language(tag: str) -> str:
    first, *rest = tag.lower().split("-")
    if first != "zh":
        return first
    return "zh-tw" if {"hant", "tw", "hk", "mo"} & set(rest) else "zh-cn"
