"""Markdown: CommonMark with tables, strikethrough, task lists, footnotes, heading ids, alerts and `:::` blocks, as HTML.

pyromark (pulldown-cmark, in Rust) does the reading. Alerts and blocks are spelt as HTML before it; what the sanitiser would drop
(check boxes, footnotes' anchors, styles of cells) is spelt otherwise after it.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

from feeds.text.text import escape

if TYPE_CHECKING:
    from pyromark import Markdown
    from pyromark.event import Event

# Blocks nest no deeper in any text.
_DEEPEST = 50
# An alert, a block, attributes in braces, a table of contents.
_DIALECT = re.compile(
    r"^[ \t]*>[ \t>]*\[!\w|^[ \t]*:::|\{:|[)\]]\{[^{}\n]*[.#=]|^[ \t]*\{(?:[.#][\w-]|\w+=)|[ \t]\{\.[a-z]|^\[\[?_?toc_?\]",
    re.MULTILINE | re.IGNORECASE,
)
_ALERT = re.compile(r"^((?:[ \t]*>)+)[ \t]*\[!([A-Za-z][\w-]*)\][+-]?[ \t]*(.*)$", re.MULTILINE)
_BLOCK = re.compile(r"^([ \t]*):{3,}[ \t]*(.*?)[ \t]*:*[ \t]*$", re.MULTILINE)
# `note`, `note Title`, `note[Title]`, `{.note title="Title"}`
_BLOCK_NAME = re.compile(r"\{?[ \t]*[.#]?([A-Za-z][\w-]*)")
_BLOCK_TITLE = re.compile(r"\[([^\]]*)\]|title=\"([^\"]*)\"|\A(?![ \t]*title=)([^\[{}]+)")
_ADMONITIONS = frozenset(
    "abstract attention bug caution check danger error example failure hint important info note question quote secondary success "
    "summary tip todo warning".split()
)
# kramdown's attributes, then those of others, which follow a link, a picture or a span, have a line to themselves or end one.
_ATTRIBUTES = re.compile(
    r"^[*+-][ \t][^\n]*\n[ \t]*\{:toc[^{}\n]*\}[ \t]*$|\{:[^{}\n]*\}|(?<=[)\]])\{[^{}\n]*[.#=][^{}\n]*\}"
    r"|^[ \t]*\{(?:[.#][\w-]|\w+=)[^{}\n]*\}[ \t]*$|[ \t]+\{\.[a-z][^{}\n]*\}[ \t]*$|^\[\[?_?toc_?\]\]?[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_CELL = re.compile(r'<(t[dh]) style="text-align: (left|center|right)">')
_BOX = re.compile(r'<input disabled="" type="checkbox"( checked="")?/>\n?')
_FOOTNOTE_LINK = re.compile(r'<sup class="footnote-reference"><a href="[^"]*">(\d+)</a></sup>')
_FOOTNOTE = re.compile(
    r'<div class="footnote-definition" id="[^"]*"><sup class="footnote-definition-label">(\d+)</sup>|<(/?)div\b', re.IGNORECASE
)
# Noncharacters, which no document holds: they are dropped when it is read.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_HTML_CODE = re.compile(r"<(pre|code|script|style)\b[^<>]*>(?:(?!<\1\b).)*?</\1>", re.DOTALL | re.IGNORECASE)


@cache
def _parser() -> "Markdown":
    from pyromark import Markdown, Options

    return Markdown(
        options=Options.ENABLE_TABLES
        | Options.ENABLE_STRIKETHROUGH
        | Options.ENABLE_TASKLISTS
        | Options.ENABLE_FOOTNOTES
        | Options.ENABLE_HEADING_ATTRIBUTES
    )


def to_html(text: str) -> str:
    """Markdown as HTML, not yet sanitised."""
    if ("{" in text or "[!" in text or ":::" in text or "TOC" in text or "toc]" in text) and _DIALECT.search(text):
        found = masked(text)
        text = found.restored(_blocks(_ATTRIBUTES.sub("", _ALERT.sub(_alert, found.text))))
    html = _parser().html(text)
    # To find one character is faster than to find a word.
    if "|" in text and ' style="text-align' in html:
        # Styles don't survive the sanitiser, and a column of numbers is read by its alignment.
        html = _CELL.sub(r'<\1 align="\2">', html)
    if ' type="checkbox"' in html:
        html = _BOX.sub(lambda box: "☑ " if box[1] else "☐ ", html)
    if "^" in text and ' class="footnote-' in html:
        html = _footnotes_last(_FOOTNOTE_LINK.sub(r"<sup>[\1]</sup>", html))
    return html


class Masked(Struct, frozen=True):
    """A body with a mark in place of each piece of code, so that nothing in code is taken for markup."""

    text: str
    pieces: tuple[str, ...] = ()

    def restored(self, text: str) -> str:
        """`text`, made of the masked body, with its code again."""
        return MARK.sub(lambda mark: self._piece(int(mark[1]), len(self.pieces)), text) if self.pieces else text

    def _piece(self, number: int, below: int) -> str:
        if number >= below:
            return ""
        # HTML's code may hold Markdown's, whose mark is an earlier one.
        return MARK.sub(lambda mark: self._piece(int(mark[1]), number), self.pieces[number])


def without_marks(text: str) -> str:
    """`text` without the characters that marks are made of."""
    return text.replace(_OPEN, "").replace(_CLOSE, "")


def mark(pieces: list[str], piece: str) -> str:
    """The mark that takes the place of `piece`, which is appended to `pieces`."""
    pieces.append(piece)
    return f"{_OPEN}{len(pieces) - 1}{_CLOSE}"


def masked(text: str, *, markdown: bool = True) -> Masked:
    """The body `text` with marks in place of its code: blocks and spans of Markdown, and HTML's `pre` and `code`."""
    text = without_marks(text)
    pieces: list[str] = []
    if markdown and any(sign in text for sign in ("`", "~~~", "    ", "\t")):
        # The parser counts places in bytes.
        data = text.encode()
        parts: list[bytes] = []
        done = 0
        for event, place in _parser().events_with_range(text):
            if place["start"] >= done and _is_code(event):
                parts += (data[done : place["start"]], mark(pieces, data[place["start"] : place["end"]].decode()).encode())
                done = place["end"]
        text = b"".join((*parts, data[done:])).decode()
    if "</" in text:
        text = _HTML_CODE.sub(lambda code: mark(pieces, code[0]), text)
    return Masked(text, tuple(pieces))


