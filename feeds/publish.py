"""To publish: from the documents that are there to what stands at the output, in one go."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from msgspec import Struct

from feeds import caching, scanning
from feeds.build import Build, build
from feeds.config import Config
from feeds.errors import DamagedError
from feeds.export import Outcome, export
from feeds.index import Index
from feeds.outputs import Output
from feeds.plan import Plan
from feeds.processes import without_searches
from feeds.scanning import Scan
from feeds.workers import Press


class Published(Struct, frozen=True):
    """What was made, what the export did and whether only to what may have changed, a name for what is published, and how many
    seconds each stage took: reading, rendering entries, writing.
    """

    build: Build
    outcome: Outcome
    only_changes: bool
    state: str
    seconds: dict[str, float]


def publish(
    config: Config,
    output: Output,
    now: datetime,
    *,
    index: Index | None = None,
    found: Scan | None = None,
    tell: Callable[[int, int], None] = lambda done, planned: None,
) -> Published:
    """Export the site of `config`, as it is at the moment `now`, to `output`. `found` are the documents, if that is known.

    `tell` is called with the number of documents done and planned. Raises what `build` and `export` raise.
    """
    with without_searches():
        found = scanning.scan(config) if found is None else found
        try:
            return _publish(config, output, now, index, found, tell)
        except DamagedError:
            # A new index is begun, which takes longer, and differs in nothing else.
            return _publish(config, output, now, None, found, tell)


def _publish(
    config: Config, output: Output, now: datetime, index: Index | None, found: Scan, tell: Callable[[int, int], None]
) -> Published:
    moments = [time.perf_counter()]
    made = build(config, now, index=index, found=found)
    moments.append(time.perf_counter())
    with Press(made.site, made.index, output) as press:
        plan = Plan(made.site, made.index, press, output.state)
        plan.render_entries()
        moments.append(time.perf_counter())
        count = sum(map(len, plan.parts))
        caches = partial(caching.of, made.site)
        outcome = export(plan.parts, output, lambda done: tell(done, count), caches, only_changes=plan.is_of_changes)
    plan.remember(outcome.digests)
    moments.append(time.perf_counter())
    stages = zip(("reading", "rendering", "writing"), moments, moments[1:], strict=False)
    return Published(made, outcome, plan.is_of_changes, plan.state, {name: round(end - begin, 3) for name, begin, end in stages})
