"""The fields of a YAML mapping, each read from its source text as the type that the caller asks for.

YAML's own types are not what an editor meant (topic `NO`, title `12:30`, version `1.0`), so nodes are composed by
libyaml and never constructed: nothing in a document can make an object, and each value keeps its line. What is read is
bounded in size, depth and number of values, so that no document can cost more than a document.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress

import yaml

from feeds.documents import yaml_nodes
from feeds.documents.report import Report
from feeds.documents.values import Value, Values
from feeds.documents.yaml_nodes import Node
from feeds.errors import FeedsError, Problem
from feeds.text.similar import similar

LARGEST = 4 * 2**20
DEEPEST = 64
# Characters that nest without a line for each level. Only then is a check of the depth worth its time.
_COMPACT_NESTING = re.compile(r"^[ \t]{200}|^(?:[ \t]*[-?:][ \t]+){20}", re.MULTILINE)
# The error of libyaml from 0.2.6 on, which stops at a thousand levels.
_IN_QUOTES = "while scanning a quoted scalar"
_TOO_DEEP_FOR_LIBYAML = "exceeded maximum nesting depth"
_LONGEST_SHOWN = 60
# The least similarity, of 100, of an unknown key to the one that is suggested.
_ALIKE = 60


def parse(text: str, report: Report) -> "Fields | None":
    """The fields of the one YAML mapping that `text` holds; empty text has none. What is wrong goes to `report`."""
    if len(text) > LARGEST:
        report.add(report.first_line, "", f"{len(text):,} characters of YAML", f"at most {LARGEST:,}")
        return None
    try:
        _check_depth(text, report)
        node = yaml_nodes.compose(text)
    except yaml.MarkedYAMLError as error:
        # Never the snippet that PyYAML adds: it may quote what must not be shown.
        mark = error.problem_mark or error.context_mark
        line = report.first_line + (mark.line if mark else 0)
        if error.problem == _TOO_DEEP_FOR_LIBYAML:
            _report_depth(line, report)
        elif error.context == _IN_QUOTES and error.context_mark:
            # The mark of the problem is where the text ends, far from the quote.
            report.add(
                report.first_line + error.context_mark.line, "", "a quote that is never closed", "another quote after the text"
            )
        elif mark and (opened := _opened_quote(text, mark.line)) is not None:
            found = f"a quote whose text ends only in line {line}, with more after it"
            report.add(report.first_line + opened, "", found, "another quote after the text")
        else:
            report.add(line, "", f"broken YAML ({error.problem or error.context})", "valid YAML")
        return None
    except TooDeepError as error:
        _report_depth(error.line, report)
        return None
    except yaml.YAMLError:
        report.add(report.first_line, "", "characters that YAML can't hold", "valid YAML")
        return None
    return of_node(node, report)


def _opened_quote(text: str, line: int) -> int | None:
    """The line (from 0) where a quoted text begins that ends in a later `line`, where YAML fails.

    Most likely its closing quote is missing, and the next quote, of another text, was taken for it.
    """
    with suppress(yaml.YAMLError):
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            begin: int = token.start_mark.line
            is_quoted = isinstance(token, yaml.ScalarToken) and token.style in ("'", '"')
            if is_quoted and begin < token.end_mark.line == line:
                return begin
    return None


def of_node(node: Node | None, report: Report) -> "Fields | None":
    """The fields of the mapping `node`; none for an empty text."""
    if node is None:
        return Fields(yaml_nodes.Mapping(0), report, report.first_line)
    if not isinstance(node, yaml_nodes.Mapping):
        report.add(report.first_line, "", _shape(node), "fields, each `name: value`")
        return None
    return Fields(node, report, report.first_line)


def of_values(values: Mapping[str, Value], report: Report) -> "Fields":
    """The fields of plain values. They have no lines of their own: what is wrong with them is reported on the first."""
    return Fields(_mapping_node(values), report, report.first_line)


class Fields(Values):
    """The fields of a mapping of nodes. What is not understood goes to the report.

    Of a repeated field, the first counts. In a config this is an error; in a document only where the field is read, else a
    warning: what no one reads does no harm.
    """

    def __init__(self, node: yaml_nodes.Mapping, report: Report, line: int, place: str = "") -> None:
        self.line = line
        self._report = report
        self._place = place
        self._pairs: dict[str, tuple[Node, Node]] = {}
        # The lines of second and further fields of one name.
        self._repeated: dict[str, list[int]] = {}
        self._take(node)

    def __contains__(self, name: str) -> bool:
        return self._node(name) is not None

    def names(self) -> tuple[str, ...]:
        """The names of all fields, in the order of the file."""
        return tuple(self._pairs)

    def values(self) -> dict[str, Value]:
        """All fields as plain values."""
        return {name: self._value(node) for name, (_, node) in self._pairs.items()}

    def is_blank(self, name: str) -> bool:
        """As `Values` says."""
        node = self._node(name)
        if isinstance(node, yaml_nodes.Sequence):
            return not node.items
        return node is None or (type(node) is tuple and not node[0].strip())

    def is_list(self, name: str) -> bool:
        """As `Values` says."""
        return isinstance(self._node(name), yaml_nodes.Sequence)

    def within(self, name: str) -> "Fields | None":
        """As `Values` says."""
        node = self._node(name)
        return self._mapping(node, self._path(name), None) if isinstance(node, yaml_nodes.Mapping) else None

    def line_of(self, name: str) -> int:
        """The line that `name` is on, or the mapping's own where it is absent."""
        return _line(self._pairs[name][0], self._report) if name in self._pairs else self.line

    def problem(self, name: str, expected: str, found: str | None = None, *, fatal: bool = True) -> None:
        """As `Values` says."""
        if found is None:
            found = _shape(self._pairs[name][1]) if name in self._pairs else "nothing"
        self._report.add(self.line_of(name), self._path(name), found, expected, fatal=fatal)

    def add(self, problem: Problem) -> None:
        """Report a problem of another file that this one names."""
        self._report.problems.append(problem)

    def only(self, allowed: Collection[str]) -> None:
        """Report each field that is not one of `allowed`, with the nearest allowed one."""
        for name in self._pairs:
            if name not in allowed:
                near = similar(name, allowed, 1, _ALIKE, as_wholes=True)
                expected = f"{near[0]!r}" if near else f"one of {', '.join(allowed)}"
                self.problem(name, expected, f"the unknown key {_shorten(name)!r}")

    def text(self, name: str, expected: str = "text", *, fatal: bool = True) -> str | None:
        """As `Values` says."""
        pair = self._pairs.get(name)
        if pair is None:
            return None
        self._report_repeated(name, fatal=fatal)
        node = pair[1]
        if type(node) is not tuple:
            self.problem(name, expected, fatal=fatal)
            return None
        if node[2]:
            return None
        try:
            return self._report.expand(node[0]).strip() or None
        except ValueError:
            return self._expand(node, self._path(name)) or None

    def texts(self, name: str, *, fatal: bool = True) -> tuple[str, ...]:
        """As `Values` says."""
        if name not in self._pairs:
            return ()
        self._report_repeated(name, fatal=fatal)
        found: list[str] = []
        for place, node in self._flat(name):
            if type(node) is not tuple:
                self._report.add(_line(node, self._report), place, _shape(node), "text", fatal=fatal)
            elif not _is_null(node) and (text := self._expand(node, place)):
                found.append(text)
        return tuple(found)

    def fields(self, name: str, bare: str | None = None, *, fatal: bool = True) -> "Fields | None":
        """As `Values` says."""
        self._report_repeated(name, fatal=fatal)
        node = self._node(name)
        return None if node is None else self._mapping(node, self._path(name), bare, fatal=fatal)

    def list(self, name: str, bare: str | None = None, *, fatal: bool = True) -> "tuple[Fields, ...]":
        """As `Values` says."""
        if name not in self._pairs:
            return ()
        self._report_repeated(name, fatal=fatal)
        found = [self._mapping(node, place, bare, fatal=fatal) for place, node in self._items(name)]
        return tuple([fields for fields in found if fields is not None])

    def entries(self, name: str) -> "tuple[tuple[str, Fields], ...]":
        """The field as a mapping of names to mappings, such as the topics of a config; a null one has no fields."""
        outer = self.fields(name)
        if outer is None:
            return ()
        found = []
        for key, (_, node) in outer._pairs.items():
            given = yaml_nodes.Mapping(_line_in(node)) if _is_null(node) else node
            if (inner := self._mapping(given, outer._path(key), None)) is not None:
                found.append((key, inner))
        return tuple(found)

    def _take(self, node: yaml_nodes.Mapping) -> None:
        self._spend(len(node.pairs) + len(node.merged))
        spellings, first_line = self._report.spellings, self._report.first_line
        pairs = self._pairs
        for pair in node.pairs:
            key = pair[0]
            if type(key) is not tuple:
                self._report.add(_line(key, self._report), self._place, _shape(key), "the name of a field")
                continue
            name = spellings.get(key[0].lower(), key[0])
            if name in pairs and self._report.last_counts:
                expected = f"one (line {self.line_of(name)}); the last counts"
                self._report.add(first_line + key[1], self._path(name), "a second one", expected, fatal=False)
                pairs[name] = pair
            elif name in pairs:
                self._repeated.setdefault(name, []).append(first_line + key[1])
                self._report_repeated(name, fatal=not spellings)
            else:
                pairs[name] = pair
        for mapping in node.merged:
            if isinstance(mapping, yaml_nodes.Mapping):
                self._spend(len(mapping.pairs))
                for pair in mapping.pairs:
                    key = pair[0]
                    if type(key) is tuple:
                        pairs.setdefault(spellings.get(key[0].lower(), key[0]), pair)

    def _report_repeated(self, name: str, *, fatal: bool = True) -> None:
        for line in self._repeated.get(name, ()):
            self._report.add(line, self._path(name), "a second one", f"one (line {self.line_of(name)})", fatal=fatal)

    def _node(self, name: str) -> Node | None:
        pair = self._pairs.get(name)
        return None if pair is None or _is_null(pair[1]) else pair[1]

    def _expand(self, node: yaml_nodes.Scalar, place: str) -> str:
        try:
            return self._report.expand(node[0]).strip()
        except ValueError as error:
            self._report.add(_line(node, self._report), place, _shape(node), str(error))
            return ""

    def _value(self, node: Node) -> Value:
        if isinstance(node, yaml_nodes.Mapping):
            return {key[0]: self._value(value) for key, value in node.pairs if isinstance(key, tuple)}
        if isinstance(node, yaml_nodes.Sequence):
            return list(map(self._value, node.items))
        return None if node[2] else self._expand(node, "")

    def _path(self, name: str) -> str:
        return f"{self._place}.{name}" if self._place and name else self._place or name

    def _items(self, name: str) -> Iterable[tuple[str, Node]]:
        node = self._node(name)
        if node is None:
            return ()
        path = self._path(name)
        if not isinstance(node, yaml_nodes.Sequence):
            return ((path, node),)
        self._spend(len(node.items))
        return [(f"{path}[{index}]", item) for index, item in enumerate(node.items)]

    def _flat(self, name: str) -> Iterable[tuple[str, Node]]:
        """The items of a list, and of the lists in it."""
        for place, node in self._items(name):
            if isinstance(node, yaml_nodes.Sequence) and not any(isinstance(item, yaml_nodes.Sequence) for item in node.items):
                self._spend(len(node.items))
                yield from ((f"{place}[{index}]", item) for index, item in enumerate(node.items))
            else:
                yield place, node

    def _mapping(self, node: Node, place: str, bare: str | None, *, fatal: bool = True) -> "Fields | None":
        line = _line(node, self._report)
        if type(node) is tuple and bare is not None:
            node = yaml_nodes.Mapping(node[1], [((bare, node[1], False), node)])
        if not isinstance(node, yaml_nodes.Mapping):
            self._report.add(line, place, _shape(node), "fields, each `name: value`", fatal=fatal)
            return None
        return Fields(node, self._report, line, place)

    def _spend(self, values: int) -> None:
        self._report.values_left -= values
        if self._report.values_left < 0:
            raise TooMuchError


