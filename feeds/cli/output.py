"""What commands print: results to stdout, problems to stderr."""

import json
import re
import sys
from collections.abc import Iterable
from typing import Any, Never, TextIO

from feeds.errors import Problem
from feeds.site.remarks import Remarks

# More messages about the same are shown as a few and a count.
_MOST_ALIKE, _FEW = 10, 3


def report(problems: Iterable[Problem]) -> None:
    """Print problems to stderr, a few of many alike."""
    print_alike(map(kind_and_line, problems), more="`feeds check --verbose` shows each", file=sys.stderr)


def kind_and_line(problem: Problem) -> tuple[str, str]:
    """What a problem is about, and its line of output."""
    return f"{kind_of_field(problem.field)}{problem.expected}", f"{'error' if problem.fatal else 'warning'}: {problem}"


def kind_of_field(field: str) -> str:
    """The field of a message without numbers, so that those of all pictures are alike."""
    return f"{re.sub(r'[0-9]+', '', field)}: " if field else ""


def print_alike(
    lines: Iterable[tuple[str, str]],
    *,
    verbose: bool = False,
    more: str = "--verbose shows each",
    file: TextIO | None = None,
) -> None:
    """Print lines, each given with what it is about; of many about the same, only a few and how many there are."""
    alike: dict[str, list[str]] = {}
    for kind, line in lines:
        alike.setdefault(kind, []).append(line)
    for kind, found in alike.items():
        shown = found if verbose or len(found) <= _MOST_ALIKE else found[:_FEW]
        print("\n".join(shown), file=file)
        if len(shown) < len(found):
            print(f"… and {len(found) - len(shown):,} more like that ({kind}); {more}", file=file)


def exit_by(problems: Iterable[Problem], remarks: Remarks, *, strict: bool) -> None:
    if strict and (remarks.empty or any(problem.fatal for problem in problems)):
        sys.exit(1)


def empty_source(name: str) -> str:
    advice = "documents need front matter (or to be YAML, TOML or JSON) and a known suffix: see docs/generators.md"
    return f"warning: {name}: no article comes from this source; {advice}"


def fail(message: str) -> Never:
    print(message, file=sys.stderr)
    sys.exit(2)


def problem_as_json(problem: Problem) -> dict[str, Any]:
    return {
        "path": problem.path,
        "line": problem.line,
        "field": problem.field,
        "found": problem.found,
        "expected": problem.expected,
        "severity": "error" if problem.fatal else "warning",
    }


def remarks_as_json(remarks: Remarks) -> dict[str, Any]:
    return {
        "passed_over": {passed.why: passed.files for passed in remarks.passed_over},
        "unread": [
            {"field": unread.name, "documents": unread.documents, "path": unread.first, "nearest": unread.nearest}
            for unread in remarks.unread
        ],
        "empty_sources": list(remarks.empty),
    }


def print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
