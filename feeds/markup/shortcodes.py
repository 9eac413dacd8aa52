"""Shortcodes: what a generator would replace in a body (Hugo, Jekyll and Liquid, Eleventy and Nunjucks, Zola, Hexo).

A source's own templates decide what each becomes, then the rules for well-known names; of all others the text within
is kept. Code that shows a shortcode stays as it is. Whatever comes of this is sanitised with the rest of the body.
"""

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from feeds.markup import well_known
from feeds.markup.markdown import Masked, masked
from feeds.markup.tags import STARTS_BLOCK, TEXT, Arguments, Shortcode, arguments, filled, unquoted
from feeds.text.text import escape

# Deeper than anyone nests them: what is deeper is not put into anything.
_DEEPEST = 30
# Longer than any body. Templates that repeat what is within could make any length of it.
_LONGEST = 2_000_000
# No tag holds another, but for a value in braces; none is longer, so that tags without an end take no time for each other.
_INSIDE = r"(?:[^{]|\{(?![{%])|\{\{[^{}]{0,200}\}\}){0,4000}?"
_TAG = re.compile(
    rf"\{{\{{<(?P<angle>{_INSIDE})>\}}\}}|\{{\{{%(?P<percent>{_INSIDE})%\}}\}}|\{{%(?P<block>{_INSIDE})%\}}"
    rf"|\{{\{{(?P<value>[^<%{{]{_INSIDE})\}}\}}|\{{#(?P<comment>[\s\-](?:[^#{{]|#(?!\}})|\{{(?!#))*)#\}}"
)
_NAME = re.compile(r"[A-Za-z_][\w./:-]*")
_CALL = re.compile(r"\s*([A-Za-z_][\w.:]*)\s*\((.*)\)\s*(?:\|.*)?\Z", re.DOTALL)
_FILTER = re.compile(rf"\|\s*(append|prepend)\s*:\s*({TEXT})")
_LITERAL = re.compile(rf"\s*({TEXT})", re.DOTALL)
_VARIABLE = re.compile(r"\s*([A-Za-z_][\w.-]*)")
_SHOWN = re.compile(r"\s*/\*(.*)\*/\s*\Z", re.DOTALL)
_HUGOS = re.compile(r"(?<!\{)\{\{[<%]")
_RAW = re.compile(r"\{%-?\s*(?:end)?raw\s*-?%\}")
_ESCAPED = re.compile(r"\{\{([<%])/\*(.*?)\*/([>%])\}\}", re.DOTALL)
_ESCAPED_CALL = re.compile(r"(\{[{%])/\*(\s*(?:end\s*|[A-Za-z_][\w.:]*\s*\(.*?\)\s*))\*/([%}]\})", re.DOTALL)
_SIGN = re.compile(r"[\n<>&\"{}*_`\[\]~\\!:]")
_ZOLA_LINK = re.compile(r"""(\]\(\s*<?|\]:\s*<?|\b(?:href|src)\s*=\s*["']?)@/([^\s)>"']+)""")
_DATED = re.compile(r"(?:(.*)/)?(\d{4})-(\d\d?)-(\d\d?)-([^/]+)")
_PAGE = re.compile(r"\.(?:md|markdown|mdx|html|njk|liquid)\Z", re.IGNORECASE)
# The conditions of these tags can't be evaluated here.
_SILENT = frozenset(
    "assign break continue decrement else elseif elsif extends from html import increment katex layout math raw rawhtml set toc "
    "tocinline verbatim when".split()
)
_INCLUDES = frozenset("include include_relative include_cached includecached partial render".split())
_DROPPED = frozenset("capture comment css head js macro script stylesheet javascript schema".split())
_VERBATIM = frozenset("code codeblock codetoggle comment highlight math katex mermaid prism raw verbatim".split())
_ADDRESS_OF_SITE = frozenset("base_path baseurl config.base_url site.baseurl site.github.url site.url url".split())


class Expanded(Struct, frozen=True):
    """A body without shortcodes. `unknown` are the names of those that were taken out, each once."""

    text: str
    unknown: tuple[str, ...] = ()


# Makes the address of another document of its path, or says None where it can't.
Refer = Callable[[str], str | None]


def has_any(body: str) -> bool:
    """Whether `body` may hold shortcodes: most don't."""
    return ("{" in body and ("{{" in body or "{%" in body or "{#" in body)) or ("@" in body and "@/" in body)


