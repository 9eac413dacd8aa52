"""The text of a document, split into front matter and body."""

from codecs import BOM_UTF8
from contextlib import suppress
from posixpath import splitext

from msgspec import Struct

from feeds.documents import ciphertext, forms, limits, markup_fields
from feeds.documents.fast_yaml import OtherwiseError, PlainFields
from feeds.documents.forms import Form
from feeds.documents.report import Report
from feeds.documents.rules import USUAL, Rules
from feeds.model import Markup
from feeds.text.media_types import MARKUPS, UNREADABLE, WHOLE
from feeds.text.text import is_clean, printable


class Text(Struct, frozen=True):
    """A document's text, split, to be read by `rules`. `plain` are the fields of its `front` matter where that is plain;
    `report` has the problems so far. `passed` is the reason why a file is not a document, if it is not one.
    `line` is that of the body's first.
    """

    path: str
    report: Report
    rules: Rules = USUAL
    form: Form = Form.YAML
    front: str = ""
    body: str = ""
    markup: Markup = Markup.MARKDOWN
    plain: PlainFields | None = None
    passed: str = ""
    line: int = 1

    @property
    def within(self) -> str:
        """The document's path within its source."""
        return self.path.removeprefix(self.rules.root)


def taken_apart(path: str, data: bytes, rules: Rules = USUAL) -> Text:
    """The text of the document `data`, to be read by `rules`.

    `path` (with its source as written, `/` between its parts) names the document in problems, decides how
    it is read, and is its identity where it has no other.
    """
    report = Report(path, spellings=rules.names.spellings, last_counts=rules.conventions.last_field_counts)
    suffix = splitext(path)[1].lower()
    if suffix in UNREADABLE:
        return Text(path, report, rules, passed=f"a kind of document that Feeds can't read ({suffix})")
    text = _decode(data, report, rules.limits.document)
    if text is None:
        return Text(path, report, rules)
    if suffix in WHOLE:
        parts: forms.Parts | None = forms.Parts(forms.WHOLE[suffix], text)
    elif suffix == ".rst" and not text.startswith("---"):
        parts = markup_fields.of_restructured_text(text)
    else:
        try:
            parts = forms.split(text)
        except forms.NoEndError as error:
            report.add(error.line, "", "front matter without an end", f"a line `{error.fence}` after it")
            return Text(path, report, rules)
    if parts is None and suffix == ".html" and rules.conventions.heads_have_fields:
        parts = markup_fields.of_html(text)
    if parts is None:
        return Text(path, report, rules, passed="no front matter")
    if rules.conventions.fences_are_optional and parts.form is Form.YAML and forms.is_lines(parts.front):
        parts = parts._replace(form=Form.LINES)
    report.first_line = parts.line
    front = ciphertext.cut(parts.front)
    plain = None
    if parts.form is Form.YAML:
        with suppress(OtherwiseError):
            plain = rules.names.plain_reader.read(front)
    markup = MARKUPS.get(suffix, Markup.MARKDOWN)
    return Text(path, report, rules, parts.form, front, parts.body, markup, plain, line=parts.body_line)


def _decode(data: bytes, report: Report, most: int) -> str | None:
    if len(data) > most:
        report.problems.append(limits.too_large(report.path, len(data), most))
        return None
    data = ciphertext.cut_plain(data)
    try:
        # Not `utf-8-sig`, which takes four times as long.
        data = data.removeprefix(BOM_UTF8)
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        report.add(line, "", f"the byte 0x{data[error.start]:02X}", "text in UTF-8")
        return None
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if is_clean(data) else printable(text)
