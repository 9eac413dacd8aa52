"""Forms of front matter: YAML, TOML, JSON and plain `Key: value` lines, and the body below each.

YAML is between lines `---`, TOML between `+++`. JSON is one object at the start of the text, or between `---json` and `---`, or
without its braces and with `;;;` below (Hexo). `Key: value` lines (Pelican, MultiMarkdown) begin the text and end with a blank
line; Hexo ends such lines with `---`, and then they are YAML.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from feeds.documents import fields, yaml_nodes
from feeds.documents.fields import Fields
from feeds.documents.report import Report
from feeds.documents.yaml_nodes import Node


class Form(StrEnum):
    """The forms of front matter."""

    YAML = "yaml"
    TOML = "toml"
    JSON = "json"
    LINES = "lines"


class Parts(NamedTuple):
    """A split text. `line` is that of the front matter's first line, and `body_line` that of the body's."""

    form: Form
    front: str
    body: str = ""
    line: int = 1
    body_line: int = 1


class NoEndError(ValueError):
    """Front matter begins at line `line`, and the line `fence` that would end it is missing."""

    def __init__(self, line: int, fence: str) -> None:
        super().__init__(line, fence)
        self.line = line
        self.fence = fence


# Files that are all front matter, by suffix.
WHOLE: Mapping[str, Form] = {".yaml": Form.YAML, ".json": Form.JSON, ".toml": Form.TOML}
CLOSING = re.compile(r"\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_OPENING = re.compile(r"(---|\+\+\+|;;;)[ \t]*(yaml|yml|toml|json)?[ \t]*\n", re.IGNORECASE)
_CLOSINGS = {
    "---": CLOSING,
    "+++": re.compile(r"\n\+\+\+[ \t]*(?:\n|\Z)"),
    ";;;": re.compile(r"\n;;;[ \t]*(?:\n|\Z)"),
}
_FORMS = {"---": Form.YAML, "+++": Form.TOML, ";;;": Form.JSON}
_NAMED = {"yaml": Form.YAML, "yml": Form.YAML, "toml": Form.TOML, "json": Form.JSON}
_OBJECT = re.compile(r'\{\s*"')
_BARE_JSON = re.compile(r'"[^"\n]+"\s*:')
_LINE = re.compile(r"[ ]{0,3}([A-Za-z][A-Za-z0-9_-]*)[ \t]*:(?:[ \t]+|$)(.*)")
_CONTINUED = re.compile(r"[ ]{4,}(\S.*)|\t[ \t]*(\S.*)")
# Lines without a fence above are front matter only if one of these names is among them.
_MARKS = frozenset({"title", "date"})
# Of `Key: value` lines, those that hold several values.
_LISTS = frozenset({"tags", "tag", "keywords", "authors", "author", "categories", "topics"})
_JSON_ESCAPE = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([dD][89a-fA-F].{2})|.)")
# Characters that begin a value of YAML other than plain text.
_YAMLS = frozenset("[{'\"|>&*!")
_TABS = re.compile(r"^\t+", re.MULTILINE)
_TOML_PLACE = re.compile(r"\(at line (\d+)")
_TOML_LINE = re.compile(
    r"""^[ \t]*(?:\[{1,2}[ \t]*(?P<table>[^\]\n]+?)[ \t]*\]{1,2}|(?P<key>[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*[=.])""",
    re.MULTILINE,
)


def split(text: str) -> Parts | None:
    """Split a text with front matter; None where it has none. Raises NoEndError where that has no end."""
    # Nearly all texts begin with the fence itself.
    start = 0 if text[:1] in "-+;" else len(text) - len(text.lstrip("\n"))
    line = 1 + start
    if opening := _OPENING.match(text, start):
        fence = opening[1]
        form = _NAMED[opening[2].lower()] if opening[2] else _FORMS[fence]
        closing = _CLOSINGS[fence].search(text, opening.end() - 1)
        if closing is None:
            raise NoEndError(line, fence)
        front = text[opening.end() : closing.start() + 1]
        # Hexo leaves out the braces.
        front = f"{{{front}}}" if fence == ";;;" and form is Form.JSON and not front.lstrip().startswith("{") else front
        return Parts(form, front, text[closing.end() :], line + 1, line + 1 + text.count("\n", opening.end(), closing.end()))
    if _OBJECT.match(text, start):
        return _object(text, start, line)
    if _BARE_JSON.match(text, start) and (closing := _CLOSINGS[";;;"].search(text, start)):
        body_line = line + text.count("\n", start, closing.end())
        return Parts(Form.JSON, f"{{{text[start : closing.start() + 1]}}}", text[closing.end() :], line, body_line)
    return _lines(text, start, line) if _LINE.match(text, start) else None


def _object(text: str, start: int, line: int) -> Parts:
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        # Mistakes in it are found when it is parsed.
        end = len(text)
    return Parts(Form.JSON, text[start:end], text[end:], line, line + text.count("\n", start, end))


def _lines(text: str, start: int, line: int) -> Parts | None:
    blank = re.compile(r"\n[ \t]*(?:\n|\Z)").search(text, start)
    end = blank.end() if blank else len(text)
    if closing := re.compile(r"\n---+[ \t]*(?:\n|\Z)").search(text, start, end):
        form, front, end = Form.YAML, text[start : closing.start() + 1], closing.end()
    else:
        form, front = Form.LINES, text[start:end]
    names = {match[1].lower() for row in front.split("\n") if (match := _LINE.fullmatch(row))}
    if not names & _MARKS:
        return None
    return Parts(form, front, text[end:], line, line + text.count("\n", start, end))


def is_lines(front: str) -> bool:
    """Whether front matter is made of `Key: value` lines, without a value that is YAML's rather than plain text."""
    rows = [row for row in front.split("\n") if row.strip()]
    return all(
        (found := _LINE.fullmatch(row) or _CONTINUED.fullmatch(row)) and found[found.lastindex or 0][:1] not in _YAMLS
        for row in rows
    )


def parse(form: Form, front: str, report: Report) -> Fields | None:
    """The fields of front matter. What is wrong goes to `report`."""
    if form is Form.YAML:
        # YAML forbids tabs as indentation; Hexo's publishers use them, and it takes each for two spaces.
        return fields.parse(_TABS.sub(_spaces, front) if "\n\t" in front else front, report)
    if form is Form.JSON:
        front = _json_as_yaml(front, report)
        return None if report.failed else fields.parse(front, report)
    if len(front) > fields.LARGEST:
        report.add(report.first_line, "", f"{len(front):,} characters of {form.upper()}", f"at most {fields.LARGEST:,}")
        return None
    node = _of_lines(front) if form is Form.LINES else _of_toml(front, report)
    return fields.of_node(node, report) if node is not None else None


def _spaces(tabs: re.Match[str]) -> str:
    return "  " * len(tabs[0])


def _json_as_yaml(text: str, report: Report) -> str:
    """JSON as the YAML that it nearly is, so that its fields keep their lines: libyaml knows no pair of surrogates."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        report.add(report.first_line + error.lineno - 1, "", f"broken JSON ({error.msg})", "valid JSON")
        return ""
    except (RecursionError, ValueError):
        report.add(report.first_line, "", "values nested too deeply or too long", "plain JSON")
        return ""

    def one_character(match: re.Match[str]) -> str:
        if match[1]:
            return bytes.fromhex(match[1] + match[2]).decode("utf-16-be")
        return "" if match[3] else match[0]

    return _JSON_ESCAPE.sub(one_character, text)


def _of_lines(front: str) -> yaml_nodes.Mapping:
    """`Key: value` lines. An indented line continues the value before; a repeated name adds a value."""
    values: dict[str, tuple[int, list[tuple[str, int]]]] = {}
    last = ""
    for number, row in enumerate(front.split("\n")):
        if continued := _CONTINUED.fullmatch(row):
            if last:
                values[last][1].append((continued[1] or continued[2], number))
        elif match := _LINE.fullmatch(row):
            last = match[1]
            values.setdefault(last, (number, []))[1].append((match[2].strip(), number))
    pairs: list[tuple[Node, Node]] = []
    for name, (line, rows) in values.items():
        value: Node
        if name.lower() in _LISTS:
            items = [(part.strip(), at) for text, at in rows for part in text.split(";" if ";" in text else ",")]
            value = yaml_nodes.Sequence(line, [(text, at, False) for text, at in items])
        else:
            value = ("\n".join(text for text, _ in rows), line, False)
        pairs.append(((name, line, False), value))
    return yaml_nodes.Mapping(0, pairs)


def _of_toml(front: str, report: Report) -> yaml_nodes.Mapping | None:
    try:
        # As it is written: a version `1.0` is no number.
        values = tomllib.loads(front, parse_float=str)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        line = int(place[1]) if place else front.count("\n") + 1
        report.add(report.first_line + line - 1, "", f"broken TOML ({str(error).partition(' (at ')[0]})", "valid TOML")
        return None
    except (RecursionError, ValueError):
        report.add(report.first_line, "", "values nested too deeply or too long", "plain TOML")
        return None
    lines: dict[tuple[str, str], int] = {}
    table, line, counted = "", 0, 0
    for match in _TOML_LINE.finditer(front):
        line += front.count("\n", counted, match.start())
        counted = match.start()
        if match["table"] is not None:
            table = match["table"].replace(" ", "").replace('"', "")
            lines.setdefault(("", table.partition(".")[0]), line)
        else:
            lines.setdefault((table, match["key"].strip("\"'")), line)
    return _toml_mapping(values, "", 0, lines, fields.DEEPEST)


def _toml_mapping(
    values: Mapping[str, Any], table: str, line: int, lines: Mapping[tuple[str, str], int], deepest: int
) -> yaml_nodes.Mapping:
    pairs: list[tuple[Node, Node]] = []
    for name, value in values.items():
        at = lines.get((table, name), line)
        pairs.append(((name, at, False), _toml_node(value, f"{table}.{name}" if table else name, at, lines, deepest - 1)))
    return yaml_nodes.Mapping(line, pairs)


def _toml_node(value: Any, table: str, line: int, lines: Mapping[tuple[str, str], int], deepest: int) -> Node:
    if not deepest:
        return ("", line, True)
    if isinstance(value, dict):
        return _toml_mapping(value, table, line, lines, deepest)
    if isinstance(value, list):
        return yaml_nodes.Sequence(line, [_toml_node(item, table, line, lines, deepest - 1) for item in value])
    if isinstance(value, bool):
        return ("true" if value else "false", line, False)
    # Dates as TOML has them are ISO 8601.
    return (str(value), line, False)
