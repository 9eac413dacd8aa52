"""The config: everything that a site may decide, as frozen values. `loader` reads them from config.yaml."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from msgspec import Struct, field

from feeds.documents.fields import Value
from feeds.model import Format, Image, Kind, Person

STORES = ("s3://", "gs://", "az://")


def is_store(place: str) -> bool:
    """Whether `place` is the URL of an object store, and no folder."""
    return place.startswith(STORES)


class Period(StrEnum):
    """How much time one archive page holds."""

    MONTH = "month"
    DAY = "day"


class Sitemap(StrEnum):
    """A sitemap for search engines: of everything, or of the latest news."""

    PLAIN = "plain"
    NEWS = "news"


class Host(StrEnum):
    """A kind of web server that takes its settings from a file beside what it serves."""

    NETLIFY = "netlify"
    APACHE = "apache"
    NGINX = "nginx"


class Site(Struct, frozen=True):
    """The publisher. `url` is without a closing slash; `first_url` is what config says where `--base-url` says otherwise.

    `icon` is a small square picture. `timezone` is an IANA name, for dates without an offset.
    """

    title: str
    url: str
    first_url: str
    id: str
    description: str = ""
    language: str | None = None
    image: Image | None = None
    icon: Image | None = None
    author: Person | None = None
    copyright: str = ""
    timezone: str | None = None


class Source(Struct, frozen=True):
    """A folder of documents, and what holds for all documents in it.

    `name` is the folder as config spells it: it is part of the identity of a document without an address. `url` is that of an
    object store, whose documents are mirrored in `folder`. `link` is the pattern of addresses (`documents.links`), `timezone` an
    IANA name for dates without an offset, `fields` more names of our fields, `authors` people by key, read from `authors_place`,
    `defaults` values of absent fields, `shortcodes` templates by name, and `ignore` gitignore patterns of files that are no
    documents.
    """

    name: str
    folder: Path
    url: str | None = None
    link: str = ""
    timezone: str | None = None
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    authors: Mapping[str, Person] = field(default_factory=dict)
    authors_place: Path | None = None
    defaults: Mapping[str, Value] = field(default_factory=dict)
    shortcodes: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    tags_are_topics: bool = False


class Topic(Struct, frozen=True):
    """What config says of a topic. `parent` is the name of the topic whose feed holds this one's articles too."""

    name: str
    description: str = ""
    image: Image | None = None
    parent: str | None = None


class ProviderNotes(Struct, frozen=True):
    """What config says of a provider. `feed` is the provider's own feed, which entries name as their source.

    `place` is a domain, or a publisher on a platform: `youtube.com/the-night-desk`.
    """

    place: str
    name: str | None = None
    description: str = ""
    image: Image | None = None
    feed: str | None = None


class Minimum(Struct, frozen=True):
    """The lowest scores that are shown; an article without a score passes."""

    quality: float | None = None
    heat: float | None = None


class NamedFeed(Struct, frozen=True):
    """A feed that is a query: any of the names within a field, and every field that is given."""

    name: str
    title: str
    description: str = ""
    image: Image | None = None
    topics: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    minimum: Minimum = Minimum()
    limit: int | None = None


class Cache(Struct, frozen=True):
    """How long an answer may be used again, in seconds (RFC 9111, RFC 5861)."""

    max_age: int = 300
    stale_while_revalidate: int = 3600
    stale_if_error: int = 86400


class Config(Struct, frozen=True):
    """All of config.yaml, with its defaults. `topics` is by `name_key`, `providers` by domain; `poll` is in seconds, and so
    is `withdrawn`, how long feeds tell that an article was withdrawn. `ledger` is the file of the identity ledger.

    `redirects` are from a path without a leading slash to such a path or a URL.
    """

    path: Path
    site: Site
    sources: tuple[Source, ...]
    groups: tuple[Kind, ...] = (Kind.TOPIC, Kind.PROVIDER, Kind.CATEGORY)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    providers: Mapping[str, ProviderNotes] = field(default_factory=dict)
    feeds: tuple[NamedFeed, ...] = ()
    minimums: Mapping[str, Minimum] = field(default_factory=dict)
    limit: int = 50
    formats: tuple[Format, ...] = tuple(Format)
    archives: tuple[Kind, ...] = tuple(Kind)
    archive_period: Period = Period.MONTH
    sitemaps: tuple[Sitemap, ...] = ()
    precompress: tuple[str, ...] = ()
    host_files: tuple[Host, ...] = ()
    pages: bool = True
    templates: Path | None = None
    embeds: tuple[str, ...] = ()
    drafts: bool = False
    cache: Cache = Cache()
    hubs: tuple[str, ...] = ()
    redirects: Mapping[str, str] = field(default_factory=dict)
    index: str = "sqlite:///.feeds/index.db"
    output: str = "dist"
    poll: int = 60
    ledger: Path | None = None
    withdrawn: int = 30 * 86400

    @property
    def state_folder(self) -> Path:
        """A hidden folder for caches beside the index, or beside the config where the index is no file.

        Everything in it is ours and is never published, so it must not be a folder that a publisher keeps articles in.
        """
        file = self.index.removeprefix("sqlite:///")
        folder = self.path.parent / (Path(file).parent if file != self.index else "")
        return folder if folder.name.startswith(".") and folder.name != ".." else folder / ".feeds"

    @property
    def output_place(self) -> str:
        """Where `feeds export` writes, unless told otherwise: a folder, or the URL of an object store."""
        return self.output if is_store(self.output) else str(self.path.parent / self.output)

    @property
    def output_folder(self) -> Path | None:
        """The same, where it is a folder."""
        return None if is_store(self.output) else Path(self.output_place)
