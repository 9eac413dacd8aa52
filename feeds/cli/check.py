"""`feeds check`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from feeds.cli.config import Load
from feeds.cli.options import json_option, of_a_site, strict_option
from feeds.cli.output import count, exit_by, print_json, problem_as_json
from feeds.errors import Problem

if TYPE_CHECKING:
    # What it takes to render is loaded by the commands that do.
    from feeds.site.build import Build


@click.command()
@of_a_site
@strict_option
@json_option
def check(load: Load, *, strict: bool, as_json: bool) -> None:
    """Say what is wrong with the articles and what readers will trip over, which are held back, and which are told twice."""
    from feeds.site.build import build

    made = build(load(), datetime.now(UTC))
    problems = made.every_problem
    warnings = _warnings(made)
    selection = made.selection
    if as_json:
        print_json(
            {
                "problems": [problem_as_json(problem) for problem in problems],
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
    exit_by(made.problems, strict=strict)


def _warnings(made: "Build") -> list[dict[str, Any]]:
    """What readers will trip over, in every article that could be read and in every feed."""
    from feeds.site import lint
    from feeds.sources import reader

    settings = made.site.config
    articles = made.index.articles(made.index.listings())
    feeds = (made.site.document(path) for path in made.site.paths() if path.endswith(tuple(settings.formats)))
    found = lint.check_articles(articles, settings, datetime.now(UTC))
    found += lint.check_providers(made.site.collection)
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
        f"{count(len(selection.published), 'article')} published, "
        f"{sum(len(articles) for _, articles in held)} held back, "
        f"{count(len(selection.duplicates), 'duplicate')}, {count(errors, 'document')} in error, "
        f"{count(len(warnings) + sum(not problem.fatal for problem in problems), 'warning')}"
    )