def expand(body: str, templates: Mapping[str, str], *, markdown: bool = True, refer: Refer | None = None) -> Expanded:
    """`body` with HTML or Markdown in place of its shortcodes.

    A template is HTML with places for arguments (`{src}`, or `{0}` for the first without a name) and for the text within
    (`{inner}`). `refer` knows the addresses of other documents; where it doesn't, they are where the generators put them.
    """
    if not has_any(body):
        return Expanded(body)
    found = masked(body, markdown=markdown)
    is_hugos = _is_hugos(found.text)
    shown = Masked(found.text, tuple(_as_shown(piece, is_hugos) for piece in found.pieces))
    expansion = Expansion(shown, templates, refer or address)
    text = expansion.run(found.text)
    text = _ZOLA_LINK.sub(lambda link: link[1] + expansion.address(f"@/{link[2]}"), text)
    return Expanded(shown.restored(text), tuple(expansion.unknown))


def address(path: str) -> str:
    """The places at which generators put the document `path` by default: under the site, or beside the article.

    Zola's paths begin with `@/`, Jekyll's posts with their date.
    """
    path, mark, anchor = path.strip().partition("#")
    rest = f"{mark}{anchor}"
    if not path:
        return rest
    is_zola = path.startswith("@/")
    path = path.removeprefix("@")
    dated = _DATED.fullmatch(_PAGE.sub("", path))
    if dated and not is_zola:
        folder, year, month, day, name = dated.groups()
        above = (folder or "").removeprefix("/").removesuffix("_posts").strip("/")
        return f"/{f'{above}/' if above else ''}{year}/{int(month):02}/{int(day):02}/{name}.html{rest}"
    if not _PAGE.search(path) and "." in path.rpartition("/")[2]:
        return f"/{path.lstrip('/')}{rest}"
    path = re.sub(r"(?:^|(?<=/))_?index\Z", "", _PAGE.sub("", path))
    if dated and is_zola:
        path = re.sub(r"(?<=/)\d{4}-\d\d-\d\d[-_]", "", path)
    path = path.removesuffix("/")
    return f"{'' if path.startswith('/') else '/' if '/' in path else '../'}{path}/{rest}"


def _is_hugos(text: str) -> bool:
    """Whether a body has Hugo's shortcodes. Then no others are replaced: they are text."""
    return _HUGOS.search(text) is not None


def _as_shown(piece: str, is_hugos: bool) -> str:
    """Code as it is meant to be seen, without what keeps a generator from replacing what is in it."""
    if "/*" in piece:
        piece = _ESCAPED.sub(lambda tag: f"{{{{{tag[1]}{tag[2]}{tag[3]}}}}}", piece)
        piece = piece if is_hugos else _ESCAPED_CALL.sub(r"\1\2\3", piece)
    return piece if is_hugos or "raw" not in piece else _RAW.sub("", piece)


