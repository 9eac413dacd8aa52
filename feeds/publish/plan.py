"""The plan of an export: the documents that it must make, and those that it must remove.

If only articles have changed since the last export to the same place, only the groups they are in are checked. A document is
made only if the key of what it is made from (`Traces`) has changed.
"""

import re
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from feeds import faults
from feeds.copies import names
from feeds.errors import FeedsError, Problem
from feeds.formats import feed_menu, opml
from feeds.index import grouping
from feeds.index.article_pages import has_page, page_path
from feeds.index.members import members_of
from feeds.index.placing import EVERYTHING
from feeds.model import File, Group, Kind, Listing
from feeds.publish import static_hosts
from feeds.publish.outputs import Outputs, Row
from feeds.site import archives
from feeds.site.site import COMPOSER, NOT_FOUND, SEARCH_INDEX, SEARCH_PAGE, Site
from feeds.site.traces import Traces, digest
from feeds.sources import local_files
from feeds.text import compression

# The group number of documents that belong to no group.
_NO_GROUP = 0
# Ends the period in the path of an archive page after its folder.
_PERIOD = re.compile(r"[./]")
_LIST = re.compile(r"[a-z]+/index(/[0-9]+)?\.html")


class Planned(Struct, frozen=True):
    """A document to make. `paths` are those to write: its own and those of its compressed companions.

    For each path, the value is the SHA-256 of the present file in hexadecimal: empty if that is wrong, None if it is unknown.
    """

    path: str
    group: int
    key: bytes
    paths: dict[str, str | None]

    @property
    def order(self) -> tuple[int, str, str]:
        """The sorting key: linked documents first, and archive pages of a period, which share their articles, together."""
        folder, _, name = self.path.rpartition("/")
        if self.path.startswith(("assets/", "files/", f"{names.FOLDER}/")):
            return (0, "", self.path)
        if folder.endswith("/archive"):
            return (1, name.partition(".")[0], self.path)
        return (2 if name.endswith((".rss", ".atom", ".json")) and self.path != SEARCH_INDEX else 3, "", self.path)


# A document of a group: its path, its key if known, and the numbers of the articles that are its entries.
_Document = tuple[str, bytes | None, "array[int] | None"]


