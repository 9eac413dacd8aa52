"""Grouping: which groups an article is in, and how groups are named.

Pure. The groups of an article depend only on the article and the config; names and slugs depend on all articles.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from feeds.config.types import Config, Minimum, NamedFeed, ProviderNotes
from feeds.copies import names
from feeds.index.article_pages import has_page, page_path
from feeds.model import File, Group, Image, Kind, Listing
from feeds.text import languages
from feeds.text.slugs import slug, slugs
from feeds.text.text import name_key
from feeds.text.urls import domain
from feeds.text.words import Terms

# Kinds of groups beside those of `Kind`. Publishers, by domain and name: published as providers where the domain is a platform.
PUBLISHER = "publisher"
# Not published: articles that are held back, by reason; local files and pages of articles, by path; pictures of other sites that
# pages show copies of, by the name of the copy; articles that name a picture of their provider or publisher; and, with no
# articles, the types and sets of topics that articles have.
DRAFT, SCHEDULED, BELOW_MINIMUM, DUPLICATE = "draft", "scheduled", "below minimum", "duplicate"
FILE, PAGE, COPIED, PICTURED, TYPE, TOPICS = "file", "page", "copied", "pictured", "type", "topics of an article"
# Notices of articles that were withdrawn from a group: this, and the kind of the group.
NOTICES = "notices of "
# A group by its kind and the key that is its own within the kind.
Key = tuple[str, str]
ALL: Key = (Kind.ALL, "")
# Between the parts of a key: no part holds it.
_BETWEEN = "\n"


class Name(Struct, frozen=True):
    """The name of a topic, category or publisher as its group spells it, with the group's slug."""

    label: str
    slug: str


class Collection(Struct, frozen=True):
    """The groups and published articles of a site, as mappings.

    `groups` are by path; those in `listed` are named in lists, which a group with only notices of withdrawn articles is not.
    `topics` and `categories` are by `name_key`, `articles` by identity, local `files` and `pages` of articles by path. `copies`
    are the URLs of pictures of other sites that pages show copies of, by the name of the copy; `copies_of_groups` are those of
    groups. `platforms` are the domains with several publishers: for each, the slug of each publisher's group by `name_key`.
    `providers` are the domains of articles and the slugs of publishers; `types` are the types of articles. `find` returns
    published articles that match a search, at most a number of them, the newest or the best first.
    """

    groups: Mapping[str, Group]
    listed: Mapping[str, Group]
    topics: Mapping[str, Name]
    categories: Mapping[str, Name]
    articles: Mapping[str, Listing]
    files: Mapping[str, File]
    pages: Mapping[str, Listing]
    copies: Mapping[str, str]
    copies_of_groups: Mapping[str, str]
    find: Callable[[Terms, int, bool], Sequence[Listing]]
    platforms: Mapping[str, Mapping[str, str]]
    providers: Sequence[str]
    types: Sequence[str]


def groups_of(article: Listing, config: Config, texts: Container[str] = (), pictures: Iterable[str] = ()) -> tuple[Key, ...]:
    """The groups of a published article, each once.

    `texts` are the named feeds whose `text` it holds, and `pictures` the URLs of those of other sites that pages show.
    """
    topics = topics_of(article, config)
    place = provider_domain(article)
    found: list[Key] = [ALL]
    if Kind.TOPIC in config.groups and _reaches(article, config, "topic"):
        found += [(Kind.TOPIC, key) for key in topics]
    if Kind.PROVIDER in config.groups and place and _reaches(article, config, "provider"):
        providers: list[Key] = [(Kind.PROVIDER, place)]
        if (name := provider_name(article)) and not _is_one_publisher(place, config):
            providers.append((PUBLISHER, publisher_key(place, name)))
        found += providers
        if provider_image(article) is not None:
            found += [(PICTURED, key) for _, key in providers]
    if Kind.CATEGORY in config.groups and article.category and _reaches(article, config, "category"):
        found.append((Kind.CATEGORY, name_key(article.category)))
    if Kind.TAG in config.groups:
        found += [(Kind.TAG, key) for key in dict.fromkeys(map(name_key, article.tags))]
    if Kind.LANGUAGE in config.groups and (language := language_of(article, config)):
        found.append((Kind.LANGUAGE, language))
    if config.feeds and _reaches(article, config, "feed"):
        asked = (feed for feed in config.feeds if not feed.text or feed.name in texts)
        found += [(Kind.FEED, feed.name) for feed in asked if _answers(article, feed, topics, place, config)]
    if has_page(article, config):
        found.append((PAGE, page_path(article)))
    found += [(FILE, path) for path in {file.path: None for _, file in article.files}]
    found += [(COPIED, names.name(url)) for url in pictures]
    return tuple(found)


