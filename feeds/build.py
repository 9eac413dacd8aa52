"""From config to site: read the sources, select what is for the public, group it."""

from dataclasses import dataclass
from datetime import datetime

from feeds import collection, sources, theme
from feeds.collection import Collection, Selection
from feeds.config import Config
from feeds.documents import Reading
from feeds.errors import Problem
from feeds.pagemodel import Preview
from feeds.site import Site


@dataclass(frozen=True, slots=True)
class Build:
    """A site, and what an editor wants to know of how it came about."""

    site: Site
    selection: Selection
    readings: tuple[Reading, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of documents that are for the public: a draft's are told by `feeds check` alone."""
        return tuple(problem for reading in self.readings for problem in reading.problems if not problem.private)


def build(config: Config, now: datetime, *, preview: bool = False) -> Build:
    """Read everything and make the site as it is at the moment `now`. With `preview`, pages tell an editor what is not
    for the public, and what is wrong. Raises SourceError where a source is no folder, ThemeError where templates are broken.
    """
    readings = sources.read_all(config)
    articles = (reading.article for reading in readings if reading.article is not None)
    selection = collection.select(articles, config, now)
    collected = collection.collect(selection.published, config)
    facts = _preview(readings, collected, config, now) if preview else None
    return Build(Site(collected, config, theme.read(config.templates), facts), selection, readings)


def _preview(readings: tuple[Reading, ...], collected: Collection, config: Config, now: datetime) -> Preview:
    states = {}
    for article in collected.articles.values():
        if article.draft or article.published > now:
            states[article.id] = "draft" if article.draft else "scheduled"
    # Group the broken articles with the sound ones, to see whose pages they would be on.
    broken = {reading.broken.path: reading.broken for reading in readings if reading.broken is not None}
    supposed = collection.collect([*collected.articles.values(), *broken.values()], config)
    by_path = {reading.path: reading.problems for reading in readings if reading.problems}
    problems = {
        path: tuple(problem for place in {article.path: None for article in group.articles} for problem in by_path.get(place, ()))
        for path, group in supposed.groups.items()
    }
    return Preview(states, problems, tuple(problem for some in by_path.values() for problem in some))
