"""The collection: which articles are published, in which groups, in which order.

Pure: values in, values out. No file, no clock, no HTTP; "now" is an argument.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from operator import attrgetter

from msgspec import Struct

from feeds.config.types import Config, Minimum, NamedFeed, ProviderNotes, Topic
from feeds.model import File, Group, Image, Kind, Listing
from feeds.text.slugs import slugs
from feeds.text.text import name_key
from feeds.text.urls import domain


class Selection(Struct, frozen=True):
    """What became of all articles that could be read.

    `published` are those for the public, each identity once. `drafts`, `scheduled` and `below_minimum` are held back.
    `duplicates` holds the articles that gave way, each with the one of the same identity that is published.
    `drafts` include expired ones. `next_due` is when the next article begins or ends to be for the public, if one does.
    """

    published: Sequence[Listing]
    drafts: Sequence[Listing]
    scheduled: Sequence[Listing]
    below_minimum: Sequence[Listing]
    duplicates: tuple[tuple[Listing, Listing], ...]
    next_due: datetime | None


class Name(Struct, frozen=True):
    """A name that many articles spell, as its group spells it, with the group's slug."""

    label: str
    slug: str


class Collection(Struct, frozen=True):
    """All groups by path, the names of topics and categories by `name_key`, the local files that articles refer to by path.

    `platforms` are the hosts that carry several publishers: by domain, the slug of each publisher's group by `name_key`.
    `name` is that of its catalogue. `before` is that of the one that it was made from: the articles at the places `fresh` are
    new there, or say something else; and groups by path hold more, or less, then with the moments when the articles that left
    were published, or have another name (`touched`).
    """

    groups: Mapping[str, Group]
    topics: Mapping[str, Name]
    categories: Mapping[str, Name]
    articles: Mapping[str, Listing]
    files: Mapping[str, File]
    platforms: Mapping[str, Mapping[str, str]] = {}
    name: bytes = b""
    before: bytes = b""
    fresh: frozenset[int] = frozenset()
    touched: Mapping[str, tuple[datetime, ...]] = {}


def select(articles: Iterable[Listing], config: Config, now: datetime) -> Selection:
    """Decide which of `articles` are for the public at the moment `now`, or for an editor where config says `drafts`."""
    drafts: list[Listing] = []
    scheduled: list[Listing] = []
    ready: list[Listing] = []
    for article in articles:
        if (article.draft or is_expired(article, now)) and not config.drafts:
            drafts.append(article)
        elif article.published > now and not config.drafts:
            scheduled.append(article)
        else:
            ready.append(article)
    kept, duplicates = _merge(ready)
    published: list[Listing] = []
    below: list[Listing] = []
    minimum = config.minimums.get("site", Minimum())
    if minimum == Minimum():
        published = kept
    else:
        for article in kept:
            (published if passes(article, minimum) else below).append(article)
    return Selection(
        published=newest_first(published),
        drafts=tuple(sorted(drafts, key=_by_path)),
        scheduled=tuple(sorted(scheduled, key=_by_path)),
        below_minimum=tuple(sorted(below, key=_by_path)),
        duplicates=duplicates,
        next_due=min(_changes(scheduled, published, config), default=None),
    )


def is_expired(article: Listing, now: datetime) -> bool:
    """Whether the article was for the public only until a moment before `now`."""
    return article.expires is not None and article.expires <= now


def _changes(scheduled: Iterable[Listing], published: Iterable[Listing], config: Config) -> Iterator[datetime]:
    """The moments when articles begin or end to be for the public."""
    yield from (article.published for article in scheduled)
    if not config.drafts:
        yield from (article.expires for article in published if article.expires is not None)


