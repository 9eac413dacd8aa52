"""Documents: the text of a file becomes an `Article`, or problems with their lines and fields.

Pure: bytes in, values out. Where the files are is the business of `sources`.
"""

import json
import re
import tomllib
import uuid
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from functools import cache, partial
from pathlib import PurePosixPath
from posixpath import splitext

from msgspec import Struct
from msgspec.structs import replace

from feeds.documents import aliases, ciphertext, fields, forms, links
from feeds.documents.fast_yaml import OtherwiseError, PlainFields
from feeds.documents.fast_yaml import Reader as PlainReader
from feeds.documents.fields import Report, Value, Values
from feeds.documents.forms import Form, UnendedError
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
} | {name: name for names in (*aliases.ALIASES.values(), aliases.OTHERS) for name in names}
_OURS = frozenset(_SPELLINGS.values()) - {name for names in (*aliases.ALIASES.values(), aliases.OTHERS) for name in names}
# A file that is all fields is a document if it has one of these.
_MARKS_OF_AN_ARTICLE = ("title", "excerpt", "publishedDateTime", "updatedDateTime", "webUrl", "originalUrl", "provider")
# The names of our fields.
FIELDS = tuple(sorted((*_OURS - {"secured"}, "authors")))
_plainly = cache(partial(PlainReader, _SPELLINGS))

_JSON_ESCAPE = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([dD][89a-fA-F].{2})|.)")
# Stands where a date is missing, which is reported and leaves the article out.
_UNKNOWN = datetime(1, 1, 1, tzinfo=UTC)
_DATE_IN_NAME = re.compile(r"(\d{4})[-_](\d{1,2})[-_](\d{1,2})(?!\d)")
_DATE_IN_PATH = re.compile(r"(?:^|/)(\d{4})/(\d{1,2})/(\d{1,2})(?=[/-])")
_HEADING = re.compile(r"\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\{#[^}]*\})?(?:\n|\Z)")
_MORE = re.compile(r"<!--[ \t]*(?:more|truncate)[ \t]*-->|\{/\*[ \t]*truncate[ \t]*\*/\}")
# What a body may refer to, loosely: Markdown's links and definitions, HTML's attributes. Each begins with what few texts have.
_REFERENCES = (
    re.compile(r"\]\(\s*(<[^<>\n]+|[^\s<>]+)"),
    re.compile(r"\]:\s*(<[^<>\n]+|[^\s<>]+)"),
    re.compile(r"""=(?i:(?<=(?:src|ref|ter|set|ite)=)|(?<=(?:src|ref|ter|set|ite)\s=))\s*("[^"]*|'[^']*|[^"'\s>]+)"""),
)
_ANY_SITE = "https://site.invalid"
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")


def nowhere(reference: str) -> File | None:
    """The `Locate` of a document that has no files around it."""
    return None


class SourceSettings(Struct, frozen=True):
    """What config says of all documents of a source.

    `name` ends with a slash: the beginning of their paths. `link` is the pattern of their addresses, `zone` the time zone of
    dates without an offset, `fields` more names of our fields, `authors` people by key, `defaults` values of absent fields,
    `shortcodes` templates by name.
    """

    name: str = ""
    link: str = ""
    zone: tzinfo = UTC
    fields: Mapping[str, tuple[str, ...]] = {}
    authors: Mapping[str, Person] = {}
    defaults: Mapping[str, Value] = {}
    shortcodes: Mapping[str, str] = {}
    tags_are_topics: bool = False


