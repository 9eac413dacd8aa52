"""The tags that shortcodes are written as: names, arguments, and templates with places for these."""

import re

from msgspec import Struct, field

from feeds.text.text import escape

# As far as a line may be indented.
_WIDEST = 200
TEXT = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`"
_ARGUMENT = re.compile(
    rf"(?:(?P<name>[\w.-]+)\s*(?:=\s*|:\s+))?(?:(?P<text>{TEXT})|(?P<list>\[[^\]]*\])|(?P<bare>[^\s,\"'`=][^\s,\"'`]*))",
    re.DOTALL,
)
STARTS_BLOCK = re.compile(
    r"\s*<(?:aside|audio|blockquote|details|div|dl|figure|h[1-6]|iframe|ol|p|pre|section|table|ul|video)\b", re.I
)
_PLACEHOLDER = re.compile(r"\{(\w[\w.:-]*)\}")


class Arguments(Struct):
    """The arguments of a shortcode, by name and by place."""

    named: dict[str, str] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)

    def get(self, *names: str, place: int | None = None) -> str:
        """The first of `names` that is given, or what is at `place`; empty where neither is."""
        for name in names:
            if found := self.named.get(name):
                return found
        return self.listed[place] if place is not None and place < len(self.listed) else ""


class Shortcode(Struct):
    """A tag in a body. It opens, closes or is complete by itself (`void`).

    `begins` and `ends` say whether it is the first (after `indent`) and the last on its line.
    """

    name: str
    arguments: Arguments
    closes: bool = False
    by_call: bool = False
    void: bool = False
    begins: bool = False
    ends: bool = False
    indent: str = ""
    literal: str | None = None

    @property
    def alone(self) -> bool:
        """Whether nothing else is on its lines."""
        return self.begins and self.ends

    def place(self, text: str, start: int, end: int) -> None:
        """Note where in its line a tag is."""
        before = text[max(0, start - _WIDEST) : start].rpartition("\n")
        if not before[2].strip() and (before[1] or start <= _WIDEST):
            self.begins, self.indent = True, before[2]
        self.ends = not text[end : end + _WIDEST].partition("\n")[0].strip()


def arguments(text: str) -> Arguments:
    """The arguments in a tag: `name="value"`, `name: value` or values alone."""
    found = Arguments()
    for argument in _ARGUMENT.finditer(text):
        value = argument["text"] or argument["list"] or argument["bare"]
        value = " ".join(unquoted(value).split())
        if argument["name"]:
            found.named.setdefault(argument["name"], value)
        else:
            found.listed.append(value)
    return found


def unquoted(text: str) -> str:
    """A text without its quotes, if it has any, and their escapes."""
    if text[0] == "`":
        return text[1:-1]
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL) if text[0] in "\"'" and len(text) > 1 else text


def filled(template: str, tag: Shortcode, inner: str | None) -> str:
    """A template with the arguments of a tag and what it encloses in its places."""
    is_block = STARTS_BLOCK.match(template) is not None

    def value(place: re.Match[str]) -> str:
        name = place[1]
        if name == "inner":
            return within(tag, inner) if is_block else (inner or "").strip()
        return escape(tag.arguments.get(name, place=int(name) if name.isdecimal() else None))

    return _PLACEHOLDER.sub(value, template)


def within(tag: Shortcode, inner: str | None) -> str:
    """The content of a tag as Markdown of its own, within a block of HTML."""
    text = (inner or "").strip("\n").rstrip()
    return f"\n\n{text if text.startswith(' ') else tag.indent + text}\n\n{tag.indent}" if text else ""
