"""Places: the line of a document that a field is on. Asked only of documents in which something was found."""

import re
from pathlib import PurePosixPath

import yaml

from feeds.documents import forms
from feeds.text.media_types import WHOLE

_PART = re.compile(r"[^.\[\]]+")


def line_of(path: str, data: bytes, field: str, near: str = "") -> int:
    """The line (from 1) of `field`, such as `images[0].url` or `body`; where `near` stands at or after it, that line.

    What can't be found is on the first line that could be meant.
    """
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    opening = forms.OPENING.match(text)
    closing = forms.CLOSING.search(text, opening.end() - 1) if opening else None
    if PurePosixPath(path).suffix.lower() in WHOLE or opening is None or closing is None:
        line = _line_in(text, field)
    elif field == "body":
        line = text.count("\n", 0, closing.end()) + 1
    else:
        line = 1 + _line_in(text[opening.end() : closing.start() + 1], field)
    if near:
        lines = text.split("\n")
        return next((number for number in range(line, len(lines) + 1) if near in lines[number - 1]), line)
    return line


def _line_in(front: str, field: str) -> int:
    try:
        node = yaml.compose(front, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return 1
    line = 1
    for part in _PART.findall(field):
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if getattr(key, "value", None) == part), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
        else:
            break
    return int(line)
