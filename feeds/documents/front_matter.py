"""Documents: the text of a file becomes an `Article`, or problems with their lines and fields.

Pure: bytes in, values out. Where the files are is the business of `sources`.
"""

from contextlib import suppress
from functools import partial
from pathlib import PurePosixPath
from posixpath import basename, splitext

from msgspec import Struct

from feeds.documents import article, cascades, fields, forms
from feeds.documents.fast_yaml import OtherwiseError, PlainFields
from feeds.documents.home import Home
from feeds.documents.names import Named
from feeds.documents.places import ANY_SITE
from feeds.documents.report import Report
from feeds.documents.rules import USUAL
from feeds.documents.texts import Text, taken_apart
from feeds.documents.values import BOOLEAN, FALSE, TRUE, Values
from feeds.errors import Problem, Remark
from feeds.model import Article
from feeds.text.media_types import WHOLE

__all__ = ["Home", "Reading", "Text", "check_defaults", "read", "taken_apart"]

# A file that is all fields is a document if it has one of these.
_MARKS_OF_AN_ARTICLE = ("title", "excerpt", "publishedDateTime", "updatedDateTime", "webUrl", "originalUrl", "provider")
_HELD_BACK = frozenset({"draft", "hidden", "skip", "private", "unpublished"})
# Hugo's options for a page.
_NOT_LISTED = frozenset({"never", "false"})
_DRAFTS = "_drafts"
# Enough of a name that is not one, such as a paragraph.
_LONGEST_NAME = 60


class Reading(Struct, frozen=True):
    """The result of reading one document: an article, or None where a problem is fatal. `path` is the document's.

    `broken` is an article with a fatal problem, as far as it could be read. It is never published; previews list it.
    """

    path: str
    article: Article | None = None
    problems: tuple[Problem, ...] = ()
    broken: Article | None = None


def read(text: Text, home: Home) -> Reading:
    """Read the document with this `text`."""
    if text.passed:
        return _passed_over(text, text.passed)
    if text.plain is not None and not text.report.failed:
        with suppress(OtherwiseError):
            return _read(text, text.plain, home)
    report = text.report
    if report.failed:
        return Reading(text.path, None, tuple(report.problems))
    try:
        if "\\" not in text.front:
            # What YAML can't escape is as printable as the file is already.
            report.expand = str
        found = forms.parse(text.form, text.front, report)
        if found is not None:
            return _read(text, found, home)
    except fields.TooMuchError:
        report.add_too_much()
    return Reading(text.path, None, tuple(report.problems))


def check_defaults(given: fields.Fields) -> None:
    """Report what is wrong with fields that documents may lack, as `defaults` of a source."""
    text = Text("", Report(""))
    found = Named(PlainFields({"title": "A title", "publishedDateTime": "2026-11-22"}), USUAL.names, given)
    _is_held_back(text, found)
    article.make(text, found, Home(ANY_SITE, ANY_SITE, ANY_SITE), draft=False)


def _read(text: Text, given: Values, home: Home) -> Reading:
    """Read the document with the fields `given`. Raises OtherwiseError if these are plain and need the full reader."""
    path, report = text.path, text.report
    if splitext(path)[1].lower() in WHOLE and _is_data(path, given):
        return _passed_over(text, "data of something else")
    found = _named(text, given)
    if why := _no_article(text, found):
        return _passed_over(text, why)
    draft = _is_held_back(text, found)
    made = None
    with suppress(fields.TooMuchError):
        made = article.make(text, found, home, draft=draft)
    if made is None:
        report.add_too_much()
    problems = report.as_private() if draft else tuple(report.problems)
    if found.unread:
        names = "\n".join(map(_shortened, found.unread))
        problems += (Problem(path, report.first_line, names, "fields that are not read", "", False, draft, Remark.UNREAD),)
    if report.failed:
        return Reading(path, None, problems, made)
    return Reading(path, made, problems)


def _named(text: Text, given: Values) -> Named:
    """The fields that are `given`, then those passed by sections, then the source's defaults."""
    rules, report = text.rules, text.report
    if not rules.cascades and not rules.defaults:
        return Named(given, rules.names)
    # Both are read as the document is: where something is wrong with them, that is reported.
    alike = PlainFields if isinstance(given, PlainFields) else partial(fields.of_values, report=report)
    spellings = rules.names.spellings
    layers = [
        alike({spellings.get(name.lower(), name): value for name, value in values.items()})
        for values in cascades.inherited(rules.cascades, text.within)
    ]
    return Named(given, rules.names, alike(rules.defaults) if rules.defaults else None, layers)


def _shortened(name: str) -> str:
    name = name.replace("\n", " ")
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _is_data(path: str, found: Values) -> bool:
    """Whether a file that is all fields is data of a site generator rather than an article.

    It has no field of an article, or no date and a name that Eleventy gives to the data of a folder: `blog/blog.json`.
    """
    place = PurePosixPath(path)
    is_of_folder = place.stem.endswith(".11tydata") or place.stem == place.parent.name
    marks = ("publishedDateTime", "date") if is_of_folder else _MARKS_OF_AN_ARTICLE
    return not any(name in found for name in marks)


def _passed_over(text: Text, why: str) -> Reading:
    remark = Problem(text.path, 1, "", why, "an article", fatal=False, remark=Remark.PASSED_OVER)
    return Reading(text.path, None, (remark,))


def _no_article(text: Text, found: Named) -> str:
    """Why a document is no article; empty if it is one."""
    name = basename(text.path)
    if name.startswith("_index."):
        return "a page of a section (_index)"
    redirect = found.text("redirect", fatal=False) or ""
    if (redirect and redirect.lower() not in FALSE) or (found.text("layout", fatal=False) or "").lower().startswith("redirect"):
        return "a redirect"
    if found.written("webUrl") == "permalink" and (found.text("webUrl", fatal=False) or "").lower() == "false":
        return "no page of its own (permalink: false)"
    dated = found.written("publishedDateTime") is not None or bool(article.date_elsewhere(text, found))
    if name.startswith("index.") and found.is_blank("title") and not dated:
        return "an index without a title and a date"
    if text.rules.link and not dated and text.rules.conventions.undated_are_pages:
        # A source with a link is part of a site, whose pages are beside its articles.
        return "a page without a date"
    return ""


def _is_held_back(text: Text, found: Named) -> bool:
    published = found.text("published", "true or false")
    if published is not None and published.lower() not in BOOLEAN and not article.is_date(published):
        found.problem("published", "true or false")
    return (
        (published is not None and published.lower() in FALSE)
        or (found.text("removed", "true, false, or why it was removed") or "no").lower() not in FALSE
        or found.flag("draft") is True
        or (found.text("unlisted") or "").lower() in TRUE
        or (found.text("listed", fatal=False) or "").lower() in _NOT_LISTED
        or (found.text("rendered", fatal=False) or "").lower() in _NOT_LISTED
        or (found.text("status") or "").lower() in _HELD_BACK
        or _DRAFTS in text.within.split("/")[:-1]
    )
