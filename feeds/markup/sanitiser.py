"""The sanitiser: the HTML of a body becomes safe, well-formed and complete in itself.

nh3 (ammonia, on html5ever, the parser that browsers follow) decides what stays. Around it: each URL is resolved, frames
become what their reader allows, and pictures get their sizes. What would cost more than a document may becomes its text.
"""

import re
from collections.abc import Callable, Collection, Mapping
from html import unescape
from itertools import accumulate

import nh3
from msgspec import Struct

from feeds.markup import markdown, restructured
from feeds.model import Markup
from feeds.text.text import escape, plain, printable
from feeds.text.urls import domain

# Makes a URL as written absolute, or says None where it can't be a link.
Resolve = Callable[[str], str | None]

# html5ever's time grows with tags times depth: 1 MB of `<div>` would take it minutes.
_LONGEST = 1_000_000
_MOST_TAGS = 20_000
# Tags that are open at once, as written: paragraphs and items of lists need not be closed.
_MOST_OPEN = 5_000
# Deeper than any text, and not as deep as what readers' parsers give up on (libxml2: 256).
_DEEPEST = 100
# Longer than any address that someone writes into a text.
_LONGEST_LINK = 2000
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
_SIZE = re.compile(r"[0-9.]+[wx]")
_CODE_LANGUAGE = re.compile(r"language-[\w+#.-]+")
_NO_SCRIPT = re.compile(r"</?noscript\b[^<>]*>", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,5}")
_MAYBE_TAG = re.compile(r"</?[A-Za-z]")
# nh3 writes lowercase names, values in double quotes, and no bare `<` or `>` but in tags. The content of a frame is raw.
_ATTRIBUTE = re.compile(r'\s+([a-z]+)(?:="([^"]*)")?')
_ATTRIBUTES_OF_TAG = r'(?:\s+[a-z]+(?:="[^"]*")?)'
_FRAME_TAG = rf"<iframe({_ATTRIBUTES_OF_TAG}*)>.*?</iframe>"
# Tags whose attributes are checked, or that mean nothing without them.
_MENDABLE = re.compile(rf"{_FRAME_TAG}|<(?:([a-z0-9]+)({_ATTRIBUTES_OF_TAG}+)|(img|source))>", re.DOTALL)
# A tag that others may be in, of which what begins one is a step down and what ends it a step up.
_NESTING = re.compile(rf"<(/?)(?!(?:{'|'.join(sorted(_VOID))})\b)[a-z]", re.IGNORECASE)
_STEPS = {"": 1, "/": -1}
_PICTURE = re.compile(rf'<img{_ATTRIBUTES_OF_TAG}*?\s+src="([^"]*)"')
_POSTER = re.compile(rf'<video{_ATTRIBUTES_OF_TAG}*?\s+poster="([^"]*)"')
# An attribute's value, found by its `=`, which few texts have.
_REFERENCE = re.compile(
    r"=(?i:(?<=src=)|(?<=href=)|(?<=poster=)|(?<=srcset=)|(?<=cite=)|(?<=(?:src|set|ref|ter|ite)\s=))"
    r"""\s*("[^"]*"|'[^']*'|[^\s>]+)"""
)
# Text that is a URL, outside what is a link already, code or a tag.
_BARE = re.compile(r"http(?<!=\"http)(?<![/\w.]http)s?://\w")
_BARE_HOST = re.compile(r"www\.(?<![/\w.]www\.)\w")
_LINKABLE = re.compile(
    rf"<(a|code|iframe|pre){_ATTRIBUTES_OF_TAG}*>.*?</\1>|<[^\"<>]*(?:\"[^\"]*\"[^\"<>]*)*>|(?<![/\w.])((?:https?://|www\.)\w[^\s<]*)",
    re.DOTALL,
)
_ENDING = re.compile(r"(?:[?!.,:*_~'\"]|&(?:quot|lt|gt|nbsp);)+\Z")
# Pages that play a video only in a frame, and the page of the same video that a link can open.
_PLAYERS = (
    (re.compile(r"https://www\.youtube(?:-nocookie)?\.com/embed/([\w-]{6,20})(?:\?.*)?"), r"https://www.youtube.com/watch?v=\1"),
    (re.compile(r"https://player\.vimeo\.com/video/(\d+)(?:\?.*)?"), r"https://vimeo.com/\1"),
)


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
        pages = (page.sub(video, self.url) for page, video in _PLAYERS if page.fullmatch(self.url))
        return f'<a href="{escape(next(pages, self.url))}">{escape(self.title or self.host)}</a>'


