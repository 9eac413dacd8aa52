"""The `feeds` command: each subcommand parses, calls, prints.

Results go to stdout; progress and problems to stderr, progress only on a terminal. Exit status: 0 all well,
1 documents in error under --strict, 2 wrong use or config.
"""

import errno
import gc
import json
import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

import click

from feeds.config import loader
from feeds.config.types import Config
from feeds.errors import FeedsError, Problem
from feeds.version import __version__

if TYPE_CHECKING:
    # What it takes to render is loaded by the commands that do.
    from feeds.index.store import Index
    from feeds.publish.publish import Published
    from feeds.site.build import Build

DEFAULT_CONFIG = Path("config.yaml")
_Command = Callable[..., object]
# Says anew what the config is: it may have changed since.
Load = Callable[[], Config]


_PORT = click.IntRange(0, 65535)
_LOG = click.Choice(["text", "json", "none"])


def _of_a_site(command: _Command) -> _Command:
    """The options that every command has; it is given what they say as `load`."""

    @click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        default=DEFAULT_CONFIG,
        envvar="FEEDS_CONFIG",
        help="The config file.",
        show_default=True,
        show_envvar=True,
    )
    @click.option("--source", "sources", multiple=True, help="A folder of articles, in place of the config's. May be repeated.")
    @click.option("--base-url", help="Where the feeds will be, in place of site.url.")
    @click.option("--drafts", is_flag=True, help="Publish drafts, removed and scheduled articles too.")
    @wraps(command)
    def run(config_file: Path, sources: tuple[str, ...], base_url: str | None, *, drafts: bool, **options: Any) -> object:
        try:
            return command(partial(loader.load, config_file, sources=sources, base_url=base_url, drafts=drafts), **options)
        except KeyboardInterrupt:
            # Before Click sees it, which says "Aborted!". 130 is a shell's status for an interrupt.
            sys.exit(130)

    return run


