"""Pages for people: what each page says, decided here; the templates only spell it.

Pure, like the composer: a page depends on the collection, the config and the version, never on the clock. Links within
the site are paths from its root, so that pages work at any address; only what others copy or fetch is absolute.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import cached_property
from heapq import nlargest
from itertools import groupby
from math import ceil
from urllib.parse import quote

from msgspec.structs import replace
from rapidfuzz import fuzz, process

from feeds.config.types import Config
from feeds.index.article_pages import FOLDER, address, has_page, page_slug
from feeds.index.grouping import Collection, provider_domain, publisher_path
from feeds.index.store import Index
from feeds.index.view import Members
from feeds.model import Article, Format, Group, Kind, Listing
from feeds.model.pages import (
    Address,
    ArchivePage,
    ArticlePage,
    Card,
    Choice,
    ComposePage,
    Day,
    ErrorPage,
    FrontPage,
    GroupPage,
    Link,
    ListPage,
    Part,
    Player,
    Preview,
    SearchPage,
    Story,
)
from feeds.site import archives, content, queries, reading
from feeds.site.composer import authors, compose_feed, describe_feed
from feeds.site.queries import Query, label
from feeds.text import languages, words
from feeds.text.text import name_key, plain, shortened

WEEKS = 52
# How many of each kind the front page shows, and how many names a page of a list holds: a page stays under 60 kB.
FRONT_TOPICS, FRONT_FEEDS, FRONT_PROVIDERS, FRONT_CATEGORIES, FRONT_STORIES = 18, 6, 12, 30, 5
LIST_ROWS = 200
_FULL, _FULL_WEIGHT, _WHOLE_WEIGHT = 12, 17_000, 28_000
_EXCERPT, _SAME, _HEADLINE, _RELATED, _NEAR, _CHILDREN = 240, 60, 110, 3, 8, 12
# Bytes of markup around the text of a story.
_STORY_MARKUP, _HEADLINE_MARKUP = 550, 230
_ARCHIVES = 60
# Articles that a search shows, and how like a name must be to what was typed; names that the composer offers, and articles that
# it shows.
_FOUND, _NEAR_ENOUGH, _OFFERED, _COMPOSED = 30, 75, 200, 8
_ERRORS = {404: "There is no page here", 410: "This is no longer here", 503: "Too many are reading at once"}
_CHOICES = (
    ("topic", "About any of"),
    ("all_topic", "About all of"),
    ("not_topic", "Not about"),
    ("provider", "By any of"),
    ("not_provider", "Not by"),
    ("category", "In any category of"),
    ("type", "Of a type"),
)
_FETCHED, _MOST_HELD, _MOST_COUNTED = 16, 2000, 20
_WEEK = timedelta(weeks=1)
_Counts = tuple[Counter[tuple[str, ...]], Counter[str]]


class Pages:
    """Composes the pages of one collection. What all pages share is worked out once, when it is first asked for."""

    def __init__(self, collection: Collection, config: Config, index: Index, preview: Preview | None = None) -> None:
        self.collection = collection
        self.config = config
        self._index = index
        self.preview = preview
        # Most articles are on several pages: stories that were told lately, by the number of their article.
        self._held: dict[int, Story] = {}
        self._listed: dict[Kind, tuple[Link, ...]] = {}
        self._counted: dict[str, _Counts] = {}
        self._topic_keys = {name.slug: key for key, name in collection.topics.items()}

    def front(self) -> FrontPage:
        """The front page."""
        everything = self.collection.groups["all"]
        by_size = {kind: self.by_size(kind) for kind in (Kind.FEED, Kind.PROVIDER, Kind.CATEGORY)}
        return FrontPage(
            feed=compose_feed(everything, self.config),
            card=self._card(everything),
            addresses=self._addresses(everything),
            stories=tuple(self._told(everything.articles[:FRONT_STORIES])),
            topics=self._tree(FRONT_TOPICS),
            feeds=tuple(self._card(group) for group in by_size[Kind.FEED][:FRONT_FEEDS]),
            providers=tuple(self._card(group) for group in by_size[Kind.PROVIDER][:FRONT_PROVIDERS]),
            categories=tuple(_link(group) for group in by_size[Kind.CATEGORY][:FRONT_CATEGORIES]),
            counts={kind.value: len(self._of_kind.get(kind, ())) for kind in Kind},
            problems=self.preview.everything if self.preview else (),
        )

    def _archives(self, group: Group) -> tuple[Link, ...]:
        """The newest of the group's archive pages: each leads on to the older ones."""
        newest = archives.pages(group, self.config)[:_ARCHIVES]
        return tuple(Link(page.period, archives.path(group, page.period), len(page.articles)) for page in newest)

    def group(self, group: Group) -> GroupPage:
        """The page of `group`."""
        # First: the newest of them is on the card too.
        stories, older = self._stories(group)
        above = self.above(group)
        return GroupPage(
            group=group,
            feed=compose_feed(group, self.config),
            card=self._card(group),
            addresses=self._addresses(group),
            parents=tuple(_link(each) for each in above),
            children=tuple(self._card(child) for child in self._children.get(group.path, ())[:_CHILDREN]),
            stories=stories,
            older=older,
            next=archives.period_at(group, len(stories) + len(older), self.config),
            archives=self._archives(group),
            topics=self._topics_near(group, above),
            providers=self._providers_near(group) if group.kind is not Kind.PROVIDER else (),
            problems=self.preview.problems.get(group.path, ()) if self.preview else (),
        )

    def search(self, text: str) -> SearchPage:
        """What people find by `text`. Raises ValueError where nothing can be looked for."""
        if not text:
            return SearchPage("")
        found = self.collection.find(words.parse(text), _FOUND + 1, True)
        names = {
            group.path: f"{group.name} {group.slug}" for group in self.collection.groups.values() if group.kind is not Kind.ALL
        }
        near = process.extract(text, names, scorer=fuzz.WRatio, processor=name_key, limit=_NEAR, score_cutoff=_NEAR_ENOUGH)
        path = f"{Kind.FEED}/text={quote(text, safe='')}"
        return SearchPage(
            text=text,
            stories=tuple(self._told(found[:_FOUND])),
            is_more=len(found) > _FOUND,
            groups=tuple(_link(self.collection.groups[path]) for _, _, path in near),
            addresses=self._addresses_at(path),
            path=path,
        )

    def error(self, status: int, message: str, near: Sequence[str], names: Sequence[str]) -> ErrorPage:
        """The page for what can't be shown. `near` are the paths of groups that may have been meant."""
        groups = [self.collection.groups[path] for path in near if path in self.collection.groups]
        title = _ERRORS.get(status if not names else 0, "This can’t be answered")
        return ErrorPage(status, title, message, tuple(map(_link, groups)), tuple(names))

    def compose(self, query: Query | None) -> ComposePage:
        """The composer, with what `query` gives."""
        offered = {
            "topic": tuple((group.slug, group.name) for group in self.by_size(Kind.TOPIC)[:_OFFERED]),
            "provider": tuple((group.slug, group.name) for group in self.by_size(Kind.PROVIDER)[:_OFFERED]),
            "category": tuple((group.slug, group.name) for group in self.by_size(Kind.CATEGORY)[:_OFFERED]),
            "type": tuple((each, each) for each in sorted(self.collection.types)[:_OFFERED]),
        }
        values = dict(query.values) if query is not None else {}
        choices = tuple(
            Choice(name, said, kind, tuple((value, label(name, value, self.collection)) for value in values.get(name, ())))
            for name, said in _CHOICES
            if offered[kind := name.rpartition("_")[2]]
        )
        numbers = {name: found[0] for name, found in values.items() if name in ("minimum_quality", "minimum_heat", "limit")}
        text = values["text"][0] if "text" in values else ""
        if query is None:
            return ComposePage(choices, offered)
        group = queries.group(query, self.collection, self.config)
        return ComposePage(
            choices=choices,
            offered=offered,
            text=text,
            numbers=numbers,
            feed=describe_feed(group, self.config),
            path=group.path,
            addresses=self._addresses(group),
            stories=tuple(self._told(group.articles[:_COMPOSED])),
            count=len(group.articles),
            lines=queries.config_lines(query, self.collection),
        )

    def archive(self, group: Group, page: archives.Page) -> ArchivePage:
        """The page of one period of a group's archive."""
        stories = map(self._headline, page.articles)
        return ArchivePage(
            group=group,
            feed=describe_feed(group, self.config),
            addresses=self._addresses(group),
            parents=tuple(_link(each) for each in self.above(group)),
            period=page.period,
            count=len(page.articles),
            days=tuple(Day(day, tuple(some)) for day, some in groupby(stories, lambda story: story.published)),
            older=page.older,
            newer=page.newer,
        )

    def article(self, listing: Listing) -> ArticlePage:
        """The page of an article."""
        article = self._index.articles([listing])[0]
        group = self.followed(listing)
        older, newer = (self._story_of(each) for each in self.beside(listing))
        day = article.updated.date()
        text = content.body(article, self.config)
        return ArticlePage(
            story=self._story(article),
            lead=reading.lead(article, self.config),
            body=reading.body(article, self.config),
            deck=article.excerpt if text and not _begins(text, article.excerpt) else "",
            authors=authors(article, self.config) if article.provider is None or article.provider.authors else (),
            updated=day if day > article.published.date() else None,
            source=article.url,
            players=tuple(Player(file, content.file_title(file), content.file_facts(file)) for file in article.actions),
            related=content.coverage(article),
            topics=self._topics_of(article),
            tags=article.tags,
            group=group,
            feed=describe_feed(group, self.config),
            addresses=self._addresses(group),
            older=older,
            newer=newer,
            published_at=article.published.isoformat(),
            updated_at=article.updated.isoformat(),
        )

    def followed(self, listing: Listing) -> Group:
        """The group that leads from the article's page to others: the first of its topics that has a page, else everything."""
        groups = (self._topic(name_key(topic)) for topic in listing.topics)
        return next((group for group in groups if group is not None), self.collection.groups["all"])

    def beside(self, listing: Listing) -> tuple[Listing | None, Listing | None]:
        """The articles that the page of an article leads to: the next older one of the group that it follows, and the newer."""
        articles = self.followed(listing).articles
        assert isinstance(articles, Members), "of a group of a collection"
        return articles.beside(listing)

    def _story_of(self, listing: Listing | None) -> Story | None:
        return next(self._told([listing]), None) if listing is not None else None

    def _topics_of(self, article: Article) -> tuple[Link, ...]:
        """The pages of the article's topics and its category."""
        groups = {topic: self._topic(name_key(topic)) for topic in article.topics}
        if article.category and (name := self.collection.categories.get(name_key(article.category))):
            groups[f"{Kind.CATEGORY}/{name.slug}"] = self.collection.groups.get(f"{Kind.CATEGORY}/{name.slug}")
        return tuple(_link(group) for group in {group.path: group for group in groups.values() if group is not None}.values())

    def list_pages(self) -> Iterator[tuple[str, Kind, int]]:
        """Every page of the list of every kind that has a group: its path, and what `list_page` makes it of."""
        for kind in self.sections:
            for number in range(ceil(len(self._of_kind[kind]) / LIST_ROWS)):
                yield _list_path(kind, number), kind, number

    def list_page(self, kind: Kind, number: int) -> ListPage:
        """A page of the list of `kind`, counted from 0."""
        rows = self._rows(kind)
        chunks = [rows[start : start + LIST_ROWS] for start in range(0, len(rows), LIST_ROWS)]
        parts = tuple(Part(_list_path(kind, place), chunk[0].name, chunk[-1].name) for place, chunk in enumerate(chunks))
        return ListPage(kind, chunks[number], parts, parts[number], len(rows))

    @property
    def sections(self) -> tuple[Kind, ...]:
        """The kinds that have a list, in the order that pages name them."""
        return tuple(kind for kind in (Kind.TOPIC, Kind.FEED, Kind.PROVIDER, Kind.CATEGORY) if kind in self._of_kind)

    def search_index(self) -> list[list[str | int]]:
        """What search looks through: kind, slug, name and number of articles of every group but `all`, the larger first."""
        groups = [group for kind, groups in self._of_kind.items() if kind is not Kind.ALL for group in groups]
        groups.sort(key=_largest_first)
        return [[group.kind.value, group.slug, group.name, len(group.articles)] for group in groups]

    def by_size(self, kind: Kind) -> list[Group]:
        """The groups of `kind`, those with most articles first."""
        return sorted(self._of_kind.get(kind, ()), key=_largest_first)

    @cached_property
    def _of_kind(self) -> dict[Kind, list[Group]]:
        found: dict[Kind, list[Group]] = {}
        for group in self.collection.groups.values():
            found.setdefault(group.kind, []).append(group)
        return found

    @cached_property
    def last_week(self) -> date | None:
        """The Monday of the week of the site's newest article: plots end there, not at today."""
        everything = self.collection.groups["all"].articles
        return _monday(everything[0].published.date()) if everything else None

    def children(self, group: Group) -> list[Group]:
        """The topics right below a topic, or the publishers on a platform, the larger first."""
        return self._children.get(group.path, [])

    @cached_property
    def _children(self) -> dict[str, list[Group]]:
        """The groups right below each group, by its path, the larger first."""
        below: dict[str, list[Group]] = {}
        for group in (*self.by_size(Kind.TOPIC), *self.by_size(Kind.PROVIDER)):
            for parent in self.above(group)[-1:]:
                below.setdefault(parent.path, []).append(group)
        return below

    def above(self, group: Group) -> list[Group]:
        """The groups that `group` is below, the topmost first: topics, or the domain of a publisher on a platform."""
        if group.kind is Kind.PROVIDER and "/" in group.slug:
            platform = self._providers.get(group.slug.partition("/")[0])
            return [platform] if platform is not None else []
        if group.kind is not Kind.TOPIC:
            return []
        topic = self.config.topics.get(self._topic_keys[group.slug])
        above: list[Group] = []
        while topic is not None and topic.parent is not None:
            key = name_key(topic.parent)
            if (found := self._topic(key)) is not None:
                above.insert(0, found)
            topic = self.config.topics.get(key)
        return above

    def _topic(self, key: str) -> Group | None:
        return self._topics.get(key)

    @cached_property
    def _providers(self) -> dict[str | None, Group]:
        """The group of each provider, by its domain."""
        return {group.slug: group for group in self.collection.groups.values() if group.kind is Kind.PROVIDER}

    @cached_property
    def _topics(self) -> dict[str, Group]:
        """The group of each topic that has one, by the topic's key."""
        found = {key: self.collection.groups.get(f"{Kind.TOPIC}/{name.slug}") for key, name in self.collection.topics.items()}
        return {key: group for key, group in found.items() if group is not None}

    def _tree(self, room: int) -> tuple[Card, ...]:
        """The topics as a tree, cut off where `room` is full: the larger ones first, each with what is below it."""
        left = room

        def grow(group: Group) -> Card:
            nonlocal left
            left -= 1
            children = []
            for child in self._children.get(group.path, ()):
                if left > 0:
                    children.append(grow(child))
            return self._card(group, tuple(children))

        cards = []
        for group in self.by_size(Kind.TOPIC):
            if left > 0 and not self.above(group):
                cards.append(grow(group))
        return tuple(cards)

    def _rows(self, kind: Kind) -> tuple[Link, ...]:
        # One page of a list is asked for after the other.
        if kind not in self._listed:
            self._listed[kind] = tuple(self._ordered(kind))
        return self._listed[kind]

    def _ordered(self, kind: Kind) -> Iterator[Link]:
        groups = sorted(self._of_kind.get(kind, ()), key=_by_name)
        if kind is not Kind.TOPIC:
            yield from (_link(group) for group in groups)
            return

        def branch(group: Group, depth: int) -> Iterator[Link]:
            yield _link(group, depth=depth)
            for child in sorted(self._children.get(group.path, ()), key=_by_name):
                yield from branch(child, depth + 1)

        for group in groups:
            if not self.above(group):
                yield from branch(group, 0)

    def _card(self, group: Group, children: tuple[Card, ...] = ()) -> Card:
        newest = next(self._told(group.articles[:1]), None)
        if newest is not None:
            newest = replace(newest, title=shortened(newest.title, _HEADLINE))
        weeks = self._weeks(group.articles)
        return Card(group.kind, group.name, group.path, len(group.articles), group.image, newest, weeks, children)

    def _weeks(self, articles: Sequence[Listing]) -> tuple[int, ...]:
        counts = [0] * WEEKS
        if self.last_week is not None:
            by_day = groupby(articles, lambda article: article.published.date())
            days = articles.by_day() if isinstance(articles, Members) else [(day, tuple(some)) for day, some in by_day]
            for day, some in days:
                # Counted back from the last week: before the first there may be no calendar (the year 1).
                weeks_ago = (self.last_week - _monday(day)) // _WEEK
                if weeks_ago >= WEEKS:
                    break
                counts[WEEKS - 1 - weeks_ago] += len(some)
        return tuple(counts)

    def _addresses(self, group: Group) -> tuple[Address, ...]:
        return self._addresses_at(group.path)

    def _addresses_at(self, path: str) -> tuple[Address, ...]:
        # Atom first: it tells a reader most, and every reader knows it.
        order = sorted(self.config.formats, key=(Format.ATOM, Format.RSS, Format.JSON).index)
        return tuple(Address(each, f"{self.config.site.url}/{path}.{each}", f"{path}.{each}") for each in order)

    def _stories(self, group: Group) -> tuple[tuple[Story, ...], tuple[Story, ...]]:
        """As many articles as a page has room for: the newest whole, then headlines."""
        whole: list[Story] = []
        headlines: list[Story] = []
        weight = 0
        for story in self._told(group.articles[: group.limit]):
            if not headlines and len(whole) < _FULL and (not whole or weight + _weight(story) <= _FULL_WEIGHT):
                whole.append(story)
                weight += _weight(story)
                continue
            weight += _HEADLINE_MARKUP + len(f"{story.title}{story.url}{story.provider}".encode())
            if weight > _WHOLE_WEIGHT:
                break
            headlines.append(story)
        return tuple(whole), tuple(headlines)

    def _told(self, listings: Sequence[Listing]) -> Iterator[Story]:
        """`listings` as stories. A page seldom has room for all: they are fetched a few at a time."""
        for start in range(0, len(listings), _FETCHED):
            some = listings[start : start + _FETCHED]
            told = {listing.number: self._held.get(listing.number) for listing in some}
            if lacking := [listing for listing in some if told[listing.number] is None]:
                articles = self._index.articles(lacking)
                new = {listing.number: self._story(article) for listing, article in zip(lacking, articles, strict=True)}
                if len(self._held) + len(new) > _MOST_HELD:
                    self._held = {}
                self._held |= new
                told |= new
            yield from filter(None, (told[listing.number] for listing in some))

    def _story(self, article: Article) -> Story:
        related = {link.url: link for link in article.related if link.url != article.url}
        return replace(
            self._headline(article),
            excerpt=shortened(article.excerpt, _EXCERPT),
            image=article.images[0] if article.images else None,
            related=tuple(related.values())[:_RELATED],
        )

    def _headline(self, article: Listing) -> Story:
        """A story without what only the whole article tells."""
        domain = provider_domain(article)
        path = publisher_path(article, self.collection)
        group = self.collection.groups.get(path) if path else None
        given = article.provider.name if article.provider else ""
        language = article.language if article.language != self.config.site.language else None
        direction = ("rtl" if languages.is_right_to_left(language) else "ltr") if language else ""
        preview = self.preview
        return Story(
            title=article.title,
            url=address(article, self.config),
            path=f"{FOLDER}/{page_slug(article)}/" if has_page(article, self.config) else None,
            excerpt="",
            published=article.published.date(),
            provider=given or (group.name if group else domain or ""),
            provider_path=path if group else None,
            image=None,
            related=(),
            language=language or "",
            direction=direction,
            state=preview.states.get(article.id, "") if preview else "",
            source=article.path if preview else "",
        )

    def _topics_near(self, group: Group, above: Iterable[Group]) -> tuple[Link, ...]:
        """The topics that its articles are about too, but for those above and below it."""
        passed_over = {group.path, *(each.path for each in above)}
        below = [group.path]
        while below:
            children = [child.path for child in self._children.get(below.pop(), ())]
            passed_over.update(children)
            below += children
        together: dict[str, int] = {}
        for topics, count in self._counts(group)[0].items():
            for key in topics:
                together[key] = together.get(key, 0) + count
        found = ((self._topic(key), count) for key, count in together.items())
        return _nearest((each, count) for each, count in found if each is not None and each.path not in passed_over)

    def _providers_near(self, group: Group) -> tuple[Link, ...]:
        """The providers that most of its articles are by."""
        together = self._counts(group)[1]
        found = ((self._providers.get(domain), count) for domain, count in together.items())
        return _nearest((each, count) for each, count in found if each is not None)

    def _counts(self, group: Group) -> _Counts:
        """How many articles of `group` have the same topics, and the same provider's domain."""
        # Whether a page is to be made anew is asked of the same, shortly before it is made.
        if not isinstance(group.articles, Members):
            topics = Counter(tuple(map(name_key, article.topics)) for article in group.articles)
            return topics, Counter(filter(None, map(provider_domain, group.articles)))
        counts = self._counted.get(group.path)
        if counts is None:
            counts = group.articles.topics(), group.articles.domains()
            if len(self._counted) > _MOST_COUNTED:
                self._counted = {}
            self._counted[group.path] = counts
        return counts


