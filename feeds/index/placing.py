"""Placing: update the memberships of a site's articles in groups, then the names and sizes of its groups.

The cost depends on the number of identities that are placed and the groups they are in, not on the size of the site.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from feeds.config.types import Config, Pictures
from feeds.copies import names
from feeds.index import article_pictures, grouping, search
from feeds.index.grouping import ALL, Key
from feeds.model import Article, Kind, Listing, records
from feeds.storage.database import Database
from feeds.text import words
from feeds.text.text import name_key

# Special values in `changes`: for every group, and for everything that a group shows.
EVERY_GROUP, EVERYTHING = 0, -(2**62)
# Groups of articles that are held back.
HELD_BACK: tuple[Key, ...] = tuple(
    (kind, "") for kind in (grouping.DRAFT, grouping.SCHEDULED, grouping.BELOW_MINIMUM, grouping.DUPLICATE)
)
_DRAFT, _SCHEDULED, _BELOW, _DUPLICATE = HELD_BACK
# Articles that are grouped at a time. Their memberships are sorted, so that rows are inserted in the order of the table.
_AT_ONCE = 10_000
_CURRENT = "until is null"
_INSERT = "insert into memberships (grp, published, article, since, until, topics, provider) values (?, ?, ?, ?, null, ?, ?)"
_NEWEST = (
    f"select a.listing from memberships m join articles a on a.number = m.article where m.grp = ? and m.{_CURRENT} "
    "order by m.published desc, a.id limit 1"
)


class Placing:
    """Places the articles of a site as of `now`. Use it within the transaction that writes the state `generation`."""

    def __init__(
        self, database: Database, config: Config, home: int, site: int, generation: int, now: datetime, *, is_new: bool
    ) -> None:
        self._database = database
        self._config = config
        self._home = home
        self._site = site
        self._generation = generation
        self._now = now
        self._is_new = is_new
        self._asked = {feed.name: words.parse(feed.text) for feed in config.feeds if feed.text}
        self._configured = grouping.configured_topics(config)
        self._pictures: dict[Key, str] = {}
        self._numbers: dict[Key, int | None] = {}
        self._next = 0
        self._sizes: Counter[Key] = Counter()
        self._names: Counter[tuple[Key, str]] = Counter()
        self._changes: set[tuple[int, int]] = set()
        self._changed: set[int] = set()
        self._new: list[tuple[int, int, str, str, str, int]] = []

    def all(self) -> None:
        """Place all articles of a new site."""
        for key in (ALL, *HELD_BACK, *((Kind.TOPIC, key) for key in self._configured)):
            self._number(key)
        for feed in self._config.feeds:
            self._number((Kind.FEED, feed.name))
        sql = "select id from articles where home = ? and dropped is null group by id having count(*) > 1"
        several = {id for (id,) in self._database.rows(sql, (self._home,))}
        for articles in self._articles():
            rows = []
            for article in articles:
                if article.id not in several:
                    for number, keys in self._places([article]).items():
                        rows += self._rows(article, number, keys)
            rows.sort()
            self._database.many(_INSERT, rows)
        for id in sorted(several):
            self.place(id, 0)

    def place(self, id: str, read: int) -> None:
        """Place all articles with the identity `id`. The site has taken in documents up to the generation `read`."""
        sql = "select number, listing, dropped from articles where home = ? and id = ? and (dropped is null or dropped > ?)"
        found = self._database.rows(sql, (self._home, id, read))
        articles = {number: records.decode_listing(data, number) for number, data, _ in found}
        new = self._places([articles[number] for number, _, dropped in found if dropped is None])
        for number, article in articles.items():
            before, now = self._placed(article), new.get(number, ())
            gone, came = [key for key in before if key not in now], [key for key in now if key not in before]
            moment = _seconds(article.published)
            self._database.many(
                f"update memberships set until = ? where grp = ? and published = ? and article = ? and {_CURRENT}",
                [(self._generation, self._number(key), moment, number) for key in gone],
            )
            self._count(article, gone, -1)
            self._database.many(_INSERT, self._rows(article, number, came))
            if not gone and not came:
                # The document was read again because a file next to it has changed.
                self._mark([key for key in now if key[0] == grouping.FILE], moment)

    def finish(self) -> bool:
        """Write names, sizes and changes of groups. Whether an existing topic or category has a new name or slug."""
        self._name()
        columns = "number, site, kind, key, label, slug, size, mentions, changed"
        sql = f"insert into groups ({columns}) values (?, ?, ?, ?, '', ?, 0, 0, ?)"
        self._database.many(sql, self._new)
        self._mention()
        was_renamed = self._rename()
        self._resize()
        self._describe()
        if self._changes and not self._is_new:
            rows = [(self._site, self._generation, *change) for change in sorted(self._changes)]
            sql = "insert into changes (site, generation, grp, published) values (?, ?, ?, ?)"
            self._database.many(sql, rows)
            sql = "update groups set changed = ? where number = ?"
            self._database.many(sql, [(self._generation, number) for number in sorted(self._changed)])
            if (EVERY_GROUP, EVERYTHING) in self._changes:
                self._database.execute("update groups set changed = ? where site = ?", (self._generation, self._site))
        return was_renamed

    def _articles(self) -> Iterator[list[Listing]]:
        """All articles of the home, in batches."""
        sql = (
            "select number, listing from articles where number > ? and + home = ? and dropped is null "
            f"order by number limit {_AT_ONCE}"
        )
        last = 0
        while rows := self._database.rows(sql, (last, self._home)):
            last = rows[-1][0]
            yield [records.decode_listing(data, number) for number, data in rows]

    def _places(self, articles: Sequence[Listing]) -> dict[int, Sequence[Key]]:
        """The groups of all articles with one identity, by the articles' numbers."""
        found: dict[int, Sequence[Key]] = {}
        ready, notices = [], []
        for article in articles:
            if article.withdrawn is not None:
                notices.append(article)
            elif (article.draft or grouping.is_expired(article, self._now)) and not self._config.drafts:
                found[article.number] = (_DRAFT,)
            elif article.published > self._now and not self._config.drafts:
                found[article.number] = (_SCHEDULED,)
            else:
                ready.append(article)
        if ready:
            best = ready[0] if len(ready) == 1 else grouping.winner(ready)
            found |= dict.fromkeys((article.number for article in ready if article is not best), (_DUPLICATE,))
            if grouping.reaches_minimum(best, self._config):
                keys = grouping.groups_of(best, self._config, self._texts(best), self._copied(best))
                found[best.number] = (*keys, _DRAFT) if best.draft else keys
            else:
                found[best.number] = (_BELOW,)
        else:
            current = (article for article in notices if not grouping.is_expired(article, self._now))
            found |= {article.number: grouping.notice_groups_of(article, self._config) for article in current}
        return found

    def _texts(self, article: Listing) -> Collection[str]:
        """The named feeds whose `text` an article holds."""
        if not self._asked:
            return ()
        parts = [part for whole in self._whole(article) for part in search.texts(whole)]
        return [name for name, terms in self._asked.items() if words.hold(parts, terms)]

    def _copied(self, article: Listing) -> Collection[str]:
        """The URLs of the article's pictures that pages show copies of."""
        if self._config.pictures is not Pictures.PROXY:
            return ()
        urls = [url for whole in self._whole(article) for url in article_pictures.copied(whole, self._config)]
        self._pictures.update(((grouping.COPIED, names.name(url)), url) for url in urls)
        return urls

    def _whole(self, article: Listing) -> Iterator[Article]:
        """The article with its text; None for a notice."""
        for (data,) in self._database.rows("select article from bodies where number = ?", (article.number,)):
            yield records.decode(data)

    def _placed(self, article: Listing) -> list[Key]:
        """The groups that an article is in before it is placed."""
        if self._is_new:
            return []
        noticed = grouping.notice_groups_of(article, self._config) if article.withdrawn is not None else ()
        found = noticed or grouping.groups_of(article, self._config, self._asked, self._copied(article))
        keys = {self._find(key): key for key in (*found, *HELD_BACK)}
        keys.pop(None, None)
        marks = ", ".join("?" * len(keys))
        sql = f"select grp from memberships where grp in ({marks}) and published = ? and article = ? and {_CURRENT}"
        rows = self._database.rows(sql, (*keys, _seconds(article.published), article.number))
        return [keys[number] for (number,) in rows]

    def _rows(
        self, article: Listing, number: int, keys: Sequence[Key]
    ) -> list[tuple[int, int, int, int, int | None, int | None]]:
        """The rows of an article's new memberships. They are counted."""
        if not keys:
            return []
        self._count(article, keys, 1)
        moment = _seconds(article.published)
        place = grouping.provider_domain(article)
        provider = self._number((Kind.PROVIDER, place)) if place else None
        topics = self._number((grouping.TOPICS, grouping.set_of_topics(article))) if article.topics else None
        since = 0 if self._is_new else self._generation
        groups = (self._numbers.get(key) or self._number(key) for key in keys)
        return [(group, moment, number, since, topics, provider) for group in groups]

    def _count(self, article: Listing, keys: Sequence[Key], count: int) -> None:
        """Count an article that has entered (`count` 1) or left (-1) groups."""
        spelled: Iterable[tuple[Key, str]] = grouping.spellings(article, self._config) if ALL in keys else ()
        if article.withdrawn is not None and keys:
            spelled = grouping.notice_spellings(article, self._config)
            for key in filter(None, map(grouping.shown_in, keys)):
                # Its feeds show the notice, though it may have no article.
                self._number(key)
        for key in keys:
            self._sizes[key] += count
        for spelling in spelled:
            self._names[spelling] += count
        self._mark(keys, _seconds(article.published))

    def _mark(self, keys: Sequence[Key], published: int) -> None:
        """Record that groups have changed among their articles of the moment `published`."""
        if not self._is_new:
            # The group that shows the notices has changed too.
            numbers = [self._number(key) for key in (*keys, *filter(None, map(grouping.shown_in, keys)))]
            self._changes.update((number, published) for number in numbers)
            self._changed.update(numbers)

    def _mark_all(self) -> None:
        self._changes.add((EVERY_GROUP, EVERYTHING))

    def _name(self) -> None:
        """Write the number of uses of each spelling."""
        counts = {pair: count for pair, count in self._names.items() if count}
        rows = [(self._number(key), name, count) for (key, name), count in sorted(counts.items())]
        sql = (
            "insert into spellings (grp, name, count) values (?, ?, ?) "
            "on conflict (grp, name) do update set count = spellings.count + excluded.count"
        )
        self._database.many(sql, rows)
        sql = "delete from spellings where grp = ? and name = ? and count <= 0"
        self._database.many(sql, [(number, name) for number, name, count in rows if count < 0])

    def _mention(self) -> None:
        counts: Counter[Key] = Counter()
        for (key, _), count in self._names.items():
            counts[key] += count
        sql = "update groups set mentions = mentions + ? where number = ?"
        self._database.many(sql, [(count, self._number(key)) for key, count in counts.items() if count])

    def _rename(self) -> bool:
        """Update the names of groups with new spellings. Whether an existing topic or category has a new name or slug."""
        spelled: dict[Key, dict[str, int]] = {}
        for (key, name), count in self._names.items():
            if count and key[0] not in (grouping.TYPE, grouping.PUBLISHER):
                spelled.setdefault(key, {})[name] = count
        if self._is_new:
            spelled = {(str(Kind.TOPIC), key): {} for key in self._configured} | spelled
        was_renamed = False
        kinds = set()
        labels = []
        for key in {grouping.shown_in(key) or key: None for key in spelled}:
            number, before = self._number(key), ""
            counts = grouping.with_notices(self._spelled(key, spelled), self._spelled(grouping.notices_of(key), spelled))
            if not self._is_new:
                before = self._database.rows("select label from groups where number = ?", (number,))[0][0]
            is_named = bool(counts) or key[0] == Kind.TOPIC
            label = grouping.label(*key, counts, self._config, self._configured) if is_named else ""
            if key[0] == Kind.PROVIDER and Kind.PROVIDER in self._config.groups:
                self._name_publishers(key[1], counts)
            if label != before:
                kinds.add(key[0])
                labels.append((label, number))
                self._mark([key], EVERYTHING)
                if before and label:
                    self._mark_all()
                    was_renamed = was_renamed or key[0] != Kind.PROVIDER
        self._database.many("update groups set label = ? where number = ?", labels)
        for kind in kinds - {Kind.PROVIDER, Kind.LANGUAGE}:
            was_renamed = self._slug(kind) or was_renamed
        return was_renamed

    def _spelled(self, key: Key, new: Mapping[Key, dict[str, int]]) -> dict[str, int]:
        """The number of uses of each spelling of a group's name; `new` are those of a new site."""
        if self._is_new:
            return new.get(key, {})
        number = self._find(key)
        return dict(self._database.rows("select name, count from spellings where grp = ?", (number,))) if number else {}

    def _name_publishers(self, place: str, counts: Mapping[str, int]) -> None:
        """Name the publishers on a domain. Without a name, they have no group of their own."""
        publishers = grouping.publishers(place, counts, self._config)
        if self._is_new and not publishers:
            return
        for name in sorted({name_key(name): name for name in counts if name}):
            key = (grouping.PUBLISHER, grouping.publisher_key(place, name))
            new = publishers.get(name)
            now = (new.label, new.slug) if new is not None else ("", "")
            number = self._number(key)
            sql = "select label, slug from groups where number = ?"
            before = ("", "") if self._is_new else next(iter(self._database.rows(sql, (number,))), ("", ""))
            if now != before:
                self._database.execute("update groups set label = ?, slug = ? where number = ?", (*now, number))
                self._mark([key], EVERYTHING)
                # Stories of its articles link to its page, or no longer.
                self._mark_all()

    def _slug(self, kind: str) -> bool:
        """Update the slugs of all groups of a kind, as they depend on each other. Whether an existing slug has changed."""
        sql = "select number, key, label, slug from groups where site = ? and kind = ?"
        rows = self._database.rows(sql, (self._site, kind))
        slugs = grouping.slugs_of({key: label for _, key, label, _ in rows if label})
        changed = [(slugs.get(key, ""), number, slug) for number, key, _, slug in rows if slugs.get(key, "") != slug]
        self._database.many("update groups set slug = ? where number = ?", [(slug, number) for slug, number, _ in changed])
        was_changed = any(before and slug for slug, _, before in changed)
        if was_changed:
            self._mark_all()
        return was_changed

    def _resize(self) -> None:
        sizes = {key: count for key, count in self._sizes.items() if count}
        named = {Kind.TOPIC: "topic", Kind.PROVIDER: "provider", grouping.PUBLISHER: "provider", Kind.CATEGORY: "category"}
        limited = {str(kind) for kind, name in named.items() if name in self._config.minimums}
        for key, count in sizes.items():
            if (key[0] in limited or key[0] == Kind.LANGUAGE) and not self._is_new:
                before = self._database.rows("select size from groups where number = ?", (self._number(key),))[0][0]
                if not before or before + count == 0:
                    # Articles below the minimum link to its page only while it has one, and so do feeds in other languages.
                    self._mark_all()
        sql = "update groups set size = size + ? where number = ?"
        self._database.many(sql, [(count, self._number(key)) for key, count in sizes.items()])

    def _describe(self) -> None:
        """Update the pictures of providers and the facts of local files, taken from the newest article of each, and the URLs of
        pictures that are copied.
        """
        rows = [(url.encode(), self._number(key)) for key, url in self._pictures.items()]
        self._database.many("update groups set part = ? where number = ? and part is null", rows)
        touched = {number for number, _ in self._changes}
        for key in [key for key in self._numbers if key[0] in (grouping.PICTURED, grouping.FILE)]:
            number = self._find(key)
            if number is None or not (self._is_new or number in touched):
                continue
            rows = self._database.rows(_NEWEST, (number,))
            part = _part(records.decode_listing(rows[0][0]), key) if rows else None
            if self._database.rows("select part from groups where number = ?", (number,)) != [(part,)]:
                self._database.execute("update groups set part = ? where number = ?", (part, number))
                if key[0] == grouping.PICTURED:
                    self._mark([grouping.shown_by(key[1])], EVERYTHING)

    def _find(self, key: Key) -> int | None:
        """The number of a group, None if there is no such group."""
        if key not in self._numbers and not self._is_new:
            sql = "select number from groups where site = ? and kind = ? and key = ?"
            rows = self._database.rows(sql, (self._site, *map(str, key)))
            self._numbers[key] = rows[0][0] if rows else None
        return self._numbers.get(key)

    def _number(self, key: Key) -> int:
        """The number of a group, which is created if necessary."""
        number = self._find(key)
        if number is None:
            if not self._next:
                self._next = self._database.rows("select coalesce(max(number), 0) from groups")[0][0]
            self._next += 1
            number = self._numbers[key] = self._next
            # Their slugs are their keys.
            slug = key[1] if key[0] in (Kind.PROVIDER, Kind.FEED, Kind.LANGUAGE) else ""
            self._new.append((number, self._site, str(key[0]), key[1], slug, self._generation))
        return number


def _part(article: Listing, key: Key) -> bytes | None:
    if key[0] == grouping.PICTURED:
        image = grouping.provider_image(article)
        return records.encode_part(image) if image is not None else None
    return next((records.encode_part(file) for _, file in article.files if file.path == key[1]), None)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
