"""Sight: what was seen of the documents, as one text, so that to see whether anything has changed is to compare two texts."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from feeds import records, scanning
from feeds.scanning import Found

# What ends a line, and a line without a stamp: no path has them.
_END, _NO_STAMP = "\0\0", "\0?"


class Seen(NamedTuple):
    """What documents were seen to be: a line for each path with its stamp; and by path, the problems and places of some."""

    stamps: str
    problems: dict[str, bytes]
    places: dict[str, bytes]

    def loose(self) -> set[str]:
        """The documents that depend on files beside them which have come, gone or changed."""
        stamps: dict[str, str] = {}
        loose = set()
        for path, data in self.places.items():
            for place, before in records.decode_places(data):
                if place not in stamps:
                    stamps[place] = scanning.stamp(place)
                if stamps[place] != before:
                    loose.add(path)
        return loose


def lines(found: Sequence[Found], unread: Collection[str] = ()) -> str:
    """The documents that are `found`, a line for each; without its stamp where it could not be read."""
    return _END.join([_line(each.path, "" if each.path in unread else each.stamp) for each in found])


def is_whole(told: str) -> bool:
    """Whether all that is `told` has a stamp."""
    return _NO_STAMP not in told


def differences(found: Sequence[Found], told: str, before: str, loose: set[str]) -> tuple[list[Found], set[str]]:
    """Which of the documents that are `found` are new or may have changed, and the paths of those that are gone: of what is
    `told` of them, and was `before`. Those in `loose` may have changed whatever it says.
    """
    lines = told.split(_END)
    old = set(before.split(_END))
    new = set(lines).difference(old)
    if loose or _NO_STAMP in told:
        new.update(line for each, line in zip(found, lines, strict=False) if not each.stamp or each.path in loose)
    changed = [each for each, line in zip(found, lines, strict=False) if line in new]
    gone = {line.partition("\0")[0] for line in old.difference(lines) if line}.difference(each.path for each in changed)
    return changed, gone


def _line(path: str, stamp: str) -> str:
    return f"{path}\0{stamp or '?'}"
