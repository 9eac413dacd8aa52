"""The fields of a YAML mapping, each read from its source text as what its reader asks for.

YAML's own types are not what an editor meant (topic `NO`, title `12:30`, version `1.0`), so nodes are composed by
libyaml and never constructed: nothing in a document can make an object, and each value keeps its line. What is read is
bounded in size, depth and number of values, so that no document can cost more than a document.
"""

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import yaml
from yaml._yaml import CParser

from feeds import dates
from feeds.errors import FeedsError, Problem
from feeds.text import printable

LARGEST = 4 * 2**20
DEEPEST = 64
MOST_VALUES = 50_000
MOST_PROBLEMS = 20

# What can nest deeply without a line of its own for each level. Only then is a pass for depth worth its time.
_COMPACT_NESTING = re.compile(r"^[ \t]{200}|^(?:[ \t]*[-?:][ \t]+){20}", re.MULTILINE)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_INTEGER = re.compile(r"[+-]?[0-9]{1,15}")
_LONGEST_SHOWN = 60


@dataclass(slots=True)
class Report:
    """Collects the problems of one file, and lends its readers the file's path.

    `expand` is applied to every scalar before it is read; what it raises ValueError for is reported. `spellings` are the
    names that count in whatever case, by their lowercase.
    """

    path: str
    first_line: int = 1
    expand: Callable[[str], str] = printable
    spellings: Mapping[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    values_left: int = MOST_VALUES

    def add(self, line: int, name: str, found: str, expected: str, *, fatal: bool = True) -> None:
        """Add a problem of this file. The first thing said of a field is enough: one mistake is one problem.

        Whoever made one mistake a thousand times is told a few times; what leaves the file out is never passed over.
        """
        if any((line, name, fatal) == (told.line, told.field, told.fatal) for told in self.problems):
            return
        if len(self.problems) < MOST_PROBLEMS or (fatal and not self.failed):
            self.problems.append(Problem(self.path, line, name, found, expected, fatal))

    @property
    def failed(self) -> bool:
        """Whether any problem so far leaves the whole file out."""
        return any(problem.fatal for problem in self.problems)

    def as_private(self) -> tuple[Problem, ...]:
        """The problems, marked as the business of nobody but the editor."""
        return tuple(replace(problem, private=True) for problem in self.problems)


def parse(text: str, report: Report) -> "Fields | None":
    """The fields of the one YAML mapping that `text` holds; empty text has none. What is wrong goes to `report`."""
    if len(text) > LARGEST:
        report.add(report.first_line, "", f"{len(text):,} characters of YAML", f"at most {LARGEST:,}")
        return None
    try:
        _check_depth(text, report)
        node = _Composer(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        # Never the snippet that PyYAML adds: it may quote what must not be told.
        mark = error.problem_mark or error.context_mark
        line = mark.line if mark else 0
        report.add(report.first_line + line, "", f"broken YAML ({error.problem or error.context})", "valid YAML")
        return None
    except TooDeepError as error:
        report.add(error.line, "", "values nested too deeply", f"at most {DEEPEST} levels")
        return None
    except yaml.YAMLError:
        report.add(report.first_line, "", "characters that YAML can't hold", "valid YAML")
        return None
    if node is None:
        return Fields(yaml.MappingNode("tag:yaml.org,2002:map", []), report, report.first_line)
    if not isinstance(node, yaml.MappingNode):
        report.add(report.first_line, "", _shape(node), "fields, each `name: value`")
        return None
    return Fields(node, report, report.first_line)


class Fields:
    """The fields of one mapping. Each reader returns what it was asked for, or None where the
    field is absent, null, or not understood; the last is told to the report.
    """

    def __init__(self, node: yaml.MappingNode, report: Report, line: int, place: str = "") -> None:
        self.line = line
        self._report = report
        self._place = place
        self._nodes: dict[str, yaml.Node] = {}
        self._lines: dict[str, int] = {}
        self._take(node)

    def __contains__(self, name: str) -> bool:
        return self._node(name) is not None

    def names(self) -> tuple[str, ...]:
        """The names of all fields, in the order of the file."""
        return tuple(self._nodes)

    def line_of(self, name: str) -> int:
        """The line that `name` is on, or the mapping's own where it is absent."""
        return self._lines.get(name, self.line)

    def problem(self, name: str, expected: str, found: str | None = None, *, fatal: bool = True) -> None:
        """Report that field `name` is not what was expected; `found` is what it says where it isn't given."""
        if found is None:
            node = self._nodes.get(name)
            found = "nothing" if node is None else _shape(node)
        self._report.add(self.line_of(name), self._path(name), found, expected, fatal=fatal)

    def only(self, allowed: Collection[str]) -> None:
        """Report each field that is none of `allowed`, with the nearest that is."""
        for name in self._nodes:
            if name not in allowed:
                near = difflib.get_close_matches(name, allowed, 1)
                expected = f"{near[0]!r}" if near else f"one of {', '.join(allowed)}"
                self.problem(name, expected, f"the unknown key {_shorten(name)!r}")

    def text(self, name: str, expected: str = "text", *, fatal: bool = True) -> str | None:
        """The field as text, its ends without white space. Numbers, dates, `NO` are text too: as they are written."""
        node = self._node(name)
        if node is None:
            return None
        if not isinstance(node, yaml.ScalarNode):
            self.problem(name, expected, fatal=fatal)
            return None
        return self._expand(node, self._path(name)) or None

    def flag(self, name: str) -> bool | None:
        """The field as true or false, as YAML 1.1 and people spell them."""
        text = self.text(name, "true or false")
        if text is None:
            return None
        if text.lower() in _TRUE or text.lower() in _FALSE:
            return text.lower() in _TRUE
        self.problem(name, "true or false")
        return None

    def number(self, name: str, *, fatal: bool = True) -> int | float | None:
        """The field as a number, quoted or not; whole numbers are int."""
        text = self.text(name, "a number", fatal=fatal)
        if text is None:
            return None
        if _INTEGER.fullmatch(text):
            return int(text)
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or "_" in text:
            self.problem(name, "a number", fatal=fatal)
            return None
        return int(number) if number.is_integer() and abs(number) < 1e15 else number

    def count(self, name: str, *, fatal: bool = True) -> int | None:
        """The field as a whole number that is not negative."""
        number = self.number(name, fatal=fatal)
        if number is None:
            return None
        if isinstance(number, float) or number < 0:
            self.problem(name, "a whole number, 0 or more", fatal=fatal)
            return None
        return number

    def moment(self, name: str, *, fatal: bool = True) -> datetime | None:
        """The field as a moment, in UTC."""
        expected = "a date such as 2026-11-22T09:30:00Z"
        text = self.text(name, expected, fatal=fatal)
        if text is None:
            return None
        try:
            return dates.moment(text)
        except ValueError:
            self.problem(name, expected, fatal=fatal)
            return None

    def texts(self, name: str, *, fatal: bool = True) -> tuple[str, ...]:
        """The field as a list of texts, or the one text that it is; blank ones are passed over."""
        found: list[str] = []
        for place, node in self._items(name):
            if not isinstance(node, yaml.ScalarNode):
                self._report.add(_line(node, self._report), place, _shape(node), "text", fatal=fatal)
            elif not _is_null(node) and (text := self._expand(node, place)):
                found.append(text)
        return tuple(found)

    def fields(self, name: str, bare: str | None = None, *, fatal: bool = True) -> "Fields | None":
        """The field as a mapping; a bare text is a mapping with that one field `bare`."""
        node = self._node(name)
        return None if node is None else self._mapping(node, self._path(name), bare, fatal=fatal)

    def list(self, name: str, bare: str | None = None, *, fatal: bool = True) -> "tuple[Fields, ...]":
        """The field as a list of mappings, or the one mapping that it is; `bare` as in `fields`."""
        found = (self._mapping(node, place, bare, fatal=fatal) for place, node in self._items(name))
        return tuple(fields for fields in found if fields is not None)

    def entries(self, name: str) -> "tuple[tuple[str, Fields], ...]":
        """The field as a mapping of names to mappings, such as the topics of a config; a null one has no fields."""
        outer = self.fields(name)
        if outer is None:
            return ()
        found = []
        for key, node in outer._nodes.items():
            given = yaml.MappingNode("tag:yaml.org,2002:map", [], node.start_mark) if _is_null(node) else node
            if (inner := self._mapping(given, outer._path(key), None)) is not None:
                found.append((key, inner))
        return tuple(found)

    def _take(self, node: yaml.MappingNode) -> None:
        self._spend(len(node.value))
        merged: list[yaml.Node] = []
        for key, value in node.value:
            line = _line(key, self._report)
            if not isinstance(key, yaml.ScalarNode):
                self._report.add(line, self._place, _shape(key), "the name of a field")
            elif key.value == "<<" and not key.style:
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            elif (name := self._spelt(key)) in self._nodes:
                self._report.add(line, self._path(name), "a second one", f"one (line {self._lines[name]})")
            else:
                self._nodes[name] = value
                self._lines[name] = line
        for mapping in merged:
            if isinstance(mapping, yaml.MappingNode):
                self._spend(len(mapping.value))
                for key, value in mapping.value:
                    if isinstance(key, yaml.ScalarNode):
                        self._nodes.setdefault(self._spelt(key), value)
                        self._lines.setdefault(self._spelt(key), _line(key, self._report))

    def _spelt(self, key: yaml.ScalarNode) -> str:
        name: str = key.value
        return self._report.spellings.get(name.lower(), name)

    def _node(self, name: str) -> yaml.Node | None:
        node = self._nodes.get(name)
        return None if node is None or _is_null(node) else node

    def _expand(self, node: yaml.ScalarNode, place: str) -> str:
        try:
            return self._report.expand(node.value).strip()
        except ValueError as error:
            self._report.add(_line(node, self._report), place, _shape(node), str(error))
            return ""

    def _path(self, name: str) -> str:
        return f"{self._place}.{name}" if self._place and name else self._place or name

    def _items(self, name: str) -> Iterator[tuple[str, yaml.Node]]:
        node = self._node(name)
        if node is None:
            return
        if not isinstance(node, yaml.SequenceNode):
            yield self._path(name), node
            return
        self._spend(len(node.value))
        for index, item in enumerate(node.value):
            yield f"{self._path(name)}[{index}]", item

    def _mapping(self, node: yaml.Node, place: str, bare: str | None, *, fatal: bool = True) -> "Fields | None":
        line = _line(node, self._report)
        if isinstance(node, yaml.ScalarNode) and bare is not None:
            key = yaml.ScalarNode("tag:yaml.org,2002:str", bare, node.start_mark)
            node = yaml.MappingNode("tag:yaml.org,2002:map", [(key, node)], node.start_mark)
        if not isinstance(node, yaml.MappingNode):
            self._report.add(line, place, _shape(node), "fields, each `name: value`", fatal=fatal)
            return None
        return Fields(node, self._report, line, place)

    def _spend(self, values: int) -> None:
        self._report.values_left -= values
        if self._report.values_left < 0:
            raise TooMuchError


class _Composer(CParser):
    """libyaml's nodes and nothing else: working out YAML's own types would cost a third of the time, and nobody reads them."""

    def resolve(self, kind: object, value: object, implicit: object) -> str:
        return ""

    def descend_resolver(self, parent: object, index: object) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


class TooDeepError(FeedsError):
    """A file's values are nested more deeply than any reader means, from line `line` on."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class TooMuchError(FeedsError):
    """A file's aliases expand to more values than a file may have. Whoever started the reading reports it."""


def _check_depth(text: str, report: Report) -> None:
    # libyaml composes by recursion in C: nested deeply enough, a document would end the process.
    if text.count("[") + text.count("{") <= DEEPEST and not _COMPACT_NESTING.search(text):
        return
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise TooDeepError(report.first_line + (event.start_mark.line if event.start_mark else 0))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value in _NULLS


def _line(node: yaml.Node, report: Report) -> int:
    return report.first_line + (node.start_mark.line if node.start_mark else 0)


def _shape(node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    return "nothing" if _is_null(node) else repr(_shorten(node.value))


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
