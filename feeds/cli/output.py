"""What commands print: results to stdout, problems to stderr."""

import json
import sys
from collections.abc import Iterable
from typing import Any, Never

from feeds.errors import Problem
from feeds.site.remarks import Remarks


def report(problems: Iterable[Problem]) -> None:
    for problem in problems:
        print(f"{'error' if problem.fatal else 'warning'}: {problem}", file=sys.stderr)


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
