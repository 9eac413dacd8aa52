"""Documents: the text of a file becomes an `Article`, or problems with their lines and fields.

Pure: bytes in, values out. Where the files are is the business of `sources`.
"""

import json
import re
import uuid
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import PurePosixPath
from posixpath import splitext

from msgspec import Struct

from feeds.documents import ciphertext, fields
from feeds.documents.fast_yaml import OtherwiseError, PlainFields
from feeds.documents.fast_yaml import Reader as PlainReader
from feeds.documents.fields import Report, Values
from feeds.errors import Problem
from feeds.markup import mdx, sanitiser, shortcodes
from feeds.model import Action, Article, File, Image, Locate, Markup, Person, Provider, Related
from feeds.text import dates, languages, urls
from feeds.text.media_types import MARKUPS, WHOLE, media_type
from feeds.text.text import is_clean, plain, printable

LARGEST = 16 * 2**20
# `Published: false` is meant as `published: false`; to pass it over would publish a draft.
_SPELLINGS = {
    name.lower(): name
    for name in (
        "title excerpt publishedDateTime updatedDateTime webUrl originalUrl id type quality heat published removed provider "
        "topics category tags images featuredContent actions related ampWebUrl cdnAmpWebUrl locale secured"
    ).split()
}
_plainly = cache(partial(PlainReader, _SPELLINGS))

OPENING = re.compile(r"---[ \t]*\n")
CLOSING = re.compile(r"\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_JSON_ESCAPE = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([dD][89a-fA-F].{2})|.)")
# Stands where a date is missing, which is reported and leaves the article out.
_UNKNOWN = datetime(1, 1, 1, tzinfo=UTC)
_DATE_IN_NAME = re.compile(r"\d{4}-\d{2}-\d{2}")
# What a body may refer to, loosely: Markdown's links and definitions, HTML's attributes. Each begins with what few texts have.
_REFERENCES = (
    re.compile(r"\]\(\s*(<[^<>\n]+|[^\s<>]+)"),
    re.compile(r"\]:\s*(<[^<>\n]+|[^\s<>]+)"),
    re.compile(r"""=(?i:(?<=(?:src|ref|ter|set|ite)=)|(?<=(?:src|ref|ter|set|ite)\s=))\s*("[^"]*|'[^']*|[^"'\s>]+)"""),
)
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")


def nowhere(reference: str) -> File | None:
    """The `Locate` of a document that has no files around it."""
    return None


class Home(Struct, frozen=True):
    """What an article's addresses depend on.

    `url` is where the site is now, `first_url` where config says it is (`--base-url` moves the former alone), `id` its stable id.
    `locate` finds the files that the document refers to. `shortcodes` are the templates that the source has for them.
    """

    url: str
    first_url: str
    id: str
    locate: Locate = nowhere
    shortcodes: Mapping[str, str] = {}


class Reading(Struct, frozen=True):
    """What came of one document: an article, or none where a problem is fatal. `path` is the document's.

    `broken` is what could be understood of an article with a fatal problem: never published, it tells where it would be.
    """

    path: str
    article: Article | None = None
    problems: tuple[Problem, ...] = ()
    broken: Article | None = None


class Text(Struct, frozen=True):
    """A document's text, taken apart. `plain` are the fields of its `front` matter where that is plain; `report` tells what is
    wrong so far. `line` is that of the body's first.
    """

    path: str
    report: Report
    front: str = ""
    body: str = ""
    markup: Markup = Markup.MARKDOWN
    plain: PlainFields | None = None
    line: int = 1


