"""What commands print: results to stdout, problems to stderr."""

import json
import sys
from collections.abc import Iterable
from typing import Any, Never

from feeds.errors import Problem


def report(problems: Iterable[Problem]) -> None:
    for problem in problems:
        print(f"{'error' if problem.fatal else 'warning'}: {problem}", file=sys.stderr)


def exit_by(problems: Iterable[Problem], *, strict: bool) -> None:
    if strict and any(problem.fatal for problem in problems):
        sys.exit(1)


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


def print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