def notice_groups_of(article: Listing, config: Config) -> tuple[Key, ...]:
    """The groups of notices that the notice of a withdrawn article is in: one for each group that the article was in."""
    shown = (*Kind, PUBLISHER)
    return tuple(notices_of(key) for key in groups_of(article, config) if key[0] in shown)


def notices_of(key: Key) -> Key:
    """The group of notices of articles that were withdrawn from a group."""
    return f"{NOTICES}{key[0]}", key[1]


def shown_in(key: Key) -> Key | None:
    """The group whose feeds show the notices of a group of notices; None for any other group."""
    kind = key[0].removeprefix(NOTICES)
    return (kind, key[1]) if kind != key[0] else None


def language_of(article: Listing, config: Config) -> str:
    """The key of the group of the article's language, by default the site's; empty without both."""
    tag = article.language or config.site.language
    return languages.group_of(tag) if tag else ""


def spellings(article: Listing, config: Config) -> Iterator[tuple[Key, str]]:
    """The groups of a published article, each with the spelling of its name there; empty where the group has no name."""
    for topic in article.topics:
        yield (Kind.TOPIC, name_key(topic)), topic
    if article.category:
        yield (Kind.CATEGORY, name_key(article.category)), article.category
    if place := provider_domain(article):
        name = provider_name(article)
        yield (Kind.PROVIDER, place), name
        if name:
            yield (PUBLISHER, publisher_key(place, name)), ""
    if article.type:
        yield (TYPE, article.type), ""
    if Kind.TAG in config.groups:
        yield from (((Kind.TAG, name_key(tag)), tag) for tag in article.tags)
    if Kind.LANGUAGE in config.groups and (language := language_of(article, config)):
        yield (Kind.LANGUAGE, language), ""


def notice_spellings(article: Listing, config: Config) -> Iterator[tuple[Key, str]]:
    """The groups of the notice of a withdrawn article, each with the spelling of its name there."""
    named = (Kind.TOPIC, Kind.CATEGORY, Kind.PROVIDER, Kind.LANGUAGE)
    return ((notices_of(key), name) for key, name in spellings(article, config) if key[0] in named)


def topics_of(article: Listing, config: Config) -> dict[str, None]:
    """The keys of the article's topics and of all their parents."""
    found = dict.fromkeys(map(name_key, article.topics))
    for key in tuple(found):
        topic = config.topics.get(key)
        while topic is not None and topic.parent is not None:
            found[name_key(topic.parent)] = None
            topic = config.topics.get(name_key(topic.parent))
    return found


def set_of_topics(article: Listing) -> str:
    """The keys of the article's own topics, as one key."""
    return _BETWEEN.join(dict.fromkeys(map(name_key, article.topics)))


def in_set(key: str) -> list[str]:
    """The keys of topics in a key from `set_of_topics`."""
    return key.split(_BETWEEN) if key else []


def publisher_key(place: str, name: str) -> str:
    """The key of the publisher with this name on a domain."""
    return f"{place}{_BETWEEN}{name_key(name)}"


def publisher_of(key: str) -> tuple[str, str]:
    """The domain and the `name_key` in a key from `publisher_key`."""
    place, _, name = key.partition(_BETWEEN)
    return place, name


def shown_by(key: str) -> Key:
    """The group of a provider or publisher that shows the picture of a group of `PICTURED` articles with the same key."""
    return (PUBLISHER if _BETWEEN in key else str(Kind.PROVIDER), key)


def is_expired(article: Listing, now: datetime) -> bool:
    """Whether the article has expired by `now`."""
    return article.expires is not None and article.expires <= now


def winner(articles: Sequence[Listing]) -> Listing:
    """Of articles with one identity, the one that is published: the last updated, then the one whose path sorts first."""
    return min(articles, key=lambda article: (-article.updated.timestamp(), article.path))


def provider_domain(article: Listing) -> str | None:
    """The domain whose provider group the article is in: the provider's, else the host of the article's URL."""
    if article.provider is not None and article.provider.domain:
        return article.provider.domain
    return domain(article.url) if article.url else None


def provider_name(article: Listing) -> str:
    """The name of the article's provider; empty if it has none, or merely its domain."""
    provider = article.provider
    return provider.name if provider is not None and provider.name and provider.name != provider.domain else ""


def publisher_place(article: Listing) -> str | None:
    """The name of an article's publisher in the config, such as `youtube.com/the-night-desk`."""
    place, name = provider_domain(article), provider_name(article)
    return f"{place}/{slug(name)}" if place and name else None