def to_html(body: str, markup: Markup) -> str:
    """A body as HTML, not yet sanitised. Markup that is longer than any article is taken as text."""
    if markup is Markup.HTML:
        return body
    if markup is Markup.MARKDOWN and len(body) <= _LONGEST:
        return markdown.to_html(body)
    if markup is Markup.RESTRUCTURED and (html := restructured.to_html(body)) is not None:
        return html
    return "\n".join(paragraph(part) for part in re.split(r"\n\s*\n", body))


def clean(
    source: str,
    resolve: Resolve,
    *,
    hosts: Collection[str] = (),
    pictures: Mapping[str, tuple[int | None, int | None]] | None = None,
    autolinks: bool = False,
) -> str:
    """`source` as HTML in which nothing runs or calls home, all URLs are what `resolve` makes of them, and all tags are closed.

    Frames stay where their host is one of `hosts` and are links elsewhere. `pictures` holds widths and heights in pixels
    by (absolute) URL, for those that say none. With `autolinks`, text that is a URL becomes a link. What is larger or more
    deeply nested than any article becomes a text without tags.
    """
    if not source.strip():
        return ""
    if is_too_much(source):
        return paragraph(plain(source))
    if "noscript" in source:
        # Readers run no scripts, so they are meant to see what is in it.
        source = _NO_SCRIPT.sub("", source)
    cleaned = _CLEANER.clean(source)
    if _is_deep(cleaned):
        return paragraph(plain(source))
    sizes_of = pictures or {}
    cleaned = _MENDABLE.sub(lambda tag: _mended(tag, resolve, hosts, sizes_of), cleaned)
    if autolinks and (_BARE.search(cleaned) or _BARE_HOST.search(cleaned)):
        cleaned = _LINKABLE.sub(lambda text: _linked(text, resolve), cleaned)
    return printable(cleaned).strip()


def is_too_much(source: str) -> bool:
    """Whether HTML would take longer to read than an article may: it is shown as its text."""
    if len(source) > _LONGEST:
        return True
    if source.count("<") <= _MOST_OPEN:
        return False
    if len(_MAYBE_TAG.findall(source)) > _MOST_TAGS:
        return True
    return _depth(source) > _MOST_OPEN


def frames(source: str, resolve: Resolve) -> tuple[Frame, ...]:
    """The frames in `source`, in their order."""
    if "<iframe" not in source.lower() or is_too_much(source):
        return ()
    tags = (tag[1] for tag in _MENDABLE.finditer(_FRAME_FINDER.clean(source)))
    found = (_frame(_attributes(attributes, resolve)) for attributes in tags if attributes is not None)
    return tuple(frame for frame in found if frame is not None)


def images(cleaned: str) -> frozenset[str]:
    """The URLs of the pictures that sanitised HTML shows."""
    return frozenset(map(unescape, _PICTURE.findall(cleaned))) if "<img" in cleaned else frozenset()


def loaded(cleaned: str) -> tuple[str, ...]:
    """The URLs of the pictures that a page with sanitised HTML loads: those that it shows, and those of films."""
    found = [*_PICTURE.findall(cleaned), *_POSTER.findall(cleaned)] if "<img" in cleaned or "<video" in cleaned else ()
    return tuple(dict.fromkeys(map(unescape, found)))


def references(source: str) -> tuple[str, ...]:
    """Every URL in `source` as written, each once: of links, pictures, sound, film and frames."""
    found: dict[str, None] = {}

    def note(url: str) -> str | None:
        found.setdefault(url.strip())
        return None

    if not is_too_much(source):
        for tag in _MENDABLE.finditer(_CLEANER.clean(source)):
            _attributes(tag[1] or tag[3] or "", note)
    return tuple(found)


def likely_references(source: str) -> frozenset[str]:
    """All of `references`, and perhaps more, such as those in comments, in a tenth of the time."""
    values = {unescape(value.strip("\"'")) for value in _REFERENCE.findall(source)}
    several = (value.replace(",", " ").split()[: 2 * _MOST_SIZES] for value in values if " " in value or "," in value)
    return frozenset(values.union(*several))


def paragraph(text: str) -> str:
    """Plain text as a paragraph, its lines kept; blank text is no paragraph."""
    return f"<p>{escape(text.strip()).replace(chr(10), '<br>')}</p>" if text.strip() else ""


def sizes(width: int | None, height: int | None) -> str:
    """The attributes `width` and `height`, where they are known."""
    return "".join(f' {name}="{size}"' for name, size in (("width", width), ("height", height)) if size)