def taken_apart(path: str, data: bytes) -> Text | None:
    """The text of the document `data`; None where it is no document, such as a text without front matter.

    `path` (with its source as written, `/` between its parts) names the document in problems, decides how
    it is read, and is its identity where it has no other.
    """
    report = Report(path, spellings=_SPELLINGS)
    line = 1
    suffix = splitext(path)[1].lower()
    text = _decode(data, report)
    if text is None:
        return Text(path, report)
    if suffix in WHOLE:
        front, body = text, ""
        if suffix == ".json":
            front = _json_as_yaml(front, report)
    elif (opening := OPENING.match(text)) is None:
        return None
    elif closing := CLOSING.search(text, opening.end() - 1):
        front, body = text[opening.end() : closing.start() + 1], text[closing.end() :]
        line += text.count("\n", 0, closing.end())
        report.first_line = 2
    else:
        report.add(1, "", "front matter without an end", "a line `---` after it")
        return Text(path, report)
    front = ciphertext.cut(front)
    plain = None
    with suppress(OtherwiseError):
        plain = _plainly().read(front)
    return Text(path, report, front, body, MARKUPS.get(suffix, Markup.MARKDOWN), plain, line)


def read(text: Text, home: Home) -> Reading:
    """What the document with this `text` says."""
    if text.plain is not None:
        with suppress(OtherwiseError):
            draft = _is_draft(text.plain)
            plainly = _article(text, text.plain, home, draft=draft)
            return Reading(text.path, plainly, text.report.as_private() if draft else tuple(text.report.problems))
    path, report = text.path, text.report
    if report.failed:
        return Reading(path, None, tuple(report.problems))
    draft, article = False, None
    try:
        if "\\" not in text.front:
            # What YAML can't escape is as printable as the file is already.
            report.expand = str
        found = fields.parse(text.front, report)
        if found is not None:
            draft = _is_draft(found)
            article = _article(text, found, home, draft=draft)
    except fields.TooMuchError:
        report.add(report.first_line, "", "aliases that expand without end", f"at most {fields.MOST_VALUES:,} values")
    problems = report.as_private() if draft else tuple(report.problems)
    if report.failed:
        return Reading(path, None, problems, article)
    return Reading(path, article, problems)


def _is_draft(found: Values) -> bool:
    return found.flag("published") is False or found.flag("removed") is True


def _article(text: Text, found: Values, home: Home, *, draft: bool) -> Article:
    path, markup = text.path, text.markup
    files: dict[str, File] = {}

    find = home.locate

    def locate(reference: str) -> File | None:
        file = find(reference)
        if file is not None:
            files[reference] = file
        return file

    home = Home(home.url, home.first_url, home.id, locate, home.shortcodes)
    title = plain(found.text("title", "the article's title") or "")
    if not title:
        found.problem("title", "the article's title")
    published = found.moment("publishedDateTime") or _date_of_name(path, found) or _UNKNOWN
    provider = _provider(found.fields("provider", bare="name"), home)
    web_url = _url(found, "webUrl", home)
    original_url = _url(found, "originalUrl", home)
    embed = found.text("featuredContent") or ""
    body = _body(text, home)
    images = _images(found.list("images", bare="url", fatal=False), home)
    actions = _actions(found.list("actions", bare="url", fatal=False), home)
    if not text.report.failed:
        _locate_in_body(f"{embed}\n{body}", markup, find, home.locate)
    return Article(
        path=path,
        id=_identity(path, found, home),
        title=title,
        published=published,
        updated=found.moment("updatedDateTime") or published,
        url=web_url or original_url,
        excerpt=plain(found.text("excerpt") or ""),
        type=(found.text("type") or "").lower(),
        provider=provider,
        topics=_names(found.texts("topics")),
        category=next(iter(_names(found.texts("category"))), None),
        tags=_names(found.texts("tags")),
        images=images,
        embed=embed,
        body=body,
        markup=markup,
        actions=actions,
        related=_related(found.list("related", bare="webUrl", fatal=False), home),
        amp_url=_url(found, "ampWebUrl", home, fatal=False) or _url(found, "cdnAmpWebUrl", home, fatal=False),
        language=_language(found),
        quality=found.number("quality"),
        heat=found.number("heat"),
        draft=draft,
        files=tuple(sorted(files.items())),
    )


def _decode(data: bytes, report: Report) -> str | None:
    if len(data) > LARGEST:
        report.add(1, "", f"{len(data):,} bytes", f"at most {LARGEST:,}")
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