class Home(Struct, frozen=True):
    """What an article's addresses depend on.

    `url` is where the site is now, `first_url` where config says it is (`--base-url` moves the former alone), `id` its stable id.
    `locate` finds the files that the document refers to. `source` is what config says of the document's source.
    """

    url: str
    first_url: str
    id: str
    locate: Locate = nowhere
    source: SourceSettings = SourceSettings()


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
    form: Form = Form.YAML
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
    suffix = splitext(path)[1].lower()
    if PurePosixPath(path).name.startswith("_index."):
        # The page of a section, in Hugo and Zola.
        return None
    text = _decode(data, report)
    if text is None:
        return Text(path, report)
    if suffix in WHOLE:
        form, front, body = {".json": Form.JSON, ".toml": Form.TOML}.get(suffix, Form.YAML), text, ""
    else:
        try:
            parts = forms.split(text)
        except UnendedError as error:
            report.add(1, "", "front matter without an end", f"a line `{error}` after it")
            return Text(path, report)
        if parts is None:
            return None
        form, front, body = parts.form, parts.front, parts.body
        report.first_line = parts.first_line
    if form is Form.JSON:
        front = _json_as_yaml(front, report)
    front = ciphertext.cut(front)
    plain = None
    if form in (Form.YAML, Form.JSON):
        with suppress(OtherwiseError):
            plain = _plainly().read(front)
    line = text.count("\n", 0, len(text) - len(body)) + 1
    return Text(path, report, form, front, body, MARKUPS.get(suffix, Markup.MARKDOWN), plain, line)


def read(text: Text, home: Home) -> Reading:
    """What the document with this `text` says."""
    is_whole = splitext(text.path)[1].lower() in WHOLE
    if text.plain is not None and not is_whole:
        with suppress(OtherwiseError):
            draft = _prepare(text, text.plain, home)
            if _is_no_article(text.path, text.plain, is_whole=False):
                return Reading(text.path)
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
        found = _fields(text)
        if found is not None:
            if is_whole and _is_data(path, found):
                return Reading(path)
            draft = _prepare(text, found, home)
            if _is_no_article(path, found, is_whole=is_whole):
                return Reading(path)
            article = _article(text, found, home, draft=draft)
    except fields.TooMuchError:
        report.add(report.first_line, "", "aliases that expand without end", f"at most {fields.MOST_VALUES:,} values")
    problems = report.as_private() if draft else tuple(report.problems)
    if report.failed:
        return Reading(path, None, problems, article)
    return Reading(path, article, problems)


def _is_data(path: str, found: Values) -> bool:
    """Whether a file that is all fields is data of a site generator and no article.

    It has no field of an article, or no date and a name that Eleventy gives to the data of a folder: `blog/blog.json`.
    """
    place = PurePosixPath(path)
    is_of_folder = place.stem.endswith(".11tydata") or place.stem == place.parent.name
    marks = ("publishedDateTime", "date") if is_of_folder else _MARKS_OF_AN_ARTICLE
    return not any(name in found for name in marks)


def _fields(text: Text) -> fields.Fields | None:
    if text.form is Form.LINES:
        return fields.Fields(forms.lines_node(text.front), text.report, text.report.first_line)
    if text.form is Form.TOML:
        try:
            return fields.Fields(forms.toml_node(text.front), text.report, text.report.first_line)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            line = re.search(r"line (\d+)", str(error))
            found = f"broken TOML ({str(error).partition(' (at ')[0]})"
            text.report.add(text.report.first_line + (int(line[1]) - 1 if line else 0), "", found, "valid TOML")
            return None
    return fields.parse(text.front, text.report)


def _prepare(text: Text, found: Values, home: Home) -> bool:
    """Resolve the names of other publishers and the source's defaults. Whether the document is held back for good."""
    source = home.source
    found.zone = source.zone
    is_date = found.peek("published")[:1].isdigit()
    if source.fields or source.tags_are_topics or is_date or not found.has_only(_OURS):
        aliases.resolve(found, source.fields, tags_are_topics=source.tags_are_topics)
    for name, value in source.defaults.items():
        found.default(name, value)
    return _is_draft(text.path, found)


