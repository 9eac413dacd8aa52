"""`feeds diff`."""

import sys
from datetime import UTC, datetime

import click

from feeds.cli.config import Load
from feeds.cli.options import of_a_site
from feeds.cli.output import say

_SOURCES = "-"


@click.command()
@click.argument("old")
@click.argument("new")
@of_a_site
@click.option(
    "--output-format",
    type=click.Choice(["text", "json", "github", "junit", "sarif"]),
    default="text",
    show_default=True,
    help="How to report: for people, for programs, or for a CI service.",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even where something would hurt subscribers.")
def diff(load: Load, old: str, new: str, *, output_format: str, exit_zero: bool) -> None:
    """Compare the feeds of OLD and NEW: the changes, and those that would hurt subscribers.

    Each is a folder of exported feeds, a site's URL, a feed's file or URL, an object store, or `-` for what the configured
    sources would be exported as. The exit status is 1 where something hurts.
    """
    from feeds.compare.comparison import compare
    from feeds.compare.guard import built, opened
    from feeds.compare.reports import Report, render

    now = datetime.now(UTC)
    sides = [built(load(), now) if place == _SOURCES else opened(place) for place in (old, new)]
    found = compare(*sides)
    for line in render(found, Report(output_format)).rstrip("\n").split("\n"):
        say(line)
    if found.harms and not exit_zero:
        sys.exit(1)
