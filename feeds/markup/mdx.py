"""MDX: Markdown with JSX. Imports, exports and comments are dropped, components are unwrapped or become what a shortcode of their
name would, and what is left is Markdown.
"""

import re
from collections.abc import Mapping
from textwrap import dedent

from feeds.markup import shortcodes
from feeds.markup.markdown import MARK, Masked, mark, without_marks
from feeds.markup.shortcodes import Expanded, Expansion, Refer
from feeds.markup.tags import Arguments, Shortcode
from feeds.text.text import escape

_FENCE = re.compile(
    r"^([ \t]*(?:(?:[-*+>]|\d{1,9}[.)])[ \t]+)?)((`{3,}+|~{3,}+)[^\n]*\n.*?(?:^[ \t>]*\3[`~]*[ \t]*$|\Z))",
    re.DOTALL | re.MULTILINE,
)
_SPAN = re.compile(r"(?<!`)(`{1,5})(?!`)((?:(?!\n[ \t]*\n).){1,500}?)(?<!`)\1(?!`)", re.DOTALL)
_IMPORT = re.compile(
    r"(?:^|(?<=;)|(?<=; ))import\s+(?:([\w$*{}\s,]{1,400}?)\s+from\s+)?[\"']([^\"'\n]+)[\"'];?[^\S\n]*(?=$|import\b)",
    re.MULTILINE,
)
# Signs of MDX: an import by name, an attribute in braces, a comment.
_JSX = re.compile(
    r"^import\s+[\w$*{}\s,]{1,400}?\s+from\s+[\"'][^\"'\n]+[\"']|<[A-Za-z][\w.]*\s[^<>`\n]{0,200}?=\{|(?<!\{)\{/\*", re.MULTILINE
)
_EXPORT = re.compile(r"^export\s+(?:async|class|const|default|function|interface|let|type|var|\{|\*)[^\n]*", re.MULTILINE)
_BLANK = re.compile(r"\n[ \t]*(?:\n|\Z)")
# Longer than what anyone exports from a text.
_MOST_BLOCKS = 100
_COMMENT = re.compile(r"\{\s{0,50}/\*(?:(?!\{\s{0,50}/\*).)*?\*/\s*\}|<!--(?:(?!<!--).)*?-->", re.DOTALL)

# Content of braces, with nested braces to some depth.
_BRACES = r"\{[^{}]*+\}"
for _ in range(4):
    _BRACES = rf"\{{(?:[^{{}}]++|{_BRACES})*+\}}"
_ATTRIBUTE = re.compile(rf"\s+(?:([\w:@.-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|({_BRACES})))?|{_BRACES})")
_PART = re.compile(
    rf"<(?P<closes>/?)(?P<name>[A-Za-z][\w.-]*|)(?P<attributes>(?:{_ATTRIBUTE.pattern})*+)\s*(?P<void>/?)>|(?P<braces>{_BRACES})"
)
_CALLED = re.compile(r"(?:await\s+)?[\w.]+\(\s*[\"'`]([^\"'`]+)[\"'`]\s*\)[\w.]*")
_WORD = re.compile(r"[A-Za-z_$][\w$.]*")
# Braces that belong to a formula.
_BEFORE_FORMULA = re.compile(r"[\w\\^_$]\Z")


class _Code(Masked, frozen=True):
    """Code that goes where its mark is: with the indentation that the mark has by then."""

    def restored(self, text: str) -> str:
        """`text` with its code again."""
        return _INDENTED_MARK.sub(self._indented, text)

    def _indented(self, found: re.Match[str]) -> str:
        number = int(found[2])
        piece = self.pieces[number] if number < len(self.pieces) else ""
        return found[1] + piece.replace("\n", f"\n{found[1]}") if found[1] else piece


_INDENTED_MARK = re.compile(rf"(^[ \t]*|){MARK.pattern}", re.MULTILINE)


def is_mdx(name: str, body: str) -> bool:
    """Whether a document called `name` is MDX: by its ending, or since it imports something or has attributes in braces, as
    Docusaurus lets `.md` do.
    """
    if name.lower().endswith(".mdx"):
        return True
    if not ("import " in body or ("{" in body and ("={" in body or "{/*" in body))) or not _JSX.search(body):
        return False
    text = _masked(body).text
    # In a body with shortcodes, such attributes are theirs.
    return _JSX.search(text) is not None and not any(sign in text for sign in ("{%", "{{<", "{{%"))


def expand(body: str, templates: Mapping[str, str], *, refer: Refer | None = None) -> Expanded:
    """MDX as Markdown; templates and what is unknown are as those of `shortcodes.expand`."""
    code = _masked(body)
    text, imported = _without_modules(_COMMENT.sub("", code.text))
    expansion = _Components(code, templates, refer or shortcodes.address, imported)
    return Expanded(code.restored(expansion.run(text)), tuple(expansion.unknown))