def _is_no_article(path: str, found: Values, *, is_whole: bool) -> bool:
    """Whether a file is something else than an article: data, a page of a section, or a stub that leads elsewhere."""
    if any(name in found for name in ("redirect", "redirect_to")) and "publishedDateTime" not in found:
        return True
    is_index = PurePosixPath(path).stem.partition(".")[0] == "index"
    return (is_whole or is_index) and not any(name in found for name in _MARKS_OF_AN_ARTICLE)


def _is_draft(path: str, found: Values) -> bool:
    if found.flag("published") is False or found.flag("removed") is True:
        return True
    if "/_drafts/" in path or found.peek("status").lower() in aliases.HELD_BACK:
        return True
    return any(found.peek(name).lower() in ("true", "yes", "on", "1") for name in ("draft", "unlisted"))


def _article(text: Text, found: Values, home: Home, *, draft: bool) -> Article:
    path, markup = text.path, text.markup
    files: dict[str, File] = {}

    find = home.locate

    def locate(reference: str) -> File | None:
        file = find(reference)
        if file is not None:
            files[reference] = file
        return file

    home = Home(home.url, home.first_url, home.id, locate, home.source)
    body = _body(text, home)
    title = plain(found.text("title", "the article's title") or "")
    if not title and "title" not in found and markup is Markup.MARKDOWN and (heading := _HEADING.match(body)):
        # Docusaurus and others take the title from the first heading.
        title, body = plain(heading[1]), body[heading.end() :].strip("\n")
    if not title:
        found.problem("title", "the article's title")
    published = found.moment("publishedDateTime") or _date_of_path(path, found) or _UNKNOWN
    provider = _provider(found.fields("provider", bare="name"), home, _authors(found, home))
    web_url = _url(found, "webUrl", home)
    original_url = _url(found, "originalUrl", home)
    embed = found.text("featuredContent") or ""
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
        url=web_url or original_url or _link(path, title, published, found, home),
        excerpt=plain(found.text("excerpt") or "") or _beginning(text, home),
        type=(found.text("type") or "").lower(),
        provider=provider,
        topics=_names(found.texts("topics")),
        category=_category(found),
        tags=_names(found.texts("tags")),
        images=images,
        embed=embed,
        body=body,
        markup=markup,
        actions=actions,
        related=_related(found.list("related", bare="webUrl", fatal=False), home),
        amp_url=_url(found, "ampWebUrl", home, fatal=False) or _url(found, "cdnAmpWebUrl", home, fatal=False),
        language=_language(path, found),
        quality=found.number("quality"),
        heat=found.number("heat"),
        expires=_expiry(found),
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
        report.add(report.first_line - 1 + error.lineno, "", f"broken JSON ({error.msg})", "valid JSON")
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
    given = found.text("id")
    for name in ("webUrl", "originalUrl"):
        given = given or _address_as_identity(found.text(name) or "", home)
    given = given or path
    if urls.is_absolute_uri(given):
        return given
    return uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, home.id), given).urn


def _address_as_identity(text: str, home: Home) -> str | None:
    # Never the site's present address: `--base-url` must not make every article a new one. An address on the site moves with
    # the site, so where config gives the site an id, its path alone identifies the article.
    if home.id != home.first_url and text.strip().startswith("/"):
        address = urls.site_address(text, _ANY_SITE)
        return address.removeprefix(_ANY_SITE) if address is not None else None
    return urls.site_address(text, home.first_url)


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
        expanded = mdx.expand(body, home.source.shortcodes)
    elif text.markup is not Markup.TEXT and shortcodes.has_any(body):
        expanded = shortcodes.expand(body, home.source.shortcodes, markdown=text.markup is Markup.MARKDOWN)
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


def _category(found: Values) -> str | None:
    names = _names(found.texts("category"))
    if len(names) > 1:
        found.problem("category", "one category; more of them are `topics`", f"{len(names)} names", fatal=False)
    return names[0] if names else None


