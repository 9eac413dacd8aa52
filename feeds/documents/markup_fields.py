"""Front matter in markup, as Pelican reads it: the title and the fields that begin reStructuredText, the head of a page in HTML.

Both become `Key: value` lines, each where it was, so that an error in a field has its line.
"""

import re
from html import unescape

from feeds.documents.forms import Form, Parts

_UNDERLINE = re.compile(r"([!-/:-@[-`{-~])\1{2,}[ \t]*")
_FIELD = re.compile(r":([A-Za-z][\w -]*):(?:[ \t]+|$)(.*)")
_INDENTED = re.compile(r"[ \t]+(\S.*)")
_ROLES = re.compile(r"``(.+?)``|:[a-z]+:`([^`<]+)`|\\(.)")
_HEAD = re.compile(r"<head\b[^>]*>(.*?)</head\s*>", re.DOTALL | re.IGNORECASE)
_BODY = re.compile(r"<body\b[^>]*>(.*?)(?:</body\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_IN_HEAD = re.compile(r"<title\b[^>]*>(?P<title>[^<]*)</title|<meta\b(?P<meta>(?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")


def of_restructured_text(text: str) -> Parts | None:
    """Take apart reStructuredText; None where no field list follows its title, as in a README.

    docutils.sourceforge.io/docs/ref/rst/restructuredtext.html#bibliographic-fields
    """
    rows = text.split("\n")
    front: list[str] = []
    has_fields = has_title = False
    at = 0
    while at < len(rows):
        row = rows[at]
        above = _UNDERLINE.fullmatch(row) is not None
        title = at + above
        if not has_title and not has_fields and title + 1 < len(rows) and rows[title].strip() and _is_underline(rows, title):
            has_title = True
            front += [*[""] * above, f"title: {_ROLES.sub(_plain, rows[title].strip())}", ""]
            at = title + 2
        elif field := _FIELD.fullmatch(row):
            has_fields = True
            front.append(f"{field[1].replace(' ', '_')}: {field[2]}")
            at += 1
        elif has_fields and (more := _INDENTED.fullmatch(row)):
            front.append(f"    {more[1]}")
            at += 1
        elif not row.strip():
            front.append("")
            at += 1
        else:
            break
    if not has_fields:
        return None
    return Parts(Form.LINES, "\n".join(front), "\n".join(rows[at:]), 1, at + 1)


def _is_underline(rows: list[str], title: int) -> bool:
    return _UNDERLINE.fullmatch(rows[title + 1]) is not None and not _FIELD.fullmatch(rows[title])


def _plain(role: re.Match[str]) -> str:
    return next(filter(None, role.groups()), "")


def of_html(text: str) -> Parts | None:
    """Take apart a page in HTML: its title and its `meta` elements with a name are the fields. None where it has no head."""
    head, body = _HEAD.search(text), _BODY.search(text)
    if head is None:
        return None
    first = text.count("\n", 0, head.start(1))
    rows = [""] * (head[1].count("\n") + 1)
    for found in _IN_HEAD.finditer(head[1]):
        attributes = {name.lower(): next(filter(None, values), "") for name, *values in _ATTRIBUTE.findall(found["meta"] or "")}
        name = "title" if found["meta"] is None else attributes.get("name", "")
        value = found["title"] if found["meta"] is None else attributes.get("content", attributes.get("contents", ""))
        if re.fullmatch(r"[A-Za-z][\w-]*", name):
            at = head[1].count("\n", 0, found.start())
            while at < len(rows) and rows[at]:
                at += 1
            rows[at : at + 1] = [f"{name}: {' '.join(unescape(value).split())}"]
    rest = body[1] if body else text[head.end() :]
    start = body.start(1) if body else head.end()
    return Parts(Form.LINES, "\n".join(rows), rest, first + 1, text.count("\n", 0, start) + 1)
