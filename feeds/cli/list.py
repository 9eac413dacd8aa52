"""`feeds list`."""

import sys
from datetime import UTC, datetime

import click

from feeds.cli.config import Load
from feeds.cli.options import json_option, of_a_site
from feeds.cli.output import print_json, warn_of_last_state
from feeds.errors import visible


@click.command()
@of_a_site
@json_option
def list(load: Load, *, as_json: bool) -> None:
    """List every feed: its address, its name, how many articles it has."""
    from feeds.site.build import build

    settings = load()
    made = build(settings, datetime.now(UTC), keeps=True)
    warn_of_last_state(made.refused)
    site = made.site
    groups = site.collection.listed.values()
    if as_json:
        print_json(
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
    table.columns[0].style, table.columns[2].justify = "cyan", "right"
    for group in groups:
        table.add_row(group.path, visible(group.name), str(len(group.articles)))
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 200).print(table)
