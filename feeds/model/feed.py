"""Published values: groups of articles, feeds and their entries, and documents, all frozen.

All moments are aware, in UTC and whole seconds. All text is plain text unless a field says HTML.
All URLs are absolute, normalised and http or https.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from feeds.model.article import Action, Episode, Image, Listing, Person, Related


class Kind(StrEnum):
    """The kind of a group: what its articles have in common. The value is the folder of its documents."""

    ALL = "all"
    TOPIC = "topics"
    PROVIDER = "providers"
    CATEGORY = "categories"
    TAG = "tags"
    LANGUAGE = "languages"
    FEED = "feeds"


class Format(StrEnum):
    """A feed format. The value is the suffix of its files."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"


class Podcast(Struct, frozen=True):
    """The facts of a feed that is a podcast (PSP-1), beside those of every feed.

    `categories` are Apple's, each with a subcategory or an empty text. `type` is `episodic` or `serial`. `owner` and `email`
    are the podcast's contact for directories. `locked` forbids hosts to import it. `guid` is a UUID. `funding` are URLs
    with their texts. `complete` says that no episode will follow, `block` that directories should leave the podcast out;
    `new_feed_url` is where it has moved to.
    """

    categories: tuple[tuple[str, str], ...] = ()
    explicit: bool = False
    image: Image | None = None
    author: str = ""
    owner: str = ""
    email: str = ""
    type: str = "episodic"
    locked: bool = True
    guid: str = ""
    funding: tuple[tuple[str, str], ...] = ()
    complete: bool = False
    block: bool = False
    new_feed_url: str | None = None


class Group(Struct, frozen=True):
    """Articles that are published together, newest first.

    A feed shows the first `limit` of them, and up to `limit` `notices` of recently withdrawn ones. `podcast` is None unless the
    feed is one; `excerpts` says that its entries have only excerpts.
    """

    kind: Kind
    slug: str
    name: str
    articles: Sequence[Listing]
    limit: int
    description: str = ""
    image: Image | None = None
    notices: Sequence[Listing] = ()
    podcast: Podcast | None = None
    excerpts: bool = False
    language: str | None = None
    translations: tuple[tuple[str, str, str], ...] = ()

    @property
    def shown(self) -> Sequence[Listing]:
        """The articles that the feed shows."""
        articles = self.articles[: self.limit]
        return (*articles, *self.notices[: self.limit]) if self.notices else articles

    @property
    def path(self) -> str:
        """The path of the group's documents without a suffix, such as `topics/ai`."""
        # Called very often; formatting an enum member takes four times as long.
        return "all" if self.kind is Kind.ALL else self.kind + "/" + self.slug


class Category(Struct, frozen=True):
    """A category of an entry (RFC 4287 4.2.2). `term` is unique under the URL `scheme`; `label` is for people."""

    term: str
    label: str
    scheme: str | None = None


class Origin(Struct, frozen=True):
    """The feed of its provider that an entry came from (RSS 2.0, `source`)."""

    title: str
    feed_url: str


class Entry(Struct, frozen=True):
    """An article as feeds publish it, the same in every feed and format.

    `id` is an absolute URI. `content` is sanitised HTML and never blank; `summary` is plain text. `player` is the URL of a page
    that plays the video. `origin` is None unless config names the provider's feed. `withdrawn` is when the
    article was withdrawn, of which the entry is a mere notice then. `episode` is for podcasts.
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
    withdrawn: datetime | None = None
    episode: Episode | None = None


class Feed(Struct, frozen=True):
    """The metadata of a feed. Its entries are rendered separately.

    `address` is the feed's URL without a suffix. `updated` is None where there is no entry. `home_url` is the page for people.
    `image` is a logo, `icon` a small square one. `minutes_between_visits` is how long a reader may wait between requests.
    `cloud` is the URL of an rssCloud server. `podcast` is None unless the feed is one; `excerpts` says that entries hold excerpts
    only. `translations` are the languages of other feeds that say the same, and their URLs without a suffix.
    `stylesheet` is the URL of a stylesheet for browsers, relative so that exported files find it too.

    Older entries are in archive documents (RFC 5005 4). `older` and `newer` are the URLs of the neighbouring archive documents
    without a suffix; `current` is that of the live feed and is set in archive documents only.
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
    cloud: str | None = None
    minutes_between_visits: int | None = None
    older: str | None = None
    newer: str | None = None
    current: str | None = None
    stylesheet: str = ""
    podcast: Podcast | None = None
    excerpts: bool = False
    translations: tuple[tuple[str, str], ...] = ()


class Document(Struct, frozen=True):
    """A document that is published at a path: bytes, their media type with charset, and their SHA-256 in hexadecimal."""

    path: str
    body: bytes
    media_type: str
    sha256: str

    @property
    def etag(self) -> str:
        """A strong entity tag made from the bytes (RFC 9110 8.8.3)."""
        return f'"{self.sha256[:32]}"'
