"""Selection: which articles are published, and which are held back and why."""

from collections.abc import Sequence
from functools import cached_property

from feeds.config.types import Config
from feeds.index import grouping
from feeds.index.grouping import ALL
from feeds.index.view import View
from feeds.model import Listing


class Selection:
    """The published articles, and those that are held back, in the order of their paths."""

    def __init__(self, view: View, config: Config) -> None:
        self._view = view
        self._shows_drafts = config.drafts
        self.published: Sequence[Listing] = view.members(ALL)
        self.next_due = view.next_due

    @cached_property
    def drafts(self) -> Sequence[Listing]:
        """Drafts and removed articles."""
        return () if self._shows_drafts else self._held_back(grouping.DRAFT)

    @cached_property
    def scheduled(self) -> Sequence[Listing]:
        """Articles with a date in the future."""
        return self._held_back(grouping.SCHEDULED)

    @cached_property
    def below_minimum(self) -> Sequence[Listing]:
        """Articles whose scores are too low for the site."""
        return self._held_back(grouping.BELOW_MINIMUM)

    @cached_property
    def duplicates(self) -> Sequence[tuple[Listing, Listing]]:
        """Duplicates, each with the published article of the same identity."""
        lost = sorted(self._view.members((grouping.DUPLICATE, "")), key=lambda article: article.path)
        published, below = (self._view.by_identity(key) for key in (ALL, (grouping.BELOW_MINIMUM, "")))
        return [(one, kept) for one in lost for found in (published, below) if (kept := found.get(one.id)) is not None]

    def _held_back(self, kind: str) -> Sequence[Listing]:
        return sorted(self._view.members((kind, "")), key=lambda article: article.path)