class TooDeepError(FeedsError):
    """A file's values are nested too deeply, from line `line` on."""

    def __init__(self, line: int) -> None:
        super().__init__(f"nested too deeply in line {line}")
        self.line = line


class TooMuchError(FeedsError):
    """A file's aliases expand to too many values. The caller that started the reading reports it."""


def _mapping_node(values: Mapping[str, Value]) -> yaml_nodes.Mapping:
    return yaml_nodes.Mapping(0, [((name, 0, False), _node_of(value)) for name, value in values.items()])


def _node_of(value: Value) -> Node:
    if isinstance(value, dict):
        return _mapping_node(value)
    if isinstance(value, list):
        return yaml_nodes.Sequence(0, [_node_of(item) for item in value])
    return (value or "", 0, value is None)


def _report_depth(line: int, report: Report) -> None:
    report.add(line, "", "values nested too deeply", f"at most {DEEPEST} levels")


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


def _is_null(node: Node) -> bool:
    return type(node) is tuple and node[2]


def _line(node: Node, report: Report) -> int:
    return report.first_line + _line_in(node)


def _line_in(node: Node) -> int:
    return node[1] if isinstance(node, tuple) else node.line


def _shape(node: Node) -> str:
    if isinstance(node, yaml_nodes.Sequence):
        return "a list"
    if isinstance(node, yaml_nodes.Mapping):
        return "a mapping"
    return "nothing" if node[2] else repr(_shorten(node[0]))


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
