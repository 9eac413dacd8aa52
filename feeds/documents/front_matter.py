"""Documents: the text of a file becomes an `Article`, or problems with their lines and fields.

Pure: bytes in, values out. Where the files are is the business of `sources`.
"""

import re
import uuid
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import PurePosixPath
from posixpath import basename, splitext

from msgspec import Struct
from msgspec.structs import replace

from feeds.documents import ciphertext, fields, forms, links
from feeds.documents.fast_yaml import OtherwiseError, PlainFields
from feeds.documents.fields import FALSE, TRUE, Report, Values
from feeds.documents.forms import Form
from feeds.documents.names import Named
from feeds.documents.rules import USUAL, Rules
from feeds.errors import Problem, Remark
from feeds.markup import mdx, sanitiser, shortcodes
from feeds.model import Action, Article, Correction, File, Image, Locate, Markup, Person, Provider, Related
from feeds.text import dates, languages, urls
from feeds.text.media_types import MARKUPS, UNREADABLE, WHOLE, media_type
from feeds.text.text import is_clean, plain, printable

LARGEST = 16 * 2**20
# A file that is all fields is a document if it has one of these.
_MARKS_OF_AN_ARTICLE = ("title", "excerpt", "publishedDateTime", "updatedDateTime", "webUrl", "originalUrl", "provider")
# Stands where a date is missing, which is reported and leaves the article out.
_UNKNOWN = datetime(1, 1, 1, tzinfo=UTC)
_DATE = "a date such as 2026-11-22T09:30:00Z, here or beginning the file's name"
_HELD_BACK = frozenset({"draft", "hidden", "skip", "private", "unpublished"})
_DRAFTS = "_drafts"
# What cuts a lead off the rest of a body.
_MORE = re.compile(r"<!--\s*(?:more|truncate|excerpt)\s*-->|\{/\*\s*(?:more|truncate)\s*\*/\}", re.IGNORECASE)
# An address that a template fills in, or the name of a form of addresses (Jekyll).
_TEMPLATE = re.compile(r"\{\{|\{%|\A(?:date|pretty|ordinal|weekdate|none)\Z")
_HEADING = re.compile(r"\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\{#[^}]*\})?(?:\n|\Z)")
_INDEX_PAGE = re.compile(r"(?:^|/)index\.html?\Z")
# What may be the address, the description and the credit of a picture; the address and the portrait of an author.
_PICTURE = ("url", "src", "path", "image", "file", "href", "source", "publicURL")
_CAPTION, _CREDIT = ("title", "alt", "caption"), ("attribution", "credit", "credits")
_HOMEPAGE = ("url", "web", "website", "homepage", "link", "uri", "site")
_PORTRAIT = ("avatar", "image_url", "imageURL", "picture", "photo", "image")
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*")
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


class Home(Struct, frozen=True):
    """What an article's addresses depend on.

    `url` is where the site is now, `first_url` where config says it is (`--base-url` moves the former alone), `id` its stable id.
    `locate` finds the files that the document refers to.
    """

    url: str
    first_url: str
    id: str
    locate: Locate = nowhere


class Reading(Struct, frozen=True):
    """What came of one document: an article, or none where a problem is fatal. `path` is the document's.

    `broken` is what could be understood of an article with a fatal problem: never published, it tells where it would be.
    """

    path: str
    article: Article | None = None
    problems: tuple[Problem, ...] = ()
    broken: Article | None = None


class Text(Struct, frozen=True):
    """A document's text, taken apart, to be read by `rules`. `plain` are the fields of its `front` matter where that is plain;
    `report` tells what is wrong so far. `passed` says why a file is no document of ours, if it is none.
    `line` is that of the body's first.
    """

    path: str
    report: Report
    rules: Rules = USUAL
    form: Form = Form.YAML
    front: str = ""
    body: str = ""
    markup: Markup = Markup.MARKDOWN
    plain: PlainFields | None = None
    passed: str = ""
    line: int = 1

    @property
    def within(self) -> str:
        """The document's path within its source."""
        return self.path.removeprefix(self.rules.root)


