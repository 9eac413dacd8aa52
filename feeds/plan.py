"""The plan of an export: every document of the site, those of groups that have not changed known without being made.

What a document is made of decides its bytes. So each has a key, a digest of all of that; where the index remembers what was
made under the same key, the document need not be rendered. A group has a key too: where it stands, all its documents do.
"""

from collections.abc import Iterator, Mapping
from functools import partial

from feeds import archives, sources
from feeds.composer import compose_archive, compose_feed
from feeds.export import Planned
from feeds.index import Index, Made
from feeds.keys import Keys, digest
from feeds.model import Feed, Group, Listing
from feeds.site import Site, is_page
from feeds.workers import Press

_NO_GROUP = ""


class Plan:
    """What an export of `site` has to make. `planned` is every document, in parts: what leads to others after them."""

    def __init__(self, site: Site, index: Index, press: Press) -> None:
        self._site = site
        self._index = index
        self._press = press
        self._keys = Keys(site)
        self._before = index.made()
        self._made: dict[str, Made] = {}
        self._lacking: dict[str, Listing] = {}
        self._planned: list[Planned] = []
        feeds: list[Planned] = []
        pages: list[Planned] = []
        for group in site.collection.groups.values():
            for planned in self._group(group):
                (pages if planned.path.endswith("/index.html") else feeds).append(planned)
        linked: list[Planned] = []
        for planned in self._others():
            (linked if planned.path.startswith(("assets/", "files/")) else pages).append(planned)
        self.planned = [linked, feeds, pages]

    def render_entries(self) -> None:
        """Render the entries that documents to be made will hold, each once."""
        rendered = self._site.rendered
        lacking = rendered.lacking(self._lacking.values())
        for some in self._press.entries([listing.id for listing in lacking]):
            for format, entries in some.items():
                self._index.keep(format, entries)
        made = (planned.path for part in self.planned for planned in part if planned.known is None)
        self._press.expect([path for path in made if is_page(path)])

    def remember(self, digests: Mapping[str, str]) -> None:
        """Have the index remember what was made: `digests` are SHA-256 in hexadecimal, by path."""
        before = {made.path: made for some in self._before.values() for made in some}
        made = [each._replace(sha256=digests.get(each.path, "")) for each in self._made.values()]
        made = [each for each in made if each.sha256 or each.path.endswith("/")]
        held = {each.path for each in made}
        self._index.remember([each for each in made if before.get(each.path) != each], before.keys() - held)

    def _group(self, group: Group) -> Iterator[Planned]:
        owner = f"{group.path}/"
        before = {made.path: made for made in self._before.get(owner, ())}
        whole = Made(owner, owner, self._keys.group(group), "")
        if before.get(owner) == whole:
            self._made |= before
            for path, made in before.items():
                if path != owner:
                    yield self._planned_at(path, made.sha256)
            return
        self._made[owner] = whole
        yield from self._feeds(group, compose_feed(group, self._site.config), group.path, group.articles[: group.limit], before)
        for page in archives.pages(group, self._site.config):
            feed = compose_archive(group, page, self._site.config)
            yield from self._feeds(group, feed, archives.path(group, page.period), page.articles, before)
        if self._site.config.pages:
            path = f"{group.path}/index.html"
            yield self._at(Made(owner, path, self._keys.page(group), ""), before)

    def _feeds(
        self, group: Group, feed: Feed, base: str, shown: tuple[Listing, ...], before: Mapping[str, Made]
    ) -> Iterator[Planned]:
        key = self._keys.feed(feed, shown)
        lacking = False
        for format in self._site.config.formats:
            planned = self._at(Made(f"{group.path}/", f"{base}.{format}", key, ""), before)
            lacking = lacking or planned.known is None
            yield planned
        if lacking:
            self._lacking.update((listing.id, listing) for listing in shown)

    def _others(self) -> Iterator[Planned]:
        before = {made.path: made for made in self._before.get(_NO_GROUP, ())}
        everything = self._keys.everything()
        for path in self._site.other_paths():
            key = everything
            if (file := self._site.files.get(path)) is not None:
                stamp = sources.stamp_of(self._site.config, file)
                key = digest(repr(file), stamp) if stamp else b""
            yield self._at(Made(_NO_GROUP, path, key, ""), before)

    def _at(self, made: Made, before: Mapping[str, Made]) -> Planned:
        self._made[made.path] = made
        found = before.get(made.path)
        return self._planned_at(made.path, found.sha256 if found is not None and made.key and found.key == made.key else None)

    def _planned_at(self, path: str, known: str | None) -> Planned:
        return Planned(path, known or None, partial(self._press.document, path))