def _link(path: str, title: str, published: datetime, found: Values, home: Home) -> str | None:
    """The address that the document's `permalink` or `url` gives, else the source's pattern."""
    pattern = home.source.link
    for name in ("permalink", "url"):
        given = found.peek(name)
        if given.startswith(("http://", "https://")):
            return urls.web_address(given)
        if "/" in given:
            pattern = f"/{given.lstrip('/')}"
            break
    if pattern == home.source.link and pattern and (own := found.peek("path")):
        # Zola's path is the whole address.
        pattern = f"/{own.strip('/')}{'/' if pattern.endswith('/') else ''}"
    if not pattern or published == _UNKNOWN or links.unknown(pattern):
        return None
    facts = links.Facts(
        path=path.removeprefix(home.source.name),
        title=title,
        published=published.astimezone(home.source.zone),
        slug=found.peek("slug") or None,
        categories=[name for item in found.texts("topics", fatal=False) if (name := plain(item))] or _one(found.peek("category")),
    )
    return urls.site_address(links.fill(pattern, facts), home.url)


def _one(text: str) -> list[str]:
    return [text] if text else []


def _beginning(text: Text, home: Home) -> str:
    """The text of a body before a mark such as `<!--more-->`."""
    match = _MORE.search(text.body)
    if match is None:
        return ""
    return plain(sanitiser.to_html(_body(replace(text, body=text.body[: match.start()]), home), text.markup))


def _expiry(found: Values) -> datetime | None:
    name = "expirydate" if "expirydate" in found else "unpublishdate"
    return found.moment(name, fatal=False) if name in found else None


def _authors(found: Values, home: Home) -> tuple[Person, ...]:
    """The authors that a document names: names, mappings, or keys into the source's file of authors."""
    if "authors" not in found:
        return ()
    known = home.source.authors
    people = []
    for author in found.list("authors", bare="name", fatal=False):
        text = plain(author.text("name", fatal=False) or "")
        names = [text] if text in known else [name for name in re.split(r"\s*,\s*|\s+and\s+", text) if name]
        for name in names or _one(plain(author.peek("key"))):
            person = known.get(name)
            url = _url(author, "url", home, fatal=False) if "url" in author else None
            people.append(person or Person(name, url))
    return tuple(people)


def _date_of_path(path: str, found: Values) -> datetime | None:
    """The date that the file's name begins with, else one such as `2026/11/22` in its path."""
    if "publishedDateTime" in found:
        return None
    match = _DATE_IN_NAME.match(PurePosixPath(path).name) or _DATE_IN_NAME.match(PurePosixPath(path).parent.name)
    match = match or _DATE_IN_PATH.search(f"{found.peek('path')}/") or _DATE_IN_PATH.search(path)
    try:
        return dates.moment("-".join(match.groups()) if match else "", found.zone)
    except ValueError:
        found.problem("publishedDateTime", "a date such as 2026-11-22T09:30:00Z, here or beginning the file's name")
        return None


def _provider(found: Values | None, home: Home, others: tuple[Person, ...]) -> Provider | None:
    if found is None:
        return Provider("", None, (), others) if others else None
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
    authors = authors or others
    if name is None:
        if authors:
            return Provider("", None, (), authors)
        return None
    return Provider(name, domain, _images(found.list("images", bare="url", fatal=False), home), authors)


def _images(found: Iterable[Values], home: Home) -> tuple[Image, ...]:
    return tuple(read for image in found if (read := _image(image, home)))


def _image(image: Values, home: Home) -> Image | None:
    for name in ("src", "image", "path", "file"):
        if "url" not in image and name in image:
            image.adopt("url", image, name)
    if "title" not in image and "alt" in image:
        image.adopt("title", image, "alt")
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


def _language(path: str, found: Values) -> str | None:
    text = found.text("locale", fatal=False) or languages.of_file(path)
    language = languages.tag(text) if text else None
    if text and language is None:
        found.problem("locale", "a language such as fr or fr-CA", fatal=False)
    return language
