"""To publish: from the documents that are there to what stands at the output, in one go."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from msgspec import Struct

from feeds.config.types import Config
from feeds.errors import DamagedError
from feeds.index import Index
from feeds.processes import without_searches
from feeds.publish.last import FOLDER, Last, Told
from feeds.sources import readers

if TYPE_CHECKING:
    from feeds.publish.export import Outcome
    from feeds.site.build import Build

# What an export takes, which a first one loads while the documents are looked for, and while other processes read them.
_LOADED_FIRST = ("feeds.publish.targets.places", "feeds.site.composer")
_LOADED_THEN = ("feeds.publish.plan", "feeds.site.build")


class Published(Struct, frozen=True):
    """What was made, what the export did and has to tell, and how many seconds each stage took: reading, rendering entries,
    writing.
    """

    build: "Build"
    outcome: "Outcome"
    told: Told
    seconds: dict[str, float]


def publish(
    config: Config,
    place: str,
    now: datetime,
    *,
    index: Index | None = None,
    before: Last | None = None,
    overwrite: bool = False,
    tell: Callable[[int, int], None] = lambda done, planned: None,
) -> Published:
    """Export the site of `config`, as it is at the moment `now`, to `place`, a folder or the URL of an object store. `before` is
    the last export to there, where it was asked already.

    With `overwrite`, files there that no export wrote are replaced. `tell` is called with the number of documents done and
    planned. Raises what `scan`, `build` and `export` raise.
    """
    with without_searches():
        if before is None:
            before = Last(config, place)
            before.told(now)
        try:
            return _publish(config, place, now, index, before, tell, overwrite=overwrite)
        except DamagedError:
            # A new index is begun, which takes longer, and differs in nothing else.
            return _publish(config, place, now, None, before, tell, overwrite=overwrite)


def _publish(
    config: Config,
    place: str,
    now: datetime,
    index: Index | None,
    before: Last,
    tell: Callable[[int, int], None],
    *,
    overwrite: bool,
) -> Published:
    from feeds.publish.targets import places

    moments = [time.perf_counter()]
    places.check(place, config)
    index = index or Index(config)
    if not before.is_known:
        _load(_LOADED_FIRST)
    index.refresh(before.found, partial(readers.read, config, meanwhile=partial(_load, _LOADED_THEN)))
    from feeds.publish.export import export
    from feeds.publish.plan import Plan
    from feeds.publish.press import Press
    from feeds.site import build, http_cache, remarks

    output = places.output(place, config.state_folder / FOLDER, before.stamps, before.state)
    made = build.begun(config, now, index)
    moments.append(time.perf_counter())
    with Press(made.site, made.index, output) as press:
        plan = Plan(made.site, made.index, press, output.state)
        # While other processes render entries, if there are many.
        made.keep()
        plan.render_entries()
        moments.append(time.perf_counter())
        count = sum(map(len, plan.parts))
        caches = partial(http_cache.of, made.site)
        outcome = export(
            plan.parts, output, lambda done: tell(done, count), caches, only_changes=plan.is_of_changes, overwrite=overwrite
        )
        # While the processes end.
        plan.remember(outcome.digests)
        moments.append(time.perf_counter())
        standing = outcome.written + outcome.unchanged
        counted = remarks.of(config, made.remarks, before.found)
        problems = tuple(problem for problem in made.index.problems() if problem.remark is None and not problem.private)
        problems += outcome.problems
        told = Told(len(made.selection.published), len(made.site.collection.groups), standing, problems, counted)
        before.replace(
            due=made.selection.next_due,
            places=made.index.places(),
            paths=outcome.put if plan.is_of_changes else outcome.digests,
            stamps=output.stamps(),
            told=told,
            state=plan.state,
            only_changes=plan.is_of_changes,
        )
    stages = zip(("reading", "rendering", "writing"), moments, moments[1:], strict=False)
    return Published(made, outcome, told, {name: round(end - begin, 3) for name, begin, end in stages})


def _load(names: Iterable[str]) -> None:
    for name in names:
        import_module(name)
