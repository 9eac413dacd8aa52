"""The plan of an export: every document of the site, those of groups that have not changed known without being made.

What a document is made of decides its bytes. So each has a key, a digest of all of that; where the index remembers what was
made under the same key, the document need not be rendered. A group has a key too: where it stands, all its documents do.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from feeds.formats import opml
from feeds.index import Index, members
from feeds.index.made import Made
from feeds.model import Document, Feed, Group, Listing
from feeds.publish import static_hosts
from feeds.publish.export import Part, Planned
from feeds.publish.press import Press
from feeds.publish.targets import Waiting
from feeds.site import archives
from feeds.site.composer import compose_archive, compose_feed
from feeds.site.keys import Keys, digest
from feeds.site.rendered import Rendered
from feeds.site.site import SEARCH_INDEX, Site
from feeds.sources import reader
from feeds.text import compression

# Entries that are kept at a time.
_KEPT = 1000
# Whose documents are no group's.
_NO_GROUP, _COMPANIONS = "", "companions"
# Where the key of the whole state is, as a group's is where its path ends with `/`.
_STATE = "/"
_PAGE = "/index.html"
_LIST = re.compile(r"[a-z]+/index(/[0-9]+)?\.html")


class Plan:
    """What an export of `site` has to make. `parts` hold every document, what leads to others in a later one; or where
    `is_of_changes`, those that may have changed since the state `stands`, in which all others stand already.

    `state` is that of what is made: a name for all that there is but local files, empty where it has none.
    """

    def __init__(self, site: Site, index: Index, press: Press, stands: str = "") -> None:
        self._site = site
        self._index = index
        self._archives: dict[str, tuple[archives.Page, ...]] = {}
        # The groups whose own articles have changed.
        self._changed: frozenset[str] = frozenset()
        self._press = press
        collection = site.collection
        others = tuple(site.other_paths())
        self._keys = Keys(site)
        self._before, self._same = self._look(others, stands)
        self.state = self._keys.state(collection.name).hex() if collection.name else ""
        # Where nothing was made before, every entry is wanted: other processes render them while this one plans.
        self._begun = None if self._before else self._entries(site.shown())
        self._made: dict[str, dict[str, Made]] = {}
        if collection.name:
            self._made[_NO_GROUP] = {_STATE: Made(_STATE, self._keys.state(collection.name), "")}
        self._standing: set[str] = set()
        self._lacking: dict[str, Listing] = {}
        self._companion_of: dict[str, str] = {}
        self._newest: Document | Waiting | None = None
        self._stood: dict[str, str] = {}
        feeds: list[Planned] = []
        archived: list[Planned] = []
        pages: list[Planned] = []
        for group in self._touched.values() if self.is_of_changes else collection.groups.values():
            for planned in self._group(group):
                folder, _, name = planned.path.rpartition("/")
                (pages if name == "index.html" else archived if folder.endswith("/archive") else feeds).append(planned)
        # Those of a period share their articles: one after the other, they take less time than those of a group.
        archived.sort(key=lambda planned: planned.path.rpartition("/")[2].partition(".")[0])
        linked: list[Planned] = []
        for planned in self._others(others):
            (linked if planned.path.startswith(("assets/", "files/")) else pages).append(planned)
        stood_feeds = {path: known for path, known in self._stood.items() if not path.endswith(_PAGE)}
        stood_pages = {path: known for path, known in self._stood.items() if path.endswith(_PAGE)}
        last = [*pages, *self._host_files()]
        self.parts = [self._part({}, linked), self._part(stood_feeds, [*archived, *feeds]), self._part(stood_pages, last)]

    def render_entries(self) -> None:
        """Render the entries that documents to be made will hold, each once."""
        waiting: list[Rendered] = []
        many = False
        for some in self._begun or self._entries(self._lacking.values()):
            waiting += some
            if len(waiting) >= _KEPT:
                self._index.keep(waiting)
                waiting = []
                many = True
        if waiting:
            self._index.keep(waiting)
        made = (planned.path for part in self.parts for planned in part.planned if planned.known is None)
        self._press.expect([path for path in made if not path.startswith(("assets/", "files/"))])
        if many:
            # A thread: from here on, no process is forked.
            self._index.settle_beside()

    def _entries(self, listings: Iterable[Listing]) -> Iterator[list[Rendered]]:
        """The entries of `listings` that are not kept yet, in batches."""
        return self._press.entries(self._site.rendered.lacking(listings))

    def remember(self, digests: Mapping[str, str]) -> None:
        """Have the index remember what was made: `digests` are SHA-256 in hexadecimal, by path."""
        made = {
            owner: [Made(path, each.key, digests.get(path, "")) for path, each in some.items()]
            for owner, some in self._made.items()
        }
        made[_COMPANIONS] = [
            Made(path, digest(digests[of]), digests[path]) for path, of in self._companion_of.items() if path in digests
        ]
        kept = {owner: tuple(each for each in some if each.sha256 or each.path.endswith("/")) for owner, some in made.items()}
        gone = self._before.keys() - self._standing - kept.keys()
        self._index.made.keep({owner: some for owner, some in kept.items() if self._before.get(owner) != some}, gone)

    def _look(self, others: Iterable[str], stands: str) -> tuple[dict[str, tuple[Made, ...]], bool]:
        """What was made before, as far as it is to be looked at, and whether it was made of the same but for some articles: then
        groups that these don't touch need no look.
        """
        before = self._index.made.get([_NO_GROUP, _COMPANIONS])
        made = {each.path: each for each in before.get(_NO_GROUP, ())}
        name = self._site.collection.before
        key = self._keys.state(name) if name else b""
        same = bool(key) and _STATE in made and made[_STATE].key == key
        touched = self._groups_touched() if same else []
        self._touched = {group.path: group for group in touched}
        kept = not self._site.config.precompress and made.keys() - {_STATE} == set(others)
        self.is_of_changes = same and kept and stands == key.hex()
        if self.is_of_changes:
            found = self._index.made.get([*before, *map(_owner, touched)])
            # Where a period has begun, or is over, there is a document more or less.
            self.is_of_changes = all(
                {each.path for each in found.get(_owner(group), ())} == {_owner(group), *self._paths(group)} for group in touched
            )
        return found if self.is_of_changes else self._index.made.get(None), same

    def _groups_touched(self) -> list[Group]:
        """The groups that hold a fresh article or held one that left, those on whose pages these have cards, and those on whose
        pages it is told how large these are.
        """
        collection, pages = self._site.collection, self._site.pages
        touched = {group.path: group for group in members.holding(tuple(collection.groups.values()), collection.fresh)}
        touched |= {path: collection.groups[path] for path in collection.touched}
        self._changed = frozenset(touched)
        above = [each for group in touched.values() for each in pages.above(group)[-1:]]
        below = [collection.groups[path] for path in collection.touched]
        while below:
            below = [child for group in below for child in pages.children(group)]
            touched |= {group.path: group for group in below}
        return list((touched | {group.path: group for group in above}).values())

    def _paths(self, group: Group) -> Iterator[str]:
        """Where the documents of `group` are."""
        config = self._site.config
        periods = (archives.path(group, page.period) for page in self._pages_of(group))
        for base in (group.path, *periods):
            yield from (f"{base}.{format}" for format in config.formats)
        if config.pages:
            yield f"{group.path}{_PAGE}"

    def _pages_of(self, group: Group) -> tuple[archives.Page, ...]:
        """The archive pages of `group`: to find where each of many begins takes a while."""
        if group.path not in self._archives:
            self._archives[group.path] = archives.pages(group, self._site.config)
        return self._archives[group.path]

    def _group(self, group: Group) -> Iterator[Planned]:
        owner = _owner(group)
        before = {made.path: made for made in self._before.get(owner, ())}
        same = self._same and owner in before
        stands = same and group.path not in self._touched
        # What its articles say has changed, and so have its keys: there is no use in them before all is looked at again.
        keyless = self.is_of_changes and group.path in self._changed
        whole = Made(owner, b"" if stands or keyless else self._keys.group(group), "")
        if stands or (whole.key and before.get(owner) == whole):
            self._standing.add(owner)
            self._stood.update((path, made.sha256) for path, made in before.items() if path != owner)
            return
        made = self._made.setdefault(owner, {owner: whole})
        yield from self._feeds(group, compose_feed(group, self._site.config), group.path, group.articles[: group.limit], before)
        length = self._site.config.archive_period
        left = {archives.period_of(moment, length) for moment in self._site.collection.touched.get(group.path, ())}
        # Each leads to those beside it.
        same = same and before.keys() == {owner, *self._paths(group)}
        for page in self._pages_of(group):
            base = archives.path(group, page.period)
            paths = [f"{base}.{format}" for format in self._site.config.formats]
            if same and page.period not in left and not members.holds(page.articles, self._site.collection.fresh):
                made |= {path: before[path] for path in paths}
                self._stood.update((path, before[path].sha256) for path in paths)
                continue
            yield from self._feeds(group, compose_archive(group, page, self._site.config), base, page.articles, before)
        if self._site.config.pages:
            key = b"" if keyless else self._keys.page(group)
            yield self._at(owner, Made(f"{group.path}{_PAGE}", key, ""), before)

    def _part(self, stood: Mapping[str, str], planned: Sequence[Planned]) -> Part:
        if self._site.config.precompress:
            planned = [*(self._planned_at(path, known) for path, known in stood.items()), *planned]
            return Part({}, self._document, list(self._with_companions(planned)))
        return Part(stood, self._document, planned)

    def _feeds(
        self, group: Group, feed: Feed, base: str, shown: Sequence[Listing], before: Mapping[str, Made]
    ) -> Iterator[Planned]:
        key = self._keys.feed(feed, shown)
        lacking = False
        for format in self._site.config.formats:
            planned = self._at(_owner(group), Made(f"{base}.{format}", key, ""), before)
            lacking = lacking or planned.known is None
            yield planned
        # What stood in the state before is kept: to ask for that takes long, where a change is to one of many articles.
        if lacking and not self.is_of_changes:
            self._lacking.update((listing.id, listing) for listing in shown)

    def _others(self, paths: Iterable[str]) -> Iterator[Planned]:
        before = {made.path: made for made in self._before.get(_NO_GROUP, ())}
        name = self._site.collection.name
        everything = self._keys.state(name) if name else self._keys.everything()
        for path in paths:
            key = self._keys.outlines() if path == opml.PATH else everything
            if path == SEARCH_INDEX or _LIST.fullmatch(path):
                key = self._keys.outline
            if (file := self._site.files.get(path)) is not None:
                stamp = reader.stamp_of(self._site.config, file)
                key = digest(repr(file), stamp) if stamp else b""
            yield self._at(_NO_GROUP, Made(path, key, ""), before)

    def _at(self, owner: str, made: Made, before: Mapping[str, Made]) -> Planned:
        self._made.setdefault(owner, {})[made.path] = made
        found = before.get(made.path)
        return self._planned_at(made.path, found.sha256 if found is not None and made.key and found.key == made.key else None)

    def _planned_at(self, path: str, known: str | None) -> Planned:
        return Planned(path, known or None, partial(self._document, path))

    def _document(self, path: str) -> Document | Waiting | None:
        if self._newest is None or self._newest.path != path:
            self._newest = self._press.document(path)
        return self._newest

    def _with_companions(self, part: Iterable[Planned]) -> Iterator[Planned]:
        """Each document of `part`, and after it the same in the codings that config wants beside it."""
        before = {made.path: made for made in self._before.get(_COMPANIONS, ())}
        for planned in part:
            yield planned
            if not static_hosts.is_compressible(planned.path):
                continue
            for coding in self._site.config.precompress:
                path = f"{planned.path}{compression.ENDINGS[coding][0]}"
                self._companion_of[path] = planned.path
                found = before.get(path)
                same = found is not None and planned.known is not None and found.key == digest(planned.known)
                known = found.sha256 if found is not None and same else None
                yield Planned(path, known, partial(self._companion, planned.path, path, coding))

    def _companion(self, of: str, path: str, coding: str) -> Document | Waiting | None:
        if (found := self._press.companion(path)) is not None:
            return found
        document = self._document(of)
        if isinstance(document, Waiting):
            document = self._site.document(of)
        return static_hosts.companion(document, path, coding) if document is not None else None

    def _host_files(self) -> Iterator[Planned]:
        for document in static_hosts.files(self._site.config):
            yield Planned(document.path, None, partial(_itself, document))


def _owner(group: Group) -> str:
    return f"{group.path}/"


def _itself(document: Document) -> Document:
    return document
