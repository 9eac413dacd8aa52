"""The data that page templates get. docs/templates.md describes every field."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct, field

from feeds.errors import Problem
from feeds.model import Action, Correction, Feed, Format, Group, Image, Kind, Person, Related


class Preview(Struct, frozen=True):
    """The facts that only an editor's preview shows; an export never has one.

    `states` are `draft` or `scheduled`, by article id. `problems` are by the path of the group whose page shows them;
    `everything` holds all of them. `build` identifies everything that the pages are made of.
    """

    build: str
    states: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    everything: tuple[Problem, ...] = ()


class Link(Struct, frozen=True):
    """A link to a group's page. `path` is from the site's root; `count` is its number of articles, or of shared ones."""

    name: str
    path: str
    count: int
    depth: int = 0


class Story(Struct, frozen=True):
    """An article as pages show it. `provider_path` is the path of its provider's page, if it has one.

    `url` is where people read it. `path` is that of its page on the site, if it has one. `language` and `direction` are empty
    where they equal the page's. `state` and `source` are set in a preview only.
    """

    title: str
    url: str | None
    excerpt: str
    published: date
    provider: str
    provider_path: str | None
    image: Image | None
    related: tuple[Related, ...]
    language: str
    direction: str
    path: str | None = None
    state: str = ""
    source: str = ""


class Card(Struct, frozen=True):
    """A group as other pages show it. `weeks` counts its articles in each of the site's last 52 weeks.

    `newest` is its newest article; on the front page the newest that the page does not show yet, if there is one.
    """

    kind: Kind
    name: str
    path: str
    count: int
    image: Image | None
    newest: Story | None
    weeks: tuple[int, ...]
    children: tuple["Card", ...] = ()


class Address(Struct, frozen=True):
    """The address of a feed in one format. `url` is absolute; `path` is from the site's root."""

    format: Format
    url: str
    path: str


class Player(Struct, frozen=True):
    """A file that belongs to an article, with what it is called and its facts in words, such as `24:10, 12.3 MB`."""

    file: Action
    title: str
    facts: str


class ArticlePage(Struct, frozen=True):
    """The page of an article. `deck` is the excerpt where it is no part of `body`. `lead` and `body` are sanitised HTML.

    `updated` is a day after the one of publication, or None. `source` is the article's address elsewhere, if it has one. `topics`
    are the pages of its topics and its category; `tags` are words without a page. `corrections` say what was wrong. `group` is
    the first of its topics, else everything: `feed` and `addresses` are those of its feed, and `older` and `newer` the articles
    beside this one in it.
    """

    story: Story
    lead: str
    body: str
    deck: str
    authors: tuple[Person, ...]
    updated: date | None
    source: str | None
    players: tuple[Player, ...]
    related: tuple[Related, ...]
    topics: tuple[Link, ...]
    tags: tuple[str, ...]
    group: Group
    feed: Feed
    addresses: tuple[Address, ...]
    older: Story | None
    newer: Story | None
    published_at: str
    updated_at: str
    corrections: tuple[Correction, ...]


class GroupPage(Struct, frozen=True):
    """The page of one group. `stories` are shown in full and `older` as headlines, newest first.

    `next` is the period of the archive page that holds the articles after these, if there is one; `archives` link to the pages of
    the newest periods. `topics` and `providers` are those that its articles share. `plotted` are the first and the last month of
    the weeks of cards, None for an empty site.
    """

    group: Group
    feed: Feed
    card: Card
    addresses: tuple[Address, ...]
    parents: tuple[Link, ...]
    children: tuple[Card, ...]
    stories: tuple[Story, ...]
    older: tuple[Story, ...]
    next: str | None
    archives: tuple[Link, ...]
    topics: tuple[Link, ...]
    providers: tuple[Link, ...]
    plotted: tuple[str, str] | None
    problems: tuple[Problem, ...]


class Day(Struct, frozen=True):
    """A day on which articles of a group were published, with these as headlines, newest first."""

    date: date
    stories: tuple[Story, ...]


class ArchivePage(Struct, frozen=True):
    """The articles of a group in one period, such as `2026-11`, by day. `feed` and `addresses` are those of the live feed.

    `older` and `newer` are the periods of the pages beside it, None at the ends.
    """

    group: Group
    feed: Feed
    addresses: tuple[Address, ...]
    parents: tuple[Link, ...]
    period: str
    count: int
    days: tuple[Day, ...]
    older: str | None
    newer: str | None


class SearchPage(Struct, frozen=True):
    """The results of a search for `text`: the `stories` that match best, and `groups` with a name like it. Empty before a search.

    `is_more` says whether more articles match. `addresses` are those of the feed of all articles that match.
    """

    text: str
    stories: tuple[Story, ...] = ()
    is_more: bool = False
    groups: tuple[Link, ...] = ()
    addresses: tuple[Address, ...] = ()
    path: str = ""


class OpenedFeed(Struct, frozen=True):
    """The page for a feed that is opened in a browser, at the feed's own address.

    `address` is the feed's, in the format that was opened, and `addresses` has it in all. `path` is that of the page for people
    with the same articles, from the site's root. `stories` are the first of its articles, `left` is how many more it has.
    """

    feed: Feed
    address: Address
    addresses: tuple[Address, ...]
    path: str
    stories: tuple[Story, ...]
    left: int


class ErrorPage(Struct, frozen=True):
    """An error page: the HTTP status, its title, and a message.

    `pages` are those nearest to what was asked for, or, where nothing `is_near`, those of the largest topics. `names` are words
    that may have been meant.
    """

    status: int
    title: str
    message: str
    pages: tuple[Link, ...] = ()
    names: tuple[str, ...] = ()
    is_near: bool = True


class Choice(Struct, frozen=True):
    """A line of the composer: the parameter of a query, its label, and the chosen values with their names.

    `kind` names the list of what may be chosen, or is empty for a line of its own kind.
    """

    name: str
    label: str
    kind: str
    chosen: tuple[tuple[str, str], ...] = ()


class ComposePage(Struct, frozen=True):
    """The composer. `offered` are the names to choose from, by kind. The rest is the result of the query, if there is one.

    `lines` are those of config.yaml for the same feed; None where config has no words for it.
    """

    choices: tuple[Choice, ...]
    offered: Mapping[str, tuple[tuple[str, str], ...]]
    text: str = ""
    numbers: Mapping[str, str] = {}
    feed: Feed | None = None
    path: str = ""
    addresses: tuple[Address, ...] = ()
    stories: tuple[Story, ...] = ()
    count: int = 0
    lines: str | None = None


class FrontPage(Struct, frozen=True):
    """The front page: the newest stories, and the largest groups of each kind. `counts` has the number of groups by kind.

    `plotted` is as in `GroupPage`. No article is on it twice.
    """

    feed: Feed
    card: Card
    addresses: tuple[Address, ...]
    stories: tuple[Story, ...]
    topics: tuple[Card, ...]
    feeds: tuple[Card, ...]
    providers: tuple[Card, ...]
    names: tuple[tuple[str, tuple[Link, ...]], ...]
    counts: Mapping[str, int]
    plotted: tuple[str, str] | None
    problems: tuple[Problem, ...]


class Part(Struct, frozen=True):
    """One page of a list, with its first and last name, like the guide words of a dictionary."""

    path: str
    first: str
    last: str


class ListPage(Struct, frozen=True):
    """One page of the list of all groups of a kind, by name. `parts` are all pages of the list; `part` is this one."""

    kind: Kind
    rows: tuple[Link, ...]
    parts: tuple[Part, ...]
    part: Part
    total: int
