"""Faults: unforeseen exceptions. One that is raised while a document is read or rendered costs that document alone.

What a document gets wrong is a `Problem` with its line and field. A fault is a mistake of Feeds, or of a library that it uses:
it is caught where a document is read (`sources.reading`), where an entry is rendered (`site.rendered`) and where a feed, a page
or a file is made (`publish.export`, `web.answers`), and nowhere in between.
"""

import logging
import traceback
from typing import Final

from feeds.errors import Problem, visible

log = logging.getLogger("feeds")

READ: Final = "read"
RENDERED: Final = "rendered"


def report(path: str, work: str, error: Exception) -> Problem:
    """Log `error` with its traceback, and return the problem of the document at `path`, which could not be `work` (`READ` or
    `RENDERED`).
    """
    log_trace(f"{path}: can't be {work}", error)
    # No more than the kind of the error, whose own text may quote a draft.
    return _problem(path, work, type(error).__name__)


def log_trace(what: str, error: Exception) -> None:
    """Log what went wrong, and the traceback of `error`: its lines are indented, so that no line of a document's can be taken for
    a line of the log.
    """
    trace = "".join(traceback.format_exception(error)).splitlines()
    lines = "\n".join(f"  {visible(line)}" for line in trace)
    log.error("%s: a mistake in Feeds, please report it with these lines\n%s", visible(what), lines)


def unrendered(path: str) -> Problem:
    """The problem of the document at `path` whose entry could not be rendered at the last attempt."""
    return _problem(path, RENDERED, "an entry that feeds go without")


def _problem(path: str, work: str, found: str) -> Problem:
    return Problem(path, 1, "", f"what Feeds fails at ({found})", f"a document that can be {work}; the log has the details")


def is_passing(error: Exception) -> bool:
    """Whether the machine is at fault, so that the same document may succeed at another time."""
    return isinstance(error, MemoryError | OSError)