class Plan:
    """The plan of an export of `site`.

    `todo` are the documents to make, `numbers` those of the articles whose entries they need, `gone` the paths to remove, and
    `moved` the rows of documents that now belong to another group. `problems` are those of documents that could not be planned:
    they stay as they are.

    `outputs` are the documents at the place; those in `lacking` are missing or damaged. `changed` are the groups that have
    changed since the last export, with the moments of the articles that have; None for all groups. `copied` are the names of
    pictures that were copied since.
    """

    def __init__(
        self,
        site: Site,
        traces: Traces,
        outputs: Outputs,
        lacking: set[str],
        changed: Mapping[int, Sequence[int]] | None,
        copied: Collection[str] = (),
    ) -> None:
        self._site = site
        self._traces = traces
        self._outputs = outputs
        self._lacking = lacking
        self._changed = changed
        self._known = {row.path: row for row in outputs.all()} if changed is None else {}
        self._planned: set[str] = set()
        self._endings = [compression.ENDINGS[coding][0] for coding in site.config.precompress]
        self.todo: list[Planned] = []
        self.numbers: set[int] = set()
        self.gone: set[str] = set()
        self.moved: list[Row] = []
        self.problems: list[Problem] = []
        self._failed: set[int] = set()
        self.host_files = {document.path: document for document in static_hosts.files(site.config)}
        numbers = set()
        for group in self._groups():
            number = members_of(group).number
            numbers.add(number)
            if changed is None or number in changed:
                self.gone |= self._plan(number, self._of_group(group, number), group.path)
            else:
                self._plan(number, self._page(group), group.path)
        new_copies = {site.view.number_of(grouping.COPIED, name) for name in copied} - {_NO_GROUP}
        for number, path, file in site.view.singles(None if changed is None else (changed.keys() - numbers) | new_copies):
            self.gone |= self._plan(number, self._of_file(file) if file is not None else self._of_single(path), path)
        for number, path in self._beside_changes():
            self._plan(number, self._of_single(path), path)
        if changed is None or changed or copied:
            self.gone |= self._plan(_NO_GROUP, self._others(), "")
        if changed is None:
            self.gone = {path for path, row in self._known.items() if row.group not in self._failed} - self._planned
        self._restore(lacking - self._planned - self.gone)
        self.todo.sort(key=lambda planned: planned.order)

    def _groups(self) -> Iterable[Group]:
        """The groups whose documents may differ: those that have changed, those whose pages have cards of these, and those whose
        pages show their sizes.
        """
        groups, pages = self._site.collection.groups, self._site.pages
        if self._changed is None:
            return groups.values()
        found = {path: group for path, group in groups.items() if members_of(group).number in self._changed}
        if self._site.config.pages:
            above = [each for group in found.values() for each in pages.tree.above(group)[-1:]]
            below = list(found.values())
            while below:
                below = [child for group in below for child in pages.tree.children(group)]
                found |= {group.path: group for group in below}
            found |= {group.path: group for group in above}
        return found.values()

    def _of_group(self, group: Group, number: int) -> Iterator[_Document]:
        """The documents of a group."""
        yield from self._feeds(group.path, *self._traces.feed(group))
        config = self._site.config
        moments = self._changed[number] if self._changed is not None else [EVERYTHING]
        pages = {archives.path(group, page.period): page for page in archives.pages(group, config)}
        if EVERYTHING not in moments:
            before = {row.path.rpartition("/archive/") for row in self._outputs.of(number)}
            periods = {f"{folder}/archive/{_PERIOD.split(name)[0]}" for folder, between, name in before if between}
            # At the start or the end of a period, the links of its neighbours change.
            moments = moments if periods == pages.keys() else [EVERYTHING]
        is_whole = EVERYTHING in moments
        length = config.archive_period
        touched = {archives.period_of(datetime.fromtimestamp(each, UTC), length) for each in moments if not is_whole}
        for base, page in pages.items():
            is_touched = is_whole or page.period in touched
            yield from self._feeds(base, *(self._traces.archive(group, page) if is_touched else (None, None)))
            if config.pages:
                yield f"{base}/index.html", self._traces.archive_page(group, page) if is_touched else None, None
        if config.pages:
            yield from self._page(group)

    def _page(self, group: Group) -> Iterator[_Document]:
        yield f"{group.path}/index.html", self._traces.page(group), None

    def _feeds(self, base: str, key: bytes | None, numbers: "array[int] | None") -> Iterator[_Document]:
        for format in self._site.config.formats:
            yield f"{base}.{format}", key, numbers

    def _of_file(self, file: File) -> Iterator[_Document]:
        stamp = local_files.stamp_of(self._site.config, file)
        # One that was saved just now may be another one soon.
        yield file.path, digest(repr(file), stamp) if stamp else b"", None

    def _of_single(self, path: str) -> Iterator[_Document]:
        """The documents of the page of an article, or of a picture that is copied."""
        article = self._site.article_at(path)
        if article is not None:
            yield path, self._traces.article(article), None
        elif (copy := names.parse(path)) is not None:
            yield from self._copies(copy[0])

    def _copies(self, name: str) -> Iterator[_Document]:
        """The copies of a picture; none before it could be fetched."""
        for path in (names.path(name, width) for width in names.WIDTHS):
            if path in self._site:
                # A picture is copied once.
                yield path, digest(path), None

    def _beside_changes(self) -> Iterator[tuple[int, str]]:
        """Pages of articles that link to a changed, new or removed article, with the numbers of their groups."""
        if self._changed is None or not self._site.config.pages:
            return
        config, groups = self._site.config, self._site.collection.groups.values()
        beside: dict[str, Listing] = {}
        for group in groups:
            members = members_of(group)
            if group.kind in (Kind.ALL, Kind.TOPIC) and members.number in self._changed:
                moments = self._changed[members.number]
                some: Iterable[Listing] = members if EVERYTHING in moments else members.around(moments)
                beside.update((page_path(each), each) for each in some if has_page(each, config))
        for path in sorted(beside):
            if (number := self._site.view.number_of(grouping.PAGE, path)) not in self._changed:
                yield number, path

    def _others(self) -> Iterator[_Document]:
        """The documents of no group, or of many."""
        assets = self._site.theme.assets
        for path in self._site.other_paths():
            if path in (opml.PATH, feed_menu.PATH):
                key = self._traces.names
            elif path in (SEARCH_INDEX, SEARCH_PAGE, COMPOSER, NOT_FOUND) or _LIST.fullmatch(path):
                key = self._traces.sizes
            else:
                asset = assets.get(path.removeprefix("assets/"))
                key = digest(asset) if asset is not None and path.startswith("assets/") else self._traces.everything()
            yield path, key, None
        for name in self._site.collection.copies_of_groups:
            yield from self._copies(name)
        for path, document in self.host_files.items():
            yield path, bytes.fromhex(document.sha256)[:16], None

    def _plan(self, number: int, documents: Iterable[_Document], place: str) -> set[str]:
        """Plan those `documents` of the group at `place` that differ from its outputs or are missing among them.

        Returns the paths of the group's other outputs, where only some groups have changed.
        """
        try:
            documents = list(documents)
        except FeedsError:
            raise
        except Exception as error:
            self.problems.append(faults.report(place, faults.RENDERED, error))
            self._failed.add(number)
            return set()
        known = self._known if self._changed is None else {row.path: row for row in self._outputs.of(number)}
        planned: set[str] = set()
        for path, key, numbers in documents:
            paths = (path, *self._companions(path))
            planned.update(paths)
            lacking = {
                each: self._standing(known.get(each))
                for each in paths
                if self._is_lacking(known.get(each), key) or each in self._lacking
            }
            # Without a key, the document that exists is right.
            if lacking and (key is not None or path in known):
                self.todo.append(Planned(path, number, known[path].key if key is None else key, lacking))
                if numbers is not None:
                    self.numbers.update(numbers)
            if self._changed is None:
                rows = [known[each] for each in paths if each not in lacking]
                self.moved += [row._replace(group=number) for row in rows if row.group != number]
        self._planned |= planned
        return known.keys() - planned if self._changed is not None else set()

    def _is_lacking(self, row: Row | None, key: bytes | None) -> bool:
        return row is None or (key is not None and row.key != key) or key == b""

    def _standing(self, row: Row | None) -> str | None:
        return None if row is None else "" if row.path in self._lacking else row.sha256.hex()

    def _companions(self, path: str) -> list[str]:
        return [f"{path}{ending}" for ending in self._endings] if static_hosts.is_compressible(path) else []

    def _restore(self, lacking: Iterable[str]) -> None:
        """Plan documents that are `lacking` although nothing that they are made of has changed."""
        for path in sorted(lacking):
            row = self._outputs.at(path)
            ending = next((ending for ending in self._endings if path.endswith(ending)), "")
            of = path.removesuffix(ending)
            if row is None or not (of in self.host_files or of in self._site):
                self.gone.add(path)
            else:
                self.todo.append(Planned(of, row.group, row.key, {path: ""}))
