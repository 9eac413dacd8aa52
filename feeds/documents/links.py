"""Links by pattern: the address of an article that names none, from its source's `link`, such as `/blog/:year/:slug/`."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePosixPath

from msgspec import Struct

from feeds.text.slugs import slug as slug_of

PLACEHOLDERS = (
    *("year", "month", "day", "i_month", "i_day", "short_year", "y_day", "hour", "minute", "second"),
    *("slug", "filename", "path", "dated_path", "title", "section", "sections", "category", "categories"),
)
_MOMENTS = {"year": "%Y", "month": "%m", "day": "%d", "short_year": "%y", "y_day": "%j"} | {
    "hour": "%H",
    "minute": "%M",
    "second": "%S",
}
_PLACEHOLDER = re.compile(r":([a-z_]+)")
_DATE_IN_NAME = re.compile(r"\d{4}-\d{1,2}-\d{1,2}[-_]?")
_LANGUAGE_SUFFIX = re.compile(r"\.[a-z]{2}(?:-[A-Za-z]{2})?\Z")


class Facts(Struct, frozen=True):
    """What a link is made of. `path` is the document's below its source, with its suffix; `published` is in the source's time."""

    path: str
    title: str
    published: datetime
    slug: str | None = None
    categories: Sequence[str] = ()


def unknown(pattern: str) -> list[str]:
    """The placeholders of `pattern` that mean nothing."""
    return [name for name in _PLACEHOLDER.findall(pattern) if name not in PLACEHOLDERS]


def fill(pattern: str, facts: Facts) -> str:
    """The address that `pattern` gives an article."""
    return re.sub(r"(?<!:)/{2,}", "/", _PLACEHOLDER.sub(lambda match: _value(match[1], facts), pattern))


def stem(path: str) -> str:
    """The name of a document without its date, suffix and language: a folder's name for `index.*`."""
    file = PurePosixPath(path)
    name = _LANGUAGE_SUFFIX.sub("", file.stem)
    if name == "index" and len(file.parts) > 1:
        name = file.parts[-2]
    return _DATE_IN_NAME.sub("", name, count=1) if _DATE_IN_NAME.match(name) else name


def _path(facts: Facts) -> str:
    file = PurePosixPath(facts.path)
    name = _LANGUAGE_SUFFIX.sub("", file.stem)
    # Eleventy takes `a/a.md` for the index of `a`.
    is_index = name in ("index", file.parent.name)
    own = "/".join((*file.parts[:-1], *(() if is_index else (name,))))
    parts = own.strip("/").replace(" ", "-").split("/")
    if facts.slug:
        parts[-1] = facts.slug.strip("/")
    return "/".join(parts)


def _as_folders(match: re.Match[str]) -> str:
    return match[0].rstrip("-_").replace("-", "/") + "/"


def _value(name: str, facts: Facts) -> str:
    moment, file = facts.published, PurePosixPath(facts.path)
    folders = file.parts[:-1]
    is_index = _LANGUAGE_SUFFIX.sub("", file.stem) == "index"
    match name:
        case "slug":
            return (facts.slug or stem(facts.path)).strip("/").replace(" ", "-")
        case "filename":
            return (folders[-1] if is_index and folders else _LANGUAGE_SUFFIX.sub("", file.stem)).replace(" ", "-")
        case "path":
            return _path(facts)
        case "dated_path":
            # Docusaurus' own rule: a date that a name begins with becomes folders, and a slug takes the place of all.
            return facts.slug.strip("/") if facts.slug else _DATE_IN_NAME.sub(_as_folders, _path(facts), count=1)
        case "title":
            return slug_of(facts.title)
        case "section":
            return folders[0] if folders else ""
        case "sections":
            return "/".join(folders[:-1] if is_index else folders)
        case "category":
            return slug_of(facts.categories[0]) if facts.categories else ""
        case "categories":
            return "/".join(map(slug_of, facts.categories))
    if name in ("i_month", "i_day"):
        return str(moment.month if name == "i_month" else moment.day)
    return moment.strftime(_MOMENTS[name])