def _json_as_yaml(text: str, report: Report) -> str:
    """JSON as the YAML that it nearly is, so that its fields keep their lines: libyaml knows no pair of surrogates."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        report.add(error.lineno, "", f"broken JSON ({error.msg})", "valid JSON")
        return ""
    except (RecursionError, ValueError):
        report.add(1, "", "values nested too deeply or too long", "plain JSON")
        return ""

    def one_character(match: re.Match[str]) -> str:
        if match[1]:
            return bytes.fromhex(match[1] + match[2]).decode("utf-16-be")
        return "" if match[3] else match[0]

    return _JSON_ESCAPE.sub(one_character, text)


def _identity(path: str, found: Values, home: Home) -> str:
    # Never the site's present address: `--base-url` must not make every article a new one.
    given = found.text("id")
    for name in ("webUrl", "originalUrl"):
        given = given or urls.site_address(found.text(name) or "", home.first_url)
    given = given or path
    if urls.is_absolute_uri(given):
        return given
    return uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, home.id), given).urn


def _url(found: Values, name: str, home: Home, *, fatal: bool = True) -> str | None:
    text = found.text(name, "an http or https URL", fatal=fatal)
    url = urls.site_address(text, home.url) if text else None
    if text and url is None:
        # A path that means nothing here is a slip, not another kind of URL: the rest of the article stands.
        found.problem(name, "an http or https URL", fatal=fatal and not urls.is_relative(text))
    return url


def _file_or_url(found: Values, home: Home) -> tuple[str | None, File | None]:
    """The field `url` of a picture or a file: a file of the source folder, with its address, or else a URL."""
    text = found.text("url", "an http or https URL", fatal=False)
    file = home.locate(text) if text and urls.is_relative(text) else None
    if file is not None:
        return file.url, file
    url = urls.site_address(text, home.url) if text else None
    if url is None:
        relative = text is not None and urls.is_relative(text)
        expected = "a file beside the document or in its source folder" if relative else "an http or https URL"
        found.problem("url", expected, fatal=False)
    return url, None


def _body(text: Text, home: Home) -> str:
    """The document's body, its shortcodes replaced."""
    body = text.body
    expanded = None
    if text.markup is Markup.MARKDOWN and mdx.is_mdx(text.path, body):
        expanded = mdx.expand(body, home.shortcodes)
    elif text.markup is not Markup.TEXT and shortcodes.has_any(body):
        expanded = shortcodes.expand(body, home.shortcodes, markdown=text.markup is Markup.MARKDOWN)
    if expanded is not None:
        for name in expanded.unknown:
            place = re.search(rf"(?:<|\{{[{{%][<%]?|\{{)[-\s]*(?:include\w*\s+)?\W?{re.escape(name)}\b", body)
            line = text.line + (body.count("\n", 0, place.start()) if place else 0)
            expected = "one that the source's `shortcodes` has a template for: only the text within is kept"
            text.report.add(line, "body", f"the shortcode or component {name!r}", expected, fatal=False)
        body = expanded.text
    return body.strip("\n")


def _locate_in_body(body: str, markup: Markup, find: Locate, locate: Locate) -> None:
    """Locate the files that a body refers to.

    Few bodies refer to any. So a body becomes HTML only where something in it looks like a file's name, and is read as
    readers see it only where one of these is a file indeed.
    """
    if not any(_may_be_file(text.lstrip("<\"'")) for pattern in _REFERENCES for text in pattern.findall(body)):
        return
    html = sanitiser.to_html(body, markup)
    if any(find(text) for text in sanitiser.likely_references(html) if urls.is_relative(text)):
        for reference in sanitiser.references(html):
            if urls.is_relative(reference):
                locate(reference)


def _may_be_file(reference: str) -> bool:
    """Whether a URL may be that of a file beside the document, whose name tells its kind."""
    return "." in reference.lstrip("./") and reference[0] != "#" and urls.is_relative(reference)


def _names(texts: Iterable[str]) -> tuple[str, ...]:
    """Names without their entities and doubled spaces, each once (in whatever case), as first written."""
    first: dict[str, str] = {}
    for text in texts:
        if name := plain(text):
            first.setdefault(name.casefold(), name)
    return tuple(first.values())


