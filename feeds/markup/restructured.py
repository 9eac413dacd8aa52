"""reStructuredText as HTML, by docutils. Nothing in a body can make it read another file or run anything."""

import re
import textwrap
from collections.abc import Mapping
from itertools import takewhile

from feeds.markup import shortcodes
from feeds.markup.shortcodes import Expanded

_SETTINGS = {
    # No settings of the folder that Feeds happens to run in, and no files and addresses that a body names.
    "_disable_config": True,
    "file_insertion_enabled": False,
    "doctitle_xform": False,
    "docinfo_xform": False,
    "initial_header_level": 2,
    "math_output": "LaTeX",
    "report_level": 5,
    "halt_level": 5,
    "syntax_highlight": "none",
}
_DIRECTIVE = re.compile(r"^([ \t]*)\.\. ([A-Za-z][\w-]*)::(.*)\n((?:(?:\1[ \t]+\S.*|[ \t]*)(?:\n|\Z))*)", re.MULTILINE)
_OPTION = re.compile(r"\s*:([\w-]+):[ \t]*(.*)")
_CODES = frozenset({"code", "code-block", "sourcecode"})
# docutils' time grows with the square of a table's width, and it goes as deep as a text is nested.
_LONGEST = 200_000
_WIDE_TABLE = re.compile(r"\+[-=+]{500}")
_LITERAL = re.compile(r'<span class="docutils literal">(.*?)</span>', re.DOTALL)
_CODE = re.compile(r'<pre class="code (?:([\w+#.-]+) )?literal-block"><code>')


def expand(text: str, templates: Mapping[str, str]) -> Expanded:
    """`text` without directives that docutils doesn't know: `.. youtube:: id` is what the shortcode of that name would be."""
    from docutils.parsers.rst.languages import en

    unknown: dict[str, None] = {}

    def replaced(found: re.Match[str]) -> str:
        indent, name, argument, below = found.groups()
        is_code = name.lower() in _CODES
        if name.lower() in en.directives and name not in templates and not is_code:
            return found[0]
        rows = textwrap.dedent(below).split("\n")
        options = list(takewhile(bool, map(_OPTION.fullmatch, rows)))
        inner = "\n".join(rows[len(options) :]).strip("\n")
        if is_code:
            # Options such as `linenos` are Pygments'.
            return textwrap.indent(f".. code:: {argument.strip()}\n\n{textwrap.indent(inner, '   ')}\n\n", indent)
        given = " ".join((argument.strip(), *(f'{option[1]}="{option[2]}"' for option in options if option is not None)))
        made = shortcodes.expand(f"{{{{< {name} {given} >}}}}", templates, markdown=False)
        unknown.update(dict.fromkeys(made.unknown))
        html = f".. raw:: html\n\n{textwrap.indent(made.text.strip(), '   ')}\n\n" if made.text.strip() else ""
        return textwrap.indent(f"{html}{inner}\n\n", indent)

    return Expanded(_DIRECTIVE.sub(replaced, text), tuple(unknown))


def to_html(text: str) -> str | None:
    """The text as HTML, not yet sanitised; None where it is longer, nested deeper or has wider tables than any article."""
    from docutils.core import publish_parts

    if len(text) > _LONGEST or _WIDE_TABLE.search(text):
        return None
    try:
        html: str = publish_parts(text, writer="html5", settings_overrides=_SETTINGS)["fragment"]
    except RecursionError:
        return None
    html = _LITERAL.sub(r"<code>\1</code>", html)
    return _CODE.sub(lambda code: f'<pre><code class="language-{code[1]}">' if code[1] else "<pre><code>", html)