class Expansion:
    """The shortcodes of one body: `run` puts in their place what they become."""

    def __init__(self, code: Masked, templates: Mapping[str, str], refer: Refer) -> None:
        self._code = code
        self._templates = templates
        self._refer = refer
        self.unknown: dict[str, None] = {}

    def address(self, path: str) -> str:
        """The address of another document."""
        return self._refer(path) or address(path)

    def run(self, text: str) -> str:
        """`text`, a masked body, without its tags."""
        pieces, tags = self.taken_apart(text)
        pairs = _pairs(tags)
        # The output, and above it that of each open tag.
        out: list[str] = [pieces[0]]
        above: list[tuple[Shortcode, list[str]]] = []
        for number, tag in enumerate(tags):
            if number in pairs and not tag.closes:
                above.append((tag, out))
                out = []
            elif number in pairs:
                inner = "".join(out)
                opened, out = above.pop()
                opened.ends = tag.ends
                out.append(self.replaced(opened, inner))
            elif tag.literal is not None:
                out.append(tag.literal)
            elif not tag.closes:
                out.append(self.replaced(tag, None))
            out.append(pieces[number + 1])
        return "".join(out)

    def taken_apart(self, text: str) -> tuple[list[str], list[Shortcode]]:
        """The text around the tags, and the tags."""
        pieces: list[str] = []
        tags: list[Shortcode] = []
        missing: set[str] = set()
        is_hugos = _is_hugos(text)
        done = place = 0
        while found := _TAG.search(text, place):
            place = found.end()
            if is_hugos and found.lastgroup not in ("angle", "percent"):
                continue
            tag = self._tag(found)
            if tag is None:
                continue
            tag.place(text, found.start(), place)
            pieces.append(text[done : found.start()])
            done = place
            tags.append(tag)
            # Verbatim text ends only at its own end tag.
            if (
                tag.name.lower().replace("_", "").replace("-", "") in _VERBATIM
                and not (tag.closes or tag.void)
                and tag.literal is None
                and tag.name not in missing
            ):
                end = _end_of(tag.name).search(text, place)
                if end is None:
                    missing.add(tag.name)
                    continue
                pieces.append(text[done : end.start()])
                place = done = end.end()
                closing = Shortcode(tag.name, Arguments(), closes=True)
                closing.place(text, end.start(), done)
                tags.append(closing)
        pieces.append(text[done:])
        return pieces, tags

    def _tag(self, found: re.Match[str]) -> Shortcode | None:
        """The tag that was found; None where it is text that looks like one."""
        if found["comment"] is not None:
            return Shortcode("", Arguments(), literal="")
        if found["value"] is not None:
            return self._value(found)
        kind = found.lastgroup or ""
        tag_text = found[kind]
        tag_text = self._code.restored(tag_text)
        if escaped := _SHOWN.match(tag_text):
            outer = {"angle": "{{<%s>}}", "percent": "{{%%%s%%}}", "block": "{%%%s%%}"}[kind]
            return Shortcode("", Arguments(), literal=_inert(outer % escaped[1]))
        tag_text = tag_text.strip().removeprefix("-").removesuffix("-").strip()
        if kind == "block":
            return self._block(tag_text)
        if tag_text.startswith("/"):
            return Shortcode(tag_text[1:].split()[0] if tag_text[1:].split() else "", Arguments(), closes=True)
        name = _NAME.match(tag_text)
        if name is None:
            return Shortcode("", Arguments(), literal="")
        rest = tag_text[name.end() :].removesuffix("/")
        return Shortcode(name[0].rstrip("/"), arguments(rest), void=tag_text.endswith("/"))

    def _block(self, tag_text: str) -> Shortcode:
        """A tag of Liquid, Nunjucks, Hexo (`{% name … %}`) or Zola (`{% name(…) %}`)."""
        if call := _CALL.match(tag_text):
            return Shortcode(call[1], arguments(call[2]), by_call=True)
        name = _NAME.match(tag_text)
        if name is None:
            return Shortcode("", Arguments(), literal="")
        if name[0].startswith("end"):
            return Shortcode(name[0].removeprefix("end").lstrip("_"), Arguments(), closes=True)
        rest = arguments(tag_text[name.end() :])
        if name[0] in _INCLUDES and rest.listed:
            file = rest.listed.pop(0).rpartition("/")[2]
            return Shortcode(file.partition(".")[0] or name[0], rest)
        return Shortcode(name[0], rest)

    def _value(self, found: re.Match[str]) -> Shortcode | None:
        """`{{ … }}`: a text, a variable or a call. Formulas and what other languages write so are left alone."""
        tag_text = self._code.restored(found["value"])
        before = found.string[found.start() - 1 : found.start()]
        if before in ("$", "\\") or (
            not tag_text[0].isspace() and tag_text[0] != "-" and (before.isalnum() or before in ("}", "^", "_"))
        ):
            return None
        if escaped := _SHOWN.match(tag_text):
            shown = f"{{{{{escaped[1]}}}}}" if _CALL.match(escaped[1]) else ""
            return Shortcode("", Arguments(), literal=_inert(shown))
        tag_text = tag_text.strip().removeprefix("-").removesuffix("-")
        if literal := _LITERAL.match(tag_text):
            return Shortcode("", Arguments(), literal=_filtered(unquoted(literal[1]), tag_text[literal.end() :]))
        if call := _CALL.match(tag_text):
            return Shortcode(call[1], arguments(call[2]))
        variable = _VARIABLE.match(tag_text)
        if variable is None:
            return None
        if variable[1] not in _ADDRESS_OF_SITE:
            self.unknown.setdefault(variable[1])
        return Shortcode("", Arguments(), literal=_filtered("", tag_text[variable.end() :]))

    def replaced(self, tag: Shortcode, inner: str | None) -> str:
        """The replacement of a tag and its content."""
        made = self._made(tag, inner)
        if len(made) > _LONGEST:
            return inner or ""
        # A blank line ends HTML's block, so that Markdown continues below it.
        return f"{made}\n" if tag.alone and STARTS_BLOCK.match(made) else made

    def _made(self, tag: Shortcode, inner: str | None) -> str:
        name = tag.name.lower()
        template = self._templates.get(tag.name, self._templates.get(name))
        if template is not None:
            return filled(template, tag, inner)
        if name in _DROPPED or (name in ("assign", "set") and inner):
            return ""
        if name in _SILENT:
            return inner or ""
        if name in _REFERENCES and inner is None:
            return self._reference(tag)
        name = name.replace("_", "").replace("-", "")
        if name in _VERBATIM:
            return self._code_block(tag, inner)
        known = well_known.SHORTCODES.get(name)
        made = known(tag, inner) if known else None
        if made is None and inner is None:
            made = well_known.with_picture(tag)
        if made is None:
            self.unknown.setdefault(tag.name)
            return inner or ""
        return made

    def _reference(self, tag: Shortcode) -> str:
        path = tag.arguments.get("path", "page", "url", "href", "name", place=0)
        # Hexo's assets are beside the article.
        url = path if not path or tag.name.lower().startswith("asset_") else self.address(path)
        if tag.name.lower() in ("post_link", "asset_link"):
            text = " ".join(tag.arguments.listed[1:]) or path
            return f'<a href="{escape(url)}">{escape(text)}</a>'
        return url.replace(" ", "%20")

    def _code_block(self, tag: Shortcode, inner: str | None) -> str:
        if inner is None:
            return ""
        # Jekyll's way to show a tag of its own in code.
        code = _RAW.sub("", self._code.restored(inner)).strip("\n").rstrip()
        if tag.indent:
            code = re.sub(rf"^{tag.indent}", "", code, flags=re.MULTILINE)
        language = (
            "mermaid" if tag.name == "mermaid" else tag.arguments.get("lang", "language", "type", place=0).removeprefix("lang:")
        )
        kind = f' class="language-{language}"' if re.fullmatch(r"[\w+#.-]+", language) else ""
        # On one line and without signs: neither a blank line nor a sign of Markdown may end it.
        shown = _SIGN.sub(lambda sign: f"&#{ord(sign[0])};", code)
        return f"<pre><code{kind}>{shown}&#10;</code></pre>\n" if tag.alone or "\n" in code else f"<code{kind}>{shown}</code>"


