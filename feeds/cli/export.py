"""`feeds export`."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Never

import click
from msgspec import to_builtins

from feeds.cli.config import Load
from feeds.cli.options import folder_argument, json_option, of_a_site, shrink_option, shrinking, strict_option
from feeds.cli.output import complain, count, empty_source, exit_by, print_json, problem_as_json, remarks_as_json, report, say
from feeds.cli.ping import notify
from feeds.cli.writer import writer_of
from feeds.config.types import Config
from feeds.errors import FeedsError
from feeds.text.dates import rfc3339

if TYPE_CHECKING:
    # What it takes to render is loaded by the commands that do.
    from feeds.index.store import Index
    from feeds.publish.publish import Published

# Names that are shown of many.
_FEW = 5
# How long an export copies pictures for; and one that others follow, since a saved article waits for its end.
_PICTURES, _PICTURES_BETWEEN = timedelta(minutes=1), timedelta(seconds=3)


@click.command()
@folder_argument
@of_a_site
@click.option("--out", help="The folder or object store to write, in place of the config's.")
@click.option("--overwrite", is_flag=True, help="Replace files there that no export wrote.")
@click.option("--guard", is_flag=True, help="Compare with the last export first; write nothing if it would hurt subscribers.")
@click.option("--force", is_flag=True, help="With --guard: report what would hurt, and write all the same.")
@click.option("--watch", is_flag=True, help="Go on, and export again whenever an article is saved or falls due.")
@click.option(
    "--ping", is_flag=True, help="Notify the hubs of the config of the feeds that have changed since their last notice."
)
@shrink_option
@strict_option
@json_option
def export(
    load: Load,
    out: str | None,
    *,
    overwrite: bool,
    guard: bool,
    force: bool,
    watch: bool,
    ping: bool,
    allow_shrink: bool,
    strict: bool,
    as_json: bool,
) -> object:
    """Write every feed as a file, of the site in FOLDER or of a config.

    With --guard, the exit status is 1 where the export would hurt subscribers. Where most articles have vanished, nothing is
    written, and the exit status is 2.
    """
    if watch and guard:
        raise click.UsageError("--guard checks one export, --watch makes many: use one or the other")
    if watch:
        _export_on(load, out, allow_shrink=allow_shrink, overwrite=overwrite, ping=ping, as_json=as_json)
    settings = shrinking(load(), allow_shrink=allow_shrink)
    # A build makes much that stays: the garbage collector would search it again and again while it grows.
    gc.disable()
    place = out or settings.output_place
    if guard:
        _guard(settings, place, force=force)
    done = _export(settings, place, overwrite=overwrite, ping=ping, as_json=as_json)
    done.index.close()
    exit_by(done.problems, done.remarks, strict=strict)
    # The process ends anyway, so nothing needs to be freed.
    return done


def _guard(settings: Config, place: str, *, force: bool) -> None:
    """Compare the site with the last export at `place`. Where the changes would hurt subscribers, report them to stderr, and
    exit with 1 unless with `force`.
    """
    from feeds.compare.guard import check
    from feeds.compare.reports import Report, render

    found = check(settings, place, datetime.now(UTC))
    if found is None or not found.harms:
        return
    complain(render(found, Report.TEXT).rstrip("\n"))
    if not force:
        complain(f"nothing was written to {place}; --force writes it all the same")
        sys.exit(1)


def _export_on(load: Load, out: str | None, *, allow_shrink: bool, overwrite: bool, ping: bool, as_json: bool) -> Never:
    """Export now and after every change. An error is printed, and the next change is awaited."""
    from feeds.sources.watch import QUIET, Changes

    settings = shrinking(load(), allow_shrink=allow_shrink)
    changes = Changes(settings)
    export = partial(_export, overwrite=overwrite, ping=ping, as_json=as_json, quiet=QUIET, patience=_PICTURES_BETWEEN)
    done = export(settings, out or settings.output_place, index=writer_of(settings))
    while True:
        soon = datetime.now(UTC) + QUIET
        lacks_pictures = done.copied is not None and done.copied.left > 0
        moments = [done.next_due, soon if done.unsettled or lacks_pictures else None]
        changes.wait(min((moment for moment in moments if moment is not None), default=None))
        try:
            settings = load()
            place = out or settings.output_place
            done = export(settings, place, index=writer_of(settings, done.index))
            changes.follow(settings)
        except FeedsError as error:
            complain(str(error))


def _export(
    settings: Config,
    place: str,
    *,
    overwrite: bool,
    ping: bool,
    as_json: bool,
    index: "Index | None" = None,
    quiet: timedelta = timedelta(),
    patience: timedelta = _PICTURES,
) -> "Published":
    from feeds.publish.publish import add_pictures, publish

    with _progress() as show:
        now = datetime.now(UTC)
        done = publish(settings, place, now, index=index, overwrite=overwrite, quiet=quiet, progress=show)
    if ping:
        notify(settings, done.index, place)
    done = add_pictures(settings, place, now, done, patience=patience, overwrite=overwrite)
    _print_export(place, done, as_json=as_json)
    return done


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Draw a progress bar on a terminal. The context is a function of the numbers of documents done and planned."""
    if not sys.stderr.isatty():
        yield lambda done, planned: None
        return
    from rich.console import Console
    from rich.progress import Progress

    # Drawn on request: a thread that draws would keep this process from forking.
    with Progress(console=Console(stderr=True), transient=True, auto_refresh=False) as progress:
        task = progress.add_task("Reading", total=None)
        progress.refresh()

        def show(done: int, planned: int) -> None:
            if done % 100 == 0:
                progress.update(task, description="Writing", completed=done, total=planned, refresh=True)

        yield show


def _print_export(place: str, done: "Published", *, as_json: bool) -> None:
    """Print what an export did."""
    report(done.problems)
    for name in done.remarks.empty:
        say(empty_source(name), to_stderr=True)
    written, removed = (done.outcome.written, done.outcome.removed) if done.outcome is not None else (0, 0)
    if as_json:
        print_json(
            {
                "folder": place,
                "articles": done.articles,
                "written": written,
                "unchanged": done.unchanged,
                "removed": removed,
                "next_due": rfc3339(done.next_due) if done.next_due is not None else None,
                **({"seconds": done.seconds} if done.seconds else {}),
                **({"pictures": to_builtins(done.copied)} if done.copied is not None else {}),
                "problems": [problem_as_json(problem) for problem in done.problems],
                **remarks_as_json(done.remarks),
            }
        )
        return
    say(
        f"{count(done.articles, 'article')} in {count(done.feeds, 'feed')}: "
        f"{written} written, {done.unchanged} unchanged, {removed} removed in {place}",
    )
    if (copied := done.copied) is not None and (copied.copied or copied.failed or copied.left):
        parts = [f"{copied.copied:,} copied"]
        if copied.failed:
            reasons = ", ".join(f"{number:,} {why}" for why, number in copied.failed.items())
            parts.append(f"{sum(copied.failed.values()):,} not to be had ({reasons})")
        if copied.left:
            parts.append(f"{copied.left:,} left for the next export")
        say(f"pictures: {', '.join(parts)}")
    if passed := done.remarks.passed_over:
        reasons = ", ".join(f"{each.files:,} {each.why}" for each in passed)
        say(f"{count(sum(each.files for each in passed), 'file')} passed over: {reasons}")
    if unread := done.remarks.unread:
        names = ", ".join(each.name for each in unread[:_FEW]) + (", …" if len(unread) > _FEW else "")
        say(f"{count(len(unread), 'field')} not read: {names}; `feeds check` says more")
