"""From config to site: read the sources, select what is for the public, group it."""

from dataclasses import dataclass
from datetime import datetime

from feeds import collection, sources
from feeds.collection import Selection
from feeds.config import Config
from feeds.documents import Reading
from feeds.errors import Problem
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


def build(config: Config, now: datetime) -> Build:
    """Read everything and make the site as it is at the moment `now`. Raises SourceError where a source is no folder."""
    readings = sources.read_all(config)
    articles = (reading.article for reading in readings if reading.article is not None)
    selection = collection.select(articles, config, now)
    return Build(Site(collection.collect(selection.published, config), config), selection, readings)
