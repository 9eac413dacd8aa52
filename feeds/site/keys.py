"""Keys: what a document is made of decides its bytes, so a digest of all of that tells whether it would be the same again."""

import hashlib
from collections.abc import Iterator, Sequence

from feeds.config.types import Config
from feeds.index import members
from feeds.model import Feed, Group, Listing
from feeds.site.rendered import names_digest
from feeds.site.site import Site
from feeds.version import __version__


class Keys:
    """The keys of what a site consists of. `site` is that of what all pages share, `outline` that of what lists of groups say:
    their names and sizes.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        collection, config = site.collection, site.config
        assets = (part for asset in site.theme.assets.items() for part in asset)
        self._config = digest(__version__, repr(_rendered_by(config)), *assets)
        names = (repr(sorted(names.items())) for names in (collection.topics, collection.categories))
        self._names = digest(self._config, *names)
        self._members: dict[str, bytes] = {}
        self.site = digest(self._names, repr(sorted(site.theme.templates.items())))
        self.outline = self._named = self._names
        if config.pages:
            self._named = digest(self.site, str(site.pages.last_week), repr([*map(_path_and_name, collection.groups.values())]))
            found = (f"{path}\n{group.name}\n{len(group.articles)}" for path, group in collection.groups.items())
            self.outline = digest(self.site, str(site.pages.last_week), *found)

    def of(self, path: str) -> bytes | None:
        """Stands for the document at `path`; None where nothing does but its bytes."""
        if (found := self._site.feed_at(path)) is not None:
            return self.feed(*found)
        group = self._site.page_at(path)
        return self.page(group) if group is not None else None

    def group(self, group: Group) -> bytes:
        """Stands for all documents of `group`, as `feed` and `page` do for each; but all names of groups count here, however far:
        to ask for these takes no time, and they are seldom others.
        """
        above = self._site.pages.above(group) if self._site.config.pages else ()
        return digest(self._named, repr([len(each.articles) for each in above]), *self._around(group))

    def state(self, name: bytes) -> bytes:
        """Stands for all that there is but local files, where `name` is that of the collection's catalogue, or of an earlier one
        with the same groups.
        """
        return digest(name, self.site, self._named)

    def outlines(self) -> bytes:
        """Stands for the list of all feeds."""
        return digest(self._names, *(f"{path}\n{group.name}" for path, group in self._site.collection.groups.items()))

    def everything(self) -> bytes:
        """Stands for all that there is but local files."""
        return digest(self.site, *(self.group(group) for group in self._site.collection.groups.values()))

    def feed(self, feed: Feed, shown: Sequence[Listing]) -> bytes:
        """Stands for a feed that says `feed` of itself and holds the entries of `shown`, in any format."""
        names = self._site.rendered.names
        parts = [part for each in shown for part in (each.digest, names_digest(names(each)))]
        return digest(self._config, repr(feed), b"".join(parts))

    def page(self, group: Group) -> bytes:
        """Stands for the page of `group`."""
        facts = repr(self._site.pages.around(group))
        return digest(self.site, facts, *self._around(group))

    def _around(self, group: Group) -> Iterator[bytes]:
        yield self._of_members(group)
        for child in self._site.pages.children(group):
            yield self._of_members(child)

    def _of_members(self, group: Group) -> bytes:
        found = self._members.get(group.path)
        if found is None:
            own = repr((group.kind, group.slug, group.name, group.limit, group.description, group.image))
            found = digest(own, members.digests(group.articles))
            self._members[group.path] = found
        return found


def _path_and_name(group: Group) -> tuple[str, str]:
    return group.path, group.name


def _rendered_by(config: Config) -> tuple[object, ...]:
    """What of config decides bytes that are published."""
    site = config.site
    notes = (config.topics, config.providers, config.formats, config.archives, config.archive_period, config.limit)
    return (site, *notes, config.sitemaps, config.pages, config.embeds, config.hubs, config.groups, config.feeds)


def digest(*parts: bytes | str) -> bytes:
    """16 bytes that stand for `parts`."""
    made = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        # With their lengths, so that no two lists of parts look alike.
        made.update(b"%d:" % len(data))
        made.update(data)
    return made.digest()
