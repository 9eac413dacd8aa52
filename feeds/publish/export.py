"""Export: write every document of a site to an output, and remove what earlier exports wrote there.

Documents are written before those that link to them, and old ones are removed last, so that a reader never finds a broken link.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby

import msgspec
from msgspec import Struct

from feeds import faults
from feeds.config.types import Config
from feeds.errors import FeedsError, OutputError, Problem, visible
from feeds.index import shrinking
from feeds.index.store import Index
from feeds.pages import theme
from feeds.publish import owner, static_hosts
from feeds.publish.outputs import Last, Outputs, Row
from feeds.publish.plan import Plan, Planned
from feeds.publish.targets import Output, Upload, places
from feeds.publish.targets.manifest import MANIFEST, Mark
from feeds.site import http_cache, rendered
from feeds.site.rendered import Rendered
from feeds.site.site import Site
from feeds.site.traces import Traces
from feeds.storage import database
from feeds.text import compression
from feeds.workers import Workers

log = logging.getLogger("feeds")

# Entries and documents per task. A task has all formats of several feeds, so that what they share is computed once.
_ENTRIES, _DOCUMENTS, _DOCUMENTS_OF_PERIOD = 100, 12, 300
# Entries written at a time, and tasks in progress: of entries, of documents in temporary files, and of documents in memory, since
# an archive page may have several megabytes.
_KEPT, _ENTRIES_AHEAD, _AHEAD, _AHEAD_WHOLE = 1000, 64, 24, 3
# The last part of an export, of pages; and how many times as long as a feed each of these takes.
_PAGES, _TIMES = 2, 3
# Bytes of entries that a worker holds: archive pages of a period have many in common.
_MOST_HELD = 16_000_000
_encode = msgspec.msgpack.Encoder().encode
_decode_entries = msgspec.msgpack.Decoder(list[Rendered]).decode
_decode_made = msgspec.msgpack.Decoder(tuple[list[Upload], list[Problem]]).decode


class Outcome(Struct, frozen=True):
    """The counts of documents of an export, and `problems` of those that could not be rendered: their old files stay."""

    written: int
    unchanged: int
    removed: int
    problems: tuple[Problem, ...] = ()


class _Kit(Struct):
    """The objects that a worker makes documents with. It writes them to temporary files of `output`."""

    site: Site
    index: Index
    output: Output


def export(
    site: Site,
    index: Index,
    place: str,
    *,
    settings: str = "",
    overwrite: bool = False,
    copied: Collection[str] = (),
    progress: Callable[[int, int], None] = lambda done, planned: None,
    stage: Callable[[], None] = lambda: None,
) -> Outcome:
    """Export the documents of `site` to `place`, a folder or the URL of an object store.

    `settings` is a name for all that decides bytes beside the articles. With `overwrite`, files that no export has written are
    replaced. `copied` are the names of pictures that were copied since the last export. `progress` is called with how many
    documents are done and planned, `stage` when the entries are rendered.
    Raises OutputError where the place can't be written, another export is writing it, or, before anything is written, where it
    holds such a file at the path of a document.
    """
    output = places.output(place)
    outputs = Outputs(index.database, places.key(place))
    view = site.view
    with output.opened(owner.mark_of(site.config), partial(http_cache.of, site)) as manifest:
        if not overwrite:
            _refuse_other_site(manifest.mark, site.config, outputs.last(), output)
        _refuse_shrunk(manifest.mark, site, outputs.last(), output)
        if manifest.is_damaged or manifest.mark is None:
            if manifest.is_damaged:
                log.warning("%s/%s: damaged; it is made anew", visible(output.name), MANIFEST)
            output.recall({row.path: row.sha256.hex() for row in outputs.all()})
        standing, lacking, restamped = _compare(outputs, output)
        traces = Traces(site)
        plan = _plan(site, index, traces, outputs, lacking, copied)
        if not overwrite:
            _refuse_foreign([path for planned in plan.todo for path in planned.paths], output)
        own = _Kit(site, index, output)
        state = (view.site, view.generation, view.renamed)
        # No other process can read an index in memory.
        count = 1 if site.config.index == database.MEMORY else None
        with Workers(_kit, site.config, place, state, own=own, count=count) as workers:
            _render(index, site, plan.numbers, workers)
            stage()
            rows, written, problems = _write(plan, output, workers, progress)
            problems = [*plan.problems, *problems]
        outputs.keep([*restamped, *plan.moved, *rows], plan.gone, None)
        standing = {path: digest for path, digest in standing.items() if path not in plan.gone}
        standing |= {row.path: row.sha256.hex() for row in rows}
        if problems:
            # What can't be made now stays as it was, also where a new index does not know it.
            standing = {path: sorted(some)[0] for path, some in output.earlier().items() if path not in plan.gone} | standing
        removed = sum(output.remove(path, digests) for path, digests in output.earlier().items() if path not in standing)
        groups = site.collection.groups
        articles = len(groups["all"].articles)
        output.finish(standing, articles)
        # The next export sees that this one was not whole, and tries the failed documents again.
        if not problems:
            stamp = output.stamp(MANIFEST) if not output.is_remote else ""
            facts = (traces.common, settings, articles, len(groups), owner.name_of(site.config), stamp)
            outputs.keep([], [], Last(view.site, view.generation, *facts))
    return Outcome(written, len(standing) - written, removed, tuple(problems))


def unchanged(site: Site, index: Index, place: str) -> set[str]:
    """The paths of the documents in the folder `place` that an export would leave as they are."""
    output, outputs = places.output(place), Outputs(index.database, places.key(place))
    standing, lacking, _ = _compare(outputs, output)
    plan = _plan(site, index, Traces(site), outputs, lacking)
    changed = {path for planned in plan.todo for path in planned.paths}
    return standing.keys() - changed - plan.gone


def _plan(site: Site, index: Index, traces: Traces, outputs: Outputs, lacking: set[str], copied: Collection[str] = ()) -> Plan:
    last = outputs.last()
    changed = index.changed_since(site.view, last.site, last.generation) if last and last.facts == traces.common else None
    return Plan(site, traces, outputs, lacking, changed, copied)


def _compare(outputs: Outputs, output: Output) -> tuple[dict[str, str], set[str], list[Row]]:
    """The documents that the last export left, with their SHA-256 in hexadecimal; the paths of those that are missing or damaged,
    and the rows of those whose files have a new stamp.
    """
    standing, lacking, restamped = {}, set(), []
    for row in outputs.all():
        standing[row.path] = digest = row.sha256.hex()
        stamp = output.verify(row.path, digest, row.stamp)
        if stamp is None:
            lacking.add(row.path)
        elif stamp != row.stamp:
            restamped.append(row._replace(stamp=stamp))
    return standing, lacking, restamped


def _refuse_other_site(mark: Mark | None, config: Config, last: Last | None, output: Output) -> None:
    """Raise OutputError where the output holds another site, whose files would be removed."""
    if mark is not None and not owner.owns(config, mark, last):
        raise OutputError(
            f"{output.name}: holds another site, {mark.title!r} ({mark.url}), so nothing was written; export to another place "
            "with --out, or use --overwrite to put this site in its place"
        )


def _refuse_shrunk(mark: Mark | None, site: Site, last: Last | None, output: Output) -> None:
    """Raise ShrinkError where most articles of the output are missing. Only a new index needs this check."""
    if last is None or last.site != site.view.site:
        before = max(mark.articles if mark is not None else 0, last.articles if last is not None else 0)
        shrinking.check(before, len(site.collection.articles), site.config.least_left, output.name)


def _refuse_foreign(paths: Sequence[str], output: Output) -> None:
    found = sorted(output.foreign(paths))
    if found:
        others = f" and {len(found) - 1:,} more" if len(found) > 1 else ""
        raise OutputError(
            f"{output.name}/{found[0]}{others}: not written by an earlier export, so nothing was written; "
            "export to another place with --out, or replace what is there with --overwrite"
        )


def _render(index: Index, site: Site, numbers: Iterable[int], workers: Workers[_Kit]) -> None:
    """Render the entries of articles that are not in the index yet."""
    lacking = sorted(site.rendered.lacking(sorted(numbers)))
    tasks = (lacking[start : start + _ENTRIES] for start in range(0, len(lacking), _ENTRIES))
    waiting: list[Rendered] = []
    here = not workers.are_worth_it(len(lacking))
    for some in workers.map(_entries, tasks, here=here, ahead=_ENTRIES_AHEAD):
        waiting += _decode_entries(some)
        if len(waiting) >= _KEPT:
            index.entries.keep(waiting)
            waiting = []
    if waiting:
        index.entries.keep(waiting)


def _write(
    plan: Plan, output: Output, workers: Workers[_Kit], progress: Callable[[int, int], None]
) -> tuple[list[Row], int, list[Problem]]:
    """Render the documents of the plan, and write those that have changed.

    Returns their rows, the number written, and the problems of documents that failed.
    """
    rows: list[Row] = []
    problems: list[Problem] = []
    written = done = 0
    for number, some in groupby(plan.todo, _part):
        part = list(some)
        work = len(part) * (_TIMES if number == _PAGES else 1)
        batches = list(_batches(part))
        tasks = ([(planned.path, planned.paths) for planned in batch] for batch in batches)
        here, ahead = not workers.are_worth_it(work), _AHEAD_WHOLE if output.is_remote else _AHEAD
        made: list[tuple[Planned, Upload]] = []
        for batch, result in zip(batches, workers.map(_documents, tasks, here=here, ahead=ahead), strict=True):
            successes, failures = _decode_made(result)
            problems += failures
            uploads = {upload.path: upload for upload in successes}
            done += len(batch)
            progress(done, len(plan.todo))
            for planned in batch:
                # A local file may have been taken away meanwhile.
                for upload in (uploads[path] for path in planned.paths if path in uploads):
                    # The state of another machine is recorded here alone.
                    if not upload.is_there and not (output.is_remote and output.verify(upload.path, upload.sha256, "")):
                        output.put(upload)
                        written += 1
                    made.append((planned, upload))
        output.settle()
        rows += [
            Row(each.path, planned.group, planned.key, bytes.fromhex(each.sha256), output.stamp(each.path))
            for planned, each in made
        ]
    return rows, written, problems


def _part(planned: Planned) -> int:
    """The part of an export: documents are written before those of later parts, which link to them."""
    return (0, 1, 1, _PAGES)[planned.order[0]]


def _batches(part: Iterable[Planned]) -> Iterator[list[Planned]]:
    """Documents in batches, in order. Archive pages of a period, which share their articles, are together."""
    for (_, period), some in groupby(part, lambda planned: planned.order[:2]):
        together, size = list(some), _DOCUMENTS_OF_PERIOD if period else _DOCUMENTS
        yield from (together[start : start + size] for start in range(0, len(together), size))


def _kit(config: Config, place: str, state: tuple[int, int, int]) -> _Kit:
    """The kit of a worker, with its own connection to the index."""
    index = Index(config)
    site = Site(index.view_at(*state), config, theme.read(config.templates, config.state_folder), index)
    if config.archives:
        site.rendered.most_held = _MOST_HELD
    return _Kit(site, index, places.output(place))


def _entries(kit: _Kit, numbers: Sequence[int]) -> bytes:
    """The entries of articles."""
    return _encode(rendered.render(kit.site.rendered.tasks(kit.index.listings(numbers)), kit.site.config))


def _documents(kit: _Kit, wanted: Sequence[tuple[str, dict[str, str | None]]]) -> bytes:
    """Render documents, each given by its path and the paths to write, plain or in a coding (`Planned.paths`)."""
    config, output = kit.site.config, kit.output
    made: list[Upload] = []
    problems: list[Problem] = []
    for of, paths in wanted:
        try:
            document = kit.site.document(of) or next((each for each in static_hosts.files(config) if each.path == of), None)
        except FeedsError:
            raise
        except Exception as error:
            problems.append(faults.report(of, faults.RENDERED, error))
            continue
        if document is None:
            continue
        for coding in ("", *config.precompress):
            path = f"{of}{compression.ENDINGS[coding][0]}" if coding else of
            if path not in paths:
                continue
            each = static_hosts.companion(document, path, coding) if coding else document
            known = paths[path]
            if known == each.sha256 or (known is None and output.verify(path, each.sha256, "") is not None):
                made.append(Upload(path, b"", each.sha256, each.media_type, is_there=True))
            else:
                made.append(output.set_aside(Upload(path, each.body, each.sha256, each.media_type)))
    return _encode((made, problems))
