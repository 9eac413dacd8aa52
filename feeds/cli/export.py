"""`feeds export`."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Never

import click

from feeds.cli.config import Load
from feeds.cli.options import folder_argument, json_option, of_a_site, strict_option
from feeds.cli.output import count, empty_source, exit_by, print_json, problem_as_json, remarks_as_json, report
from feeds.cli.writer import writer_of
from feeds.config.types import Config
from feeds.errors import FeedsError

if TYPE_CHECKING:
    # What it takes to render is loaded by the commands that do.
    from feeds.index import Index
    from feeds.publish.last import Last, Told
    from feeds.publish.publish import Published

# Names that are shown of many.
_FEW = 5


@click.command()
@folder_argument
@of_a_site
@click.option("--out", help="The folder or object store to write, in place of the config's.")
@click.option("--overwrite", is_flag=True, help="Replace files there that no export wrote.")
@click.option(
    "--guard", is_flag=True, help="Compare with what stands there first, and write nothing where it would hurt subscribers."
)
@click.option("--force", is_flag=True, help="With --guard: report what would hurt, and write all the same.")
@click.option("--watch", is_flag=True, help="Go on, and export again whenever an article is saved or falls due.")
@strict_option
@json_option
def export(
    load: Load, out: str | None, *, overwrite: bool, guard: bool, force: bool, watch: bool, strict: bool, as_json: bool
) -> object:
    """Write every feed as a file, of the site in FOLDER or of a config.

    With --guard, the exit status is 1 where the export would hurt subscribers.
    """
    if watch and guard:
        raise click.UsageError("--guard looks at one export, --watch goes on: run one or the other")
    if watch:
        _export_on(load, out, overwrite=overwrite, as_json=as_json)
    from feeds.processes import without_searches

    settings = load()
    place = out or settings.output_place
    with without_searches():
        from feeds.publish.last import Last

        before = Last(settings, place)
        made = None
        told = before.told(datetime.now(UTC))
        if told is not None:
            _tell_export(place, told, (0, told.files, 0), {} if as_json else None)
        else:
            if guard:
                _guard(settings, place, force=force)
            done = _export(settings, place, overwrite=overwrite, as_json=as_json, before=before)
            made, told = done.build, done.told
            made.index.close()
        # Python's last search for cycles, through all that a site holds, would take longer than a change.
        gc.freeze()
    exit_by(told.problems, told.remarks, strict=strict)
    # Whoever ends the process need not let go of it.
    return before, made


def _guard(settings: Config, place: str, *, force: bool) -> None:
    """Compare what is to be exported with what stands at `place`. Where it would hurt subscribers, report that to stderr, and
    exit with 1 unless with `force`.
    """
    from feeds.compare.guard import check
    from feeds.compare.reports import Report, render

    found = check(settings, place, datetime.now(UTC))
    if found is None or not found.harms:
        return
    print(render(found, Report.TEXT), end="", file=sys.stderr)
    if not force:
        print(f"nothing was written to {place}; --force writes it all the same", file=sys.stderr)
        sys.exit(1)


def _export_on(load: Load, out: str | None, *, overwrite: bool, as_json: bool) -> Never:
    """Export now and after every change. An error is printed, and the next change is awaited."""
    from feeds.sources.watch import Changes

    settings = load()
    changes = Changes(settings)
    made = _export(settings, out or settings.output_place, overwrite=overwrite, as_json=as_json, index=writer_of(settings)).build
    while True:
        changes.wait(made.selection.next_due)
        try:
            settings = load()
            place = out or settings.output_place
            made = _export(settings, place, overwrite=overwrite, as_json=as_json, index=writer_of(settings, made.index)).build
            changes.follow(settings)
        except FeedsError as error:
            print(error, file=sys.stderr)


def _export(
    settings: Config,
    place: str,
    *,
    overwrite: bool,
    as_json: bool,
    index: "Index | None" = None,
    before: "Last | None" = None,
) -> "Published":
    from feeds.publish.publish import publish

    with _progress() as told:
        done = publish(settings, place, datetime.now(UTC), index=index, before=before, overwrite=overwrite, tell=told)
    files = (done.outcome.written, done.outcome.unchanged, done.outcome.removed)
    _tell_export(place, done.told, files, {"seconds": done.seconds} if as_json else None)
    return done


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """To be told how many documents are done, and planned; draws that where a person looks on."""
    if not sys.stderr.isatty():
        yield lambda done, planned: None
        return
    from rich.console import Console
    from rich.progress import Progress

    # Drawn on request: a thread that draws would keep this process from forking.
    with Progress(console=Console(stderr=True), transient=True, auto_refresh=False) as progress:
        task = progress.add_task("Reading", total=None)
        progress.refresh()

        def told(done: int, planned: int) -> None:
            if done % 100 == 0:
                progress.update(task, description="Writing", completed=done, total=planned, refresh=True)

        yield told


def _tell_export(place: str, told: "Told", files: tuple[int, int, int], as_json: dict[str, Any] | None) -> None:
    """Print what an export did to `files`, those written, unchanged and removed; for a program, with what `as_json` holds."""
    report(told.problems)
    for name in told.remarks.empty:
        print(empty_source(name), file=sys.stderr)
    written, unchanged, removed = files
    if as_json is not None:
        print_json(
            {
                "folder": place,
                "articles": told.articles,
                "written": written,
                "unchanged": unchanged,
                "removed": removed,
                **as_json,
                "problems": [problem_as_json(problem) for problem in told.problems],
                **remarks_as_json(told.remarks),
            }
        )
        return
    print(
        f"{count(told.articles, 'article')} in {count(told.feeds, 'feed')}: "
        f"{written} written, {unchanged} unchanged, {removed} removed in {place}",
        flush=True,
    )
    if passed := told.remarks.passed_over:
        reasons = ", ".join(f"{each.files:,} {each.why}" for each in passed)
        print(f"{count(sum(each.files for each in passed), 'file')} passed over: {reasons}", flush=True)
    if unread := told.remarks.unread:
        names = ", ".join(each.name for each in unread[:_FEW]) + (", …" if len(unread) > _FEW else "")
        print(f"{count(len(unread), 'field')} not read: {names}; `feeds check` says more", flush=True)
