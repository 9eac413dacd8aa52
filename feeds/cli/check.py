"""`feeds check`."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from feeds.cli.config import Load
from feeds.cli.options import json_option, of_a_site, strict_option
from feeds.cli.output import count, empty_source, exit_by, print_json, problem_as_json, remarks_as_json
from feeds.errors import Problem, Remark

if TYPE_CHECKING:
    # What it takes to render is loaded by the commands that do.
    from feeds.site.build import Build
    from feeds.site.remarks import Remarks

# More messages about the same are shown as a few and a count.
_MOST_ALIKE, _FEW = 10, 3


@click.command()
@of_a_site
@strict_option
@json_option
@click.option("--verbose", "-v", is_flag=True, help="Print each message, however many are alike.")
def check(load: Load, *, strict: bool, as_json: bool, verbose: bool) -> None:
    """Report errors, reader-compatibility warnings, held-back and duplicate articles.

    With --strict, the exit status is 1 where a document is in error or a source has no article.
    """
    from feeds.index.article_pages import address
    from feeds.site.build import build
    from feeds.site.remarks import of as count_remarks

    made = build(load(), datetime.now(UTC))
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
    exit_by(made.problems, remarks, strict=strict)


def _passed_over(made: "Build") -> list[Problem]:
    return [each for each in made.remarks if each.remark is Remark.PASSED_OVER]


def _field_kind(field: str) -> str:
    """The field of a message without numbers, so that those of all pictures are alike."""
    return f"{re.sub(r'[0-9]+', '', field)}: " if field else ""


def _warnings(made: "Build") -> list[dict[str, Any]]:
    """What readers will trip over, in every article that could be read and in every feed."""
    from feeds.site import lint
    from feeds.sources import reader

    settings = made.site.config
    articles = made.index.every_article()
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


def _print_alike(lines: Iterable[tuple[str, str]], *, verbose: bool) -> None:
    """Print lines, each given with what it is about; of many about the same, only a few and how many there are."""
    alike: dict[str, list[str]] = {}
    for kind, line in lines:
        alike.setdefault(kind, []).append(line)
    for kind, found in alike.items():
        shown = found if verbose or len(found) <= _MOST_ALIKE else found[:_FEW]
        print("\n".join(shown))
        if len(shown) < len(found):
            print(f"… and {len(found) - len(shown):,} more like that ({kind}); --verbose shows each")


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
        print(empty_source(name))
    errors_and_warnings = [
        (f"{_field_kind(problem.field)}{problem.expected}", f"{'error' if problem.fatal else 'warning'}: {problem}")
        for problem in problems
    ]
    for told in warnings:
        place = ":".join(str(told[name]) for name in ("path", "line", "field") if told[name])
        line = f"warning: {place}: {told['found']}; {told['advice']}"
        errors_and_warnings.append((f"{_field_kind(told['field'])}{told['advice']}", line))
    _print_alike(errors_and_warnings, verbose=verbose)
    unread = []
    for field in remarks.unread:
        where = f"{count(field.documents, 'document')}, such as {field.first}"
        unread.append((field.advice, f"warning: {field.name}: a field that is not read, in {where}; {field.advice}"))
    _print_alike(unread, verbose=verbose)
    if unlinked:
        advice = "give them a webUrl, or their source a `link` such as /blog/:year/:slug/, or the site `article_pages: missing`"
        print(f"warning: {count(len(unlinked), 'article')} without a link, such as {unlinked[0]}; {advice}")
    for lost, kept in selection.duplicates:
        differ = f"; the stories differ: {lost.title!r} and {kept.title!r}" if lost.title != kept.title else ""
        print(f"duplicate: {lost.path}: same identity as {kept.path}, which is published{differ}")
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
    _print_alike(lines, verbose=verbose)
    passed = _passed_over(made)
    _print_alike([(each.found, f"passed over: {each.path}: {each.found}") for each in passed], verbose=verbose)
    errors = len({problem.path for problem in problems if problem.fatal})
    warned = len(warnings) + sum(not problem.fatal for problem in problems)
    warned += len(remarks.empty) + len(remarks.unread) + bool(unlinked)
    print(
        f"{count(len(selection.published), 'article')} published, "
        f"{sum(len(articles) for _, articles in held)} held back, "
        f"{count(len(selection.duplicates), 'duplicate')}, {count(errors, 'document')} in error, "
        f"{count(len(passed), 'file')} passed over, {count(warned, 'warning')}"
    )
