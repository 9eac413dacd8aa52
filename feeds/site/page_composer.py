"""Composes pages: decides everything that a page shows. Templates only lay it out.

Pure, like the composer: a page depends on the collection, the config and the version, never on the clock. Links within
the site are paths from its root, so that pages work at any address; only what others copy or fetch is absolute.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import cached_property
from itertools import count, groupby
from urllib.parse import quote

from msgspec.structs import replace

from feeds.config.types import Config
from feeds.index.grouping import Collection
from feeds.index.members import Members
from feeds.index.store import Index
from feeds.model import Feed, Format, Group, Kind, Listing
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
    OpenedFeed,
    Player,
    Preview,
    SearchPage,
)
from feeds.site import archives, content, pictures, queries, reading
from feeds.site.composer import authors, compose_feed, describe_feed
from feeds.site.group_lists import GroupLists
from feeds.site.group_tree import GroupTree, link
from feeds.site.queries import Query, label
from feeds.site.related_groups import RelatedGroups
from feeds.site.stories import EXCERPT, Stories
from feeds.text import words
from feeds.text.similar import similar
from feeds.text.text import name_key, plain, shortened

WEEKS = 52
# How many of each kind the front page shows: it stays under 60 kB.
FRONT_TOPICS, FRONT_FEEDS, FRONT_PROVIDERS, FRONT_NAMES, FRONT_STORIES = 18, 6, 12, 30, 5
_SAME, _HEADLINE, _CHILDREN = 60, 110, 12
# Articles of a group in which its card on the front page finds one that is not shown yet.
_LOOKED_AT = 12
_ARCHIVES = 60
# Articles and groups that a search shows, and how like a name must be to the text; names that the composer offers, and articles
# that it shows.
_FOUND, _FOUND_GROUPS, _NEAR_ENOUGH, _OFFERED, _COMPOSED = 30, 8, 75, 200, 8
# Articles that a browser shows of a feed.
_OPENED = 30
_ERRORS = {404: "There is no page here", 410: "This is no longer here", 503: "Not available at the moment"}
# Topics on an error page where nothing is like the address.
_ERROR_TOPICS = 8
_CHOICES = (
    ("topic", "About any of"),
    ("all_topic", "About all of"),
    ("not_topic", "Not about"),
    ("provider", "By any of"),
    ("not_provider", "Not by"),
    ("category", "In any category of"),
    ("type", "Of a type"),
)
_WEEK = timedelta(weeks=1)


class Pages:
    """Composes the pages of one collection. Values shared by pages are computed once, when they are first needed."""

    def __init__(self, collection: Collection, config: Config, index: Index, preview: Preview | None = None) -> None:
        self.collection = collection
        self.config = config
        self._index = index
        self.preview = preview
        self.tree = GroupTree(collection, config)
        self.lists = GroupLists(self.tree)
        self._related = RelatedGroups(self.tree)
        self._stories = Stories(collection, config, index, preview)

    def front(self) -> FrontPage:
        """The front page."""
        everything = self.collection.groups["all"]
        by_size = {kind: self.tree.by_size(kind) for kind in (Kind.FEED, Kind.PROVIDER)}
        latest = everything.articles[:FRONT_STORIES]
        shown = {listing.number for listing in latest}
        return FrontPage(
            feed=compose_feed(everything, self.config),
            card=self._card(everything),
            addresses=self._addresses(everything),
            stories=tuple(self._stories.of(latest)),
            topics=self._topic_cards(FRONT_TOPICS, shown),
            feeds=tuple(self._card(group, shown) for group in by_size[Kind.FEED][:FRONT_FEEDS]),
            providers=tuple(self._card(group, shown) for group in by_size[Kind.PROVIDER][:FRONT_PROVIDERS]),
            names=tuple((kind.value, self._named(kind)) for kind in (Kind.CATEGORY, Kind.TAG, Kind.LANGUAGE)),
            counts={kind.value: len(self.tree.of_kind.get(kind, ())) for kind in Kind},
            plotted=self._plotted,
            problems=self.preview.everything if self.preview else (),
        )

    def _archives(self, group: Group) -> tuple[Link, ...]:
        """The newest of the group's archive pages: each leads on to the older ones."""
        newest = archives.pages(group, self.config)[:_ARCHIVES]
        return tuple(Link(page.period, archives.path(group, page.period), len(page.articles)) for page in newest)

    def group(self, group: Group) -> GroupPage:
        """The page of `group`."""
        # Before the card, which shows the newest of them too.
        stories, older = self._stories.that_fit(group)
        above = self.tree.above(group)
        return GroupPage(
            group=group,
            feed=compose_feed(group, self.config),
            card=self._card(group),
            addresses=self._addresses(group),
            parents=tuple(link(each) for each in above),
            children=tuple(self._card(child) for child in self.tree.children(group)[:_CHILDREN]),
            stories=stories,
            older=older,
            next=archives.period_at(group, len(stories) + len(older), self.config),
            archives=self._archives(group),
            topics=self._related.topics(group),
            providers=self._related.providers(group) if group.kind is not Kind.PROVIDER else (),
            plotted=self._plotted,
            problems=self.preview.problems.get(group.path, ()) if self.preview else (),
        )

    def search(self, text: str) -> SearchPage:
        """The results of a search for `text`. Raises ValueError where `text` has no words."""
        if not text:
            return SearchPage("")
        found = self.collection.find(words.parse(text), _FOUND + 1, True)
        names = {
            group.path: f"{group.name} {group.slug}" for group in self.collection.listed.values() if group.kind is not Kind.ALL
        }
        near = similar(name_key(text), names, _FOUND_GROUPS, _NEAR_ENOUGH, key=lambda path: name_key(names[path]))
        path = f"{Kind.FEED}/text={quote(text, safe='')}"
        return SearchPage(
            text=text,
            stories=tuple(self._stories.of(found[:_FOUND])),
            is_more=len(found) > _FOUND,
            groups=tuple(link(self.collection.groups[group]) for group in near),
            addresses=self._addresses_at(path),
            path=path,
        )

    def error(self, status: int, message: str, near: Sequence[str], names: Sequence[str]) -> ErrorPage:
        """An error page. `near` are the paths of groups and articles that may have been meant."""
        title = error_title(status if not names else 400)
        links = [found for path in near if (found := self._link_to(path)) is not None]
        if links or names or status not in (404, 410):
            return ErrorPage(status, title, message, tuple(links), tuple(names))
        largest = self.tree.by_size(Kind.TOPIC)[:_ERROR_TOPICS]
        return ErrorPage(status, title, message, tuple(map(link, largest)), is_near=False)

    def _link_to(self, path: str) -> Link | None:
        """A link to the page of a group, or of an article (whose path ends in `/index.html`)."""
        if (group := self.collection.groups.get(path)) is not None:
            return link(group)
        article = self.collection.pages.get(path)
        return Link(article.title, path.removesuffix("/index.html"), 0) if article is not None else None

    def compose(self, query: Query | None) -> ComposePage:
        """The composer page, with `query` filled in."""
        offered = {
            "topic": tuple((group.slug, group.name) for group in self.tree.by_size(Kind.TOPIC)[:_OFFERED]),
            "provider": tuple((group.slug, group.name) for group in self.tree.by_size(Kind.PROVIDER)[:_OFFERED]),
            "category": tuple((group.slug, group.name) for group in self.tree.by_size(Kind.CATEGORY)[:_OFFERED]),
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
            stories=tuple(self._stories.of(group.articles[:_COMPOSED])),
            count=len(group.articles),
            lines=queries.config_lines(query, self.collection),
        )

    def archive(self, group: Group, page: archives.Page) -> ArchivePage:
        """The page of one period of a group's archive."""
        stories = map(self._stories.headline, page.articles)
        return ArchivePage(
            group=group,
            feed=describe_feed(group, self.config),
            addresses=self._addresses(group),
            parents=tuple(link(each) for each in self.tree.above(group)),
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
        older, newer = (self._stories.first([each] if each is not None else []) for each in self.beside(listing))
        day = article.updated.date()
        text = content.body(article, self.config)
        return ArticlePage(
            story=self._stories.story(article),
            lead=reading.lead(article, text, self.config),
            body=reading.body(article, text, self.config),
            deck=article.excerpt if text and not _begins(text, article.excerpt) else "",
            authors=authors(article, self.config) if article.provider is None or article.provider.authors else (),
            updated=day if day > article.published.date() else None,
            source=article.url,
            players=tuple(Player(file, content.file_title(file), content.file_facts(file)) for file in article.actions),
            related=content.coverage(article),
            topics=self.topics_of(article),
            tags=article.tags,
            group=group,
            feed=describe_feed(group, self.config),
            addresses=self._addresses(group),
            older=older,
            newer=newer,
            published_at=article.published.isoformat(),
            updated_at=article.updated.isoformat(),
            corrections=article.corrections,
        )

    def opened(self, feed: Feed, shown: Sequence[Listing], path: str, page: str) -> OpenedFeed:
        """The page for the feed at `path` in a browser, with the articles `shown`; `page` is the path of the group's page."""
        base, _, suffix = path.rpartition(".")
        addresses = self._addresses_at(base)
        articles = [listing for listing in shown if listing.withdrawn is None]
        # Titles, dates and excerpts alone: the page of the feed has the pictures.
        stories = tuple(replace(story, image=None, related=()) for story in self._stories.of(articles[:_OPENED]))
        address = next(address for address in addresses if address.format == suffix)
        return OpenedFeed(feed, address, addresses, page, stories, len(articles) - len(stories))

    def followed(self, listing: Listing) -> Group:
        """The group whose articles the article's page links to: the first of its topics with a page, else all articles."""
        groups = (self.tree.topics.get(name_key(topic)) for topic in listing.topics)
        return next((group for group in groups if group is not None), self.collection.groups["all"])

    def beside(self, listing: Listing) -> tuple[Listing | None, Listing | None]:
        """The next older and newer articles that the page of an article links to."""
        articles = self.followed(listing).articles
        assert isinstance(articles, Members), "of a group of a collection"
        return articles.beside(listing)

    def topics_of(self, article: Listing) -> tuple[Link, ...]:
        """The pages of the article's topics and its category."""
        groups = {topic: self.tree.topics.get(name_key(topic)) for topic in article.topics}
        if article.category and (name := self.collection.categories.get(name_key(article.category))):
            groups[f"{Kind.CATEGORY}/{name.slug}"] = self.collection.groups.get(f"{Kind.CATEGORY}/{name.slug}")
        return tuple(link(group) for group in {group.path: group for group in groups.values() if group is not None}.values())

    @cached_property
    def last_week(self) -> date | None:
        """The Monday of the week of the site's newest article: plots end there, not at today."""
        everything = self.collection.groups["all"].articles
        return _monday(everything[0].published.date()) if everything else None

    @property
    def _plotted(self) -> tuple[str, str] | None:
        """The first month of the weeks that plots show, and that of the newest article."""
        if self.last_week is None:
            return None
        newest = self.collection.groups["all"].articles[0].published
        first = date.fromordinal(max(self.last_week.toordinal() - 7 * (WEEKS - 1), 1))
        return f"{first:%Y-%m}".zfill(7), f"{newest:%Y-%m}".zfill(7)

    def _topic_cards(self, room: int, shown: set[int]) -> tuple[Card, ...]:
        """The topics as a tree of at most `room` cards: the larger ones first, each with those below it."""
        return self._grown(self.tree.roots(), count(room, -1), shown)

    def _grown(self, groups: Iterable[Group], left: Iterator[int], shown: set[int]) -> tuple[Card, ...]:
        """The cards of `groups` with those below them, as long as there is room `left`."""
        cards = []
        for group in groups:
            if next(left) <= 0:
                break
            card = self._card(group, shown)
            cards.append(replace(card, children=self._grown(self.tree.children(group), left, shown)))
        return tuple(cards)

    def _named(self, kind: Kind) -> tuple[Link, ...]:
        return tuple(link(group) for group in self.tree.by_size(kind)[:FRONT_NAMES])

    def _card(self, group: Group, shown: set[int] | None = None) -> Card:
        """The card of `group`, with its newest article, or the newest whose number is not in `shown`, to which it is added."""
        newest = group.articles[:1]
        if shown is not None:
            newest = [listing for listing in group.articles[:_LOOKED_AT] if listing.number not in shown][:1]
            shown.update(listing.number for listing in newest)
        story = self._stories.first(newest)
        if story is not None:
            story = replace(story, title=shortened(story.title, _HEADLINE))
        image = pictures.shown(group.image, self.config)
        return Card(group.kind, group.name, group.path, len(group.articles), image, story, self._weeks(group.articles))

    def _weeks(self, articles: Sequence[Listing]) -> tuple[int, ...]:
        counts = [0] * WEEKS
        if self.last_week is not None:
            by_day = groupby(articles, lambda article: article.published.date())
            days = articles.days() if isinstance(articles, Members) else [(day, len(tuple(some))) for day, some in by_day]
            for day, articles_of_day in days:
                # Counted back from the last week: before the first there may be no calendar (the year 1).
                weeks_ago = (self.last_week - _monday(day)) // _WEEK
                if weeks_ago >= WEEKS:
                    break
                counts[WEEKS - 1 - weeks_ago] += articles_of_day
        return tuple(counts)

    def _addresses(self, group: Group) -> tuple[Address, ...]:
        return self._addresses_at(group.path)

    def _addresses_at(self, path: str) -> tuple[Address, ...]:
        # Atom first: it says most, and every reader knows it.
        order = sorted(self.config.formats, key=(Format.ATOM, Format.RSS, Format.JSON).index)
        return tuple(Address(each, f"{self.config.site.url}/{path}.{each}", f"{path}.{each}") for each in order)


def error_title(status: int) -> str:
    """The title of the page for an HTTP status of 400 or more."""
    return _ERRORS.get(status, "This can’t be answered")


def _begins(html: str, excerpt: str) -> bool:
    """Whether an article's text begins with its excerpt, which many generators cut from it."""
    beginning = " ".join(plain(html[: 10 * EXCERPT]).split())
    return beginning.startswith(" ".join(excerpt.split())[:_SAME])


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