_strict = click.option("--strict", is_flag=True, help="Exit with 1 if any document is in error.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for a program to read.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
def app() -> None:
    """Publish a folder of articles as RSS, Atom and JSON Feed."""


@app.command()
@_of_a_site
@click.option("--out", help="The folder or object store to write, in place of the config's.")
@click.option("--overwrite", is_flag=True, help="Replace files there that no export wrote.")
@click.option("--watch", is_flag=True, help="Go on, and export again whenever an article is saved or falls due.")
@_strict
@_as_json
def export(load: Load, out: str | None, *, overwrite: bool, watch: bool, strict: bool, as_json: bool) -> object:
    """Write every feed as a file."""
    if watch:
        _export_on(load, out, overwrite=overwrite, as_json=as_json)
    settings = load()
    # A build makes much that stays: searching it for cycles again and again while it grows takes a third of its time.
    gc.disable()
    done = _export(settings, out or settings.output_place, overwrite=overwrite, as_json=as_json)
    done.index.close()
    _exit(done.problems, strict=strict)
    # Whoever ends the process need not take it apart.
    return done


def _export_on(load: Load, out: str | None, *, overwrite: bool, as_json: bool) -> Never:
    """Export, now and after every change. What goes wrong is told, and the next change is waited for."""
    from feeds.sources.watch import Changes

    settings = load()
    changes = Changes(settings)
    done = _export(settings, out or settings.output_place, overwrite=overwrite, as_json=as_json, index=_writer_of(settings))
    while True:
        changes.wait(done.next_due)
        try:
            settings = load()
            place = out or settings.output_place
            done = _export(settings, place, overwrite=overwrite, as_json=as_json, index=_writer_of(settings, done.index))
            changes.follow(settings)
        except FeedsError as error:
            print(error, file=sys.stderr)


def _writer_of(settings: Config, before: "Index | None" = None) -> "Index":
    """The index, of which this process is the writer from now on."""
    from feeds.index.store import Index

    if before is not None and before.is_of(settings):
        return before
    if before is not None:
        before.release()
    index = Index(settings)
    index.lead()
    return index


def _export(settings: Config, place: str, *, overwrite: bool, as_json: bool, index: "Index | None" = None) -> "Published":
    from feeds.publish.publish import publish

    with _progress() as told:
        done = publish(settings, place, datetime.now(UTC), index=index, overwrite=overwrite, tell=told)
    _print_export(place, done, as_json=as_json)
    return done


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """To be told how many documents are done, and planned; draws that where a person looks on."""
    if not sys.stderr.isatty():
        yield lambda done, planned: None
        return
    from rich.console import Console
    from rich.progress import Progress

    # It draws when it is told to: a thread that does would keep this process from forking.
    with Progress(console=Console(stderr=True), transient=True, auto_refresh=False) as progress:
        task = progress.add_task("Reading", total=None)
        progress.refresh()

        def told(done: int, planned: int) -> None:
            if done % 100 == 0:
                progress.update(task, description="Writing", completed=done, total=planned, refresh=True)

        yield told


def _print_export(place: str, done: "Published", *, as_json: bool) -> None:
    """Print what an export did; for a program, with how long it took."""
    _tell(done.problems)
    written, removed = (done.outcome.written, done.outcome.removed) if done.outcome is not None else (0, 0)
    if as_json:
        _print_json(
            {
                "folder": place,
                "articles": done.articles,
                "written": written,
                "unchanged": done.unchanged,
                "removed": removed,
                **({"seconds": done.seconds} if done.seconds else {}),
                "problems": [_problem(problem) for problem in done.problems],
            }
        )
        return
    print(
        f"{_count(done.articles, 'article')} in {_count(done.feeds, 'feed')}: "
        f"{written} written, {done.unchanged} unchanged, {removed} removed in {place}",
        flush=True,
    )


@app.command()
@_of_a_site
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=_PORT, help="The port to listen at; 0 takes a free one.")
@click.option("--log", default="text", show_default=True, type=_LOG, help="How requests are logged, to stderr.")
@click.option("--metrics", is_flag=True, help="Open /metrics to whoever can reach the server.")
@click.option("--root-path", default="", help="The path that a proxy puts in front, such as /news.")
@click.option("--follow", is_flag=True, help="Read no articles: serve what another process writes to the index.")
def serve(load: Load, host: str, port: int, log: str, root_path: str, *, metrics: bool, follow: bool) -> None:
    """Serve every feed over HTTP, and follow changes of the articles."""
    import uvicorn

    from feeds.index.store import Index
    from feeds.site.build import assemble, build
    from feeds.web.app import LOG_FORMS, create_app

    # Errors are reported plainly before there is a server.
    _check_address(host, port)
    settings = load()
    if follow:
        index = Index(settings)
        index.await_writer()
        first = assemble(settings, datetime.now(UTC), index=index, preview=settings.drafts)
    else:
        first = build(settings, datetime.now(UTC), preview=settings.drafts, index=_writer_of(settings))
        _tell(first.problems)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(load, first, metrics=metrics, access_log=LOG_FORMS.get(log), follow=follow),
            host=host,
            port=port,
            root_path=root_path,
            server_header=False,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )
    server.run()
    if not server.started:
        sys.exit(2)


def _check_address(host: str, port: int) -> None:
    """Fail with advice where the server can't listen at `host` and `port`."""
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as listener:
                if os.name == "posix":
                    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(address)
    except socket.gaierror as error:
        _fail(f"--host {host}: no such address ({error.strerror}); 127.0.0.1 is this machine alone, 0.0.0.0 all its addresses")
    except OSError as error:
        advice = {
            errno.EADDRINUSE: "another program listens there; --port takes another port, and --port 0 a free one",
            errno.EACCES: "ports below 1024 need privileges; take a higher one with --port",
            errno.EADDRNOTAVAIL: "not an address of this machine; 127.0.0.1 is this machine alone, 0.0.0.0 all its addresses",
        }
        _fail(f"can't listen at {host}:{port}: {advice.get(error.errno or 0, error.strerror)}")


@app.command("list")
@_of_a_site
@_as_json
def list_feeds(load: Load, *, as_json: bool) -> None:
    """List every feed: its address, its name, how many articles it has."""
    from feeds.site.build import build

    settings = load()
    site = build(settings, datetime.now(UTC)).site
    groups = site.collection.groups.values()
    if as_json:
        _print_json(
            [
                {
                    "path": group.path,
                    "name": group.name,
                    "kind": group.kind.name.lower(),
                    "articles": len(group.articles),
                    "urls": {format: f"{settings.site.url}/{group.path}.{format}" for format in settings.formats},
                }
                for group in groups
            ]
        )
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("path", "name", "articles", box=None, pad_edge=False)
    table.columns[2].justify = "right"
    for group in groups:
        table.add_row(group.path, group.name, str(len(group.articles)))
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 200).print(table)