def _date_of_name(path: str, found: Values) -> datetime | None:
    if "publishedDateTime" in found:
        return None
    match = _DATE_IN_NAME.match(PurePosixPath(path).name)
    try:
        return dates.moment(match[0] if match else "")
    except ValueError:
        found.problem("publishedDateTime", "a date such as 2026-11-22T09:30:00Z, here or beginning the file's name")
        return None


def _provider(found: Values | None, home: Home) -> Provider | None:
    if found is None:
        return None
    domain = None
    if text := found.text("domain", "a domain such as example.org"):
        domain = urls.domain(text)
        if domain is None:
            found.problem("domain", "a domain such as example.org")
    name = plain(found.text("name") or "") or domain
    authors = tuple(
        Person(author_name, _url(author, "url", home, fatal=False), _url(author, "avatar", home, fatal=False))
        for author in found.list("authors", bare="name", fatal=False)
        if (author_name := plain(author.text("name", fatal=False) or ""))
    )
    if name is None:
        if authors:
            return Provider("", None, (), authors)
        return None
    return Provider(name, domain, _images(found.list("images", bare="url", fatal=False), home), authors)


def _images(found: Iterable[Values], home: Home) -> tuple[Image, ...]:
    return tuple(read for image in found if (read := _image(image, home)))


def _image(image: Values, home: Home) -> Image | None:
    url, file = _file_or_url(image, home)
    if url is None:
        return None
    width, height = image.count("width", fatal=False) or None, image.count("height", fatal=False) or None
    return Image(
        url,
        file.width or width if file else width,
        file.height or height if file else height,
        plain(image.text("title", fatal=False) or ""),
        plain(image.text("attribution", fatal=False) or ""),
        file.media_type if file else media_type(url),
        file.size if file else None,
    )


def _actions(found: Iterable[Values], home: Home) -> tuple[Action, ...]:
    return tuple(read for action in found if (read := _action(action, home)))


def _action(action: Values, home: Home) -> Action | None:
    url, file = _file_or_url(action, home)
    if url is None:
        return None
    size = action.count("size", fatal=False)
    return Action(
        url,
        plain(action.text("title", fatal=False) or action.text("name", fatal=False) or ""),
        file.media_type if file else _media_type(action.text("type", fatal=False), url),
        _seconds(action),
        file.size if file else size,
    )


def _related(found: Iterable[Values], home: Home) -> tuple[Related, ...]:
    return tuple(
        Related(
            plain(link.text("title", fatal=False) or "") or url,
            url,
            plain(link.text("excerpt", fatal=False) or ""),
            _name_of(link.fields("provider", bare="name", fatal=False)),
            link.moment("publishedDateTime", fatal=False),
        )
        for link in found
        if (url := _needed_url(link, "webUrl" if "webUrl" in link else "originalUrl", home))
    )


def _name_of(provider: Values | None) -> str:
    if provider is None:
        return ""
    return plain(provider.text("name", fatal=False) or provider.text("domain", fatal=False) or "")


def _needed_url(found: Values, name: str, home: Home) -> str | None:
    if name not in found:
        found.problem(name, "an http or https URL", fatal=False)
    return _url(found, name, home, fatal=False)


def _media_type(text: str | None, url: str) -> str | None:
    """The media type that `text` is, or else the one that the URL's ending tells."""
    if text and _MEDIA_TYPE.fullmatch(text.lower()):
        return text.lower()
    return media_type(url) or {"audio": "audio/mpeg", "video": "video/mp4"}.get((text or "").lower())


def _seconds(action: Values) -> int | None:
    text = action.text("length", fatal=False)
    if text is None:
        return None
    try:
        return dates.seconds(text)
    except ValueError:
        action.problem("length", "a length of time such as PT4M13S", fatal=False)
        return None


def _language(found: Values) -> str | None:
    text = found.text("locale", fatal=False)
    language = languages.tag(text) if text else None
    if text and language is None:
        found.problem("locale", "a language such as fr or fr-CA", fatal=False)
    return language
