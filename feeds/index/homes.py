"""Homes and sites: the rows of the index that belong to a config, and the generations up to which they are read and placed."""

import hashlib
import time
from datetime import datetime
from typing import NamedTuple

from feeds.config.types import Config, NamedFeed, Pictures
from feeds.model import Kind
from feeds.sources import scan
from feeds.storage.database import Database
from feeds.version import __version__


class Home(NamedTuple):
    """A row of `homes`; without one, its number is 0."""

    number: int
    generation: int
    used: int
    ledger: str
    identified: int


class Site(NamedTuple):
    """A row of `sites`."""

    number: int
    generation: int
    read: int
    renamed: int
    moment: int
    used: int


class Names(NamedTuple):
    """Names for the settings of a config that decide what documents are read as, how articles are grouped, and how entries are
    rendered. Each is a digest, of the version of Feeds too.
    """

    home: str
    site: str
    rendering: str


class Homes:
    """The rows of `homes` and `sites` of one config."""

    def __init__(self, database: Database, config: Config) -> None:
        self._database = database
        self._names = names_of(config)

    def home(self) -> Home:
        """The home of the config."""
        sql = "select number, generation, used, ledger, identified from homes where name = ?"
        rows = self._database.rows(sql, (self._names.home,))
        return Home(*rows[0]) if rows else Home(0, 0, 0, "", 0)

    def new_home(self) -> Home:
        """A new home for the config."""
        with self._database.transaction():
            number = self._database.rows("select coalesce(max(number), 0) + 1 from homes")[0][0]
            sql = "insert into homes (number, name, generation, used, ledger, identified) values (?, ?, 0, ?, '', 0)"
            self._database.execute(sql, (number, self._names.home, clock()))
        return self.home()

    def site(self) -> Site | None:
        """The newest site of the config; None where its articles were never placed."""
        sql = (
            "select s.number, s.generation, s.read, s.renamed, s.moment, s.used from homes h join sites s on s.home = h.number "
            "where h.name = ? and s.name = ? order by s.number desc limit 1"
        )
        rows = self._database.rows(sql, (self._names.home, self._names.site))
        return Site(*rows[0]) if rows else None

    def new_site(self, home: Home, generation: int, now: datetime) -> Site:
        """A new site for the config, whose articles are placed as of `now`. Call it within a transaction."""
        number = self._database.rows("select coalesce(max(number), 0) + 1 from sites")[0][0]
        sql = "insert into sites (number, home, name, generation, read, renamed, moment, used) values (?, ?, ?, ?, ?, ?, ?, ?)"
        row = (generation, home.generation, generation, int(now.timestamp()), clock())
        self._database.execute(sql, (number, home.number, self._names.site, *row))
        return Site(number, *row)

    def use(self) -> None:
        """Record that this config uses the index, so that its rows are not removed as unused."""
        now = clock()
        self._database.execute("update homes set used = ? where name = ?", (now, self._names.home))
        sql = "update sites set used = ? where name = ? and home in (select number from homes where name = ?)"
        self._database.execute(sql, (now, self._names.site, self._names.home))
        sql = "insert into renderings (name, used) values (?, ?) on conflict (name) do update set used = excluded.used"
        self._database.execute(sql, (self._names.rendering, now))


def names_of(config: Config) -> Names:
    """The names of the settings of a config."""
    return Names(_name(scan.home_key(config)), _name(_grouped_by(config)), _name(_rendered_by(config)))


def clock() -> int:
    """The time in microseconds, as generations count it."""
    return time.time_ns() // 1000


def _grouped_by(config: Config) -> tuple[object, ...]:
    """The settings that decide which groups articles are in and how groups are named."""
    topics = [(key, topic.name, topic.parent) for key, topic in config.topics.items()]
    providers = [(domain, notes.name) for domain, notes in config.providers.items()]
    feeds = [_asked(feed) for feed in config.feeds]
    by_language = Kind.LANGUAGE in config.groups or any(feed.languages for feed in config.feeds)
    # The language of articles that name none.
    others = (config.pages, config.article_pages, config.site.language if by_language else None)
    # Pictures on the site itself are not copied, and frames may show some.
    copies = (config.site.url, config.embeds) if config.pictures is Pictures.PROXY else None
    return (config.groups, topics, providers, feeds, sorted(config.minimums.items()), config.drafts, others, copies)


def _asked(feed: NamedFeed) -> tuple[object, ...]:
    query = (feed.topics, feed.providers, feed.categories, feed.types, feed.tags, feed.languages, feed.text, feed.minimum)
    return (feed.name, *query, feed.podcast is None)


def _rendered_by(config: Config) -> tuple[object, ...]:
    """The settings that decide how entries are rendered."""
    providers = tuple((domain, notes.name, notes.feed) for domain, notes in config.providers.items() if notes.feed)
    site = config.site
    pages = (config.pages, config.article_pages)
    return (config.content, config.formats, site.url, site.title, site.language, site.author, config.embeds, providers, pages)


def _name(settings: object) -> str:
    return hashlib.sha256(repr((__version__, settings)).encode("utf-8", "surrogateescape")).hexdigest()[:32]
