"""YAML as nodes: mappings, lists, and scalars as text, each with its line.

libyaml reads them, and all of YAML; `plain_fields` is the quicker way for what is plainly written.
"""

import yaml
from msgspec import Struct, field
from yaml._yaml import CParser

# The text of a scalar, its line (the first is 0), and whether it is YAML's null, such as `key:` or `~`.
Scalar = tuple[str, int, bool]

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
MERGE = "<<"


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


class _Composer(CParser):
    """Composes libyaml's nodes without resolving YAML's types, which takes a third of the time."""

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
