"""Links: the address of an article by a pattern such as `/blog/:year/:month/:slug/`, as site generators have them."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from posixpath import splitext
from urllib.parse import quote

from msgspec import Struct
from slugify import slugify

from feeds.text import languages

_PLACEHOLDER = re.compile(r":([a-z][a-z_]*)")
DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)[-_]?")
_ANY_DATE = re.compile(r"(?<!\d)(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)[-/]?")
_DATE_IN_PATH = re.compile(r"(?:^|/)(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?=[/-])")
_INDEXES = frozenset({"index", "_index"})
_SLASHES = re.compile(r"/{2,}")
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][A-Za-z]{2,4})?")


class Name(Struct, frozen=True):
    """The parts of the path of a document within its source, without its suffix.

    `folder` is where it is, with a `/` at its end unless it is at the top; of an `index` in a folder of its own, the folder
    above. `stem` is its name, or that of its own folder; `rest` is `stem` without a date before it.
    """

    folder: str
    stem: str
    rest: str
    language: str | None = None
    is_index: bool = False


def name(within: str) -> Name:
    """Split the path of a document within its source."""
    folder, _, file = within.rpartition("/")
    stem = splitext(file)[0]
    before, dot, ending = stem.rpartition(".")
    language = None
    if dot and before and _LANGUAGE.fullmatch(ending) and ending[:2] in languages.CODES:
        stem, language = before, languages.tag(ending)
    is_index = stem.lower() in _INDEXES
    if is_index and folder:
        folder, _, stem = folder.rpartition("/")
    date = DATE.match(stem)
    rest = stem[date.end() :] if date else stem
    return Name(f"{folder}/" if folder else "", stem, rest or stem, language, is_index)


def date_in(within: str) -> str:
    """The date that begins the name of a document or of its own folder, or else that its folders are named by; empty if none."""
    match = DATE.match(name(within).stem) or _DATE_IN_PATH.search(within)
    return f"{match[1]}-{match[2]:0>2}-{match[3]:0>2}" if match else ""


class Facts(Struct, frozen=True):
    """The values that a link is made of. `date` is in the publisher's time zone; `own_categories` are those that the document
    itself names.
    """

    name: Name
    date: datetime
    title: str
    slug: str = ""
    path: str = ""
    categories: Sequence[str] = ()
    own_categories: Sequence[str] = ()
    language: str = ""


def _path(facts: Facts) -> str:
    # A slug is the last part of a path, or with a slash before it all of that.
    if facts.path or facts.slug.startswith("/"):
        return facts.path or facts.slug
    if facts.name.is_index and facts.name.stem.lower() in _INDEXES:
        # That of the source itself.
        return facts.slug
    if not facts.slug and not facts.name.is_index and facts.name.folder.endswith(f"{facts.name.stem}/"):
        # Eleventy takes `a/a.md` for the index of `a`.
        return facts.name.folder
    return facts.name.folder + (facts.slug or facts.name.stem)


def _dated_path(facts: Facts) -> str:
    # Docusaurus' own rule: the last date in a path becomes its first folders, and a slug takes the place of all.
    if facts.path or facts.slug:
        return facts.path or facts.slug
    path = _path(facts)
    dates = list(_ANY_DATE.finditer(path))
    if not dates:
        return path
    return f"{'/'.join(dates[-1].groups())}/{path[: dates[-1].start()]}{path[dates[-1].end() :]}"


def _file_path(facts: Facts) -> str:
    return facts.name.folder + facts.name.stem


def _undated_path(facts: Facts) -> str:
    return facts.path or (facts.slug if facts.slug.startswith("/") else facts.name.folder + (facts.slug or facts.name.rest))


_MONTHS = "january february march april may june july august september october november december".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_VALUES: Mapping[str, Callable[[Facts], str]] = {
    "year": lambda facts: f"{facts.date.year:04}",
    "month": lambda facts: f"{facts.date.month:02}",
    "day": lambda facts: f"{facts.date.day:02}",
    "short_year": lambda facts: f"{facts.date.year % 100:02}",
    "i_month": lambda facts: str(facts.date.month),
    "i_day": lambda facts: str(facts.date.day),
    "y_day": lambda facts: f"{facts.date.timetuple().tm_yday:03}",
    "month_name": lambda facts: _MONTHS[facts.date.month - 1],
    "week": lambda facts: f"{facts.date.isocalendar().week:02}",
    "short_month": lambda facts: _MONTHS[facts.date.month - 1].capitalize()[:3],
    "long_month": lambda facts: _MONTHS[facts.date.month - 1].capitalize(),
    "short_day": lambda facts: _DAYS[facts.date.weekday()][:3],
    "long_day": lambda facts: _DAYS[facts.date.weekday()],
    "weekday_name": lambda facts: _DAYS[facts.date.weekday()].lower(),
    "hour": lambda facts: f"{facts.date.hour:02}",
    "minute": lambda facts: f"{facts.date.minute:02}",
    "second": lambda facts: f"{facts.date.second:02}",
    "slug": lambda facts: facts.slug.strip("/") or facts.name.rest,
    "slug_or_title": lambda facts: facts.slug.strip("/") or facts.title,
    "filename": lambda facts: facts.name.stem,
    "undated_filename": lambda facts: facts.name.rest,
    "file_path": _file_path,
    "path": _path,
    "dated_path": _dated_path,
    "undated_path": _undated_path,
    "title": lambda facts: _slugified(facts.title),
    "section": lambda facts: facts.name.folder.partition("/")[0],
    "sections": lambda facts: facts.name.folder.strip("/"),
    "category": lambda facts: _slugified(next(iter(facts.categories), "")),
    "categories": lambda facts: "/".join(map(_slugified, facts.categories)),
    "own_categories": lambda facts: "/".join(map(_slugified, facts.own_categories)),
    "lang": lambda facts: facts.language.lower(),
}
_NOT_IN_HUGO = re.compile(r"[^\w./~+@# -]")
_NOT_IN_JEKYLL = re.compile(r"[^\w.~!$&'()+,;=@]+")
_NOT_IN_ASTRO = re.compile(r"[^\w -]")
_NOT_IN_HEXO = re.compile(r"[\s~`!@#$%^&*()\-_+=\[\]{}|\\;:\"'<>,.?]+")
_NOT_IN_PELICAN = re.compile(r"[^\w\s-]")


def _each_part(form: Callable[[str], str]) -> Callable[[str, str], str]:
    return lambda text, name: "/".join(map(form, text.split("/")))


def _slugified(text: str) -> str:
    return slugify(text, allow_unicode=True)


def _as_hugo(text: str, name: str) -> str:
    kept = _NOT_IN_HUGO.sub("", text.lower())
    if name == "path":
        return kept.replace(" ", "-")
    joined = re.sub("[ +]+", "-", kept.replace("/", "-") if "title" in name else kept)
    return joined.strip("-") if "title" in name else joined


def _as_jekyll(text: str, name: str) -> str:
    # Categories are in lowercase and no more.
    return text.lower() if name.endswith("categories") else _NOT_IN_JEKYLL.sub("-", text).strip("-")


def _as_astro(text: str) -> str:
    return _NOT_IN_ASTRO.sub("", text.lower()).replace(" ", "-")


def _as_pelican(text: str) -> str:
    return slugify(_NOT_IN_PELICAN.sub("", text), regex_pattern=r"[^-a-z0-9_]+")


def _as_hexo(text: str) -> str:
    return _NOT_IN_HEXO.sub("-", text).strip("-") or "uncategorized"


# Prefixes of a placeholder: how generators spell a text in an address. `:slugified_path` is `:path` in lowercase, with
# `-` for what is neither letter nor digit.
FORMS: Mapping[str, Callable[[str, str], str]] = {
    "slugified_": _each_part(_slugified),
    "hugo_": _as_hugo,
    "jekyll_": _as_jekyll,
    "astro_": _each_part(_as_astro),
    "pelican_": _each_part(_as_pelican),
    "zola_": _each_part(slugify),
    "hexo_": _each_part(_as_hexo),
}
PLACEHOLDERS = tuple(f":{name}" for name in _VALUES)


def unknown(pattern: str) -> tuple[str, ...]:
    """The placeholders of a pattern that mean nothing."""
    return tuple(f":{name}" for name in _PLACEHOLDER.findall(pattern) if _read(name) is None)


def has_placeholders(pattern: str) -> bool:
    """Whether a pattern has a known placeholder."""
    return any(_read(name) is not None for name in _PLACEHOLDER.findall(pattern))


def fill(pattern: str, facts: Facts) -> str:
    """The address that a pattern gives an article: a path that begins with `/`, or a whole URL."""

    def value(match: re.Match[str]) -> str:
        read = _read(match[1])
        return match[0] if read is None else quote(read(facts), safe="/~!$&'()*+,;=:@-._")

    scheme, slashes, rest = pattern.rpartition("://")
    return scheme + slashes + _SLASHES.sub("/", _PLACEHOLDER.sub(value, rest))


def _read(name: str) -> Callable[[Facts], str] | None:
    """The value of a placeholder for an article; None for an unknown placeholder."""
    for beginning, form in FORMS.items():
        if name.startswith(beginning) and name.removeprefix(beginning) in _VALUES:
            return partial(_formed, form, name.removeprefix(beginning))
    return _VALUES.get(name)


def _formed(form: Callable[[str, str], str], name: str, facts: Facts) -> str:
    # The form is made of the words themselves.
    words = {
        "title": facts.title,
        "category": next(iter(facts.categories), ""),
        "categories": "/".join(facts.categories),
        "own_categories": "/".join(facts.own_categories),
    }
    return form(words[name] if name in words else _VALUES[name](facts), name)
