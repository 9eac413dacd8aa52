"""Plain front matter, with a field on each line, read without YAML's parser and in a tenth of its time.

What is written otherwise, and any field that is not what its reader asks for, is left to `fields`: it understands all of
YAML, and knows what is wrong on which line. What is read here is what `fields` reads (property tests hold it to that).
"""

import re
from collections.abc import Iterable, Mapping
from typing import NoReturn

from feeds.documents.values import Value, Values
from feeds.documents.yaml_nodes import NULLS

# Longer texts are not worth another way, and may hold more values than a file may have.
_LONGEST = 50_000
# A value is quoted, or begins with nothing that means something to YAML and holds neither `: ` nor ` #`.
_VALUE = (
    r"""("(?:[^"\\\n]++|\\["\\/nrt])*+"|'[^'\n]*+'"""
    r"""|(?:[^\s\-?:,\[\]{}#&*!|>'"%@`~]|-(?=[0-9]))(?:[^:#\n]++|:(?=[^\s:])|(?<=[^ ])#)*+)?[ ]*$"""
)
_NAME = "[A-Za-z_][A-Za-z0-9_]{0,60}"
# A field, with the lines below that belong to it; or something else.
_FIELD = rf"^({_NAME}):(?:[ ]+|$){_VALUE}((?:\n(?:[ ]++\S|-[ ]).*+|\n[ ]*+$)*+)|(.+)"
# Within a field: indentation, a dash, a name, a value; or something else.
_LINE = rf"^([ ]{{0,20}})(-[ ]+)?(?:({_NAME}):(?:[ ]+|$))?{_VALUE}|(.+)"
# Characters that libyaml refuses, or takes for line ends or indentation. The only one in printable ASCII is the tab.
_TAB = "\t"
_ODD = "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
# Blocks that were read lately: many documents are of one provider.
_MOST_BLOCKS, _LONGEST_BLOCK, _MOST_NAMES = 4000, 500, 500

_Line = tuple[str, str, str, str, str]


class OtherwiseError(Exception):
    """The text is not plain, or a field has another type than asked for: `fields` must read it."""


class Reader:
    """Reads front matter. `spellings` are the names that count in whatever case, by their lowercase."""

    def __init__(self, spellings: Mapping[str, str]) -> None:
        # Compiled here: to do so takes longer than an export that finds nothing to do may spend on it.
        self._fields_in = re.compile(_FIELD, re.MULTILINE).findall
        self._lines_in = re.compile(_LINE, re.MULTILINE).findall
        self._odd = re.compile(_ODD).search
        self._spellings = spellings
        self._names: dict[str, str] = {}
        self._blocks: dict[str, Value] = {}

    def read(self, text: str) -> "PlainFields":
        """The fields of the one mapping that `text` holds, which is `printable`. Raises OtherwiseError where it is not plain."""
        if len(text) > _LONGEST or (_TAB in text if text.isascii() else self._odd(text)):
            raise OtherwiseError
        values: dict[str, Value] = {}
        for written, value, below, other in self._fields_in(text):
            name = self._names.get(written) or self._spelled(written)
            if other or name in values:
                raise OtherwiseError
            if not below or below.isspace():
                values[name] = _scalar(value) if value else None
            elif value:
                raise OtherwiseError
            else:
                block = below.strip("\n")
                values[name] = self._known_block(block) if len(block) < _LONGEST_BLOCK else self._block(block)
        if not values:
            raise OtherwiseError
        return PlainFields(values)

    def _spelled(self, name: str) -> str:
        spelled = self._spellings.get(name.lower(), name)
        if len(self._names) < _MOST_NAMES:
            self._names[name] = spelled
        return spelled

    def _known_block(self, block: str) -> Value:
        value = self._blocks.get(block)
        if value is None:
            if len(self._blocks) >= _MOST_BLOCKS:
                self._blocks = {}
            value = self._blocks[block] = self._block(block)
        return value

    def _block(self, block: str) -> Value:
        """The value of the lines below a field. It is never changed, so it may be shared."""
        lines: list[_Line] = self._lines_in(block)
        if "\n\n" in block or " \n" in block:
            lines = [line for line in lines if any(line[1:])]
        value, at = self._nested(lines, 0)
        if at < len(lines):
            raise OtherwiseError
        return value

    def _nested(self, lines: list[_Line], at: int) -> tuple[Value, int]:
        """The list or the mapping that begins at line `at`, and the line after it."""
        spaces, dash, _, _, _ = lines[at]
        return self._list(lines, at, len(spaces)) if dash else self._mapping(lines, at, len(spaces))

    def _mapping(self, lines: list[_Line], at: int, indent: int) -> "tuple[dict[str, Value], int]":
        values: dict[str, Value] = {}
        end = len(lines)
        while at < end:
            spaces, dash, written, value, other = lines[at]
            if other:
                raise OtherwiseError
            if len(spaces) < indent:
                break
            name = self._names.get(written) or self._spelled(written)
            if dash or not name or len(spaces) > indent or name in values:
                raise OtherwiseError
            at += 1
            if value:
                values[name] = _scalar(value)
            elif at < end and (len(lines[at][0]) > indent or (lines[at][1] and len(lines[at][0]) == indent)):
                values[name], at = self._nested(lines, at)
            else:
                values[name] = None
        return values, at

    def _list(self, lines: list[_Line], at: int, indent: int) -> "tuple[list[Value], int]":
        values: list[Value] = []
        end = len(lines)
        while at < end:
            spaces, dash, name, value, other = lines[at]
            if other or len(spaces) > indent:
                raise OtherwiseError
            if len(spaces) < indent or not dash:
                break
            if name:
                # A mapping that begins behind the dash, indented by it.
                inner = indent + len(dash)
                lines[at] = (" " * inner, "", name, value, "")
                mapping, at = self._mapping(lines, at, inner)
                values.append(mapping)
            elif value:
                values.append(_scalar(value))
                at += 1
            else:
                raise OtherwiseError
        return values, at


