"""Articles: an `Article` and its parts, all frozen.

All moments are aware, in UTC and whole seconds. All text is plain text unless a field says HTML.
All URLs are absolute, normalised and http or https.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class File(Struct, frozen=True):
    """A file of a source folder that articles refer to, published with the feeds.

    `path` is its path on the site and `url` its address. `place` is its path in the source folder, and `source` the number of
    that folder in config. `size` is in bytes; `width` and `height` of a picture are in pixels.
    """

    path: str
    url: str
    source: int
    place: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None


# Finds the file that a relative URL of a document refers to, or None where no file may be published for it.
Locate = Callable[[str], File | None]


class Image(Struct, frozen=True):
    """A picture. `width` and `height` are pixels; `size` is in bytes; `credit` names its maker."""

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
    """The first publisher of an article. `domain` is lowercase, IDNA, without `www.`."""

    name: str
    domain: str | None = None
    images: tuple[Image, ...] = ()
    authors: tuple[Person, ...] = ()


class Action(Struct, frozen=True):
    """A file that belongs to an article: audio, video or a download. `seconds` is its duration; `size` is in bytes."""

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


class Transcript(Struct, frozen=True):
    """A transcript of a recording, as a file. `language` is a BCP 47 tag, None where it is that of the article."""

    url: str
    media_type: str
    language: str | None = None


class Episode(Struct, frozen=True):
    """The facts of an article that is the episode of a podcast. The recording is among the article's actions.

    `number` and `season` begin at 1. `type` is `full`, `trailer` or `bonus`, or empty. `explicit` is None where the document
    leaves it to the podcast. `image` is a square picture of this episode; `chapters` is the URL of a file of chapters.
    """

    number: int | None = None
    season: int | None = None
    type: str = ""
    explicit: bool | None = None
    image: str | None = None
    transcripts: tuple[Transcript, ...] = ()
    chapters: str | None = None


class Related(Struct, frozen=True):
    """A link to other coverage of the same story. It is not an article of the site."""

    title: str
    url: str
    excerpt: str = ""
    provider: str = ""
    published: datetime | None = None


class Correction(Struct, frozen=True):
    """A note that says what was wrong in an article, and when it was corrected."""

    text: str
    date: datetime | None = None


class Markup(StrEnum):
    """The language of an article's body."""

    MARKDOWN = "markdown"
    HTML = "html"
    RESTRUCTURED = "restructured"
    TEXT = "text"


class Listing(Struct, frozen=True):
    """The part of an article that selecting and grouping need: everything but what only readers see.

    `path` is the document's, with its source as config spells it. `id` is an absolute URI; a new title or address of the site
    does not change it. `topics` and `category` are as the document spells them; their group may spell them differently.
    `files` are the local files that the document refers to, each with the reference as written. `playable` says that it offers
    audio or video. `draft` is true for
    `published: false` and `removed`. `withdrawn` is when an article was withdrawn, of which nothing but this notice is left.
    `number` is the article's in the index, another with every change of wording; 0 outside.
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
    expires: datetime | None = None
    draft: bool = False
    withdrawn: datetime | None = None
    files: tuple[tuple[str, File], ...] = ()
    playable: bool = False
    tags: tuple[str, ...] = ()
    number: int = 0


class Article(Listing, frozen=True):
    """One article of a document: a `Listing`, and what readers see.

    `links` are the relative links in the body that lead to other documents, each as written, with that document's address.
    `given_id` is the document's `id` as written, `why_removed` what its `removed` says beside yes or no.
    """

    excerpt: str = ""
    images: tuple[Image, ...] = ()
    embed: str = ""
    body: str = ""
    markup: Markup = Markup.MARKDOWN
    links: tuple[tuple[str, str], ...] = ()
    actions: tuple[Action, ...] = ()
    related: tuple[Related, ...] = ()
    amp_url: str | None = None
    given_id: str = ""
    why_removed: str = ""
    corrections: tuple[Correction, ...] = ()
    episode: Episode | None = None