@app.command()
@click.argument("path")
@_of_a_site
def show(load: Load, path: str) -> None:
    """Print the document at PATH, such as topics/ai.atom, as it would be exported and served."""
    from feeds.site.build import build

    site = build(load(), datetime.now(UTC)).site
    document = site.document(path.removeprefix("/"))
    if document is None:
        _fail(f"{path}: no such document; `feeds list` names them all")
    sys.stdout.buffer.write(document.body)


@app.command()
@_of_a_site
@_strict
@_as_json
def check(load: Load, *, strict: bool, as_json: bool) -> None:
    """Say what is wrong with the articles and what readers will trip over, which are held back, and which are told twice."""
    from feeds.site.build import build

    made = build(load(), datetime.now(UTC))
    problems = made.every_problem
    warnings = _warnings(made)
    selection = made.selection
    if as_json:
        _print_json(
            {
                "problems": [_problem(problem) for problem in problems],
                "warnings": warnings,
                "published": [article.path for article in selection.published],
                "drafts": [article.path for article in selection.drafts],
                "scheduled": [article.path for article in selection.scheduled],
                "below_minimum": [article.path for article in selection.below_minimum],
                "duplicates": [{"path": lost.path, "published": kept.path} for lost, kept in selection.duplicates],
            }
        )
    else:
        _print_check(made, problems, warnings)
    _exit(made.problems, strict=strict)


def main() -> None:
    """Run the command; what goes wrong is told in plain words, with exit status 2."""
    try:
        app()
    except FeedsError as error:
        _fail(str(error))
    except BrokenPipeError:
        # Whoever read our output has seen enough, as `feeds show … | head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _warnings(made: "Build") -> list[dict[str, Any]]:
    """What readers will trip over, in every article that could be read and in every feed."""
    from feeds.site import lint
    from feeds.sources import reader

    settings = made.site.config
    articles = made.index.every_article()
    feeds = (made.site.document(path) for path in made.site.paths() if path.endswith(tuple(settings.formats)))
    found = lint.check_articles(articles, settings, datetime.now(UTC))
    found += lint.check_documents(document for document in feeds if document is not None)
    return [
        {
            "path": finding.path,
            "line": reader.line_of(settings, finding.path, finding.field, finding.near),
            "field": finding.field,
            "found": finding.found,
            "advice": finding.advice,
        }
        for finding in found
    ]


def _print_check(made: "Build", problems: tuple[Problem, ...], warnings: list[dict[str, Any]]) -> None:
    selection = made.selection
    for problem in problems:
        print(f"{'error' if problem.fatal else 'warning'}: {problem}")
    for told in warnings:
        place = ":".join(str(told[name]) for name in ("path", "line", "field") if told[name])
        print(f"warning: {place}: {told['found']}; {told['advice']}")
    for lost, kept in selection.duplicates:
        differ = f"; the stories differ: {lost.title!r} and {kept.title!r}" if lost.title != kept.title else ""
        print(f"duplicate: {lost.path}: same identity as {kept.path}, which is published{differ}")
    held = (
        ("draft", selection.drafts),
        ("scheduled", selection.scheduled),
        ("below the site's minimum", selection.below_minimum),
    )
    for why, articles in held:
        for article in articles:
            when = f" until {article.published:%Y-%m-%d %H:%M} UTC" if why == "scheduled" else ""
            print(f"held back: {article.path}: {why}{when}")
    errors = len({problem.path for problem in problems if problem.fatal})
    print(
        f"{_count(len(selection.published), 'article')} published, "
        f"{sum(len(articles) for _, articles in held)} held back, "
        f"{_count(len(selection.duplicates), 'duplicate')}, {_count(errors, 'document')} in error, "
        f"{_count(len(warnings) + sum(not problem.fatal for problem in problems), 'warning')}"
    )


def _tell(problems: Iterable[Problem]) -> None:
    for problem in problems:
        print(f"{'error' if problem.fatal else 'warning'}: {problem}", file=sys.stderr)


def _exit(problems: Iterable[Problem], *, strict: bool) -> None:
    if strict and any(problem.fatal for problem in problems):
        sys.exit(1)


def _fail(message: str) -> Never:
    print(message, file=sys.stderr)
    sys.exit(2)


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "path": problem.path,
        "line": problem.line,
        "field": problem.field,
        "found": problem.found,
        "expected": problem.expected,
        "severity": "error" if problem.fatal else "warning",
    }


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
