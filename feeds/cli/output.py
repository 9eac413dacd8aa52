"""What commands print: results to stdout, problems to stderr.

Names of files and texts of documents may hold what a terminal obeys: all that is printed goes through `say`, or `print_json`.
"""

import json
import re
import sys
from collections.abc import Iterable
from typing import Any, Never

from feeds.errors import Problem, visible
from feeds.site.remarks import Remarks

# What JSON need not escape, though terminals obey it (`errors.visible`).
_OBEYED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def say(line: str, *, to_stderr: bool = False) -> None:
    """Print one line."""
    print(visible(line), file=sys.stderr if to_stderr else sys.stdout, flush=True)


def report(problems: Iterable[Problem]) -> None:
    for problem in problems:
        say(f"{'error' if problem.fatal else 'warning'}: {problem}", to_stderr=True)


def exit_by(problems: Iterable[Problem], remarks: Remarks, *, strict: bool) -> None:
    if strict and (remarks.empty or any(problem.fatal for problem in problems)):
        sys.exit(1)


def empty_source(name: str) -> str:
    advice = "documents need front matter (or to be YAML, TOML or JSON) and a known suffix: see docs/generators.md"
    return f"warning: {name}: no article comes from this source; {advice}"


def complain(message: str) -> None:
    """Print a message of one or more lines to stderr."""
    for line in message.split("\n"):
        say(line, to_stderr=True)


def fail(message: str) -> Never:
    complain(message)
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
    text = json.dumps(value, ensure_ascii=False, indent=2)
    print(_OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