class PlainFields(Values):
    """The fields of one mapping. Each reader returns what that of `Fields` does, or raises OtherwiseError where that would have
    something to report.
    """

    def __init__(self, values: Mapping[str, Value]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def names(self) -> Iterable[str]:
        """As `Values` says."""
        return self.values

    def is_blank(self, name: str) -> bool:
        """As `Values` says."""
        value = self.values.get(name)
        return value is None or value in ("", [])

    def is_list(self, name: str) -> bool:
        """As `Values` says."""
        return isinstance(self.values.get(name), list)

    def within(self, name: str) -> "PlainFields | None":
        """As `Values` says."""
        value = self.values.get(name)
        return PlainFields(value) if isinstance(value, dict) else None

    def problem(self, name: str, expected: str, found: str | None = None, *, fatal: bool = True) -> NoReturn:
        """As `Values` says: `fields` knows the line."""
        raise OtherwiseError

    def text(self, name: str, expected: str = "text", *, fatal: bool = True) -> str | None:
        """As `Values` says."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, str):
            return value or None
        raise OtherwiseError

    def texts(self, name: str, *, fatal: bool = True) -> tuple[str, ...]:
        """As `Values` says."""
        value = self.values.get(name)
        found = []
        for item in value if isinstance(value, list) else (value,):
            if item:
                if not isinstance(item, str):
                    raise OtherwiseError
                found.append(item)
        return tuple(found)

    def fields(self, name: str, bare: str | None = None, *, fatal: bool = True) -> "PlainFields | None":
        """As `Values` says."""
        value = self.values.get(name)
        return None if value is None else _fields(value, bare)

    def list(self, name: str, bare: str | None = None, *, fatal: bool = True) -> "tuple[PlainFields, ...]":
        """As `Values` says."""
        value = self.values.get(name)
        if value is None:
            return ()
        return tuple([_fields(item, bare) for item in (value if isinstance(value, list) else (value,))])


def _fields(value: Value, bare: str | None) -> PlainFields:
    if isinstance(value, dict):
        return PlainFields(value)
    if bare is None or isinstance(value, list):
        raise OtherwiseError
    return PlainFields({bare: value})


def _scalar(value: str) -> str | None:
    if value[0] == '"':
        value = value[1:-1]
        return (_ESCAPE.sub(_unescaped, value) if "\\" in value else value).strip()
    if value[0] == "'":
        return value[1:-1].strip()
    value = value.strip()
    return None if value in NULLS else value


def _unescaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[1], match[1])