def _is_code(event: "Event") -> bool:
    match event:
        case {"Code": _} | {"Start": {"CodeBlock": _}}:
            return True
        case _:
            return False


def _alert(found: re.Match[str]) -> str:
    quote, name, title = found.groups()
    return f"{quote} **{title or name.capitalize()}**\n{quote}"


def _blocks(text: str) -> str:
    """`text` with its `:::` blocks as HTML's. The title of an admonition comes first; other names are classes of style."""
    if ":::" not in text:
        return text
    open_blocks: list[str] = []

    def spelt(line: re.Match[str]) -> str:
        indent, info = line.groups()
        if not info:
            return f"\n{indent}{open_blocks.pop()}\n" if open_blocks else ""
        name = _BLOCK_NAME.match(info)
        if name is None or len(open_blocks) >= _DEEPEST:
            open_blocks.append("")
            return ""
        titles = _BLOCK_TITLE.search(info[name.end() :])
        title = next(filter(None, titles.groups()), "").strip() if titles else ""
        kind = name[1].lower()
        if kind == "details":
            open_blocks.append("</details>")
            return f"\n{indent}<details><summary>{escape(title)}</summary>\n"
        tag = "blockquote" if kind in _ADMONITIONS else "div"
        if tag == "blockquote":
            title = title or kind.capitalize()
        open_blocks.append(f"</{tag}>")
        return f"\n{indent}<{tag}>\n" + (f"\n{indent}**{title}**\n" if title else "")

    return _BLOCK.sub(spelt, text)


def _footnotes_last(html: str) -> str:
    """`html` with its footnotes at its end, in the order of their numbers; unchanged where their ends can't be found."""
    notes: list[tuple[int, str]] = []
    rest: list[str] = []
    done = begun = depth = number = 0
    for tag in _FOOTNOTE.finditer(html):
        if tag[1] is not None and depth == 0:
            rest.append(html[done : tag.start()])
            begun, number, depth = tag.end(), int(tag[1]), 1
        elif depth:
            depth += -1 if tag[2] else 1
            if depth == 0:
                done = html.find(">", tag.start()) + 1
                notes.append((number, html[begun : tag.start()]))
    if depth or not notes:
        return html
    items = "".join(f"<li>{note.strip()}</li>\n" for _, note in sorted(notes))
    return f"{''.join(rest)}{html[done:]}<hr>\n<ol>\n{items}</ol>\n"