def _begins(html: str, excerpt: str) -> bool:
    """Whether an article's text begins with its excerpt, which many generators cut from it."""
    beginning = " ".join(plain(html[: 10 * _EXCERPT]).split())
    return beginning.startswith(" ".join(excerpt.split())[:_SAME])


def _nearest(found: Iterable[tuple[Group, int]]) -> tuple[Link, ...]:
    found = list(found)
    # Numbers are compared sooner than paths, and most groups are no candidates.
    least = min(nlargest(_NEAR, (count for _, count in found)), default=0)
    candidates = [pair for pair in found if pair[1] >= least]
    ordered = sorted(candidates, key=lambda pair: (-pair[1], pair[0].path))[:_NEAR]
    return tuple(Link(group.name, group.path, count) for group, count in ordered)


def _list_path(kind: Kind, number: int) -> str:
    return f"{kind}/index/{number + 1}.html" if number else f"{kind}/index.html"


def _link(group: Group, *, depth: int = 0) -> Link:
    return Link(group.name, group.path, len(group.articles), depth)


def _largest_first(group: Group) -> tuple[int, str]:
    return (-len(group.articles), group.path)


def _by_name(group: Group) -> tuple[str, str]:
    """As a dictionary orders names: accents count for nothing."""
    letters = (letter for letter in unicodedata.normalize("NFKD", group.name) if not unicodedata.combining(letter))
    return ("".join(letters).casefold(), group.path)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _weight(story: Story) -> int:
    related = "".join(f"{link.title}{link.url}{link.provider}" for link in story.related)
    picture = f"{story.image.url}{story.image.title}" if story.image else ""
    return _STORY_MARKUP + len(f"{story.title}{story.url}{story.excerpt}{story.provider}{related}{picture}".encode())
