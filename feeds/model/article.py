"""What a document says: an `Article` and its parts, all frozen.

All moments are aware, in UTC and whole seconds. All text is plain text unless a field says HTML.
All URLs are absolute, normalised and http or https.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct


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
