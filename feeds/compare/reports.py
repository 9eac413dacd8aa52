"""A comparison as a report: text for people, JSON for programs, annotations for GitHub, JUnit and SARIF for CI services.

Every report names harms in one order, whatever the order in which they were found.
"""

import json
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from lxml import etree

from feeds.compare.findings import Change, Comparison, Harm, Kind, State
from feeds.compare.items import label
from feeds.compare.parsed import Item
from feeds.text.dates import rfc3339
from feeds.version import __version__

_MOST_FEEDS, _MOST_ITEMS, _MOST_HARMS, _MOST_PATHS = 20, 3, 10, 3
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


class Report(StrEnum):
    """A kind of report. The value is what `--output-format` takes."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    JUNIT = "junit"
    SARIF = "sarif"


def render(comparison: Comparison, report: Report) -> str:
    """The report of a comparison, with a line end at its end."""
    return _WRITERS[report](comparison)


def _text(comparison: Comparison) -> str:
    changed = [change for change in comparison.feeds if change.state is not State.SAME]
    lines = [f"{comparison.old} → {comparison.new}: {_count(len(comparison.feeds), 'feed')}, {len(changed):,} changed"]
    groups = _alike(changed)
    for paths, change in groups[:_MOST_FEEDS]:
        lines.append(f"{paths}: {_summary(change)}")
        lines += _some("  + ", change.added) + _some("  ~ ", change.changed) + _some("  withdrawn: ", change.withdrawn)
    if len(groups) > _MOST_FEEDS:
        lines.append(f"… and {len(groups) - _MOST_FEEDS:,} more; --output-format json has all")
    for kind in Kind:
        found = [harm for harm in comparison.harms if harm.kind is kind]
        if not found:
            continue
        lines += ["", f"{kind}: {kind.meaning} {kind.advice}"]
        lines += [f"  {harm.message} [{_paths(harm.feeds)}]" for harm in found[:_MOST_HARMS]]
        if len(found) > _MOST_HARMS:
            lines.append(f"  … and {len(found) - _MOST_HARMS:,} more; --output-format json has all")
    lines += ["", _count(len(comparison.harms), "harm") if comparison.harms else "no harm"]
    return "".join(f"{line}\n" for line in lines)


def _alike(changes: Iterable[Change]) -> list[tuple[str, Change]]:
    """Changes, those of a feed's formats as one where they are alike: `all.{atom,json,rss}`."""
    groups: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.path.rpartition(".")[0], _summary(change)), []).append(change)
    found = []
    for (stem, _), some in groups.items():
        endings = [change.path.removeprefix(f"{stem}.") for change in some]
        found.append((f"{stem}.{{{','.join(endings)}}}" if len(some) > 1 else some[0].path, some[0]))
    return found


def _summary(change: Change) -> str:
    counts = (
        (change.added, "added"),
        (change.changed, "changed"),
        (change.withdrawn, "withdrawn"),
        (change.pushed_off, "pushed off the end"),
        (change.left, "in other feeds only"),
        (change.vanished, "vanished"),
    )
    said = [f"{len(items):,} {word}" for items, word in counts if items]
    match change.state:
        case State.NEW:
            return f"new, {_count(len(change.added), 'item')}"
        case State.GONE:
            return "gone"
        case State.ENDED:
            return "ended (410)"
        case State.MOVED:
            return ", ".join([f"moved to {change.moved_to}", *said])
    return ", ".join(said) or "no item changed"


def _some(mark: str, items: Iterable[Item]) -> list[str]:
    every = list(items)
    lines = [f"{mark}{label(item)}" for item in every[:_MOST_ITEMS]]
    return lines + ([f"{mark}… and {len(every) - _MOST_ITEMS:,} more"] if len(every) > _MOST_ITEMS else [])


def _paths(paths: Iterable[str]) -> str:
    every = list(paths)
    more = f" and {len(every) - _MOST_PATHS:,} more" if len(every) > _MOST_PATHS else ""
    return f"{', '.join(every[:_MOST_PATHS])}{more}"


