"""The forms of a document: where its front matter ends, and what the front matter is written in.

YAML between `---`, TOML between `+++`, JSON (`{…}` at the start, or between `---json` and `---`), Hexo's JSON before `;;;`, and
the `Key: value` lines of Pelican and MultiMarkdown. Pure: text in, parts out.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from msgspec import Struct

from feeds.documents import yaml_nodes
from feeds.documents.yaml_nodes import Node


class Form(StrEnum):
    """What front matter is written in."""

    YAML = "YAML"
    TOML = "TOML"
    JSON = "JSON"
    LINES = "lines"


class Parts(Struct, frozen=True):
    """Front matter and body of a document. `first_line` is the line of the file that `front` begins on."""

    form: Form
    front: str
    body: str
    first_line: int = 2


class UnendedError(ValueError):
    """Front matter that never ends. The argument is the line that would end it."""


OPENING = re.compile(r"---[ \t]*\n")
CLOSING = re.compile(r"\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_JSON_FENCE = re.compile(r"---json[ \t]*\n")
_YAML_FENCE = re.compile(r"---(?:yaml|yml)?[ \t]*\n")
_TOML_FENCE = re.compile(r"(?:\+\+\+|---toml)[ \t]*\n")
_TOML_END = re.compile(r"^(?:\+\+\+|---)[ \t]*(?:\n|\Z)", re.MULTILINE)
_HEXO_FENCE = re.compile(r";;;+[ \t]*\n")
_HEXO_END = re.compile(r"^;;;+[ \t]*(?:\n|\Z)", re.MULTILINE)
_HEXO_START = re.compile(r"\s*\"[A-Za-z_][^\"\n]*\"\s*:")
# Lines of `Key: value`, each perhaps going on in indented lines, up to an empty line (Python-Markdown, Meta-Data).
_KEY = re.compile(r"([A-Za-z0-9_-]+):[ \t]*(.*)")
_TITLE = re.compile(r"^title:", re.IGNORECASE | re.MULTILINE)
_LISTS = frozenset({"tags", "authors", "topics", "categories"})


def split(text: str) -> Parts | None:
    """Part `text` into front matter and body; None where it has no front matter. Raises UnendedError where that never ends."""
    if _JSON_FENCE.match(text):
        return _between(text, _JSON_FENCE, CLOSING, Form.JSON, "---")
    if _YAML_FENCE.match(text):
        return _between(text, _YAML_FENCE, CLOSING, Form.YAML, "---")
    if _TOML_FENCE.match(text):
        return _between(text, _TOML_FENCE, _TOML_END, Form.TOML, "+++")
    if _HEXO_FENCE.match(text):
        parts = _between(text, _HEXO_FENCE, _HEXO_END, Form.JSON, ";;;")
        return Parts(Form.JSON, f"{{{parts.front}}}", parts.body)
    if _HEXO_START.match(text) and (end := _HEXO_END.search(text)):
        return Parts(Form.JSON, f"{{{text[: end.start()]}}}", text[end.end() :], 1)
    if text.startswith("{"):
        return _json_at_start(text)
    return _lines_at_start(text)


def _between(text: str, opening: re.Pattern[str], closing: re.Pattern[str], form: Form, wanted: str) -> Parts:
    start = opening.match(text)
    assert start is not None, "matched before"
    # The line end before a closing line may be that of the opening one.
    end = closing.search(text, start.end() - 1 if closing is CLOSING else start.end())
    if end is None:
        raise UnendedError(wanted)
    front = text[start.end() : max(start.end(), end.start() + 1 if closing is CLOSING else end.start())]
    return Parts(form, front, text[end.end() :])


def _json_at_start(text: str) -> Parts | None:
    try:
        found, end = json.JSONDecoder().raw_decode(text)
    except (json.JSONDecodeError, RecursionError):
        # A body may begin with a brace; broken JSON that is meant as fields has a quoted name next.
        return Parts(Form.JSON, text, "", 1) if re.match(r'\{\s*"', text) else None
    return Parts(Form.JSON, text[:end], text[end:].lstrip("\n"), 1) if isinstance(found, dict) else None


def _lines_at_start(text: str) -> Parts | None:
    front, _, body = text.lstrip("\n").partition("\n\n")
    lines = front.split("\n")
    if not _TITLE.search(front) or not _KEY.fullmatch(lines[0]):
        return None
    if not all(_KEY.fullmatch(line) or line.startswith(("    ", "\t")) for line in lines):
        return None
    return Parts(Form.LINES, front, body, 1 + len(text) - len(text.lstrip("\n")))


def lines_node(front: str) -> yaml_nodes.Mapping:
    """The fields of `Key: value` lines. Names of several values are lists, parted at commas or semicolons."""
    found = yaml_nodes.Mapping(0)
    for number, line in enumerate(front.split("\n")):
        match = _KEY.fullmatch(line)
        if match is None:
            (key, value) = found.pairs[-1]
            more = (f"{value[0]} {line.strip()}".strip(), value[1], False) if isinstance(value, tuple) else value
            found.pairs[-1] = (key, more)
            continue
        name, text = match[1].lower(), match[2].strip()
        found.pairs.append(((name, number, False), (text, number, not text)))
    for place, (key, value) in enumerate(found.pairs):
        if isinstance(key, tuple) and key[0] in _LISTS and isinstance(value, tuple):
            items: list[Node] = [(each.strip(), value[1], False) for each in re.split("[,;]", value[0]) if each.strip()]
            found.pairs[place] = (key, yaml_nodes.Sequence(value[1], items))
    return found


def toml_node(front: str) -> yaml_nodes.Mapping:
    """The fields of a TOML document; values are texts as YAML's are. Raises tomllib.TOMLDecodeError."""
    return _mapping(tomllib.loads(front), _Lines(front), 0)


class _Lines:
    """The lines of TOML's keys and tables, which tomllib does not tell: those of the last part of their names, in order."""

    def __init__(self, text: str) -> None:
        self._at: dict[str, list[int]] = {}
        for number, line in enumerate(text.split("\n")):
            if match := re.match(r"""\s*\[{0,2}\s*((?:["']?[\w.-]+["']?\s*\.?\s*)+)\]{0,2}\s*(?:=|$|\#)""", line):
                name = match[1].strip().rpartition(".")[2].strip(" \"'")
                self._at.setdefault(name, []).append(number)

    def after(self, name: str, line: int) -> int:
        return next((found for found in self._at.get(name, ()) if found >= line), line)


def _mapping(values: Mapping[str, Any], lines: _Lines, line: int) -> yaml_nodes.Mapping:
    pairs: list[tuple[Node, Node]] = []
    for name, value in values.items():
        at = lines.after(name, line)
        pairs.append(((name, at, False), _node(value, lines, at)))
    return yaml_nodes.Mapping(line, pairs)


def _node(value: Any, lines: _Lines, line: int) -> Node:
    if isinstance(value, dict):
        return _mapping(value, lines, line)
    if isinstance(value, list):
        return yaml_nodes.Sequence(line, [_node(item, lines, line) for item in value])
    return (text_of(value), line, False)


def text_of(value: object) -> str:
    """A plain value as YAML would have it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)
