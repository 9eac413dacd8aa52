"""The composer: an article becomes the `Entry` that feeds publish, a group becomes a `Feed`.

Everything that the formats share is decided here, once: addresses, authors, categories, texts, HTML. The formats only spell it.
"""

from feeds import content
from feeds.collection import Collection
from feeds.config import Config
from feeds.model import Article, Category, Entry, Feed, Group, Kind, Person
from feeds.text import name_key


def compose_entry(article: Article, collection: Collection, config: Config) -> Entry:
    """The entry of `article`, the same for every feed that it is in."""
    return Entry(
        id=article.id,
        url=article.url,
        title=article.title,
        summary=article.excerpt,
        content=content.html(article, config),
        published=article.published,
        updated=article.updated,
        authors=_authors(article, config),
        categories=_categories(article, collection, config),
        images=article.images,
        enclosures=article.actions,
        related=tuple({link.url: link for link in article.related if link.url != article.url}.values()),
        language=article.language or config.site.language,
        player=content.player(article),
        amp_url=article.amp_url,
        quality=article.quality,
        heat=article.heat,
    )


def compose_feed(group: Group, config: Config) -> Feed:
    """The feed of `group`: what it says of itself, and which entries it holds (RFC 4287 4.1.1)."""
    site = config.site
    shown = group.articles[: group.limit]
    return Feed(
        # Made from what never changes, so that it stays when the site moves (RFC 4287 4.2.6).
        id=f"{site.id.rstrip('/')}/{group.path}",
        address=f"{site.url}/{group.path}",
        title=site.title if group.kind is Kind.ALL else f"{group.name} – {site.title}",
        description=_description(group, config),
        home_url=f"{site.url}/",
        updated=max((article.updated for article in shown), default=None),
        entry_ids=tuple(article.id for article in shown),
        author=site.author or Person(site.title, f"{site.url}/"),
        language=site.language,
        copyright=site.copyright,
        image=group.image or config.site.image,
        hubs=config.hubs,
        stylesheet=f"{'../' * group.path.count('/')}assets/feed.css",
    )


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
        case Kind.FEED:
            return f"{group.name}, collected by {title}"


def _authors(article: Article, config: Config) -> tuple[Person, ...]:
    provider = article.provider
    if provider is None:
        return (config.site.author or Person(config.site.title, f"{config.site.url}/"),)
    if provider.authors:
        return provider.authors
    home = f"https://{provider.domain}/" if provider.domain else None
    return (Person(provider.name, home, provider.images[0].url if provider.images else None),)


def _categories(article: Article, collection: Collection, config: Config) -> tuple[Category, ...]:
    categories: dict[str, Category] = {}
    for topic in article.topics:
        name = collection.topics[name_key(topic)]
        categories[name_key(topic)] = Category(name.slug, name.label, f"{config.site.url}/topics/")
    if article.category:
        name = collection.categories[name_key(article.category)]
        category = Category(name.slug, name.label, f"{config.site.url}/categories/")
        categories.setdefault(name_key(article.category), category)
    for tag in article.tags:
        categories.setdefault(name_key(tag), Category(tag, tag))
    return tuple(categories.values())