def _cleaner(tags: set[str], attributes: dict[str, set[str]]) -> nh3.Cleaner:
    # Values are checked together where tags are mended: a call of Python for each would double the time.
    return nh3.Cleaner(
        tags=tags, attributes=attributes, url_schemes={"http", "https"}, url_relative="pass_through", link_rel=None
    )


_CLEANER = _cleaner(_TAGS, _ATTRIBUTES)
_FRAME_FINDER = _cleaner({"iframe"}, {"iframe": {"src", "height", "title", "width"}})


def _source_set(value: str, resolve: Resolve) -> str | None:
    """A srcset (HTML 4.8.4.2.1) with its URLs resolved, or None where one of its pictures can't be had."""
    kept: list[str] = []
    words = value.split()[::-1]
    while words:
        written = words.pop().lstrip(",")
        if not written:
            continue
        # Commas end a picture only after its address and after its size: addresses hold commas too.
        size = ""
        if not written.endswith(",") and words:
            size, comma, rest = words.pop().partition(",")
            if rest:
                words.append(rest)
            elif not comma and words and not words[-1].startswith(","):
                return None
        url = resolve(written.rstrip(","))
        if url is None or len(kept) == _MOST_SIZES or (size and not _SIZE.fullmatch(size)):
            return None
        kept.append(" ".join(filter(None, (url.replace(",", "%2C"), size))))
    return ", ".join(kept) or None


def _mended(
    tag: re.Match[str], resolve: Resolve, hosts: Collection[str], pictures: Mapping[str, tuple[int | None, int | None]]
) -> str:
    framed, name, written, bare = tag.groups()
    if framed is not None:
        frame = _frame(_attributes(framed, resolve))
        if frame is None:
            return ""
        return frame.html() if frame.host in hosts else frame.link()
    name = name or bare
    attributes = _attributes(written or "", resolve)
    if name == "source" and not attributes.keys() & {"src", "srcset"}:
        return ""
    if name == "img":
        if "src" not in attributes:
            # A picture without a usable address: its description is kept.
            return escape(attributes.get("alt", ""))
        if not attributes.keys() & _SIZES:
            known = pictures.get(attributes["src"], (None, None))
            attributes |= {key: str(size) for key, size in zip(("width", "height"), known, strict=True) if size}
    elif name != "code":
        attributes.pop("class", None)
    written = (f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{''.join(written)}>"


def _attributes(written: str, resolve: Resolve) -> dict[str, str]:
    """The attributes that a tag may keep, with their URLs resolved."""
    found: dict[str, str] = {}
    for name, text in _ATTRIBUTE.findall(written):
        value: str | None = unescape(text) if "&" in text else text
        if name in _ADDRESSES:
            value = resolve(value or "")
        elif name == "srcset":
            value = _source_set(value or "", resolve)
        elif name == "class":
            value = value if _CODE_LANGUAGE.fullmatch(value or "") else None
        elif name in _SIZES:
            value = value if _NUMBER.fullmatch(value or "") else None
        if value is not None:
            found[name] = value
    return found


def _frame(found: Mapping[str, str]) -> Frame | None:
    url = found.get("src", "")
    host = domain(url) if url else None
    if host is None:
        return None
    width, height = (int(found[name]) if name in found else None for name in ("width", "height"))
    return Frame(url, host, found.get("title", ""), width, height)


def _linked(found: re.Match[str], resolve: Resolve) -> str:
    """A URL in a text as a link, as GitHub does: without the punctuation that ends a sentence or encloses it."""
    text = found[2]
    if text is None or len(text) > _LONGEST_LINK:
        return found[0]
    kept = _ENDING.sub("", text)
    while kept.endswith(")") and kept.count(")") > kept.count("("):
        kept = _ENDING.sub("", kept[:-1])
    target = unescape(kept)
    url = resolve(target if target.startswith("http") else f"http://{target}")
    return f'<a href="{escape(url)}">{kept}</a>{text[len(kept) :]}' if url else text


def _is_deep(cleaned: str) -> bool:
    """Whether tags are nested deeper than in any text."""
    if cleaned.count("</") <= _DEEPEST:
        return False
    if "<iframe" in cleaned:
        # The content of a frame is text, even if it looks like tags.
        cleaned = _MENDABLE.sub(lambda tag: "" if tag[1] is not None else tag[0], cleaned)
    return _depth(cleaned) > _DEEPEST


def _depth(html: str) -> int:
    """The most tags that are open at once."""
    return max(accumulate(_STEPS[end] for end in _NESTING.findall(html)), default=0)
