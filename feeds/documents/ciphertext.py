"""Ciphertext: a line that is `secured:` and one quoted base64 string is cut before anything else is read of a document.

Its line end is kept, so that line numbers hold. What else is called `secured` is dropped after parsing.
"""

import re

_LINE = re.compile(r"""^secured:[ ]*(["'])[A-Za-z0-9+/=;]*\1[ ]*$""", re.MULTILINE)
_NAME = b"\nsecured:"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=;"


def cut(front: str) -> str:
    """Front matter without ciphertext."""
    return _LINE.sub("", front) if "secured:" in front else front


def cut_plain(data: bytes) -> bytes:
    """The bytes of a document without the ciphertext in its front matter, where that is written as it nearly always is: half of a
    document need not be looked at then. Other spellings are left to `cut`.
    """
    start = data.find(_NAME)
    end = data.find(b"\n", start + 1)
    if start < 0 or end < 0 or data.find(b"\n---", 0, start) >= 0 or data.find(b"\n...", 0, start) >= 0:
        return data
    line = data[start + len(_NAME) : end].strip(b" ")
    if len(line) < 2 or line[0] not in b"\"'" or line[0] != line[-1] or line[1:-1].translate(None, _BASE64):
        return data
    return data[: start + 1] + data[end:]
