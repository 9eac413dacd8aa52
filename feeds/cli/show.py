"""`feeds show`."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from feeds.cli.config import Load
from feeds.cli.options import of_a_site
from feeds.cli.output import fail


@click.command()
@click.argument("path")
@of_a_site
def show(load: Load, path: str) -> None:
    """Print what is published at PATH: a document, a group such as topics/ai (its first format), or a query.

    PATH is an address as a server has it, such as topics/ai.atom, topics/ai/index.html or 'q.json?topic=ai&limit=5'.
    """
    from feeds.site.build import build
    from feeds.site.paths import find, nearest
    from feeds.site.queries import QueryError

    site = build(load(), datetime.now(UTC)).site
    try:
        document = find(path, site)
    except QueryError as error:
        fail(f"{path}: {error}{_listed(error.nearest)}")
    if document is None:
        fail(f"{path}: nothing is published there; `feeds list` has all feeds{_listed(nearest(path, site))}")
    sys.stdout.buffer.write(document.body)


def _listed(nearest: Sequence[str]) -> str:
    return "; the nearest:" + "".join(f"\n  {name}" for name in nearest) if nearest else ""
