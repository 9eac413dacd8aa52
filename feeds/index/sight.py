"""Sight: what was seen of the documents when they were read last, and what has changed since."""

from collections.abc import Sequence
from typing import NamedTuple

from feeds.model import records
from feeds.sources import scan
from feeds.sources.scan import LINE_END, Found, Scan


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
                    stamps[place] = scan.stamp(place)
                if stamps[place] != before:
                    loose.add(path)
        return loose


def differences(scan: Scan, before: str, loose: set[str]) -> tuple[list[Found], set[str]]:
    """Which of the documents of `scan` are new or may have changed since its lines were `before`, and the paths of those that are
    gone. Those in `loose` may have changed whatever they say.
    """
    found: Sequence[Found] = scan
    told, in_part = scan.lines, not loose and scan.is_whole
    if in_part:
        # Few have changed, most likely: what is the same before and after them need not be taken apart.
        start = _same_start(told, before)
        end = _same_end(told[start:], before[start:])
        found = found[told.count(LINE_END, 0, start) :]
        told, before = told[start : len(told) - end], before[start : len(before) - end]
    lines = told.split(LINE_END)
    old = set(before.split(LINE_END))
    new = set(lines).difference(old)
    if not in_part:
        new.update(line for each, line in zip(found, lines, strict=False) if not each.stamp or each.path in loose)
    changed = [each for each, line in zip(found, lines, strict=False) if line in new]
    gone = {line.partition("\0")[0] for line in old.difference(lines) if line}.difference(each.path for each in changed)
    return changed, gone


def _same_start(one: str, other: str) -> int:
    """How long the beginning is that both have in whole lines."""
    same, end = 0, min(len(one), len(other))
    while same < end:
        middle = (same + end + 1) // 2
        if one[same:middle] == other[same:middle]:
            same = middle
        else:
            end = middle - 1
    return one.rfind(LINE_END, 0, same) + len(LINE_END) if LINE_END in one[:same] else 0


def _same_end(one: str, other: str) -> int:
    """How long the end is that both have in whole lines, with what parts it from the line before."""
    same, end = 0, min(len(one), len(other))
    while same < end:
        middle = (same + end + 1) // 2
        if one[len(one) - middle : len(one) - same] == other[len(other) - middle : len(other) - same]:
            same = middle
        else:
            end = middle - 1
    place = one.find(LINE_END, len(one) - same)
    return len(one) - place if place >= 0 else 0
