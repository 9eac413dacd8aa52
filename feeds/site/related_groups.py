"""Related groups: topics and providers that share most articles with a group."""

from collections import Counter
from collections.abc import Iterable
from heapq import nlargest

from feeds.index.grouping import provider_domain
from feeds.index.members import Members
from feeds.model import Group
from feeds.model.pages import Link
from feeds.site.group_tree import GroupTree
from feeds.text.text import name_key

_MOST, _MOST_COUNTED = 8, 20
# How many articles have the same topics, by their keys, and how many the same provider, by its domain.
_Counts = tuple[Counter[tuple[str, ...]], Counter[str]]


class RelatedGroups:
    """The groups that share articles with others of one collection."""

    def __init__(self, tree: GroupTree) -> None:
        self._tree = tree
        self._counted: dict[str, _Counts] = {}

    def topics(self, group: Group) -> tuple[Link, ...]:
        """The topics with most articles in common with `group`, except those above and below it."""
        passed_over = {group.path, *(each.path for each in self._tree.above(group))}
        passed_over.update(each.path for each in self._tree.descendants(group))
        together: dict[str, int] = {}
        for topics, count in self._counts(group)[0].items():
            for key in topics:
                together[key] = together.get(key, 0) + count
        found = ((self._tree.topics.get(key), count) for key, count in together.items())
        return _most((each, count) for each, count in found if each is not None and each.path not in passed_over)

    def providers(self, group: Group) -> tuple[Link, ...]:
        """The providers that most articles of `group` are by."""
        together = self._counts(group)[1]
        found = ((self._tree.providers.get(domain), count) for domain, count in together.items())
        return _most((each, count) for each, count in found if each is not None)

    def _counts(self, group: Group) -> _Counts:
        if not isinstance(group.articles, Members):
            topics = Counter(tuple(map(name_key, article.topics)) for article in group.articles)
            return topics, Counter(filter(None, map(provider_domain, group.articles)))
        # A page needs the counts twice.
        counts = self._counted.get(group.path)
        if counts is None:
            counts = group.articles.topics(), group.articles.domains()
            if len(self._counted) > _MOST_COUNTED:
                self._counted = {}
            self._counted[group.path] = counts
        return counts


def _most(found: Iterable[tuple[Group, int]]) -> tuple[Link, ...]:
    """Links to the groups with the highest counts."""
    found = list(found)
    # Numbers are compared sooner than paths, and most groups are no candidates.
    least = min(nlargest(_MOST, (count for _, count in found)), default=0)
    candidates = [pair for pair in found if pair[1] >= least]
    ordered = sorted(candidates, key=lambda pair: (-pair[1], pair[0].path))[:_MOST]
    return tuple(Link(group.name, group.path, count) for group, count in ordered)
