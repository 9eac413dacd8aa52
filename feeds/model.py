"""The nouns of Feeds, all frozen: what a document said (`Article` and its parts), how articles are
grouped (`Group`), what is published (`Feed`, `Entry` and their parts), and the bytes (`Document`).

All moments are aware, in UTC and whole seconds. All text is plain text unless a field says HTML.
All URLs are absolute, normalised and http or https.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

# ---------------------------------------------------------------- what a document said


class File(Struct, frozen=True):
    """A file of a source folder that articles refer to, published with the feeds.

    `path` is its path on the site, `url` its address. `place` is its path in the source folder, `source` that folder's number
    among config's. `size` is in bytes; `width` and `height` are pixels, for pictures.
    """

    path: str
    url: str
    source: int
    place: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None


# Finds the file that a document means by a relative URL, or None where there is none that may be published.
Locate = Callable[[str], File | None]


class Image(Struct, frozen=True):
    """A picture. `width` and `height` are pixels; `size` is in bytes; `credit` names who made it."""

    url: str
    width: int | None = None
    height: int | None = None
    title: str = ""
    credit: str = ""
    media_type: str | None = None
    size: int | None = None


class Person(Struct, frozen=True):
    """An author: a person, or the provider where a document names none."""

    name: str
    url: str | None = None
    avatar: str | None = None


class Provider(Struct, frozen=True):
    """Who published the article first. `domain` is lowercase, IDNA, with no `www.`."""

    name: str
    domain: str | None = None
    images: tuple[Image, ...] = ()
    authors: tuple[Person, ...] = ()


class Action(Struct, frozen=True):
    """A file that goes with the article: audio, video or a download. `seconds` is its duration, `size` its bytes."""

    url: str
    title: str = ""
    media_type: str | None = None
    seconds: int | None = None
    size: int | None = None

    @property
    def medium(self) -> str:
        """`audio`, `video`, `image`, or `document` for everything else (Media RSS `medium`)."""
        kind = (self.media_type or "").partition("/")[0]
        return kind if kind in ("audio", "video", "image") else "document"


class Related(Struct, frozen=True):
    """Other coverage of the same story: a link of the article, not an article."""

    title: str
    url: str
    excerpt: str = ""
    provider: str = ""
    published: datetime | None = None


class Markup(StrEnum):
    """What an article's body is written in."""

    MARKDOWN = "markdown"
    HTML = "html"
    TEXT = "text"


class Listing(Struct, frozen=True):
    """What has to be known of an article to select and to group it: an article without what only its readers see.

    `path` is the document's, with its source as written. `id` is an absolute URI, unmoved by a new title or address of the site.
    `topics` and `category` are as this document spells them; a group may spell them otherwise.
    `files` are those of the source folder that it refers to, each with the reference as the document has it.
    `draft` is true for `published: false` and `removed: true`. `digest` is that of the whole article: one digest, one wording.
    """

    path: str
    id: str
    title: str
    published: datetime
    updated: datetime
    url: str | None = None
    type: str = ""
    provider: Provider | None = None
    topics: tuple[str, ...] = ()
    category: str | None = None
    language: str | None = None
    quality: int | float | None = None
    heat: int | float | None = None
    draft: bool = False
    files: tuple[tuple[str, File], ...] = ()
    digest: bytes = b""


class Article(Listing, frozen=True):
    """One story, as its document tells it. All of what a `Listing` says, and what its readers see."""

    excerpt: str = ""
    tags: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    embed: str = ""
    body: str = ""
    markup: Markup = Markup.MARKDOWN
    actions: tuple[Action, ...] = ()
    related: tuple[Related, ...] = ()
    amp_url: str | None = None


# ---------------------------------------------------------------- how articles are grouped


class Kind(StrEnum):
    """What its articles have in common, and the folder that a group's documents are in."""

    ALL = "all"
    TOPIC = "topics"
    PROVIDER = "providers"
    CATEGORY = "categories"
    FEED = "feeds"


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


# ---------------------------------------------------------------- what is published


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
    authors: tuple[Person, ...]
    categories: tuple[Category, ...]
    images: tuple[Image, ...]
    enclosures: tuple[Action, ...]
    related: tuple[Related, ...]
    language: str | None
    player: str | None
    amp_url: str | None
    quality: float | None
    heat: float | None
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
