"""Publish: from documents to an output, in one call."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from feeds.config.types import Config, Pictures
from feeds.errors import DamagedError, Problem, UnreadableError
from feeds.index.documents import Wanted
from feeds.index.store import Index
from feeds.model.records import Record
from feeds.publish.outputs import Outputs
from feeds.publish.targets import places
from feeds.publish.targets.manifest import MANIFEST
from feeds.site import remarks
from feeds.site.remarks import Remarks
from feeds.sources import scan
from feeds.version import __version__

if TYPE_CHECKING:
    from feeds.copies.copying import Copied
    from feeds.publish.export import Outcome

# Modules that an export needs, loaded while workers read documents, or when there is something to do.
_MODULES = ("feeds.publish.export", "feeds.site.build")


class Published(Struct, frozen=True):
    """The result of an export.

    `outcome` is None if nothing was to be done. `remarks` counts files that were passed over and fields that are not read.
    `seconds` are those of each stage: reading, rendering entries, writing. With `unsettled`, articles are missing that are not
    withdrawn yet. `copied` counts the pictures of other sites that were copied, where pages show copies.
    """

    index: Index
    articles: int
    feeds: int
    outcome: "Outcome | None"
    unchanged: int
    problems: tuple[Problem, ...]
    remarks: Remarks
    next_due: datetime | None
    seconds: dict[str, float]
    unsettled: bool
    copied: "Copied | None" = None


def publish(
    config: Config,
    place: str,
    now: datetime,
    *,
    index: Index | None = None,
    overwrite: bool = False,
    quiet: timedelta = timedelta(),
    progress: Callable[[int, int], None] = lambda done, planned: None,
) -> Published:
    """Export the site of `config`, as it is at the moment `now`, to `place`, a folder or the URL of an object store.

    With `overwrite`, files there that no export wrote are replaced. Articles whose documents are missing are withdrawn once no
    document has changed for as long as `quiet`. `progress` is called with the number of documents done and
    planned. Raises what `scan`, `build` and `export` raise.
    """
    places.check(place, config)
    try:
        return _publish(config, place, now, index, progress, overwrite=overwrite, quiet=quiet)
    except DamagedError as error:
        # A new index is begun, which takes longer, and differs in nothing else.
        index = Index(config)
        if isinstance(error, UnreadableError):
            index.begin_anew()
        return _publish(config, place, now, index, progress, overwrite=overwrite, quiet=quiet)


def add_pictures(
    config: Config, place: str, now: datetime, done: Published, *, patience: timedelta, overwrite: bool
) -> Published:
    """Copy pictures of other sites for as long as `patience` at most, and write the copies to where `done` was exported to.

    Nothing waits for this: feeds and pages are published. Does nothing unless config says `pictures: proxy`.
    """
    if config.pictures is not Pictures.PROXY:
        return done
    from feeds.publish import copies

    index = done.index
    copied = copies.fetch(config, index.view(), patience)
    if lacking := copies.lacking(config, index, places.key(place)):
        settings, moments = _settings(config), [time.perf_counter()]
        of_both = {"overwrite": overwrite, "unsettled": done.unsettled}
        again = _exported(config, place, now, index, lambda *_: None, settings, moments, copied=lacking, **of_both)
        done = _both(done, again)
    return replace(done, copied=copied)


def _publish(
    config: Config,
    place: str,
    now: datetime,
    index: Index | None,
    progress: Callable[[int, int], None],
    *,
    overwrite: bool,
    quiet: timedelta,
) -> Published:
    moments = [time.perf_counter()]
    files = scan.scan(config)
    index = index or Index(config)
    index.refresh(files, partial(_read, config), now)
    unsettled = index.record(now, quiet)
    settings = _settings(config)
    return _unchanged(config, index, place, settings, unsettled=unsettled) or _exported(
        config, place, now, index, progress, settings, moments, overwrite=overwrite, unsettled=unsettled
    )


def _exported(
    config: Config,
    place: str,
    now: datetime,
    index: Index,
    progress: Callable[[int, int], None],
    settings: str,
    moments: list[float],
    *,
    overwrite: bool,
    unsettled: bool,
    copied: Collection[str] = (),
) -> Published:
    from feeds.publish.export import export
    from feeds.site.build import assemble

    made = assemble(config, now, index=index)
    moments.append(time.perf_counter())
    outcome = export(
        made.site,
        index,
        place,
        settings=settings,
        overwrite=overwrite,
        copied=copied,
        progress=progress,
        stage=lambda: moments.append(time.perf_counter()),
    )
    moments.append(time.perf_counter())
    stages = zip(("reading", "rendering", "writing"), moments, moments[1:], strict=False)
    return Published(
        index,
        len(made.selection.published),
        len(made.site.collection.groups),
        outcome,
        outcome.unchanged,
        # Rendering may have found more.
        (*(problem for problem in index.problems() if not problem.private and problem.remark is None), *outcome.problems),
        remarks.of(config, made.remarks, index),
        made.selection.next_due,
        {name: round(end - begin, 3) for name, begin, end in stages},
        unsettled,
    )


def _both(first: Published, second: Published) -> Published:
    """The result of two exports, one after the other."""
    if first.outcome is None or second.outcome is None:
        return second
    one, two = first.outcome, second.outcome
    written, removed = one.written + two.written, one.removed + two.removed
    outcome = replace(two, written=written, unchanged=two.unchanged - one.written, removed=removed)
    return replace(second, outcome=outcome, unchanged=outcome.unchanged, seconds=first.seconds)


def _unchanged(config: Config, index: Index, place: str, settings: str, *, unsettled: bool) -> Published | None:
    """The result of an export that has nothing to write, found without making a site; None if it has."""
    outputs = Outputs(index.database, places.key(place))
    last, view = outputs.last(), index.view()
    if last is None or last[:2] != (view.site, view.generation) or last.settings != settings:
        return None
    output = places.output(place)
    # The contents of a store are listed only while its lock is held.
    if (
        output.is_remote
        or output.stamp(MANIFEST) != last.manifest
        or any(output.stamp(row.path) != row.stamp for row in outputs.all())
    ):
        return None
    noted = index.problems()
    problems = tuple(problem for problem in noted if not problem.private and problem.remark is None)
    counted = remarks.of(config, [problem for problem in noted if problem.remark is not None], index)
    return Published(index, last.articles, last.feeds, None, outputs.count(), problems, counted, view.next_due, {}, unsettled)


def _settings(config: Config) -> str:
    """A text that differs whenever the config or its templates do."""
    templates = sorted(config.templates.iterdir()) if config.templates is not None and config.templates.is_dir() else []
    return repr((__version__, config, [(str(file), scan.stamp(str(file))) for file in templates]))


def _read(config: Config, wanted: Iterable[Wanted]) -> Iterator[Record]:
    """The records of documents. Modules that read are loaded only if there is something to read."""
    waiting = iter(wanted)
    for first in waiting:
        from feeds.sources import reading

        yield from reading.read_all(config, chain([first], waiting), meanwhile=_load)


def _load() -> None:
    for name in _MODULES:
        import_module(name)
