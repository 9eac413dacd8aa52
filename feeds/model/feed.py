"""What is published: groups of articles, feeds and their entries, and documents, all frozen.

All moments are aware, in UTC and whole seconds. All text is plain text unless a field says HTML.
All URLs are absolute, normalised and http or https.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from feeds.model.article import Action, Image, Listing, Person, Related


class Kind(StrEnum):
    """What its articles have in common, and the folder that a group's documents are in."""

    ALL = "all"
    TOPIC = "topics"
    PROVIDER = "providers"
    CATEGORY = "categories"
    FEED = "feeds"


class Format(StrEnum):
    """A feed format, named as the suffix of its files."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"


class Group(Struct, frozen=True):
    """Articles that are published together, newest first; a feed shows the first `limit` of them.

    `path` is the address of its documents, without a suffix.
    """

    kind: Kind
    slug: str
    name: str
    articles: Sequence[Listing]
    limit: int
    description: str = ""
    image: Image | None = None

    @property
    def path(self) -> str:
        """Where the group is on the site, such as `topics/ai`."""
        # Asked for again and again: to format an enumeration's member would take four times as long.
        return "all" if self.kind is Kind.ALL else self.kind + "/" + self.slug


class Category(Struct, frozen=True):
    """What an entry is about. `term` is for machines, `label` for people; `scheme` is the URL that `term` is unique under."""

    term: str
    label: str
    scheme: str | None = None


class Origin(Struct, frozen=True):
    """The feed that an entry came from: its provider's own."""

    title: str
    feed_url: str


class Entry(Struct, frozen=True):
    """An article as feeds publish it, the same in every feed and format.

    `content` is HTML, sanitised, never blank. `summary` is plain text. `player` is the address of a page that plays the video.
    `origin` is None unless config names the provider's feed.
    """

    id: str
    url: str | None
    title: str
    summary: str
    content: str
    published: datetime
    updated: datetime
    authors: tuple[Person, ...] = ()
    categories: tuple[Category, ...] = ()
    images: tuple[Image, ...] = ()
    enclosures: tuple[Action, ...] = ()
    related: tuple[Related, ...] = ()
    language: str | None = None
    player: str | None = None
    amp_url: str | None = None
    quality: float | None = None
    heat: float | None = None
    origin: Origin | None = None


class Feed(Struct, frozen=True):
    """A group as a feed: what it says of itself. Its entries are rendered apart from it.

    `address` is the feed's URL without a suffix. `updated` is None where there is no entry. `home_url` is the page for people.
    `image` stands for the feed, `icon` is a small square that does. `minutes_between_visits` is how long a reader may wait.
    `stylesheet` is the address of what makes it readable in a browser: relative, so that it is found in exported files too.

    The whole of a group is in the archive pages behind its feed (RFC 5005 section 4). `older` and `newer` are the addresses
    of the pages beside this one, without a suffix; `current` is that of the live feed, on an archive page alone.
    """

    id: str
    address: str
    title: str
    description: str
    home_url: str
    updated: datetime | None
    author: Person
    language: str | None = None
    copyright: str = ""
    image: Image | None = None
    icon: Image | None = None
    hubs: tuple[str, ...] = ()
    minutes_between_visits: int | None = None
    older: str | None = None
    newer: str | None = None
    current: str | None = None
    stylesheet: str = ""


class Document(Struct, frozen=True):
    """What is published at one path: bytes, their media type with its charset, and their SHA-256 in hexadecimal."""

    path: str
    body: bytes
    media_type: str
    sha256: str

    @property
    def etag(self) -> str:
        """A strong entity tag (RFC 9110 8.8.3), which the bytes alone decide."""
        return f'"{self.sha256[:32]}"'
