"""The sanitiser: whatever HTML a body holds becomes HTML that is safe, well-formed and stands on its own.

nh3 (ammonia, on html5ever, the parser that browsers follow) decides what stays. Around it: each URL is resolved, frames
become what their reader allows, and pictures get their sizes. What would cost more than a document may becomes its text.
"""

import re
from collections.abc import Callable, Collection, Mapping
from functools import cache
from html import unescape
from typing import TYPE_CHECKING

import nh3
from msgspec import Struct

from feeds.model import Markup
from feeds.text.text import escape, plain, printable
from feeds.text.urls import domain

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore

# Makes a URL as written absolute, or says None where it can't be a link.
Resolve = Callable[[str], str | None]

# html5ever's time grows with tags times depth: 1 MB of `<div>` would take it minutes.
_LONGEST = 1_000_000
_MOST_TAGS = 20_000
# markdown-it's time grows with what may open a link: `![` again and again takes it seconds.
_MOST_BRACKETS = 20_000
# Deeper than any text, and not as deep as what readers' parsers give up on (libxml2: 256).
_DEEPEST = 100
# More sizes of one picture than any page has.
_MOST_SIZES = 100

_TAGS = (nh3.ALLOWED_TAGS | {"audio", "iframe", "picture", "source", "video"}) - {"area", "map"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href", "hreflang"},
    "audio": {"controls", "src"},
    "blockquote": {"cite"},
    "code": {"class"},
    "del": {"cite", "datetime"},
    "iframe": {"allowfullscreen", "height", "src", "width"},
    "img": {"alt", "height", "sizes", "src", "srcset", "width"},
    "ins": {"cite", "datetime"},
    "ol": {"reversed", "start"},
    "q": {"cite"},
    "source": {"media", "sizes", "src", "srcset", "type"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"controls", "height", "poster", "src", "width"},
}
_ADDRESSES = frozenset({"cite", "href", "poster", "src"})
_SIZES = frozenset({"height", "width"})
_VOID = frozenset({"br", "col", "hr", "img", "source", "wbr"})
_CANDIDATE = re.compile(r"\s*(?P<url>[^\s,]\S*?)(?P<descriptor>\s+[0-9.]+[wx])?\s*(?:,\s+|,?\s*\Z|,(?=[^\s]))")
_CODE_LANGUAGE = re.compile(r"language-[\w+#.-]+")
_NUMBER = re.compile(r"[0-9]{1,5}")
_MAYBE_TAG = re.compile(r"</?[A-Za-z]")
# What nh3 writes: lowercase names, values in double quotes, and no bare `<` or `>` but in tags. A frame's content is raw.
_ATTRIBUTE = re.compile(r'\s+([a-z]+)(?:="([^"]*)")?')
_TAG = re.compile(r'<iframe((?:\s+[a-z]+(?:="[^"]*")?)*)>.*?</iframe>|<(/?)([a-z0-9]+)((?:\s+[a-z]+(?:="[^"]*")?)*)>', re.DOTALL)


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.core.ruler.push("align_without_style", _align_without_style)
    return parser


def _align_without_style(state: "StateCore") -> None:
    # Styles don't survive the sanitiser, and a column of numbers is read by its alignment.
    for token in state.tokens:
        if token.type in ("td_open", "th_open") and isinstance(style := token.attrs.pop("style", None), str):
            token.attrs["align"] = style.removeprefix("text-align:")


class Frame(Struct, frozen=True):
    """An `iframe`: a page inside the page. `url` is absolute; `host` its domain without `www.`."""

    url: str
    host: str
    title: str = ""
    width: int | None = None
    height: int | None = None

    def html(self) -> str:
        """The frame as HTML, for readers that show frames."""
        title = f' title="{escape(self.title)}"' if self.title else ""
        return f'<iframe src="{escape(self.url)}"{title}{sizes(self.width, self.height)} allowfullscreen></iframe>'

    def link(self) -> str:
        """The frame as a link, for those that do not."""
        return f'<a href="{escape(self.url)}">{escape(self.title or self.host)}</a>'


def to_html(body: str, markup: Markup) -> str:
    """A body as HTML, not yet sanitised. Markdown that would take too long to read is taken as text."""
    if markup is Markup.HTML:
        return body
    if markup is Markup.MARKDOWN and len(body) <= _LONGEST and body.count("[") <= _MOST_BRACKETS:
        return str(_markdown().render(body))
    return "\n".join(paragraph(part) for part in re.split(r"\n\s*\n", body))


def clean(
    source: str,
    resolve: Resolve,
    *,
    hosts: Collection[str] = (),
    pictures: Mapping[str, tuple[int | None, int | None]] | None = None,
) -> str:
    """`source` as HTML in which nothing runs or calls home, all URLs are what `resolve` makes of them, and all tags are closed.

    Frames stay where their host is one of `hosts` and are links elsewhere. `pictures` holds widths and heights in pixels
    by (absolute) URL, for those that say none. What is larger or more deeply nested than any article becomes a text without tags.
    """
    if not source.strip():
        return ""
    if is_too_much(source):
        return paragraph(plain(source))
    cleaned = _sanitise(source, resolve)
    if _depth(cleaned) > _DEEPEST:
        return paragraph(plain(source))
    return printable(_TAG.sub(lambda tag: _mended(tag, hosts, pictures or {}), cleaned)).strip()