def _json(comparison: Comparison) -> str:
    found = {
        "old": comparison.old,
        "new": comparison.new,
        "feeds": [_change_as_json(change) for change in comparison.feeds if change.state is not State.SAME],
        "unchanged": [change.path for change in comparison.feeds if change.state is State.SAME],
        "harms": [_harm_as_json(harm) for harm in comparison.harms],
    }
    return _dumped(found)


def _change_as_json(change: Change) -> dict[str, Any]:
    said = {"path": change.path, "state": change.state.value, "moved_to": change.moved_to}
    lists = ("added", "changed", "withdrawn", "pushed_off", "left", "vanished")
    some = {name: [_item_as_json(item) for item in getattr(change, name)] for name in lists}
    return {name: value for name, value in {**said, **some}.items() if value}


def _item_as_json(item: Item) -> dict[str, str]:
    found = {
        "id": item.id,
        "link": item.link,
        "title": item.title,
        "published": rfc3339(item.published) if item.published else "",
        "updated": rfc3339(item.updated) if item.updated else "",
    }
    return {name: value for name, value in found.items() if value}


def _harm_as_json(harm: Harm) -> dict[str, Any]:
    return {
        "kind": harm.kind.value,
        "message": harm.message,
        **({"item": harm.item} if harm.item else {}),
        "feeds": list(harm.feeds),
        "meaning": harm.kind.meaning,
        "advice": harm.kind.advice,
    }


def _github(comparison: Comparison) -> str:
    """Workflow commands, which GitHub shows as annotations of a run."""
    lines = []
    for harm in comparison.harms:
        message = f"{harm.message} [{_paths(harm.feeds)}] {harm.kind.meaning} {harm.kind.advice}"
        file, title = _escaped_property(harm.feeds[0]), _escaped_property(f"feeds diff: {harm.kind}")
        lines.append(f"::error file={file},title={title}::{_escaped(message)}\n")
    return "".join(lines)


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _junit(comparison: Comparison) -> str:
    """A test case for each feed, failed where something in it hurts."""
    harms: dict[str, list[Harm]] = {}
    for harm in comparison.harms:
        for path in harm.feeds:
            harms.setdefault(path, []).append(harm)
    # Harms in an archive have paths of their own.
    paths = sorted({*harms, *(change.path for change in comparison.feeds)})
    counts = {"tests": str(len(paths)), "failures": str(len(harms)), "errors": "0"}
    suites = etree.Element("testsuites", {"name": "feeds diff", **counts})
    suite = etree.SubElement(suites, "testsuite", {"name": f"{comparison.old} → {comparison.new}", **counts})
    for path in paths:
        case = etree.SubElement(suite, "testcase", {"classname": "feeds.diff", "name": path})
        if path not in harms:
            continue
        kinds = Counter(harm.kind for harm in harms[path])
        message = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
        failure = etree.SubElement(case, "failure", {"type": next(iter(kinds)).value, "message": message})
        failure.text = "\n".join(f"{harm.kind}: {harm.message}. {harm.kind.advice}" for harm in harms[path])
    written: bytes = etree.tostring(suites, pretty_print=True, xml_declaration=True, encoding="UTF-8")
    return written.decode()


def _sarif(comparison: Comparison) -> str:
    """SARIF 2.1.0: a rule for each kind of harm, a result for each harm, located in the feeds that it is in."""
    rules = [
        {
            "id": kind.value,
            "shortDescription": {"text": kind.meaning},
            "help": {"text": kind.advice},
            "defaultConfiguration": {"level": "error"},
        }
        for kind in Kind
    ]
    kinds = list(Kind)
    results = [
        {
            "ruleId": harm.kind.value,
            "ruleIndex": kinds.index(harm.kind),
            "level": "error",
            "message": {"text": harm.message},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": path}}} for path in harm.feeds],
            "partialFingerprints": {"harm/v1": f"{harm.kind}:{harm.item or harm.feeds[0]}"},
        }
        for harm in comparison.harms
    ]
    driver = {"name": "feeds diff", "semanticVersion": __version__, "rules": rules}
    return _dumped({"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]})


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


_WRITERS = {Report.TEXT: _text, Report.JSON: _json, Report.GITHUB: _github, Report.JUNIT: _junit, Report.SARIF: _sarif}