def taken_apart(path: str, data: bytes, rules: Rules = USUAL) -> Text:
    """The text of the document `data`, to be read by `rules`.

    `path` (with its source as written, `/` between its parts) names the document in problems, decides how
    it is read, and is its identity where it has no other.
    """
    report = Report(path, spellings=rules.names.spellings)
    suffix = splitext(path)[1].lower()
    if suffix in UNREADABLE:
        return Text(path, report, rules, passed=f"a kind of document that Feeds can't read ({suffix})")
    text = _decode(data, report)
    if text is None:
        return Text(path, report, rules)
    if suffix in WHOLE:
        parts: forms.Parts | None = forms.Parts(forms.WHOLE[suffix], text)
    else:
        try:
            parts = forms.split(text)
        except forms.NoEndError as error:
            report.add(error.line, "", "front matter without an end", f"a line `{error.fence}` after it")
            return Text(path, report, rules)
    if parts is None:
        return Text(path, report, rules, passed="no front matter")
    report.first_line = parts.line
    front = ciphertext.cut(parts.front)
    plain = None
    if parts.form is Form.YAML:
        with suppress(OtherwiseError):
            plain = rules.names.plain_reader.read(front)
    markup = MARKUPS.get(suffix, Markup.MARKDOWN)
    return Text(path, report, rules, parts.form, front, parts.body, markup, plain, line=parts.body_line)


def read(text: Text, home: Home) -> Reading:
    """What the document with this `text` says."""
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
        report.add(report.first_line, "", "aliases that expand without end", f"at most {fields.MOST_VALUES:,} values")
    return Reading(text.path, None, tuple(report.problems))


def check_defaults(given: fields.Fields) -> None:
    """Report what is wrong with fields that documents may lack, as `defaults` of a source."""
    text = Text("", Report(""))
    found = Named(PlainFields({"title": "A title", "publishedDateTime": "2026-11-22"}), USUAL.names, given)
    _is_held_back(text, found)
    _article(text, found, Home(_ANY_SITE, _ANY_SITE, _ANY_SITE), draft=False)


def person(found: Values, key: str) -> Person:
    """Someone of an authors file, called by `key` where nothing is said of a name."""
    name = _text_among(found, ("name", "title", "display_name", "displayName")) or key
    return Person(name, _address_among(found, _HOMEPAGE), _address_among(found, _PORTRAIT))


def _read(text: Text, given: Values, home: Home) -> Reading:
    """What the document with the fields that are `given` says. Raises OtherwiseError where these are plain and it is to be read
    otherwise.
    """
    path, report = text.path, text.report
    if splitext(path)[1].lower() in WHOLE and _is_data(path, given):
        return _passed_over(text, "data of something else")
    found = Named(given, text.rules.names, text.rules.defaults)
    if why := _no_article(text, found):
        return _passed_over(text, why)
    draft = _is_held_back(text, found)
    article = None
    with suppress(fields.TooMuchError):
        article = _article(text, found, home, draft=draft)
    if article is None:
        report.add(report.first_line, "", "aliases that expand without end", f"at most {fields.MOST_VALUES:,} values")
    problems = report.as_private() if draft else tuple(report.problems)
    if found.unread:
        names = "\n".join(found.unread)
        problems += (Problem(path, report.first_line, names, "fields that are not read", "", False, draft, Remark.UNREAD),)
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
    if name.startswith("index.") and found.is_blank("title") and found.is_blank("publishedDateTime"):
        return "an index without a title and a date"
    if text.rules.link and found.written("publishedDateTime") is None and not _date_elsewhere(text, found):
        # A source with a link is part of a site, whose pages are beside its articles.
        return "a page without a date"
    return ""


def _is_held_back(text: Text, found: Named) -> bool:
    published = found.text("published", "true or false")
    if published is not None and published.lower() not in TRUE | FALSE and _moment(published) is None:
        found.problem("published", "true or false")
    return (
        (published is not None and published.lower() in FALSE)
        or (found.text("removed", "true, false, or why it was removed") or "no").lower() not in FALSE
        or found.flag("draft") is True
        or (found.text("unlisted") or "").lower() in TRUE
        or (found.text("status") or "").lower() in _HELD_BACK
        or _DRAFTS in text.within.split("/")[:-1]
    )


def _why_removed(found: Named) -> str:
    text = found.text("removed") or ""
    return "" if text.lower() in TRUE | FALSE else plain(text)


def _moment(text: str) -> datetime | None:
    try:
        return dates.moment(text)
    except ValueError:
        return None


