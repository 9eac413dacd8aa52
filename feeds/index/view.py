"""Views: one state of a site in the index."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property, partial

from msgspec.structs import replace

from feeds.config.types import Config, Content, NamedFeed, Pictures, ProviderNotes, Topic
from feeds.copies import names
from feeds.index import article_pictures, grouping
from feeds.index.grouping import ALL, Collection, Key, Name
from feeds.index.mappings import ByIdentity, Copies, Files, Pages
from feeds.index.members import SHOWN, Fetched, Members
from feeds.index.search import Words
from feeds.model import File, Group, Image, Kind, Listing, Podcast, records
from feeds.storage.database import Database
from feeds.text import languages
from feeds.text.words import Terms

# Directories of podcasts read one document: they do not follow a feed into its archive.
_EPISODES = 1000
_KINDS = (
    *(*Kind, grouping.PUBLISHER, grouping.TYPE, grouping.PICTURED),
    *(grouping.DRAFT, grouping.SCHEDULED, grouping.BELOW_MINIMUM, grouping.DUPLICATE),
    *(f"{grouping.NOTICES}{kind}" for kind in (*Kind, grouping.PUBLISHER)),
)
_PUBLIC = {**{str(kind): kind for kind in Kind}, grouping.PUBLISHER: Kind.PROVIDER}
# Groups that end with their last article.
_PASSING = (Kind.TOPIC, Kind.CATEGORY, Kind.PROVIDER, Kind.LANGUAGE, Kind.TAG, grouping.PUBLISHER)


class View:
    """The site `site` of the index at `generation`. Safe for use by several threads."""

    def __init__(self, database: Database, config: Config, home: int, site: int, generation: int, renamed: int) -> None:
        self.generation = generation
        self.site = site
        self.renamed = renamed
        self._database = database
        self._config = config
        self._home = home
        marks = ", ".join("?" * len(_KINDS))
        columns = "number, kind, key, label, slug, size, mentions, part, changed"
        sql = f"select {columns} from groups where site = ? and kind in ({marks})"
        self._rows = {row[1:3]: row for row in database.rows(sql, (site, *map(str, _KINDS)))}
        self._words = Words(database)
        providers = {row[0]: key for (kind, key), row in self._rows.items() if kind == Kind.PROVIDER}
        self._fetched = Fetched(database, generation, providers)

    @cached_property
    def collection(self) -> Collection:
        """The groups and published articles."""
        spelt: dict[str, dict[str, Name]] = {Kind.TOPIC: {}, Kind.CATEGORY: {}}
        groups, unlisted = [], set()
        for (kind, key), (_, _, _, label, slug, size, *_) in sorted(self._rows.items()):
            if kind in spelt and label:
                spelt[kind][key] = Name(label, slug)
            if kind in _PUBLIC and (group := self._group(kind, key, label, slug, size)) is not None:
                groups.append(group)
                if kind in _PASSING and not size and not self._is_configured(kind, key):
                    unlisted.add(group.path)
        groups.sort(key=lambda group: group.path)
        return Collection(
            groups={group.path: group for group in groups},
            listed={group.path: group for group in groups if group.path not in unlisted},
            topics=spelt[Kind.TOPIC],
            categories=spelt[Kind.CATEGORY],
            articles=self.by_identity(ALL),
            files=Files(self._database, self.site),
            pages=Pages(self._database, self.site, self.generation),
            copies=Copies(self._database, self.site, own := self._own_pictures(groups)),
            copies_of_groups=own,
            find=partial(_find, self._database, self._words, self.members(ALL)),
            platforms=self._platforms,
            providers=[
                *(key for (kind, key), row in self._rows.items() if kind == Kind.PROVIDER and row[6]),
                *(slug for slug_of in self._platforms.values() for slug in slug_of.values()),
            ],
            types=[key for (kind, key), row in self._rows.items() if kind == grouping.TYPE and row[6]],
        )

    def members(self, key: Key) -> Members:
        """The articles of a group."""
        row = self._rows.get((str(key[0]), key[1]))
        return Members(self._fetched, row[0], row[5], row[8]) if row is not None else Members(self._fetched, 0, 0, 0)

    def by_identity(self, key: Key) -> Mapping[str, Listing]:
        """The articles of a group by identity."""
        return ByIdentity(self._database, self._home, self.members(key))

    @property
    def next_due(self) -> datetime | None:
        """When the next article or notice is due or expires; None if none does."""
        scheduled = self.members((grouping.SCHEDULED, ""))
        sql = f"select m.published from memberships m where {SHOWN} order by m.published limit 1"
        found = self._database.rows(sql, scheduled.shown) if scheduled else []
        if not self._config.drafts:
            sql = (
                f"select a.expires from articles a join memberships m on m.published = a.published and m.article = a.number "
                f"where a.home = ? and a.expires is not null and {SHOWN} order by a.expires limit 1"
            )
            for key in (ALL, (f"{grouping.NOTICES}{Kind.ALL}", "")):
                found += self._database.rows(sql, (self._home, *self.members(key).shown))
        return min((datetime.fromtimestamp(moment, UTC) for (moment,) in found), default=None)

    def singles(self, numbers: Iterable[int] | None) -> Iterator[tuple[int, str, File | None]]:
        """Groups with a single document, all or those with these `numbers`: local files, pages of articles, copied pictures.

        Yields the number of the group, the path of its document, empty for other groups, and the file, if it is one. That of a
        picture is the path of its large copy. With `numbers`, groups whose document is gone are among them, without a file.
        """
        sql = "select number, kind, key, size, part from groups where"
        if numbers is None:
            sql += " site = ? and kind = ? and size > 0"
            rows = [
                row
                for kind in (grouping.FILE, grouping.PAGE, grouping.COPIED)
                for row in self._database.rows(sql, (self.site, kind))
            ]
        else:
            rows = [row for number in numbers for row in self._database.rows(f"{sql} number = ?", (number,))]
        for number, kind, key, size, part in rows:
            path = names.path(key) if kind == grouping.COPIED else key if kind in (grouping.FILE, grouping.PAGE) else ""
            is_file = kind == grouping.FILE and size and part is not None
            yield number, path, records.decode_file(part) if is_file else None

    def fill_words(self, goes_on: Callable[[], bool]) -> None:
        """Make ready for the first search, while `goes_on`."""
        self._words.fill(goes_on=goes_on)

    def number_of(self, kind: str, key: str) -> int:
        """The number of a group with a single document; 0 for none."""
        sql = "select number from groups where site = ? and kind = ? and key = ?"
        return next((number for (number,) in self._database.rows(sql, (self.site, kind, key))), 0)

    def _group(self, kind: str, key: str, label: str, slug: str, size: int) -> Group | None:
        config, members, public = self._config, self.members((kind, key)), _PUBLIC[kind]
        notices = self.members((f"{grouping.NOTICES}{kind}", key))
        if public is Kind.ALL:
            site = config.site
            found = Group(public, "", site.title, members, config.limit, site.description, site.image, notices)
            return _with_choices(found, config.podcast, None, config)
        if public is Kind.FEED:
            feed = next(feed for feed in config.feeds if feed.name == key)
            found = Group(public, feed.name, feed.title, members, config.limit, feed.description, feed.image, notices)
            made = _with_choices(found, feed.podcast, feed.content, config)
            made = replace(made, limit=feed.limit) if feed.limit else made
            return replace(made, language=_language(feed, config), translations=_translations(feed, config))
        is_shown = size or notices or self._is_configured(kind, key)
        if public not in config.groups or not is_shown or (kind == grouping.PUBLISHER and not label):
            return None
        notes: Topic | ProviderNotes | None = None
        if public is Kind.TOPIC:
            notes = config.topics.get(key)
        elif public is Kind.PROVIDER:
            notes = config.providers.get(slug)
        image = notes.image if notes is not None else None
        # The picture of one publisher is not that of the platform.
        if public is Kind.PROVIDER and image is None and key not in self._platforms:
            image = self._pictured(key)
        description = notes.description if notes is not None else ""
        found = Group(public, slug, label, members, config.limit, description, image, notices)
        if public is Kind.LANGUAGE:
            found = replace(found, language=languages.tag(key), translations=self._other_languages(key))
        return _with_choices(found, notes.podcast if notes else None, notes.content if notes else None, config)

    def _other_languages(self, key: str) -> tuple[tuple[str, str, str], ...]:
        others = sorted((row[2], row[3]) for (kind, _), row in self._rows.items() if kind == Kind.LANGUAGE and row[5])
        return tuple((languages.tag(other) or other, f"{Kind.LANGUAGE}/{other}", name) for other, name in others if other != key)

    @cached_property
    def _platforms(self) -> Mapping[str, Mapping[str, str]]:
        """The slugs of the publishers on each platform, by `name_key`."""
        found: dict[str, dict[str, str]] = {}
        for (kind, key), (_, _, _, label, slug, size, *_) in sorted(self._rows.items()):
            if kind == grouping.PUBLISHER and label and size and Kind.PROVIDER in self._config.groups:
                place, name = grouping.publisher_of(key)
                found.setdefault(place, {})[name] = slug
        return found

    def _own_pictures(self, groups: Iterable[Group]) -> Mapping[str, str]:
        """The pictures of groups that pages show copies of."""
        if self._config.pictures is not Pictures.PROXY or not self._config.pages:
            return {}
        found = (group.image.url for group in groups if group.image is not None)
        return {names.name(url): url for url in found if article_pictures.is_of_others(url, self._config)}

    def _is_configured(self, kind: str, key: str) -> bool:
        return kind == Kind.TOPIC and key in self._configured

    @cached_property
    def _configured(self) -> Mapping[str, str]:
        return grouping.configured_topics(self._config)

    def _pictured(self, domain: str) -> Image | None:
        row = self._rows.get((grouping.PICTURED, domain))
        return records.decode_image(row[7]) if row is not None and row[5] and row[7] is not None else None


def _find(database: Database, words: Words, members: Members, terms: Terms, most: int, best_first: bool) -> list[Listing]:
    """At most `most` of the articles `members` that hold the words of `terms`, the newest first, or those that match best."""
    words.fill()
    source, score, parameters = words.matching(terms)
    order = f"{score}, a.published desc, a.id" if best_first else "a.published desc, a.id"
    sql = (
        f"select a.number, a.listing from {source} w join articles a on a.number = w.number join memberships m "
        f"on m.published = a.published and m.article = a.number where {SHOWN} order by {order} limit ?"
    )
    rows = database.rows(sql, (*parameters, *members.shown, most))
    return [records.decode_listing(data, number) for number, data in rows]


def _with_choices(group: Group, podcast: Podcast | None, content: Content | None, config: Config) -> Group:
    """`group` with what config chooses for its feed."""
    limit = max(group.limit, _EPISODES) if podcast is not None else group.limit
    return replace(group, limit=limit, podcast=podcast, excerpts=(content or config.content) is Content.EXCERPT)


def _language(feed: NamedFeed, config: Config) -> str | None:
    """The language of a feed with articles in only one language, as its site spells it."""
    if len(feed.languages) != 1:
        return None
    own = config.site.language
    return own if own and languages.group_of(own) == feed.languages[0] else languages.tag(feed.languages[0])


def _translations(feed: NamedFeed, config: Config) -> tuple[tuple[str, str, str], ...]:
    """The feeds with the same query as `feed` in another language."""
    if len(feed.languages) != 1:
        return ()
    asked = [(other, _language(other, config)) for other in config.feeds if _in_any_language(other) == _in_any_language(feed)]
    return tuple((tag, f"{Kind.FEED}/{other.name}", other.title) for other, tag in asked if other != feed and tag)


def _in_any_language(feed: NamedFeed) -> tuple[object, ...]:
    query = (feed.topics, feed.providers, feed.categories, feed.types, feed.tags, feed.text, feed.minimum)
    return (*query, feed.podcast is None)
