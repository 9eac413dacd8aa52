"""The composer: an article becomes the `Entry` that feeds publish, a group becomes a `Feed`.

Everything that the formats share is decided here, once: addresses, authors, categories, texts, HTML. The formats only write it.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from feeds.config.types import Config
from feeds.index.article_pages import address
from feeds.index.grouping import Collection, Name, provider_domain, provider_image, publisher_place
from feeds.index.members import Members
from feeds.markup import sanitiser
from feeds.model import Article, Category, Entry, Feed, Format, Group, Image, Kind, Listing, Origin, Person, Podcast
from feeds.site import archives, content
from feeds.site.archives import Page
from feeds.site.rhythm import minutes_between_visits
from feeds.text import labels
from feeds.text.text import name_key

# The namespace of UUIDs of podcasts.
_PODCASTS = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")


class Names(Struct, frozen=True):
    """The names of an article's topics and category on the site. An entry depends on nothing else of the collection."""

    topics: tuple[Name, ...]
    category: Name | None


def names_of(article: Listing, collection: Collection) -> Names:
    """The names that the collection has for the article's topics and category; none for the notice of a withdrawn article."""
    if article.withdrawn is not None:
        return Names((), None)
    return Names(
        tuple(collection.topics[name_key(topic)] for topic in article.topics),
        collection.categories[name_key(article.category)] if article.category else None,
    )


def compose_entry(article: Article, names: Names, config: Config, *, excerpt: bool = False) -> Entry:
    """The entry of `article`, the same for every feed that it is in. `names` are those of its topics and its category. With
    `excerpt`, it does not hold the article's text but what begins it.
    """
    if article.withdrawn is not None:
        return _notice(article, article.withdrawn, config)
    return Entry(
        id=article.id,
        url=address(article, config),
        title=article.title,
        summary=article.excerpt,
        content=content.excerpt(article, config) if excerpt else content.html(article, config),
        published=article.published,
        updated=article.updated,
        authors=authors(article, config),
        categories=_categories(article, names, config),
        images=article.images,
        enclosures=article.actions,
        related=content.coverage(article),
        language=article.language or config.site.language,
        player=content.player(article),
        amp_url=article.amp_url,
        quality=article.quality,
        heat=article.heat,
        origin=_origin(article, config),
        episode=article.episode,
    )


def _notice(article: Article, withdrawn: datetime, config: Config) -> Entry:
    """The notice that replaces a withdrawn article: an entry with none of its words and no link to it.

    It leads to the site, for FreshRSS drops an item of a JSON Feed without a `url`, and would keep the article.
    """
    language, site = config.site.language, config.site
    sentence = article.why_removed or labels.withdrawn_sentence(language)
    return Entry(
        id=article.id,
        url=f"{site.url}/",
        title=labels.withdrawn(language),
        summary=sentence,
        content=sanitiser.paragraph(sentence),
        published=article.published,
        updated=withdrawn,
        authors=(site.author or Person(site.title, f"{site.url}/"),),
        language=language,
        withdrawn=withdrawn,
    )


def compose_feed(group: Group, config: Config) -> Feed:
    """The live feed of `group`, with the link to its archive."""
    older = archives.first_period(group, config)
    return replace(
        _feed(group, group.shown, group.image, config),
        hubs=config.all_hubs,
        cloud=config.cloud_url,
        minutes_between_visits=rhythm(group),
        older=_page_address(group, older, config),
    )


def describe_feed(group: Group, config: Config) -> Feed:
    """The title, addresses and description of a feed, without anything that depends on its articles."""
    return _feed(group, (), group.image, config)


def rhythm(group: Group) -> int | None:
    """The minutes that a reader can wait between two visits."""
    articles = group.articles
    return minutes_between_visits(
        articles.moments() if isinstance(articles, Members) else (article.published for article in articles)
    )


def compose_archive(group: Group, page: Page, config: Config) -> Feed:
    """One archive page of `group`, a feed document of its own with the id and title of the feed (as in RFC 5005 section 4's
    example: an archive is part of one logical feed).

    What it says comes from config and from its own articles, so that no other article changes its bytes. It is no topic of a
    hub and nothing to ask for again and again.
    """
    return replace(
        _feed(group, page.articles, _own_image(group, page, config), config),
        address=f"{config.site.url}/{archives.path(group, page.period)}",
        older=_page_address(group, page.older, config),
        newer=_page_address(group, page.newer, config),
        current=f"{config.site.url}/{group.path}",
        stylesheet=_stylesheet(archives.path(group, page.period)),
    )


def home_url(group: Group, config: Config) -> str:
    """The page for people: the group's own if there is one, else the front page."""
    has_page = config.pages and group.kind is not Kind.ALL
    place = f"{group.path}/" if has_page else ""
    return f"{config.site.url}/{place}"


