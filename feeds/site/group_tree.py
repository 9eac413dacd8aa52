"""The groups of a site by kind, by size, and as trees of topics and of publishers on a platform."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from feeds.config.types import Config
from feeds.index.grouping import Collection
from feeds.model import Group, Kind
from feeds.model.pages import Link
from feeds.text.text import name_key


class GroupTree:
    """The groups of one collection that are in lists. Each order is computed once, when it is first needed."""

    def __init__(self, collection: Collection, config: Config) -> None:
        self._collection = collection
        self._config = config
        self._topic_keys = {name.slug: key for key, name in collection.topics.items()}

    @cached_property
    def of_kind(self) -> Mapping[Kind, Sequence[Group]]:
        """The groups of each kind that has any."""
        found: dict[Kind, list[Group]] = {}
        for group in self._collection.listed.values():
            found.setdefault(group.kind, []).append(group)
        return found

    @property
    def sections(self) -> tuple[Kind, ...]:
        """The kinds that have a list, in the order that pages name them."""
        order = (Kind.TOPIC, Kind.FEED, Kind.PROVIDER, Kind.CATEGORY, Kind.TAG, Kind.LANGUAGE)
        return tuple(kind for kind in order if kind in self.of_kind)

    def by_size(self, kind: Kind) -> list[Group]:
        """The groups of `kind`, those with most articles first."""
        return sorted(self.of_kind.get(kind, ()), key=largest_first)

    def roots(self) -> Iterator[Group]:
        """The topics that are below no other, those with most articles first."""
        return (group for group in self.by_size(Kind.TOPIC) if not self.above(group))

    def above(self, group: Group) -> list[Group]:
        """The groups that `group` is below, the topmost first: topics, or the domain of a publisher on a platform."""
        if group.kind is Kind.PROVIDER and "/" in group.slug:
            platform = self.providers.get(group.slug.partition("/")[0])
            return [platform] if platform is not None else []
        if group.kind is not Kind.TOPIC:
            return []
        topic = self._config.topics.get(self._topic_keys[group.slug])
        above: list[Group] = []
        while topic is not None and topic.parent is not None:
            key = name_key(topic.parent)
            if (found := self.topics.get(key)) is not None:
                above.insert(0, found)
            topic = self._config.topics.get(key)
        return above

    def children(self, group: Group) -> Sequence[Group]:
        """The topics right below a topic, or the publishers on a platform, those with most articles first."""
        return self._children.get(group.path, ())

    def descendants(self, group: Group) -> Iterator[Group]:
        """All groups below `group`."""
        waiting = [group]
        while waiting:
            children = self.children(waiting.pop())
            yield from children
            waiting += children

    @cached_property
    def topics(self) -> Mapping[str, Group]:
        """The group of each topic that has one, by the topic's key."""
        groups = self._collection.groups
        found = {key: groups.get(f"{Kind.TOPIC}/{name.slug}") for key, name in self._collection.topics.items()}
        return {key: group for key, group in found.items() if group is not None}

    @cached_property
    def providers(self) -> Mapping[str | None, Group]:
        """The group of each provider, by its domain."""
        return {group.slug: group for group in self.of_kind.get(Kind.PROVIDER, ())}

    @cached_property
    def _children(self) -> Mapping[str, Sequence[Group]]:
        below: dict[str, list[Group]] = {}
        for group in (*self.by_size(Kind.TOPIC), *self.by_size(Kind.PROVIDER)):
            for parent in self.above(group)[-1:]:
                below.setdefault(parent.path, []).append(group)
        return below


def largest_first(group: Group) -> tuple[int, str]:
    """A sort key: groups with more articles first, ties by path."""
    return (-len(group.articles), group.path)


def link(group: Group, *, depth: int = 0) -> Link:
    """A link to the page of `group`, `depth` levels down in a list."""
    return Link(group.name, group.path, len(group.articles), depth)
