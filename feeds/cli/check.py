"""`feeds check`."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from feeds.cli.config import Load
from feeds.cli.options import json_option, of_a_site, strict_option
from feeds.cli.output import (
    count,
    empty_source,
    exit_by,
    kind_and_line,
    kind_of_field,
    print_alike,
    print_json,
    problem_as_json,
    remarks_as_json,
    say,
    warn_of_last_state,
)
from feeds.errors import Problem, Remark

if TYPE_CHECKING:
    # What it takes to render is loaded by the commands that do.
    from feeds.site.build import Build
    from feeds.site.lint import Finding
    from feeds.site.remarks import Remarks


@click.command()
@of_a_site
@strict_option
@json_option
@click.option("--verbose", "-v", is_flag=True, help="Print each message, however many are alike.")
def check(load: Load, *, strict: bool, as_json: bool, verbose: bool) -> None:
    """Report errors, reader-compatibility warnings, held-back and duplicate articles.

    With --strict, the exit status is 1 where a document is in error, a source has no article, or most articles have vanished.
    """
    from feeds.index.article_pages import address
    from feeds.site.build import build
    from feeds.site.remarks import of as count_remarks

    made = build(load(), datetime.now(UTC), keeps=True)
    warn_of_last_state(made.refused)
    problems = made.every_problem
    warnings = _warnings(made)
    selection = made.selection
    remarks = count_remarks(made.site.config, made.remarks, made.index)
    unlinked = [listing.path for listing in selection.published if address(listing, made.site.config) is None]
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
                **remarks_as_json(remarks),
                "passed_over": [{"path": each.path, "why": each.found} for each in _passed_over(made)],
                "without_link": unlinked,
            }
        )
    else:
        _print_check(made, problems, warnings, remarks, unlinked, verbose=verbose)
    if made.refused is not None and strict:
        sys.exit(1)
    exit_by(made.problems, remarks, strict=strict)


def _passed_over(made: "Build") -> list[Problem]:
    return [each for each in made.remarks if each.remark is Remark.PASSED_OVER]


def _warnings(made: "Build") -> list[dict[str, Any]]:
    """Findings in every article that could be read and in every feed."""
    from feeds.site import lint
    from feeds.sources import reader

    settings = made.site.config
    articles = made.index.every_article()
    feeds = (made.site.document(path) for path in made.site.paths() if path.endswith(tuple(settings.formats)))
    found = lint.check_articles(articles, settings, datetime.now(UTC))
    found += lint.check_providers(made.site.collection)
    found += _podcasts(made)
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


def _podcasts(made: "Build") -> "tuple[Finding, ...]":
    from feeds.site import podcasts
    from feeds.site.composer import describe_feed

    groups = [group for group in made.site.collection.groups.values() if group.podcast is not None]
    return tuple(
        finding
        for group in groups
        for finding in podcasts.check_podcast(describe_feed(group, made.site.config), made.index.articles(group.articles))
    )


def _print_check(
    made: "Build",
    problems: tuple[Problem, ...],
    warnings: list[dict[str, Any]],
    remarks: "Remarks",
    unlinked: list[str],
    *,
    verbose: bool,
) -> None:
    selection = made.selection
    for name in remarks.empty:
        say(empty_source(name))
    errors_and_warnings = [*map(kind_and_line, problems)]
    for warning in warnings:
        place = ":".join(str(warning[name]) for name in ("path", "line", "field") if warning[name])
        line = f"warning: {place}: {warning['found']}; {warning['advice']}"
        errors_and_warnings.append((f"{kind_of_field(warning['field'])}{warning['advice']}", line))
    print_alike(errors_and_warnings, verbose=verbose)
    unread = []
    for field in remarks.unread:
        where = f"{count(field.documents, 'document')}, such as {field.first}"
        unread.append((field.advice, f"warning: {field.name}: a field that is not read, in {where}; {field.advice}"))
    print_alike(unread, verbose=verbose)
    if unlinked:
        advice = "give them a webUrl, or their source a `link` such as /blog/:year/:slug/, or the site `article_pages: missing`"
        say(f"warning: {count(len(unlinked), 'article')} without a link, such as {unlinked[0]}; {advice}")
    for lost, kept in selection.duplicates:
        differ = f"; the stories differ: {lost.title!r} and {kept.title!r}" if lost.title != kept.title else ""
        say(f"duplicate: {lost.path}: same identity as {kept.path}, which is published{differ}")
    held = (
        ("draft", selection.drafts),
        ("scheduled", selection.scheduled),
        ("below the site's minimum", selection.below_minimum),
    )
    lines = []
    for why, articles in held:
        for article in articles:
            reason = "expired" if why == "draft" and not article.draft else why
            when = f" until {article.published:%Y-%m-%d %H:%M} UTC" if why == "scheduled" else ""
            lines.append((reason, f"held back: {article.path}: {reason}{when}"))
    print_alike(lines, verbose=verbose)
    passed = _passed_over(made)
    print_alike([(each.found, f"passed over: {each.path}: {each.found}") for each in passed], verbose=verbose)
    errors = len({problem.path for problem in problems if problem.fatal})
    warned = len(warnings) + sum(not problem.fatal for problem in problems)
    warned += len(remarks.empty) + len(remarks.unread) + bool(unlinked)
    say(
        f"{count(len(selection.published), 'article')} published, "
        f"{sum(len(articles) for _, articles in held)} held back, "
        f"{count(len(selection.duplicates), 'duplicate')}, {count(errors, 'document')} in error, "
        f"{count(len(passed), 'file')} passed over, {count(warned, 'warning')}"
    )
