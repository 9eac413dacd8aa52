"""From config to site: bring the index up to date with the sources, select what is for the public, group it."""

import os
from datetime import datetime
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from feeds import catalogue, collection, members, scanning, theme, workers
from feeds.collection import Collection, Selection
from feeds.config import Config
from feeds.errors import Problem
from feeds.history import State
from feeds.index import Index
from feeds.pagemodel import Preview
from feeds.processes import without_searches
from feeds.scanning import Scan
from feeds.site import Site


class Build(Struct, frozen=True):
    """A site, and what an editor wants to know of how it came about.

    `every_problem` tells of drafts too, which are nobody's business but their editor's (`feeds check`). `state` is that of
    the documents and of the clock.
    """

    site: Site
    selection: Selection
    every_problem: tuple[Problem, ...]
    index: Index
    state: State

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of documents that are for the public."""
        return tuple(problem for problem in self.every_problem if not problem.private)


def build(
    config: Config, now: datetime, *, preview: bool = False, index: Index | None = None, found: Scan | None = None
) -> Build:
    """Make the site as it is at the moment `now`, of the documents that are `found`. With `preview`, pages tell an editor what is
    not for the public, and what is wrong. Raises SourceError where a source is no folder, ThemeError where templates are broken.
    """
    with without_searches():
        found = scanning.scan(config) if found is None else found
        index = index or Index(config)
        index.refresh(found, partial(workers.read, config))
        return assemble(config, now, index=index, preview=preview)


def assemble(config: Config, now: datetime, *, index: Index, preview: bool = False) -> Build:
    """The same, of what the index holds."""
    with without_searches():
        problems = index.problems()
        selection, collected = _collected(config, now, index)
        facts = _preview(index, problems, collected, config, now) if preview else None
        site = Site(collected, config, theme.read(config.templates, config.state_folder), index, facts)
        due = int(members.published(selection.published, 0).timestamp()) if selection.published else 0
        return Build(site, selection, problems, index, (index.generation, due))


def _collected(config: Config, now: datetime, index: Index) -> tuple[Selection, Collection]:
    """What is for the public, grouped: as it is kept, where that is the same."""
    kept = index.catalogue(now)
    if kept is None:
        selection = collection.select(index.listings(), config, now)
        collected = collection.collect(selection.published, config)
        kept = catalogue.make(os.urandom(16), selection, collected)
        index.keep_catalogue(kept)
        return selection, replace(collected, name=kept.name)
    return catalogue.opened(kept, index.listed)


def _preview(index: Index, problems: tuple[Problem, ...], collected: Collection, config: Config, now: datetime) -> Preview:
    states = {}
    for article in collected.articles.values():
        if article.draft or article.published > now:
            states[article.id] = "draft" if article.draft else "scheduled"
    # Group the broken articles with the sound ones, to see whose pages they would be on.
    broken = {article.path: article for article in index.broken()}
    supposed = collection.collect([*collected.articles.values(), *broken.values()], config)
    by_path: dict[str, list[Problem]] = {}
    for problem in problems:
        by_path.setdefault(problem.path, []).append(problem)
    on_pages = {
        path: tuple(problem for place in {article.path: None for article in group.articles} for problem in by_path.get(place, ()))
        for path, group in supposed.groups.items()
    }
    return Preview(states, on_pages, problems)
