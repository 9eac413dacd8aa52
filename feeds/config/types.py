"""The config as frozen values. `loader` reads them from config.yaml."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from msgspec import Struct, field

from feeds.documents.cascades import Cascade
from feeds.documents.limits import Limits
from feeds.documents.values import Value
from feeds.model import Format, Image, Kind, Person, Podcast

STORES = ("s3://", "gs://", "az://")
# The names of a config that needs no `--config`; the second is for a folder where `config.yaml` is Hugo's.
USUAL_CONFIGS = ("config.yaml", "feeds.yaml")


def is_store(place: str) -> bool:
    """Whether `place` is the URL of an object store rather than a folder."""
    return place.startswith(STORES)


class Period(StrEnum):
    """How much time one archive page holds."""

    MONTH = "month"
    DAY = "day"


class ArticlePages(StrEnum):
    """Which articles have a page of their own on the site: those with no address elsewhere, or all."""

    MISSING = "missing"
    ALL = "all"


class Pictures(StrEnum):
    """How pages show the pictures of other sites: from there, as copies on the site itself, or not at all."""

    LINK = "link"
    PROXY = "proxy"
    NONE = "none"


class Sitemap(StrEnum):
    """A sitemap for search engines: of everything, or of the latest news."""

    PLAIN = "plain"
    NEWS = "news"


class Host(StrEnum):
    """A kind of web server that takes its settings from a file in the folder that it serves."""

    NETLIFY = "netlify"
    APACHE = "apache"
    NGINX = "nginx"


class Site(Struct, frozen=True):
    """The publisher. `url` is without a closing slash; `first_url` is the config's URL, even with `--base-url`.

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
    object store, whose documents are mirrored in `folder`. `generator` is the site generator that they are written for
    (`documents.conventions`). `link` is the pattern of addresses (`documents.links`), `translations` that of documents in another
    language than `language`, `timezone` an IANA name for dates without an offset, `fields` more names of our fields, `authors`
    people by key, read from `authors_place`, `cascades` fields that sections pass to documents, `defaults` of absent fields,
    `shortcodes` templates by name, and `ignore` gitignore patterns of files that are no documents.
    """

    name: str
    folder: Path
    url: str | None = None
    generator: str = ""
    link: str = ""
    translations: str = ""
    language: str | None = None
    timezone: str | None = None
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    authors: Mapping[str, Person] = field(default_factory=dict)
    authors_place: Path | None = None
    cascades: tuple[Cascade, ...] = ()
    defaults: Mapping[str, Value] = field(default_factory=dict)
    shortcodes: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    tags_are_topics: bool = False


class Content(StrEnum):
    """The content of entries: the whole text of their articles, or the excerpt alone."""

    FULL = "full"
    EXCERPT = "excerpt"


class Topic(Struct, frozen=True):
    """The settings of a topic. `parent` is the name of the topic whose feed holds this one's articles too; `content` is None
    where it is that of the site.
    """

    name: str
    description: str = ""
    image: Image | None = None
    parent: str | None = None
    podcast: Podcast | None = None
    content: Content | None = None


class ProviderNotes(Struct, frozen=True):
    """The settings of a provider. `feed` is the provider's own feed, which entries name as their source.

    `place` is a domain, or a publisher on a platform: `youtube.com/the-night-desk`. `content` is as of a `Topic`.
    """

    place: str
    name: str | None = None
    description: str = ""
    image: Image | None = None
    feed: str | None = None
    podcast: Podcast | None = None
    content: Content | None = None


class Minimum(Struct, frozen=True):
    """The lowest scores that are shown; an article without a score passes."""

    quality: float | None = None
    heat: float | None = None


class NamedFeed(Struct, frozen=True):
    """A feed that is a query: any of the names within a field, and every field that is given. As a `podcast` it holds only
    articles with something to play. `languages` are keys of groups (`languages.group_of`). `text` is words that an article must
    hold (`words.parse`). `content` is as of a `Topic`.
    """

    name: str
    title: str
    description: str = ""
    image: Image | None = None
    topics: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    text: str = ""
    minimum: Minimum = Minimum()
    limit: int | None = None
    podcast: Podcast | None = None
    content: Content | None = None


class Cache(Struct, frozen=True):
    """How long an answer may be used again, in seconds (RFC 9111, RFC 5861)."""

    max_age: int = 300
    stale_while_revalidate: int = 3600
    stale_if_error: int = 86400


class Hub(Struct, frozen=True):
    """A WebSub hub of the site's own. `url` is empty where it is at `/hub` of the site.

    Subscribers' URLs lead to public addresses, or to the networks `allow` (such as 10.0.0.0/8). Leases are in seconds: `lease` is
    for a subscriber that does not ask for a length. `signature` is the method of X-Hub-Signature. `per_host` and `per_topic`
    bound the number of subscriptions. With `rsscloud`, RSS feeds have a `<cloud>` too.
    """

    url: str = ""
    allow: tuple[str, ...] = ()
    lease: int = 864_000
    longest_lease: int = 2_592_000
    signature: str = "sha256"
    per_host: int = 10_000
    per_topic: int = 50_000
    rsscloud: bool = False


class ServerLimits(Struct, frozen=True):
    """The limits of `feeds serve` on its clients and itself. Sizes are in bytes, times in seconds.

    `request_size` is that of a whole request, and `request_timeout` how long it may take to arrive. `idle_timeout` is how long a
    connection may wait for its next request, and `send_timeout` how long a client may read nothing of an answer. `memory` is that
    of prepared answers. `drain` is how long answers that are being sent may take when the server stops. With
    `stale_is_ready`, /readyz says 200 while the newest state of the site can't be built and an older one is served.
    """

    connections: int = 1000
    request_size: int = 32 * 1024
    request_headers: int = 100
    request_timeout: int = 10
    idle_timeout: int = 15
    send_timeout: int = 30
    memory: int = 256 * 1024 * 1024
    drain: int = 30
    stale_is_ready: bool = True


class Config(Struct, frozen=True):
    """All of config.yaml, with its defaults. `topics` is by `name_key`, `providers` by domain; `poll` is in seconds, and so
    is `withdrawn`, how long feeds have a notice of a withdrawn article. `ledger` is the file of the identity ledger. `podcast`
    makes one of the feed of everything.

    `gone_after` is how long a feed must have been missing until the server says that it is gone, in seconds; `least_left` is the
    share of articles that must be left where some vanish at once (`index.shrinking`).

    Pictures are copied from public addresses, and from `picture_networks` (such as 10.0.0.0/8).

    `redirects` are from a path without a leading slash to such a path or a URL. `limits` bound each document.
    """

    path: Path
    site: Site
    sources: tuple[Source, ...]
    groups: tuple[Kind, ...] = (Kind.TOPIC, Kind.PROVIDER, Kind.CATEGORY)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    providers: Mapping[str, ProviderNotes] = field(default_factory=dict)
    feeds: tuple[NamedFeed, ...] = ()
    podcast: Podcast | None = None
    content: Content = Content.FULL
    minimums: Mapping[str, Minimum] = field(default_factory=dict)
    limit: int = 50
    formats: tuple[Format, ...] = tuple(Format)
    archives: tuple[Kind, ...] = tuple(Kind)
    archive_period: Period = Period.MONTH
    sitemaps: tuple[Sitemap, ...] = ()
    precompress: tuple[str, ...] = ()
    host_files: tuple[Host, ...] = ()
    pages: bool = True
    feed_menu: bool = False
    article_pages: ArticlePages | None = ArticlePages.MISSING
    pictures: Pictures = Pictures.LINK
    picture_networks: tuple[str, ...] = ()
    templates: Path | None = None
    embeds: tuple[str, ...] = ()
    drafts: bool = False
    cache: Cache = Cache()
    hubs: tuple[str, ...] = ()
    hub: Hub | None = None
    redirects: Mapping[str, str] = field(default_factory=dict)
    index: str = "sqlite:///.feeds/index.db"
    output: str = "dist"
    poll: int = 60
    ledger: Path | None = None
    withdrawn: int = 30 * 86400
    gone_after: int = 3600
    least_left: float = 0.2
    server: ServerLimits = ServerLimits()
    limits: Limits = Limits()

    @property
    def hub_url(self) -> str | None:
        """The address of the site's own hub, if it has one."""
        return None if self.hub is None else self.hub.url or f"{self.site.url}/hub"

    @property
    def all_hubs(self) -> tuple[str, ...]:
        """The hubs that feeds name: those of others, then our own."""
        own = self.hub_url
        return self.hubs if own is None or own in self.hubs else (*self.hubs, own)

    @property
    def cloud_url(self) -> str | None:
        """The URL at which readers register for rssCloud's notices of changes; None without rssCloud."""
        return f"{self.hub_url}/rsscloud" if self.hub is not None and self.hub.rsscloud else None

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
        """The place that `feeds export` writes to without `--out`: a folder, or the URL of an object store."""
        return self.output if is_store(self.output) else str(self.path.parent / self.output)

    @property
    def output_folder(self) -> Path | None:
        """The same, where it is a folder."""
        return None if is_store(self.output) else Path(self.output_place)
