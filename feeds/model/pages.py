"""The nouns of pages for people: what templates are given. docs/templates.md names every one."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct, field

from feeds.errors import Problem
from feeds.model import Feed, Format, Group, Image, Kind, Related


class Preview(Struct, frozen=True):
    """What an editor sees and nobody else: never given for an export.

    `states` are `draft` or `scheduled`, by article id; `problems` are by the path of the group whose page they show on;
    `everything` holds all of them. `build` is a name for all that pages are made of, the same for the same.
    """

    build: str
    states: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    everything: tuple[Problem, ...] = ()


class Link(Struct, frozen=True):
    """A group's page in a line: `path` is from the site's root, `count` its articles (or those it shares with this group)."""

    name: str
    path: str
    count: int
    depth: int = 0


class Story(Struct, frozen=True):
    """An article as pages show it. `provider_path` leads to its provider's page, where there is one.

    `language` and `direction` are empty where they are the page's. `state` and `source` are empty but in a preview.
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
    state: str = ""
    source: str = ""


class Card(Struct, frozen=True):
    """A group as other pages show it: `weeks` counts its articles in each of the site's last 52 weeks."""

    kind: Kind
    name: str
    path: str
    count: int
    image: Image | None
    newest: Story | None
    weeks: tuple[int, ...]
    children: tuple["Card", ...] = ()


class Address(Struct, frozen=True):
    """Where a feed is in one format: `url` is absolute, `path` from the site's root."""

    format: Format
    url: str
    path: str


class GroupPage(Struct, frozen=True):
    """The page of one group. `stories` are shown whole, `older` as headlines, newest first.

    `archives` lead to what is older still. `topics` and `providers` are those that its articles share.
    """

    group: Group
    feed: Feed
    card: Card
    addresses: tuple[Address, ...]
    parents: tuple[Link, ...]
    children: tuple[Card, ...]
    stories: tuple[Story, ...]
    older: tuple[Story, ...]
    archives: tuple[Link, ...]
    topics: tuple[Link, ...]
    providers: tuple[Link, ...]
    problems: tuple[Problem, ...]


class FrontPage(Struct, frozen=True):
    """The front page: the newest stories, and of each kind of group as many as there is room for, with how many there are."""

    feed: Feed
    card: Card
    addresses: tuple[Address, ...]
    stories: tuple[Story, ...]
    topics: tuple[Card, ...]
    feeds: tuple[Card, ...]
    providers: tuple[Card, ...]
    categories: tuple[Link, ...]
    counts: Mapping[str, int]
    problems: tuple[Problem, ...]


class Part(Struct, frozen=True):
    """One page of a list, with the names that it begins and ends with, as a dictionary has guide words."""

    path: str
    first: str
    last: str


class ListPage(Struct, frozen=True):
    """Every group of one kind by name, a page of them: `parts` are all pages of the list, `part` this one."""

    kind: Kind
    rows: tuple[Link, ...]
    parts: tuple[Part, ...]
    part: Part
    total: int
