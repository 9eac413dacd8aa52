"""YAML as nodes: mappings, lists, and scalars as they are written, each with its line; nothing is constructed.

`compose` asks libyaml, and understands all of YAML. `read_lines` understands what nearly all front matter is written in, a
field on each line, and takes a third of the time; it says None of everything else. What it reads, it reads as libyaml does
(a property test holds it to that).
"""

import re

import yaml
from msgspec import Struct, field
from yaml._yaml import CParser

# What a scalar says, its line (the first is 0), and whether that is YAML's null, such as `key:` or `~`.
Scalar = tuple[str, int, bool]

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
MERGE = "<<"

# Its indentation, a dash, a name, a value; or something else, which is for libyaml. A value is quoted, or begins with nothing
# that means something to YAML and holds neither `: ` nor ` #`.
_LINE = re.compile(
    r"""^([ ]{0,20})(-[ ]+)?(?:([A-Za-z_][A-Za-z0-9_]{0,60}):(?:[ ]+|$))?"""
    r"""("(?:[^"\\\n]++|\\["\\/nrt])*+"|'[^'\n]*+'"""
    r"""|(?:[^\s\-?:,\[\]{}#&*!|>'"%@`~]|-(?=[0-9]))(?:[^:#\n]++|:(?=[^\s:])|(?<=[^ ])#)*+)?[ ]*$"""
    r"""|^(.+)$""",
    re.MULTILINE,
)
# Characters that libyaml refuses, or takes for line ends or indentation.
_ODD = re.compile("[^\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}

_Line = tuple[str, str, str, str, str]


class Sequence(Struct, eq=False):
    """A list. `line` is that of its beginning."""

    line: int
    items: "list[Node]" = field(default_factory=list)


class Mapping(Struct, eq=False):
    """Names with their values, in the order of the file, repeated ones too. `merged` are the values of `<<`."""

    line: int
    pairs: "list[tuple[Node, Node]]" = field(default_factory=list)
    merged: "list[Node]" = field(default_factory=list)


Node = Scalar | Sequence | Mapping


def compose(text: str) -> Node | None:
    """The one document in `text`; None where it holds none. Raises yaml.YAMLError where it is no YAML.

    An alias is the very node that it names, so that a node may be in many places, and even in itself.
    """
    node = _Composer(text).get_single_node()
    return None if node is None else _converted(node)


def read_lines(text: str) -> Mapping | None:
    """The mapping in `text`, where it is one and written as plainly as nearly all front matter is; else None."""
    if not text.replace("\n", "").isprintable() and _ODD.search(text):
        return None
    lines: list[_Line] = _LINE.findall(text)
    # The end of the text stands for a line that ends every level.
    end = len(lines)
    try:
        start = _next(lines, 0)
        if start == end or len(lines[start][0]) > 0:
            return None
        mapping, at = _mapping(lines, start, 0)
    except _OtherwiseError:
        return None
    return mapping if at == end else None


class _OtherwiseError(Exception):
    """The text is not written as plainly as `read_lines` understands it."""


def _next(lines: list[_Line], at: int) -> int:
    """The first line from `at` on that is not blank."""
    for place in range(at, len(lines)):
        _, dash, name, value, other = lines[place]
        if name or value or dash:
            return place
        if other:
            raise _OtherwiseError
    return len(lines)


def _mapping(lines: list[_Line], at: int, indent: int) -> tuple[Mapping, int]:
    """The mapping that begins at line `at`, and the line after it."""
    mapping = Mapping(at)
    end = len(lines)
    while at < end:
        spaces, dash, name, value, other = lines[at]
        if not name:
            if value or dash or other:
                if other or len(spaces) >= indent:
                    raise _OtherwiseError
                break
            at += 1
            continue
        if len(spaces) != indent or dash:
            if len(spaces) > indent or (dash and len(spaces) == indent):
                raise _OtherwiseError
            break
        key = (name, at, name in NULLS)
        if value:
            mapping.pairs.append((key, _scalar(value, at)))
            at += 1
            continue
        following = _next(lines, at + 1)
        spaces, dash = lines[following][:2] if following < end else ("", "")
        node: Node
        if following < end and (len(spaces) > indent or (dash and len(spaces) == indent)):
            node, following = (_sequence if dash else _mapping)(lines, following, len(spaces))
        else:
            node = ("", at, True)
        mapping.pairs.append((key, node))
        at = following
    return mapping, at


def _sequence(lines: list[_Line], at: int, indent: int) -> tuple[Sequence, int]:
    """The list that begins at line `at`, and the line after it."""
    sequence = Sequence(at)
    end = len(lines)
    while (at := _next(lines, at)) < end:
        spaces, dash, name, value, _ = lines[at]
        if len(spaces) > indent:
            raise _OtherwiseError
        if len(spaces) < indent or not dash:
            break
        item: Node
        if name:
            # A mapping that begins behind the dash, indented by it.
            inner = indent + len(dash)
            lines[at] = (" " * inner, "", name, value, "")
            item, at = _mapping(lines, at, inner)
        elif value:
            item = _scalar(value, at)
            at += 1
        else:
            raise _OtherwiseError
        sequence.items.append(item)
    return sequence, at


def _scalar(value: str, line: int) -> Scalar:
    if value[0] == '"':
        value = value[1:-1]
        return (_ESCAPE.sub(_unescaped, value) if "\\" in value else value, line, False)
    if value[0] == "'":
        return (value[1:-1], line, False)
    value = value.rstrip(" ")
    return (value, line, value in NULLS)


def _unescaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[1], match[1])


class _Composer(CParser):
    """libyaml's nodes and nothing else: working out YAML's own types would cost a third of the time, and nobody reads them."""

    def resolve(self, kind: object, value: object, implicit: object) -> str:
        return ""

    def descend_resolver(self, parent: object, index: object) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


def _converted(root: yaml.Node) -> Node:
    known: dict[int, Sequence | Mapping] = {}
    empty: list[tuple[yaml.Node, Sequence | Mapping]] = []

    def made(node: yaml.Node) -> Node:
        line = node.start_mark.line if node.start_mark else 0
        if isinstance(node, yaml.ScalarNode):
            return (node.value, line, not node.style and node.value in NULLS)
        if id(node) not in known:
            known[id(node)] = Sequence(line) if isinstance(node, yaml.SequenceNode) else Mapping(line)
            empty.append((node, known[id(node)]))
        return known[id(node)]

    top = made(root)
    # No recursion: Python's stack may be shallower than the nodes are deep.
    while empty:
        node, shell = empty.pop()
        if isinstance(shell, Sequence):
            shell.items += map(made, node.value)
            continue
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == MERGE and not key.style:
                shell.merged += map(made, value.value) if isinstance(value, yaml.SequenceNode) else [made(value)]
            else:
                shell.pairs.append((made(key), made(value)))
    return top
