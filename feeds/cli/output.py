"""The output of commands: results to stdout, problems to stderr.

Names of files and texts of documents may hold what a terminal obeys: all that is printed goes through `say`, or `print_json`.
"""

import json
import os
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Never, TextIO

import click

from feeds.errors import FeedsError, Problem, visible

if TYPE_CHECKING:
    from feeds.site.remarks import Remarks

# What JSON need not escape, though terminals obey it (`errors.visible`).
_OBEYED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# More messages about the same are shown as a few and a count.
_MOST_ALIKE, _FEW = 10, 3
# The colours of the words that lines begin with.
_COLOURS = {"error": "red", "warning": "yellow", "duplicate": "magenta", "held back": "cyan", "passed over": "bright_black"}


def say(line: str, *, to_stderr: bool = False, colour: str | None = None) -> None:
    """Print one line, on a terminal in `colour`, or with the word that it begins with in that word's colour."""
    stream = sys.stderr if to_stderr else sys.stdout
    text = visible(line)
    if has_colours(stream):
        word, colon, rest = text.partition(":")
        if colour is not None:
            text = click.style(text, fg=colour)
        elif colon and word in _COLOURS:
            text = f"{click.style(word + colon, fg=_COLOURS[word], bold=True)}{rest}"
    print(text, file=stream, flush=True)


def has_colours(stream: TextIO) -> bool:
    """Whether what is printed may have colours: on a terminal, unless NO_COLOR (no-color.org) is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def report(problems: Iterable[Problem], most_alike: int = _MOST_ALIKE) -> None:
    """Print problems to stderr; of more than `most_alike` of a kind, a few and the number of the others."""
    more = "`feeds check --verbose` shows each"
    print_alike(map(kind_and_line, problems), more=more, to_stderr=True, most_alike=most_alike)


def kind_and_line(problem: Problem) -> tuple[str, str]:
    """The kind of a problem, by which alike ones are counted, and its line of output."""
    return f"{kind_of_field(problem.field)}{problem.expected}", f"{'error' if problem.fatal else 'warning'}: {problem}"


def kind_of_field(field: str) -> str:
    """The field of a message without numbers, so that messages about all pictures are alike."""
    return f"{re.sub(r'[0-9]+', '', field)}: " if field else ""


def print_alike(
    lines: Iterable[tuple[str, str]],
    *,
    verbose: bool = False,
    more: str = "--verbose shows each",
    to_stderr: bool = False,
    most_alike: int = _MOST_ALIKE,
) -> None:
    """Print lines, each given with its kind; of many alike, print a few and the number of the others."""
    alike: dict[str, list[str]] = {}
    for kind, line in lines:
        alike.setdefault(kind, []).append(line)
    for kind, found in alike.items():
        shown = found if verbose or len(found) <= most_alike else found[: min(_FEW, most_alike)]
        for line in shown:
            say(line, to_stderr=to_stderr)
        if len(shown) < len(found):
            say(f"… and {len(found) - len(shown):,} more like that ({kind}); {more}", to_stderr=to_stderr)


def exit_by(problems: Iterable[Problem], remarks: "Remarks", *, strict: bool) -> None:
    if strict and (remarks.empty or any(problem.fatal for problem in problems)):
        sys.exit(1)


def empty_source(name: str) -> str:
    advice = "documents need front matter (or to be YAML, TOML or JSON) and a known suffix: see docs/generators.md"
    return f"warning: {name}: no article comes from this source; {advice}"


def complain(message: str) -> None:
    """Print a message of one or more lines to stderr."""
    for line in message.split("\n"):
        say(line, to_stderr=True)


def warn_of_last_state(refused: FeedsError | None) -> None:
    """Warn that the output is of the last state, if the newest is `refused`."""
    if refused is not None:
        complain(f"warning: this is the last good state. {refused}")


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


def remarks_as_json(remarks: "Remarks") -> dict[str, Any]:
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
