"""Lines that tell something of each path, as sha256sum writes them: in one text, to be looked up and changed without taking all
of it apart.
"""

from collections.abc import Mapping


class Lines:
    """`text` of lines in the order of their paths, one for each."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __len__(self) -> int:
        return self.text.count("\n")

    def paths(self) -> list[str]:
        """All paths."""
        return [each.partition("  ")[2] for each in self.text.split("\n")[:-1]]

    def lacking(self, told: Mapping[str, str]) -> list[str]:
        """The paths of which something else is told here, or nothing."""
        found, at = [], 0
        for path, value in sorted(told.items()):
            # In this order, each is a little further on.
            place = self.text.find(line(path, value), at)
            if place < 0:
                found.append(path)
            else:
                at = place
        return found

    def get(self, path: str) -> str | None:
        """What is told of `path`."""
        start, end = self._place(path)
        return self.text[start:end].partition("  ")[0] if start < end else None

    def put(self, told: Mapping[str, str]) -> None:
        """Tell something else of some paths; no more of those of which nothing is told."""
        parts, done = [], 0
        for path, value in sorted(told.items()):
            start, end = self._place(path)
            parts += [self.text[done:start], line(path, value) if value else ""]
            done = end
        self.text = "".join([*parts, self.text[done:]])

    def _place(self, path: str) -> tuple[int, int]:
        """Where the line of `path` begins and ends; where it would begin, twice, if there is none."""
        text = self.text
        low, high = 0, len(text)
        while low < high:
            start = text.rfind("\n", low, (low + high) // 2) + 1 or low
            end = text.index("\n", start) + 1
            found = text[start : end - 1].partition("  ")[2]
            if found == path:
                return start, end
            low, high = (end, high) if found < path else (low, start)
        return low, low


def lines(told: Mapping[str, str]) -> str:
    """The text that tells this of each path; of those of which nothing is told there is no line."""
    return "".join([line(path, value) for path, value in sorted(told.items()) if value])


def line(path: str, value: str) -> str:
    """A line of it."""
    return f"{value}  {path}\n"
