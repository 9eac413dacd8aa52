"""The fast reader of YAML reads the same names, texts and nulls as libyaml, or leaves the text to libyaml."""

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import ROOT

from feeds.documents import yaml_nodes
from feeds.documents.fast_yaml import OtherwiseError, Reader
from feeds.documents.values import Value
from feeds.documents.yaml_nodes import Mapping, Node, Sequence
from feeds.text.text import printable

READER = Reader({})

WORDS = st.sampled_from(
    "a b-c null Null ~ true 12:30 2026-11-22T09:30:00Z https://x.example/a#b C# C++ AT&T a,b {a} [b] - -- --- ... : :: a: a:b # "
    "#x a#b ? ! & * | > % @ ` é 日本 \U0001f600 \xa0 \u2028 \ufeff \x85 \t \r \\ \\n ' '' \" \\\" =".split(" ")
)
SPACES = st.sampled_from(["", " ", "  ", "   "])
TEXTS = st.lists(WORDS, max_size=4).map(" ".join)
VALUES = st.one_of(
    TEXTS,
    TEXTS.map(lambda text: f'"{text}"'),
    TEXTS.map(lambda text: f"'{text}'"),
    st.sampled_from(
        ['"', "'", '"a" b', "'a' 'b'", '"\\x41"', '"\\/\\n\\t\\""', "|", ">-", "&a b", "*a", "!!str a", "[a, b]", "{a: b}"]
    ),
)
NAMES = st.sampled_from(["title", "a", "a_b", "A1", "null", "<<", "a b", "a-b", '"a"', "1", "é", "?"])
# Any lines, mostly plain ones.
LINES = st.one_of(
    st.builds("{}{}{}:{}{}{}".format, SPACES, st.sampled_from(["", "", "- ", "-  "]), NAMES, SPACES, VALUES, SPACES),
    st.builds("{}-{}{}{}".format, SPACES, SPACES, VALUES, SPACES),
    st.builds("{}{}".format, SPACES, VALUES),
    st.sampled_from(["", "  ", "# comment", "---", "..."]),
)
ANY = st.lists(LINES, max_size=8).map("\n".join)
# Mostly well-formed: a tree in plain style.
SCALARS = st.one_of(
    st.sampled_from(
        [
            "",
            "a",
            "a b",
            "12:30",
            "null",
            "~",
            "AT&T",
            "C#",
            "https://x.example/?a=b#c",
            "é",
            '"a: #"',
            "'a \" b'",
            '"\\n\\"\\\\"',
        ]
    )
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3),
        st.dictionaries(st.sampled_from("abcdef"), inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


def lines_of(tree: object, step: str) -> list[str]:
    if isinstance(tree, dict):
        return [line for name, value in tree.items() for line in under(f"{name}:", value, step)]
    if isinstance(tree, list):
        found = []
        for item in tree:
            first, *rest = lines_of(item, step)
            found += [f"- {first}", *(f"  {line}" for line in rest)]
        return found
    return [str(tree)]


def under(name: str, value: object, step: str) -> list[str]:
    if isinstance(value, str):
        return [f"{name} {value}"]
    within = step if isinstance(value, dict) or step else ""
    return [
        name,
        "",
        *(f"{within or ' '}{line}" if isinstance(value, dict) else f"{within}{line}" for line in lines_of(value, step)),
    ]


PLAIN = st.builds(
    lambda tree, step: "\n".join(lines_of(tree, step)),
    st.dictionaries(st.sampled_from("abcdef"), TREES, min_size=1, max_size=4),
    st.sampled_from(["", " ", "  ", "    "]),
)


def plain(node: Node) -> Value:
    """A node of libyaml as plain values."""
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, Mapping):
        assert not node.merged
        names = [key[0] for key, _ in node.pairs if isinstance(key, tuple)]
        assert len(set(names)) == len(node.pairs)
        return dict(zip(names, (plain(value) for _, value in node.pairs), strict=True))
    return None if node[2] else node[0].strip()


def plainly(text: str) -> "dict[str, Value] | None":
    try:
        return dict(READER.read(text).values)
    except OtherwiseError:
        return None


def check(text: str) -> bool:
    """Compare the fast reader with libyaml. Returns whether the fast reader read the text."""
    text = printable(text)
    read = plainly(text)
    if read is None:
        return False
    node = yaml_nodes.compose(text)
    assert node is not None
    assert read == plain(node)
    return True


@settings(max_examples=1500)
@given(ANY)
@example("a: b\n c: d")
@example("a:\n- b\n - c")
@example("a:\n  - b: c\n    d: e\n   f: g")
@example("a: b\n---\nc: d")
@example("a: 'b\nc: d'")
@example("a: \ufeffb")
@example("a:\n\n  - b\n \n\n  - c\n\nd:\n  ")
@example("a:\n  b:\n  - c\n  d: e\n")
@example("a:\n  b: c\n e: f")
@example("a:\n  b: c\n   e: f")
@example("a: \n  b\n")
@example("a:\n  b: c\n  b: d")
@example("a: b\na: c")
def test_any_lines(text: str) -> None:
    check(text)


@settings(max_examples=500)
@given(PLAIN)
def test_plain_trees(text: str) -> None:
    check(text)


@pytest.mark.parametrize("file", sorted((ROOT / "seeds").glob("*.md")), ids=lambda file: file.stem[:30])
def test_seeds(file: Path) -> None:
    check(file.read_text(encoding="utf-8").split("\n---\n")[0].removeprefix("---\n"))


@pytest.mark.parametrize(
    "text",
    [
        "title: A story\n",
        'title: "A: \\"story\\" # \\\\ \\n"\n\nexcerpt: \'b "c"\'   \nheat:\n',
        "provider:\n  name: P 1\n\ntopics:\n  - AI\n  - C++\n\nimages:\n  - url: https://x.example/1\n    width: 9\n",
        "topics:\n- a\n- b\nquality: 1",
        "related:\n  - title: a\n    provider:\n      name: b\n  - title: c\n",
        "publishedDateTime: 2026-09-30T22:12:00Z\ntitle: Où est-ce que C# va ? 12:30",
    ],
)
def test_usual_documents_are_read_without_libyaml(text: str) -> None:
    assert check(text)


def test_deep_nesting_is_left_to_libyaml() -> None:
    text = "\n".join(f"{' ' * level}a:" for level in range(100))
    assert plainly(text) is None
    node, depth = yaml_nodes.compose(text), 0
    while isinstance(node, Mapping):
        node, depth = node.pairs[0][1], depth + 1
    assert depth == 100


def test_an_alias_is_the_node_of_its_anchor() -> None:
    node = yaml_nodes.compose("a: &x [*x, b]\nc: *x\n<<: {d: e}")
    assert isinstance(node, Mapping)
    first, second = (value for _, value in node.pairs)
    assert isinstance(first, Sequence)
    assert first is second
    assert first.items[0] is first
    assert len(node.merged) == 1


def test_broken_yaml_is_left_to_libyaml() -> None:
    assert plainly("a: b: c") is None
    with pytest.raises(yaml.MarkedYAMLError):
        yaml_nodes.compose("a: b: c")