def _masked(body: str) -> _Code:
    """The body with marks in place of its code, which is taken to be indented as far as its fence."""
    pieces: list[str] = []

    def fence(found: re.Match[str]) -> str:
        width = len(found[1])
        lines = found[2].split("\n")
        kept = [lines[0], *(line[min(width, len(line) - len(line.lstrip())) :] for line in lines[1:])]
        return found[1] + mark(pieces, "\n".join(kept))

    text = _FENCE.sub(fence, without_marks(body))
    return _Code(_SPAN.sub(lambda span: mark(pieces, span[0]), text), tuple(pieces))


def _without_modules(text: str) -> tuple[str, dict[str, str]]:
    """`text` without its imports and exports, and the paths of what was imported whole, by name."""
    imported: dict[str, str] = {}

    def dropped(found: re.Match[str]) -> str:
        if found[1] and found[1].isidentifier():
            imported[found[1]] = found[2]
        return ""

    text = _IMPORT.sub(dropped, text)
    parts: list[str] = []
    done = 0
    while found := _EXPORT.search(text, done):
        parts.append(text[done : found.start()])
        done = _end_of_export(text, found.start())
    return "".join((*parts, text[done:])), imported


def _end_of_export(text: str, start: int) -> int:
    """The end of the statement that begins at `start`: a blank line where all its brackets are closed."""
    first = place = _next_blank(text, start)
    depth, seen = 0, start
    for _ in range(_MOST_BLOCKS):
        depth += sum(1 if sign in "{[(" else -1 for sign in text[seen:place] if sign in "{}[]()")
        if depth <= 0:
            return place
        if place >= len(text):
            break
        seen, place = place, _next_blank(text, place + 1)
    return first


def _next_blank(text: str, start: int) -> int:
    """The start of the next blank line, or the end of the text."""
    found = _BLANK.search(text, start)
    return found.start() if found is not None else len(text)


class _Components(Expansion):
    """The components of a body, taken for shortcodes."""

    def __init__(self, code: Masked, templates: Mapping[str, str], refer: Refer, imported: Mapping[str, str]) -> None:
        super().__init__(code, templates, refer)
        self._imported = imported

    def taken_apart(self, text: str) -> tuple[list[str], list[Shortcode]]:
        """The text around components and expressions, and these."""
        pieces: list[str] = []
        tags: list[Shortcode] = []
        done = formula = 0
        for found in _PART.finditer(text):
            if found["braces"] is not None and (
                found.start() == formula > 0 or _BEFORE_FORMULA.search(text[found.start() - 1 : found.start()])
            ):
                formula = found.end()
                continue
            tag = self._part(found)
            if tag is None:
                continue
            pieces.append(text[done : found.start()])
            done = found.end()
            tag.place(text, found.start(), done)
            tags.append(tag)
        return [*pieces, text[done:]], tags

    def _part(self, found: re.Match[str]) -> Shortcode | None:
        braces, name = found["braces"], found["name"]
        if braces is not None:
            if braces.startswith("{#"):
                # A heading's id.
                return None
            return Shortcode("", Arguments(), literal=self._seen(braces, as_text=True))
        if name and not name[0].isupper() and "." not in name:
            if "{" not in found["attributes"]:
                return None
            attributes = "".join(f' {key}="{escape(value)}"' for key, value in self._attributes(found["attributes"]).items())
            return Shortcode("", Arguments(), literal=f"<{found['closes']}{name}{attributes}{found['void'] and ' /'}>")
        arguments = Arguments(self._attributes(found["attributes"]))
        return Shortcode(name or "Fragment", arguments, closes=bool(found["closes"]), void=bool(found["void"]))

    def _attributes(self, written: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for match in _ATTRIBUTE.finditer(written):
            name, double, single, braces = match.groups()
            if name and name not in ("style", "dangerouslySetInnerHTML") and not (braces and name.startswith("on")):
                value = self._seen(braces) if braces else double if double is not None else single or ""
                found[name] = " ".join(value.split())
        return found

    def _seen(self, braces: str, *, as_text: bool = False) -> str:
        """The value of an expression, if it is literal: a text, a number, something imported or required by its path."""
        inner = self._code.restored(braces[1:-1]).strip()
        if len(inner) > 1 and inner[0] in "\"'`" and inner[-1] == inner[0] and inner.count(inner[0]) == 2 and "${" not in inner:
            return inner[1:-1]
        if called := _CALLED.fullmatch(inner):
            return called[1].removeprefix("@site/static")
        if inner.replace(".", "").isdecimal():
            return inner
        word = _WORD.match(inner)
        path = self._imported.get(word[0].partition(".")[0]) if word and word[0] == inner else None
        if path is not None:
            return path.removeprefix("@site/static")
        if as_text and inner and word:
            self.unknown.setdefault(word[0])
        return ""

    def replaced(self, tag: Shortcode, inner: str | None) -> str:
        """The replacement of a component. Its content is usually indented; Markdown would take it for code."""
        return super().replaced(tag, dedent(inner) if inner and "\n" in inner else inner)
