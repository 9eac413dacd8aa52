"""The problems of one file, with their lines and fields."""

from collections.abc import Callable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from feeds.errors import Problem
from feeds.text.text import printable

MOST_VALUES = 50_000
MOST_PROBLEMS = 20


class Report(Struct):
    """Collects the problems of one file.

    `expand` is applied to every scalar before it is read; what it raises ValueError for is reported. `spellings` are the
    names that count in whatever case, by their lowercase. With `last_counts`, the last of several fields with one name counts.
    """

    path: str
    first_line: int = 1
    expand: Callable[[str], str] = printable
    spellings: Mapping[str, str] = field(default_factory=dict)
    last_counts: bool = False
    problems: list[Problem] = field(default_factory=list)
    values_left: int = MOST_VALUES

    def add(self, line: int, name: str, found: str, expected: str, *, fatal: bool = True) -> None:
        """Add a problem of this file. One mistake is one problem: the first one of a field on a line, or the first fatal one.

        A mistake that is made a thousand times is reported a few times; a fatal one is always reported.
        """
        for at, known in enumerate(self.problems):
            if (known.line, known.field) == (line, name):
                if fatal and not known.fatal:
                    self.problems[at] = Problem(self.path, line, name, found, expected, fatal)
                return
        if len(self.problems) < MOST_PROBLEMS or (fatal and not self.failed):
            self.problems.append(Problem(self.path, line, name, found, expected, fatal))

    def add_too_much(self) -> None:
        """Add the problem of a file that has more values than any file may have (`fields.TooMuchError`)."""
        self.add(self.first_line, "", "aliases that expand without end", f"at most {MOST_VALUES:,} values")

    @property
    def failed(self) -> bool:
        """Whether any problem so far leaves the whole file out."""
        return any(problem.fatal for problem in self.problems)

    def as_private(self) -> tuple[Problem, ...]:
        """The problems, marked as private: only the editor sees them, as those of drafts."""
        return tuple(replace(problem, private=True) for problem in self.problems)