def _pairs(tags: list[Shortcode]) -> set[int]:
    """The numbers of the tags that open and close something, properly nested. Those between that lack their end stand alone."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    by_name: dict[str, list[int]] = {}
    for number, tag in enumerate(tags):
        if tag.literal is not None or tag.void:
            continue
        # Zola's `{% end %}` closes the last `{% name(…) %}`.
        names = by_name.setdefault("" if tag.by_call else tag.name, [])
        if not tag.closes:
            opened.append(number)
            names.append(number)
        elif names:
            pairs[names[-1]] = number
            start = names[-1]
            while opened and opened[-1] >= start:
                left = tags[opened.pop()]
                by_name["" if left.by_call else left.name].pop()
    kept: set[int] = set()
    ends: list[int] = []
    for start, end in sorted(pairs.items()):
        while ends and ends[-1] < start:
            ends.pop()
        ends.append(end)
        if len(ends) <= _DEEPEST:
            kept |= {start, end}
    return kept


def _end_of(name: str) -> re.Pattern[str]:
    tag_text = re.escape(name)
    return re.compile(rf"\{{%-?\s*end_?{tag_text}\s*-?%\}}|\{{\{{[<%]-?\s*/\s*{tag_text}\s*-?[>%]\}}\}}")


def _filtered(value: str, filters: str) -> str:
    """`value` after filters that add a text; other filters are ignored."""
    for name, text in _FILTER.findall(filters):
        value = value + unquoted(text) if name == "append" else unquoted(text) + value
    return value


def _inert(text: str) -> str:
    """A text that shows a shortcode, as HTML that shows the same."""
    return escape(text, quote=False).replace("{", "&#123;")


_REFERENCES = frozenset("asset_link asset_path link post_link post_path post_url ref relref".split())