def collect(articles: Iterable[Listing], config: Config) -> Collection:
    """Group the published `articles` as config says. Every topic that config names has a group, however empty."""
    ordered = newest_first(articles)
    by_topic = _by_key(ordered, lambda article: article.topics)
    by_category = _by_key(ordered, lambda article: (article.category,) if article.category else ())
    by_domain: dict[str, list[Listing]] = {}
    for article in ordered:
        if place := provider_domain(article):
            by_domain.setdefault(place, []).append(article)

    configured = configured_topics(config)
    topics = _names(topic_spellings(ordered), configured)
    categories = _names(category_spellings(ordered), {})
    called = provider_spellings(ordered)
    platforms = {place: slugs for place, names in called.items() if (slugs := publisher_slugs(place, names, config))}
    with_children = _with_children(by_topic, config)

    site, limit = config.site, config.limit
    groups = [Group(Kind.ALL, "", site.title, ordered, limit, site.description, site.image)]
    if Kind.TOPIC in config.groups:
        for key, name in topics.items():
            members = _above(with_children.get(key, ()), config, "topic")
            if members or key in configured:
                topic = config.topics.get(key, Topic(name.label))
                groups.append(Group(Kind.TOPIC, name.slug, name.label, members, limit, topic.description, topic.image))
    if Kind.PROVIDER in config.groups:
        for place, found in by_domain.items():
            if members := _above(found, config, "provider"):
                notes = config.providers.get(place, ProviderNotes(place))
                label = provider_label(place, called.get(place, {}), config)
                image = notes.image or provider_image(members)
                groups.append(Group(Kind.PROVIDER, place, label, members, limit, notes.description, image))
                groups += _publishers(place, members, called.get(place, {}), platforms.get(place, {}), limit)
    if Kind.CATEGORY in config.groups:
        for key, name in categories.items():
            if members := _above(by_category[key], config, "category"):
                groups.append(Group(Kind.CATEGORY, name.slug, name.label, members, limit))
    for query in config.feeds:
        members = _above(_answer(query, ordered, with_children), config, "feed")
        own_limit = query.limit or limit
        groups.append(Group(Kind.FEED, query.name, query.title, members, own_limit, query.description, query.image))
    return Collection(
        groups={group.path: group for group in sorted(groups, key=lambda group: group.path)},
        topics=topics,
        categories=categories,
        articles={article.id: article for article in ordered},
        files={file.path: file for article in ordered for _, file in article.files},
        platforms=platforms,
    )


def provider_domain(article: Listing) -> str | None:
    """The domain whose provider group the article is in: the provider's, else the host of the article's URL."""
    if article.provider is not None and article.provider.domain:
        return article.provider.domain
    return domain(article.url) if article.url else None


def provider_name(article: Listing) -> str | None:
    """The name of the article's provider, if it has one that is not merely its domain."""
    provider = article.provider
    return provider.name if provider is not None and provider.name and provider.name != provider.domain else None


def provider_label(place: str, named: Mapping[str, int], config: Config) -> str:
    """The name of the group of a domain: config's, else the one that its articles use, else the domain.

    `named` counts the spellings of names; the most frequent one counts, ties in code-point order. Where articles have several
    names, the domain is a platform of several publishers, so none of them is its name.
    """
    if name := config.providers.get(place, ProviderNotes(place)).name:
        return name
    spelled = labels(named, {})
    return next(iter(spelled.values())) if len(spelled) == 1 else place


def publisher_slugs(place: str, named: Mapping[str, int], config: Config) -> dict[str, str]:
    """The slugs of the publishers on one domain by `name_key`, such as `youtube.com/the-night-desk`.

    None where there is only one publisher, or config gives the domain a name and so makes it one.
    """
    spelled = labels(named, {})
    if len(spelled) < 2 or config.providers.get(place, ProviderNotes(place)).name:
        return {}
    given = slugs(spelled.values())
    return {key: f"{place}/{given[name]}" for key, name in spelled.items()}


def publisher_path(article: Listing, collection: Collection) -> str | None:
    """The path of the narrowest provider group that an article is in: its publisher's on a platform, else its domain's."""
    place = provider_domain(article)
    if place is None:
        return None
    slug = collection.platforms.get(place, {}).get(name_key(provider_name(article) or ""), place)
    return f"{Kind.PROVIDER}/{slug}"


def _publishers(
    place: str, articles: Sequence[Listing], named: Mapping[str, int], slug_of: Mapping[str, str], limit: int
) -> Iterator[Group]:
    """The groups of the publishers on one domain."""
    members: dict[str, list[Listing]] = {}
    for article in articles if slug_of else ():
        if name := provider_name(article):
            members.setdefault(name_key(name), []).append(article)
    spelled = labels(named, {})
    for key, found in members.items():
        yield Group(Kind.PROVIDER, slug_of[key], spelled[key], tuple(found), limit, image=provider_image(found))


def topic_spellings(articles: Iterable[Listing]) -> Counter[str]:
    """How often each topic is spelled so."""
    return Counter(topic for article in articles for topic in article.topics)


def category_spellings(articles: Iterable[Listing]) -> Counter[str]:
    """How often each category is spelled so."""
    return Counter(article.category for article in articles if article.category)


def provider_spellings(articles: Iterable[Listing]) -> dict[str, dict[str, int]]:
    """How often each provider is called so, by its domain."""
    called: dict[str, dict[str, int]] = {}
    for article in articles:
        if (place := provider_domain(article)) and (name := provider_name(article)):
            names = called.setdefault(place, {})
            names[name] = names.get(name, 0) + 1
    return called


def configured_topics(config: Config) -> dict[str, str]:
    """The names of all topics that config names, by their keys: these have a group, however empty."""
    configured = {key: topic.name for key, topic in config.topics.items()}
    for topic in config.topics.values():
        if topic.parent is not None:
            configured.setdefault(name_key(topic.parent), topic.parent)
    return configured


