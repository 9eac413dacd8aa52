"""Line numbers: the line of a field in a document. Computed only for documents with problems."""

import re
from posixpath import splitext

from feeds.documents import forms
from feeds.documents.fields import Fields
from feeds.documents.names import Named
from feeds.documents.report import Report
from feeds.documents.rules import USUAL, Rules

_PART = re.compile(r"[^.\[\]]+")


def line_of(path: str, data: bytes, field: str, near: str = "", rules: Rules = USUAL) -> int:
    """The line (from 1) of `field`, such as `images[0].url` or `body`; where the text `near` is at or after it, that line.

    What can't be found is on the first line that could be meant.
    """
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    suffix = splitext(path)[1].lower()
    try:
        parts = forms.Parts(forms.WHOLE[suffix], text) if suffix in forms.WHOLE else forms.split(text)
    except forms.NoEndError:
        parts = None
    line = 1
    if parts is not None:
        line = parts.body_line if field == "body" else _line_in(parts, field, rules)
    if near:
        lines = text.split("\n")
        return next((number for number in range(line, len(lines) + 1) if near in lines[number - 1]), line)
    return line


def _line_in(parts: forms.Parts, field: str, rules: Rules) -> int:
    report = Report("", first_line=parts.line, spellings=rules.names.spellings)
    found = forms.parse(parts.form, parts.front, report)
    if found is None:
        return parts.line
    first, *rest = _PART.findall(field) or [""]
    line = parts.line
    held: tuple[Fields, ...] = (found,)
    for part in (Named(found, rules.names).written(first) or first, *rest):
        if part.isdigit() and int(part) < len(held):
            held = (held[int(part)],)
            line = held[0].line
        elif held and part in held[0]:
            line, held = held[0].line_of(part), held[0].list(part, bare="", fatal=False)
        else:
            break
    return line