def is_too_much(source: str) -> bool:
    """Whether HTML would take longer to read than an article may: it is shown as its text."""
    return len(source) > _LONGEST or len(_MAYBE_TAG.findall(source)) > _MOST_TAGS


def frames(source: str, resolve: Resolve) -> tuple[Frame, ...]:
    """The frames in `source`, in their order."""
    if "<iframe" not in source.lower() or is_too_much(source):
        return ()
    tags = _TAG.finditer(_sanitise(source, resolve, {"iframe": {"src", "height", "title", "width"}}))
    found = (_frame(tag[1]) for tag in tags if tag[1] is not None)
    return tuple(frame for frame in found if frame is not None)


def images(cleaned: str) -> frozenset[str]:
    """The URLs of the pictures that sanitised HTML shows."""
    tags = (tag for tag in _TAG.finditer(cleaned) if tag[3] == "img")
    return frozenset(url for tag in tags if (url := _attributes(tag[4]).get("src")))


def references(source: str) -> tuple[str, ...]:
    """Every URL in `source` as written, each once: of links, pictures, sound, film and frames."""
    found: dict[str, None] = {}

    def note(url: str) -> str | None:
        found.setdefault(url.strip())
        return None

    if not is_too_much(source):
        _sanitise(source, note)
    return tuple(found)


def paragraph(text: str) -> str:
    """Plain text as a paragraph, its lines kept; blank text is no paragraph."""
    return f"<p>{escape(text.strip()).replace(chr(10), '<br>')}</p>" if text.strip() else ""


def sizes(width: int | None, height: int | None) -> str:
    """The attributes `width` and `height`, where they are known."""
    return "".join(f' {name}="{size}"' for name, size in (("width", width), ("height", height)) if size)


def _sanitise(source: str, resolve: Resolve, only: dict[str, set[str]] | None = None) -> str:
    def filtered(tag: str, name: str, value: str) -> str | None:
        if name in _ADDRESSES:
            return resolve(value)
        if name == "srcset":
            return _source_set(value, resolve)
        if name == "class":
            return value if tag == "code" and _CODE_LANGUAGE.fullmatch(value) else None
        if name in _SIZES:
            return value if _NUMBER.fullmatch(value) else None
        return value

    return nh3.clean(
        source,
        tags=set(only) if only else _TAGS,
        attributes=only or _ATTRIBUTES,
        attribute_filter=filtered,
        url_schemes={"http", "https"},
        url_relative="pass_through",
        link_rel=None,
    )


def _source_set(value: str, resolve: Resolve) -> str | None:
    """A srcset (HTML 4.8.4.2.1) with its URLs resolved, or None where one of its pictures can't be had."""
    kept: list[str] = []
    place = 0
    # One space each, or a long run of them would be looked through again and again.
    value = " ".join(value.split())
    while place < len(value) and value[place:].strip():
        match = _CANDIDATE.match(value, place)
        url = resolve(match["url"].rstrip(",")) if match else None
        if match is None or url is None or len(kept) == _MOST_SIZES:
            return None
        # A comma that ends a URL would end the candidate too.
        kept.append(url.replace(",", "%2C") + (match["descriptor"] or ""))
        place = match.end()
    return ", ".join(kept) or None


def _mended(tag: re.Match[str], hosts: Collection[str], pictures: Mapping[str, tuple[int | None, int | None]]) -> str:
    if tag[1] is not None:
        frame = _frame(tag[1])
        if frame is None:
            return ""
        return frame.html() if frame.host in hosts else frame.link()
    attributes = _attributes(tag[4])
    if tag[3] == "source" and not attributes.keys() & {"src", "srcset"}:
        return ""
    if tag[3] == "img":
        if "src" not in attributes:
            # A picture that can't be had: what it shows is still told.
            return escape(attributes.get("alt", ""))
        known = pictures.get(attributes["src"])
        if known is not None and not attributes.keys() & _SIZES:
            return f"{tag[0].removesuffix('>')}{sizes(*known)}>"
    return tag[0]


def _frame(attributes: str) -> Frame | None:
    found = _attributes(attributes)
    url = found.get("src", "")
    host = domain(url) if url else None
    if host is None:
        return None
    width, height = (int(found[name]) if name in found else None for name in ("width", "height"))
    return Frame(url, host, found.get("title", ""), width, height)


def _attributes(text: str) -> dict[str, str]:
    return {match[1]: unescape(match[2] or "") for match in _ATTRIBUTE.finditer(text)}


def _depth(cleaned: str) -> int:
    depth = deepest = 0
    for tag in _TAG.finditer(cleaned):
        if tag[1] is None and tag[3] not in _VOID:
            depth += -1 if tag[2] else 1
            deepest = max(deepest, depth)
    return deepest