def _article(text: Text, found: Named, home: Home, *, draft: bool) -> Article:
    path, markup, rules = text.path, text.markup, text.rules
    files: dict[str, File] = {}

    find = home.locate

    def locate(reference: str) -> File | None:
        file = find(reference)
        if file is not None:
            files[reference] = file
        return file

    home = Home(home.url, home.first_url, home.id, locate)
    name = links.name(text.within)
    body = _body(text)
    title = plain(found.text("title", "the article's title") or "")
    if "title" not in found and markup is Markup.MARKDOWN and (heading := _HEADING.match(body)):
        # Docusaurus and others take the title from the first heading.
        title, body = plain(heading[1]), body[heading.end() :].strip("\n")
    if not title:
        found.problem("title", "the article's title")
    written = _written_date(text, found)
    published = _published(found, written, rules)
    corrections = _corrections(found, rules)
    updated = found.moment("updatedDateTime", rules.zone or UTC) or published or _UNKNOWN
    topics, tags = _names(found.texts("topics")), _names(found.texts("tags"))
    if rules.names.tags_are_topics:
        topics = _names((*topics, *tags))
    category = _category(found) or _folder_as_category(text)
    facts = partial(_facts, found, name, written, rules, title, category, topics)
    address = _address(found, rules.link, facts)
    web_url = _url_of(found, "webUrl", address, home)
    original_url = _url(found, "originalUrl", home)
    if web_url is None and original_url is None and rules.link:
        web_url = urls.site_address(_linked(rules, facts()), home.url)
    embed = found.text("featuredContent") or ""
    images = _images(found.list("images", bare="url", fatal=False), home) or _resources(found, home)
    actions = _actions(found.list("actions", bare="url", fatal=False), home)
    if not text.report.failed:
        _locate_in_body(f"{embed}\n{body}", markup, find, home.locate)
    return Article(
        path=path,
        id=_identity(path, found, address, home),
        title=title,
        published=published or _UNKNOWN,
        updated=max((updated, *(each.date for each in corrections if each.date is not None))),
        url=web_url or original_url,
        excerpt=plain(found.text("excerpt") or "") or _lead(text),
        type=(found.text("type") or "").lower(),
        provider=_provider(found, rules, home),
        topics=topics,
        category=category,
        tags=tags,
        images=images,
        embed=embed,
        body=body,
        markup=markup,
        actions=actions,
        related=_related(found.list("related", bare="webUrl", fatal=False), home),
        amp_url=_url(found, "ampWebUrl", home, fatal=False) or _url(found, "cdnAmpWebUrl", home, fatal=False),
        language=_language(found) or name.language,
        quality=found.number("quality"),
        heat=found.number("heat"),
        expires=found.moment("expires", rules.zone or UTC),
        draft=draft,
        files=tuple(sorted(files.items())),
        given_id=found.text("id") or "",
        corrections=corrections,
        why_removed=_why_removed(found) if draft else "",
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


def _identity(path: str, found: Values, address: str, home: Home) -> str:
    given = found.text("id") or _address_as_identity(address, home)
    given = given or _address_as_identity(found.text("originalUrl") or "", home) or path
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


def _address(found: Named, link: str, facts: Callable[[], links.Facts | None]) -> str:
    """Where to read an article as it says itself: a URL, or a path on the site. Empty where it does not."""
    text = found.text("webUrl", "an http or https URL") or ""
    if found.written("webUrl") != "webUrl" and text:
        # As the tool that has this name means it.
        if _TEMPLATE.search(text):
            text = ""
        elif links.has_placeholders(text):
            known = facts()
            text = links.fill(text, known) if known is not None else ""
        if text and urls.is_relative(text):
            text = "/" + _INDEX_PAGE.sub("/", text).lstrip("/")
            if found.written("webUrl") == "url" and link.endswith("/") and "." not in basename(text):
                # Hugo's `url`, in a site whose addresses end with a slash.
                text = f"{text.rstrip('/')}/"
    return text


def _linked(rules: Rules, facts: links.Facts | None) -> str:
    """Where to read an article by the pattern of its source; empty where it has none."""
    if not rules.link or facts is None:
        return ""
    # Zola's path is the whole address.
    pattern = f"/:path{'/' if rules.link.endswith('/') else ''}" if facts.path else rules.link
    return links.fill(pattern, facts)


def _facts(
    found: Named, name: links.Name, written: str, rules: Rules, title: str, category: str | None, topics: tuple[str, ...]
) -> links.Facts | None:
    """What a link is made of; None where there is no date, which is reported."""
    try:
        date = dates.local(written, rules.zone)
    except ValueError:
        return None
    slug, path = found.text("slug", fatal=False) or "", found.text("path", fatal=False) or ""
    return links.Facts(name, date, title, slug, path, category or "", topics or ((category,) if category else ()))


def _url(found: Values, name: str, home: Home, *, fatal: bool = True) -> str | None:
    return _url_of(found, name, found.text(name, "an http or https URL", fatal=fatal), home, fatal=fatal)


def _url_of(found: Values, name: str, text: str | None, home: Home, *, fatal: bool = True) -> str | None:
    url = urls.site_address(text, home.url) if text else None
    if text and url is None:
        # A path that means nothing here is a slip, not another kind of URL: the rest of the article stands.
        found.problem(name, "an http or https URL", fatal=fatal and not urls.is_relative(text))
    return url


def _file_or_url(found: Values, home: Home, name: str = "url") -> tuple[str | None, File | None]:
    """The address of a picture or a file: a file of the source folder, with its address, or else a URL."""
    text = found.text(name, "an http or https URL", fatal=False)
    file = home.locate(text) if text and urls.is_relative(text) else None
    if file is not None:
        return file.url, file
    url = urls.site_address(text, home.url) if text else None
    if url is None:
        relative = text is not None and urls.is_relative(text)
        expected = "a file beside the document or in its source folder" if relative else "an http or https URL"
        found.problem(name, expected, fatal=False)
    return url, None


def _body(text: Text) -> str:
    """The document's body, its shortcodes replaced."""
    body = text.body
    expanded = None
    if text.markup is Markup.MARKDOWN and mdx.is_mdx(text.path, body):
        expanded = mdx.expand(body, text.rules.shortcodes)
    elif text.markup is not Markup.TEXT and shortcodes.has_any(body):
        expanded = shortcodes.expand(body, text.rules.shortcodes, markdown=text.markup is Markup.MARKDOWN)
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


def _folder_as_category(text: Text) -> str | None:
    """The folder of a document with `Key: value` lines: Pelican takes it for the category."""
    return text.within.split("/")[-2] if text.form is Form.LINES and "/" in text.within else None


def _written_date(text: Text, found: Named) -> str:
    """The date of an article as written: in the document, or else in its name or the folders that it is in. Empty if there is
    none, which is reported.
    """
    if not found.is_blank("publishedDateTime"):
        return found.text("publishedDateTime", _DATE) or ""
    date = _date_elsewhere(text, found)
    if _moment(date) is None:
        found.problem("publishedDateTime", _DATE)
        return ""
    return date


def _date_elsewhere(text: Text, found: Named) -> str:
    """The date of a document that has no field of its own for it: in `published`, its name, or a path. Empty if there is none."""
    published = found.text("published", fatal=False) or ""
    if published and published.lower() not in TRUE | FALSE:
        return published
    return links.date_in(text.within) or links.date_in(f"{found.text('path', fatal=False) or ''}/")


def _published(found: Named, written: str, rules: Rules) -> datetime | None:
    zone = rules.zone or UTC
    try:
        published = dates.moment(written, zone) if written else None
    except ValueError:
        found.problem("publishedDateTime", _DATE)
        return None
    later = found.moment("later", zone)
    return max(published, later) if published and later else published


def _corrections(found: Named, rules: Rules) -> tuple[Correction, ...]:
    notes = found.list("correction", bare="text", fatal=False)
    read = [(plain(note.text("text", fatal=False) or ""), note.moment("date", rules.zone or UTC, fatal=False)) for note in notes]
    return tuple(Correction(text, date) for text, date in read if text)


def _lead(text: Text) -> str:
    """The text above the mark that an author put below the lead."""
    mark = _MORE.search(text.body) if "<!--" in text.body or "{/*" in text.body else None
    return plain(sanitiser.to_html(_body(replace(text, body=text.body[: mark.start()])), text.markup)) if mark else ""


def _provider(found: Named, rules: Rules, home: Home) -> Provider | None:
    given = found.fields("provider", bare="name")
    authors = _people(found, "authors", rules, home)
    if len(authors) == 1 and "authorUrl" in found and authors[0].url is None:
        # Docusaurus has fields beside the author's name.
        authors = (Person(authors[0].name, _url(found, "authorUrl", home, fatal=False), _url(found, "authorAvatar", home)),)
    if given is None:
        return Provider("", None, (), authors) if authors else None
    domain = None
    if text := given.text("domain", "a domain such as example.org"):
        domain = urls.domain(text)
        if domain is None:
            given.problem("domain", "a domain such as example.org")
    name = plain(given.text("name") or "") or domain
    authors = _people(given, "authors", rules, home) or authors
    if name is None:
        return Provider("", None, (), authors) if authors else None
    return Provider(name, domain, _images(given.list("images", bare="url", fatal=False), home), authors)


def _people(found: Values, name: str, rules: Rules, home: Home) -> tuple[Person, ...]:
    """The authors in the field `name`: names, keys of the source's authors, or mappings."""
    people: list[Person] = []
    for author in found.list(name, bare="name", fatal=False):
        written = plain(author.text("name", fatal=False) or "")
        key = author.text("key", fatal=False) or written
        known = rules.authors.get(key.casefold())
        url, avatar = _url_among(author, _HOMEPAGE, home), _url_among(author, _PORTRAIT, home)
        if known is not None:
            people.append(Person(known.name, url or known.url, avatar or known.avatar))
        elif url or avatar:
            people.append(Person(written, url, avatar))
        else:
            people += _people_in(found, name, written, rules)
    # What tools put in place of a name, such as `-`, is none.
    return tuple(dict.fromkeys(person for person in people if any(map(str.isalnum, person.name))))


def _people_in(found: Values, name: str, text: str, rules: Rules) -> Iterable[Person]:
    """The authors in a text such as `a, b`."""
    for part in filter(None, (part.strip() for part in re.split(r"[,;]|\s+and\s+", text))):
        known = rules.authors.get(part.casefold())
        if known is None and rules.authors and _KEY.fullmatch(part):
            found.problem(name, "a key of the source's authors file, or a name", repr(part), fatal=False)
        yield known or Person(part)


def _url_among(found: Values, names: Iterable[str], home: Home) -> str | None:
    """The URL in the first of some fields that has one."""
    texts = (found.text(name, fatal=False) for name in names)
    return next((url for text in texts if text and (url := urls.site_address(text, home.url))), None)


def _address_among(found: Values, names: Iterable[str]) -> str | None:
    """The whole URL in the first of some fields that has one: no site is known that a path could be on."""
    texts = (found.text(name, fatal=False) for name in names)
    return next((url for text in texts if text and (url := urls.web_address(text))), None)


def _text_among(found: Values, names: Iterable[str]) -> str:
    return next((text for name in names if (text := plain(found.text(name, fatal=False) or ""))), "")


def _resources(found: Values, home: Home) -> tuple[Image, ...]:
    """The first picture among the `resources` of a page (Hugo)."""
    for resource in found.list("resources", bare="src", fatal=False):
        source = resource.text("src", fatal=False) or ""
        file = home.locate(source) if urls.is_relative(source) else None
        if file is not None and file.media_type.startswith("image/"):
            return (_picture(resource, file.url, file),)
    return ()


def _images(found: Iterable[Values], home: Home) -> tuple[Image, ...]:
    return tuple(read for image in found if (read := _image(image, home)))


def _image(image: Values, home: Home) -> Image | None:
    name = next((name for name in _PICTURE if not image.is_blank(name)), "url")
    text = image.text(name, fatal=False) or ""
    if text.lower() in TRUE | FALSE or (not text and any(each in image.names() for each in (*_PICTURE, *_CAPTION))):
        # `cover: false`, `image: {url: ""}` and the like have no picture.
        return None
    url, file = _file_or_url(image, home, name)
    return None if url is None else _picture(image, url, file)


def _picture(image: Values, url: str, file: File | None) -> Image:
    width, height = image.count("width", fatal=False) or None, image.count("height", fatal=False) or None
    return Image(
        url,
        file.width or width if file else width,
        file.height or height if file else height,
        _text_among(image, _CAPTION),
        _text_among(image, _CREDIT),
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
