"""Plain text from what editors really type: entities, stray tags, control characters."""

import html
import re
from functools import lru_cache

# Characters that XML 1.0 (section 2.2) forbids or discourages: C0 and C1 controls but tab, line feed and
# carriage return; surrogates; noncharacters.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
# A superset in ranges: a text without any is recognised ten times as fast.
_SUSPECT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U0001fffe-\U0010ffff]")
_CONTROLS = bytes(code for code in (*range(32), 127) if code not in (9, 10, 13))
# Explicit directions, and what ends each: overrides (U+202D and U+202E) have nothing to end here.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ENDINGS = {"\u202a": "\u202c", "\u202b": "\u202c", "\u2066": "\u2069", "\u2067": "\u2069", "\u2068": "\u2069"}
# Breaking white space only: a no-break space or an ideographic space is typography.
_WHITE_SPACE = re.compile("[\t\n\r \u2028\u2029]+")
# Only whole references: the `&T` of `AT&T` and the `&copy` of `x&copy=1` are no entities.
_ENTITY = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_HTML_TAGS = (
    "a abbr acronym address article aside audio b bdi bdo big blockquote body br button caption center cite code col "
    "colgroup dd del details dfn div dl dt em embed figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header "
    "hr html i iframe img input ins kbd label li link main mark meta nav noscript object ol p picture pre q rp rt "
    "ruby s samp script section small source span strike strong style sub summary sup table tbody td tfoot th thead "
    "time title tr tt u ul var video wbr"
).split()
_TAG = re.compile(rf"</?(?:{'|'.join(_HTML_TAGS)})(?:\s[^<>]*)?/?>", re.IGNORECASE)
# One without an end goes to the end of the text (HTML 13.2.5.45), which also keeps the search linear.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def printable(text: str) -> str:
    """`text` without the characters that XML forbids, so that nothing in it can break a feed."""
    if text.isascii() and is_clean(text.encode()):
        return text
    return _FORBIDDEN.sub("", text) if _SUSPECT.search(text) else text


def is_text(text: str) -> bool:
    """Whether `text` can be written in UTF-8: it holds no surrogate, such as stand for the bytes of a file's name."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def decode_entities(text: str) -> str:
    """`text` with each whole character reference replaced, once (HTML 13.5); bare ampersands stay."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text


def fold(text: str) -> str:
    """`text` on one line, each run of white space one space, none at the ends."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return _fold(text)


def _fold(text: str) -> str:
    return _WHITE_SPACE.sub(" ", text).strip()


def plain(text: str) -> str:
    """The plain text of a title or an excerpt, as a person means it.

    HTML tags are stripped, then entities are decoded, at most twice, since real documents
    escape twice; `<3`, `List<T>` and `AT&T` stay as they are. White space is folded. Nothing in it turns the direction of what
    comes after.
    """
    # Most texts need nothing: printable text has no white space except spaces, and nothing that XML forbids.
    if text.isprintable() and "&" not in text and "<" not in text and "  " not in text:
        return text.strip()
    return _plain(text)


def _plain(text: str) -> str:
    if "<" in text:
        text = _TAG.sub("", _COMMENT.sub("", text))
    return fold(_contained(printable(decode_entities(decode_entities(text)))))


def _contained(text: str) -> str:
    """`text` without what would turn the direction of the text after it (UAX 9, 2.7): embeddings and isolates that it does not
    end. Overrides, by which a name can show as another one, are dropped altogether.
    """
    opened: list[tuple[str, int]] = []
    kept: set[int] = set()
    for found in _DIRECTIONS.finditer(text):
        ending = _ENDINGS.get(found[0])
        if ending is not None:
            opened.append((ending, found.start()))
        elif opened and opened[-1][0] == found[0]:
            kept |= {opened.pop()[1], found.start()}
    return _DIRECTIONS.sub(lambda found: found[0] if found.start() in kept else "", text)


def is_clean(data: bytes) -> bool:
    """Whether `data` is ASCII that `printable` would leave unchanged. Much faster than searching."""
    return data.isascii() and len(data.translate(None, _CONTROLS)) == len(data)


@lru_cache(maxsize=10_000)
def name_key(name: str) -> str:
    """The key of a name: equal for spellings that differ only in case and white space."""
    return fold(name).casefold()


def escape(text: str, *, quote: bool = True) -> str:
    """`text` as HTML text; with `quote` also as the value of an attribute in double quotes.

    An apostrophe stays, since a reader that takes HTML for plain text would show `&#x27;`.
    """
    escaped = html.escape(text, quote=False)
    return escaped.replace('"', "&quot;") if quote else escaped


def shortened(text: str, most: int) -> str:
    """`text`, or where it has more than `most` characters, what begins it: whole words, and an ellipsis."""
    if len(text) <= most:
        return text
    cut = text[:most]
    words = cut.rpartition(" ")[0]
    return f"{words if len(words) > most * 0.8 else cut}…"