def labels(spellings: Mapping[str, int], configured: Mapping[str, str]) -> dict[str, str]:
    """How each name is spelled, by its key: as config has it, else as most articles do (ties: first in code-point order)."""
    by_key: dict[str, dict[str, int]] = {}
    for name, count in spellings.items():
        by_key.setdefault(name_key(name), {})[name] = count
    return {key: min(counts, key=lambda name: (-counts[name], name)) for key, counts in by_key.items()} | dict(configured)


def provider_image(articles: Iterable[Listing]) -> Image | None:
    """The provider's picture, from the first of `articles` that names one."""
    pictures = (article.provider.images for article in articles if article.provider is not None)
    return next((images[0] for images in pictures if images), None)


def newest_first(articles: Iterable[Listing]) -> tuple[Listing, ...]:
    """`articles` in the order of every feed: the newest `published` first, ties by identity."""
    articles = tuple(articles)
    if all(
        one.published > other.published or (one.published == other.published and one.id <= other.id)
        for one, other in pairwise(articles)
    ):
        return articles
    # Two passes of plain keys are quicker than one of pairs; and who comes in the order of files is in nearly that of moments.
    ordered = sorted(articles, key=attrgetter("published"), reverse=True)
    if any(one.published == other.published for one, other in pairwise(ordered)):
        ordered = sorted(sorted(articles, key=attrgetter("id")), key=attrgetter("published"), reverse=True)
    return tuple(ordered)


def _merge(articles: Iterable[Listing]) -> tuple[list[Listing], tuple[tuple[Listing, Listing], ...]]:
    articles = list(articles)
    if len({article.id for article in articles}) == len(articles):
        return articles, ()
    by_id: dict[str, list[Listing]] = {}
    for article in articles:
        by_id.setdefault(article.id, []).append(article)
    kept: list[Listing] = []
    lost: list[tuple[Listing, Listing]] = []
    for claimants in by_id.values():
        if len(claimants) == 1:
            kept += claimants
            continue
        best = min(claimants, key=lambda article: (-article.updated.timestamp(), article.path))
        kept.append(best)
        lost += [(article, best) for article in claimants if article is not best]
    return kept, tuple(sorted(lost, key=lambda pair: pair[0].path))


def _by_path(article: Listing) -> str:
    return article.path


def passes(article: Listing, minimum: Minimum) -> bool:
    """Whether the scores of an article reach `minimum`. An article without a score passes."""

    def enough(value: float | None, least: float | None) -> bool:
        return value is None or least is None or value >= least

    return enough(article.quality, minimum.quality) and enough(article.heat, minimum.heat)


def _above(articles: Iterable[Listing], config: Config, kind: str) -> tuple[Listing, ...]:
    minimum = config.minimums.get(kind, Minimum())
    if minimum == Minimum():
        return tuple(articles)
    return tuple(article for article in articles if passes(article, minimum))


def _by_key(articles: Iterable[Listing], names: Callable[[Listing], tuple[str, ...]]) -> dict[str, list[Listing]]:
    members: dict[str, list[Listing]] = {}
    keys: dict[tuple[str, ...], tuple[str, ...]] = {}
    for article in articles:
        if (found := names(article)) not in keys:
            keys[found] = tuple(dict.fromkeys(name_key(name) for name in found))
        for key in keys[found]:
            members.setdefault(key, []).append(article)
    return members


def _names(spellings: Mapping[str, int], configured: Mapping[str, str]) -> dict[str, Name]:
    """The label and slug of every name, by its key."""
    given = labels(spellings, configured)
    slug_of = slugs(given.values())
    return {key: Name(label, slug_of[label]) for key, label in sorted(given.items())}


def _with_children(by_topic: Mapping[str, list[Listing]], config: Config) -> dict[str, tuple[Listing, ...]]:
    """The articles of each topic and of all topics below it."""
    below: dict[str, dict[str, Listing]] = {}
    for key, found in by_topic.items():
        topic = config.topics.get(key)
        while topic is not None and topic.parent is not None:
            above = name_key(topic.parent)
            if above not in below:
                below[above] = {article.id: article for article in by_topic.get(above, ())}
            below[above].update((article.id, article) for article in found)
            topic = config.topics.get(above)
    own = {key: tuple(found) for key, found in by_topic.items()}
    return own | {key: newest_first(found.values()) for key, found in below.items()}


def _answer(query: NamedFeed, articles: Iterable[Listing], by_topic: Mapping[str, tuple[Listing, ...]]) -> tuple[Listing, ...]:
    on_topic = {article.id for key in query.topics for article in by_topic.get(key, ())}

    def matches(article: Listing) -> bool:
        return (
            (not query.topics or article.id in on_topic)
            and (not query.providers or provider_domain(article) in query.providers)
            and (not query.categories or (article.category is not None and name_key(article.category) in query.categories))
            and (not query.types or article.type in query.types)
            and passes(article, query.minimum)
        )

    return tuple(article for article in articles if matches(article))
