"""Lists of groups: the pages that name every group of a kind, and the names that the search page completes."""

import unicodedata
from collections.abc import Iterator
from math import ceil

from feeds.model import Group, Kind
from feeds.model.pages import Link, ListPage, Part
from feeds.site.group_tree import GroupTree, largest_first, link

# Names on one page: it stays under 60 kB.
ROWS = 200


class GroupLists:
    """The lists of the groups of one collection."""

    def __init__(self, tree: GroupTree) -> None:
        self._tree = tree
        self._rows: dict[Kind, tuple[Link, ...]] = {}

    def pages(self) -> Iterator[tuple[str, Kind, int]]:
        """Every page of every list: its path, and the arguments with which `page` makes it."""
        for kind in self._tree.sections:
            for number in range(ceil(len(self._tree.of_kind[kind]) / ROWS)):
                yield _path(kind, number), kind, number

    def page(self, kind: Kind, number: int) -> ListPage:
        """A page of the list of `kind`, counted from 0."""
        # The pages of one list are made one after another.
        if kind not in self._rows:
            self._rows[kind] = tuple(self._in_order(kind))
        rows = self._rows[kind]
        chunks = [rows[start : start + ROWS] for start in range(0, len(rows), ROWS)]
        parts = tuple(Part(_path(kind, place), chunk[0].name, chunk[-1].name) for place, chunk in enumerate(chunks))
        return ListPage(kind, chunks[number], parts, parts[number], len(rows))

    def search_index(self) -> list[list[str | int]]:
        """Kind, slug, name and number of articles of every group but `all`, those with most articles first."""
        groups = [group for kind, groups in self._tree.of_kind.items() if kind is not Kind.ALL for group in groups]
        groups.sort(key=largest_first)
        return [[group.kind.value, group.slug, group.name, len(group.articles)] for group in groups]

    def _in_order(self, kind: Kind) -> Iterator[Link]:
        """Links to the groups of `kind` by name; each topic is followed by those below it."""
        groups = sorted(self._tree.of_kind.get(kind, ()), key=_by_name)
        if kind is not Kind.TOPIC:
            yield from (link(group) for group in groups)
            return

        def branch(group: Group, depth: int) -> Iterator[Link]:
            yield link(group, depth=depth)
            for child in sorted(self._tree.children(group), key=_by_name):
                yield from branch(child, depth + 1)

        for group in groups:
            if not self._tree.above(group):
                yield from branch(group, 0)


def _path(kind: Kind, number: int) -> str:
    return f"{kind}/index/{number + 1}.html" if number else f"{kind}/index.html"


def _by_name(group: Group) -> tuple[str, str]:
    """A sort key for names as in a dictionary: accents do not count."""
    letters = (letter for letter in unicodedata.normalize("NFKD", group.name) if not unicodedata.combining(letter))
    return ("".join(letters).casefold(), group.path)
