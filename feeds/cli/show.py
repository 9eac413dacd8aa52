"""`feeds show`."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from feeds.cli.completion import FeedPath
from feeds.cli.config import Load
from feeds.cli.options import of_a_site
from feeds.cli.output import fail, warn_of_last_state


@click.command()
@click.argument("path", type=FeedPath())
@of_a_site
@click.option(
    "--as",
    "reader",
    type=click.Choice(["feedparser", "freshrss", "miniflux", "netnewswire"]),
    help="Print what this reader keeps of the feed, and what it loses.",
)
@click.option("--json", "as_json", is_flag=True, help="With --as: print JSON, for a program to read.")
def show(load: Load, path: str, reader: str | None, *, as_json: bool) -> None:
    """Print the document at PATH, the feed of a group such as topics/ai in the first format, or of a query.

    PATH is an address as a server has it, such as topics/ai.atom, topics/ai/index.html or 'q.json?topic=ai&limit=5'.
    """
    if as_json and reader is None:
        raise click.UsageError("--json goes with --as; without it the document is printed as it is published")
    from feeds.site.build import build
    from feeds.site.paths import find, nearest
    from feeds.site.queries import QueryError

    settings = load()
    made = build(settings, datetime.now(UTC), keeps=True)
    warn_of_last_state(made.refused)
    site = made.site
    try:
        document = find(path, site)
    except QueryError as error:
        fail(f"{path}: {error}{_listed(error.nearest)}")
    if document is None:
        fail(f"{path}: nothing is published there; `feeds list` has all feeds{_listed(nearest(path, site))}")
    if reader is None:
        sys.stdout.buffer.write(document.body)
        return
    from feeds.cli.kept import print_kept

    print_kept(reader, document.path, document.body, f"{settings.site.url}/{document.path}", as_json=as_json)


def _listed(nearest: Sequence[str]) -> str:
    return "; the nearest:" + "".join(f"\n  {name}" for name in nearest) if nearest else ""