def publisher_path(article: Listing, collection: Collection) -> str | None:
    """The path of the narrowest provider group that an article is in: its publisher's on a platform, else its domain's."""
    place = provider_domain(article)
    if place is None:
        return None
    own = collection.platforms.get(place, {}).get(name_key(provider_name(article)), place)
    return f"{Kind.PROVIDER}/{own}"


def provider_image(article: Listing) -> Image | None:
    """The picture of the article's provider."""
    images = article.provider.images if article.provider is not None else ()
    return images[0] if images else None


def configured_topics(config: Config) -> dict[str, str]:
    """The names of all topics in config, by key. They have a group even if it is empty."""
    configured = {key: topic.name for key, topic in config.topics.items()}
    for topic in config.topics.values():
        if topic.parent is not None:
            configured.setdefault(name_key(topic.parent), topic.parent)
    return configured


def label(kind: str, key: str, spelled: Mapping[str, int], config: Config, configured: Mapping[str, str]) -> str:
    """The name of a group: config's (of topics, those that are `configured`), else the most frequent spelling.

    `spelled` counts the spellings. Where articles give a domain several names, it is a platform, so none of them is its name: it
    is called by the domain itself. Empty for none.
    """
    if kind == Kind.PROVIDER:
        names = _labels(spelled)
        given = config.providers.get(key, ProviderNotes(key)).name
        return given or (next(iter(names.values())) if len(names) == 1 else key)
    if kind == Kind.LANGUAGE:
        return languages.name(key)
    return (configured.get(key) if kind == Kind.TOPIC else None) or most_frequent(spelled)


def with_notices(spelled: Mapping[str, int], of_notices: Mapping[str, int]) -> Mapping[str, int]:
    """Spellings of names, including those that only notices of withdrawn articles have."""
    known = set(map(name_key, spelled)) if of_notices else ()
    return {**spelled, **{name: count for name, count in of_notices.items() if name_key(name) not in known}}


def most_frequent(spelled: Mapping[str, int]) -> str:
    """The spelling with the highest count, of several the first in code-point order; empty for none."""
    return min((name for name in spelled if name), key=lambda name: (-spelled[name], name), default="")


def publishers(place: str, spelled: Mapping[str, int], config: Config) -> dict[str, Name]:
    """The publishers on a domain by `name_key`, from the counts of spellings.

    There are none unless the domain is a platform: articles name several, and config does not say that it is one publisher.
    """
    names = _labels(spelled)
    if len(names) < 2 or _is_one_publisher(place, config):
        return {}
    slug_of = slugs(names.values())
    places = {key: f"{place}/{slug_of[name]}" for key, name in names.items()}
    return {key: Name(config.providers.get(own, ProviderNotes(own)).name or names[key], own) for key, own in places.items()}


def _is_one_publisher(place: str, config: Config) -> bool:
    return bool(config.providers and config.providers.get(place, ProviderNotes(place)).name)


def _labels(spelled: Mapping[str, int]) -> dict[str, str]:
    """The most frequent spelling of each name, by `name_key`."""
    by_key: dict[str, dict[str, int]] = {}
    for name, count in spelled.items():
        if name:
            by_key.setdefault(name_key(name), {})[name] = count
    return {key: most_frequent(counts) for key, counts in by_key.items()}


def slugs_of(labels: Mapping[str, str]) -> dict[str, str]:
    """The slugs of groups of one kind, by key."""
    slug_of = slugs(labels.values())
    return {key: slug_of[label] for key, label in labels.items()}


def passes(article: Listing, minimum: Minimum) -> bool:
    """Whether the scores of an article reach `minimum`. An article without a score passes."""

    def enough(value: float | None, least: float | None) -> bool:
        return value is None or least is None or value >= least

    return enough(article.quality, minimum.quality) and enough(article.heat, minimum.heat)


def reaches_minimum(article: Listing, config: Config) -> bool:
    """Whether the scores of an article are high enough for the site."""
    return _reaches(article, config, "site")


def _reaches(article: Listing, config: Config, kind: str) -> bool:
    minimum = config.minimums.get(kind)
    return minimum is None or passes(article, minimum)


def _answers(article: Listing, feed: NamedFeed, topics: Iterable[str], place: str | None, config: Config) -> bool:
    return (
        (not feed.topics or not set(feed.topics).isdisjoint(topics))
        and (not feed.providers or place in feed.providers or publisher_place(article) in feed.providers)
        and (not feed.categories or (article.category is not None and name_key(article.category) in feed.categories))
        and (not feed.types or article.type in feed.types)
        and (not feed.tags or not set(feed.tags).isdisjoint(map(name_key, article.tags)))
        and (not feed.languages or language_of(article, config) in feed.languages)
        and (feed.podcast is None or article.playable)
        and passes(article, feed.minimum)
    )
