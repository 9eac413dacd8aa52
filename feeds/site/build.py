"""From config to site: bring the index up to date with the sources, select what is for the public, group it."""

import hashlib
import os
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from feeds.config.types import Config
from feeds.errors import Problem
from feeds.index import Index, catalogue, grouping, members
from feeds.index.grouping import Collection, Selection
from feeds.index.history import State
from feeds.model.pages import Preview
from feeds.pages import theme
from feeds.pages.theme import Theme
from feeds.processes import without_searches
from feeds.site.site import Site
from feeds.sources import readers, scan
from feeds.sources.scan import Found


class Build(Struct, frozen=True):
    """A site, and what an editor wants to know of how it came about.

    `every_problem` tells of drafts too, which are nobody's business but their editor's (`feeds check`). `remarks` are what is
    worth counting, and `found` the documents that are there, where they were looked for. `state` is that of the documents and of
    the clock. `is_new` where the index does not know yet how the articles are grouped.
    """

    site: Site
    selection: Selection
    every_problem: tuple[Problem, ...]
    index: Index
    state: State
    is_new: bool
    remarks: tuple[Problem, ...] = ()
    found: Sequence[Found] | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of documents that are for the public."""
        return tuple(problem for problem in self.every_problem if not problem.private)

    def keep(self) -> None:
        """Have the index keep how the articles are grouped, for the next run."""
        if self.is_new:
            collected = self.site.collection
            self.index.keep_catalogue(catalogue.make(collected.name, self.selection, collected))


def build(config: Config, now: datetime, *, preview: bool = False, index: Index | None = None) -> Build:
    """Make the site as it is at the moment `now`. With `preview`, pages tell an editor what is not for the public, and what is
    wrong. Raises SourceError where a source is no folder, ThemeError where templates are broken.
    """
    with without_searches():
        found = scan.scan(config)
        index = index or Index(config)
        index.refresh(found, partial(readers.read, config))
        return replace(assemble(config, now, index=index, preview=preview), found=found)


def assemble(config: Config, now: datetime, *, index: Index, preview: bool = False) -> Build:
    """The same as `build`, of what the index holds."""
    made = begun(config, now, index, preview=preview)
    made.keep()
    return made


def begun(config: Config, now: datetime, index: Index, *, preview: bool = False) -> Build:
    """The same as `assemble`; the caller has it kept, when there is time for that."""
    with without_searches():
        told = index.problems()
        problems = tuple(problem for problem in told if problem.remark is None)
        kept = index.catalogue(now)
        if kept is None:
            selection, collected = _collected(config, now, index)
        else:
            selection, collected = catalogue.opened(kept, index.listed, index.identities)
        look = theme.read(config.templates, config.state_folder)
        facts = _preview(index, problems, collected, config, look, now) if preview else None
        site = Site(collected, config, look, index, facts)
        remarks = tuple(problem for problem in told if problem.remark is not None)
        due = int(members.published(selection.published, 0).timestamp()) if selection.published else 0
        return Build(site, selection, problems, index, (index.generation, due), kept is None, remarks)


def _collected(config: Config, now: datetime, index: Index) -> tuple[Selection, Collection]:
    """What is for the public, grouped anew."""
    selection = grouping.select(index.listings(), config, now)
    return selection, replace(grouping.collect(selection.published, config), name=os.urandom(16))


def _preview(
    index: Index, problems: tuple[Problem, ...], collected: Collection, config: Config, look: Theme, now: datetime
) -> Preview:
    states = {}
    for article in collected.articles.values():
        if article.draft or article.published > now:
            states[article.id] = "draft" if article.draft else "scheduled"
    # Group the broken articles with the sound ones, to see whose pages they would be on.
    broken = {article.path: article for article in index.broken()}
    supposed = grouping.collect([*collected.articles.values(), *broken.values()], config)
    by_path: dict[str, list[Problem]] = {}
    for problem in problems:
        by_path.setdefault(problem.path, []).append(problem)
    on_pages = {
        path: tuple(problem for place in {article.path: None for article in group.articles} for problem in by_path.get(place, ()))
        for path, group in supposed.groups.items()
    }
    made_of = repr((index.generation, sorted(states.items()), problems, config, look))
    return Preview(hashlib.sha256(made_of.encode("utf-8", "surrogateescape")).hexdigest()[:16], states, on_pages, problems)