def _feed(group: Group, shown: Sequence[Listing], image: Image | None, config: Config) -> Feed:
    site = config.site
    return Feed(
        # Made from what never changes, so that it stays when the site moves (RFC 4287 4.2.6).
        id=f"{site.id.rstrip('/')}/{group.path}",
        address=f"{site.url}/{group.path}",
        title=_title(group, site.title),
        description=_description(group, config),
        home_url=home_url(group, config),
        updated=max((article.updated for article in shown), default=None),
        author=site.author or Person(site.title, f"{site.url}/"),
        language=group.language or site.language,
        copyright=site.copyright,
        image=image or site.image,
        icon=site.icon,
        stylesheet=_stylesheet(group.path),
        podcast=_podcast(group, config),
        excerpts=group.excerpts,
        translations=tuple((language, f"{site.url}/{path}") for language, path, _ in group.translations),
    )


def _title(group: Group, site: str) -> str:
    if group.kind is Kind.ALL:
        return site
    # Directories want the name of a podcast and nothing else (PSP-1, "title").
    return group.name if group.podcast is not None else f"{group.name} – {site}"


def _podcast(group: Group, config: Config) -> Podcast | None:
    """The podcast settings of the feed of `group`, completed from the site where the config leaves them out."""
    podcast, site = group.podcast, config.site
    if podcast is None:
        return None
    author = podcast.author or (site.author.name if site.author else site.title)
    return replace(
        podcast,
        image=podcast.image or group.image or site.image,
        author=author,
        owner=podcast.owner or author,
        guid=podcast.guid or _podcast_guid(group, config),
    )


def _podcast_guid(group: Group, config: Config) -> str:
    """The `podcast:guid` of a feed that has none of its own: made of its first address, so that it stays when the site moves
    and keeps its `site.id` (Podcasting 2.0, "guid").
    """
    site = config.site
    home = site.id if site.id.startswith(("http://", "https://")) else site.first_url
    address = f"{home.rstrip('/')}/{group.path}.{Format.RSS}".partition("://")[2]
    return str(uuid.uuid5(_PODCASTS, address))


def _stylesheet(path: str) -> str:
    """The address of the stylesheet for the feed at `path`: relative, so that exported files find it too."""
    return f"{'../' * path.count('/')}assets/feed.css"


def _own_image(group: Group, page: Page, config: Config) -> Image | None:
    if group.kind is not Kind.PROVIDER or group.image is None:
        return group.image
    notes = config.providers.get(group.slug)
    return (notes.image if notes else None) or next(filter(None, map(provider_image, page.articles)), None)


def _page_address(group: Group, period: str | None, config: Config) -> str | None:
    return f"{config.site.url}/{archives.path(group, period)}" if period else None


def _description(group: Group, config: Config) -> str:
    if group.description:
        return group.description
    title = config.site.title
    match group.kind:
        case Kind.ALL:
            return f"Everything that {title} publishes"
        case Kind.TOPIC:
            return f"Articles about {group.name}, collected by {title}"
        case Kind.PROVIDER:
            return f"Articles by {group.name}, collected by {title}"
        case Kind.CATEGORY:
            return f"Articles in the category {group.name}, collected by {title}"
        case Kind.TAG:
            return f"Articles tagged {group.name}, collected by {title}"
        case Kind.LANGUAGE:
            return f"Articles in {group.name}, collected by {title}"
        case Kind.FEED:
            return f"{group.name}, collected by {title}"


def authors(article: Article, config: Config) -> tuple[Person, ...]:
    """The authors of the article: its own, else its provider, else the site's author."""
    provider = article.provider
    if provider is None:
        return (config.site.author or Person(config.site.title, f"{config.site.url}/"),)
    if provider.authors:
        return provider.authors
    home = f"https://{provider.domain}/" if provider.domain else None
    return (Person(provider.name, home, provider.images[0].url if provider.images else None),)


def _origin(article: Article, config: Config) -> Origin | None:
    for place in (publisher_place(article), provider_domain(article)) if config.providers else ():
        notes = config.providers.get(place) if place else None
        if notes is not None and notes.feed is not None:
            return Origin(notes.name or (article.provider.name if article.provider else "") or notes.place, notes.feed)
    return None


def _categories(article: Article, names: Names, config: Config) -> tuple[Category, ...]:
    categories: dict[str, Category] = {}
    for topic, name in zip(article.topics, names.topics, strict=True):
        categories[name_key(topic)] = Category(name.slug, name.label, f"{config.site.url}/topics/")
    if article.category and names.category:
        category = Category(names.category.slug, names.category.label, f"{config.site.url}/categories/")
        categories.setdefault(name_key(article.category), category)
    for tag in article.tags:
        categories.setdefault(name_key(tag), Category(tag, tag))
    return tuple(categories.values())
