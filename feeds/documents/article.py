"""An article, made of the fields and the body of a document."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from posixpath import splitext

from msgspec.structs import replace

from feeds.documents import episodes, limits, links, media, people, places
from feeds.documents.forms import Form
from feeds.documents.home import Home, url_in, url_of
from feeds.documents.names import Named
from feeds.documents.rules import Rules
from feeds.documents.texts import Text
from feeds.documents.values import BOOLEAN, Values
from feeds.markup import mdx, restructured, sanitiser, shortcodes
from feeds.model import Article, Correction, File, Locate, Markup, Related
from feeds.text import dates, languages, urls
from feeds.text.media_types import LINKED
from feeds.text.text import plain

# Stands where a date is missing, which is reported and leaves the article out.
_UNKNOWN = datetime(1, 1, 1, tzinfo=UTC)
_DATE = "a date such as 2026-11-22T09:30:00Z, here or beginning the file's name"
# Marks between the lead and the rest of a body.
_MORE = re.compile(r"<!--\s*(?:more|truncate|excerpt)\s*-->|\{/\*\s*(?:more|truncate)\s*\*/\}", re.IGNORECASE)
_HEADING = re.compile(r"\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\{#[^}]*\})?(?:\n|\Z)")
# References in a body, loosely: Markdown's links and definitions but those to the web, HTML's attributes. Each begins with a rare
# character.
_REFERENCES = (
    re.compile(r"\][(:]\s*(?!<?https?://)(<[^<>\n]+|[^\s<>]+)"),
    re.compile(r"""=(?i:(?<=(?:src|ref|ter|set|ite)=)|(?<=(?:src|ref|ter|set|ite)\s=))\s*("[^"]*|'[^']*|[^"'\s>]+)"""),
)


def make(text: Text, found: Named, home: Home, *, draft: bool) -> Article:
    """Make the article of a document. Mistakes are reported; with a fatal problem, it must not be published."""
    path, markup, rules, most = text.path, text.markup, text.rules, text.rules.limits
    if len(text.body) > most.body:
        text.report.add(text.line, "body", f"{len(text.body):,} characters", limits.at_most(most.body, "body"))
        text = replace(text, body="")
    files: dict[str, File] = {}

    find = home.locate

    def locate(reference: str) -> File | None:
        file = find(reference)
        if file is not None:
            files[reference] = file
        return file

    home = Home(home.url, home.first_url, home.id, locate, home.link)
    name = links.name(text.within)
    body = _body(text, home)
    title, body, lead = _titled(found, body, _lead(text, home), markup)
    if not title and rules.conventions.titles_from_names:
        title = " ".join(map(str.capitalize, name.rest.split("-")))
    if not title:
        found.problem("title", "the article's title")
    if len(title) > most.title:
        found.problem("title", limits.at_most(most.title, "title"), f"{len(title):,} characters")
    written = _written_date(text, found)
    published = _published(found, written, rules)
    corrections = _corrections(found, rules)
    updated = found.moment("updatedDateTime", rules.zone or UTC) or published or _UNKNOWN
    topics, tags = _names(_parted(found, "topics", rules)), _names(_parted(found, "tags", rules))
    if rules.names.tags_are_topics:
        topics = _names((*topics, *tags))
        limits.check_count(found, "topics" if "topics" in found else "tags", len(topics), most.topics, "topics")
    else:
        limits.check_count(found, "topics", len(topics), most.topics)
        limits.check_count(found, "tags", len(tags), most.tags)
    category = _category(text, found)
    language = _language(found, name)
    facts = partial(places.facts, found, name, written, rules, title, language, category, topics)
    address = places.address(found, rules, facts)
    web_url = url_of(found, "webUrl", address, home)
    original_url = url_in(found, "originalUrl", home)
    if web_url is None and original_url is None and rules.link:
        web_url = urls.site_address(places.linked(rules, facts()), home.url)
    embed = found.text("featuredContent") or ""
    images = media.images(limits.some(found, "images", "url", most.images), home) or media.resources(found, home)
    actions = episodes.with_recording(media.actions(limits.some(found, "actions", "url", most.actions), home), found, home)
    episode = episodes.episode(found, home, most.actions)
    linked = {} if text.report.failed else _referred_to(f"{embed}\n{body}", text, find, home)
    return Article(
        path=path,
        id=places.identity(path, found, address, home),
        title=title,
        published=published or _UNKNOWN,
        updated=max((updated, *(each.date for each in corrections if each.date is not None))),
        url=web_url or original_url,
        excerpt=plain(found.text("excerpt") or "") or lead,
        type=(found.text("type") or "").lower(),
        provider=people.provider(found, rules, home),
        topics=topics,
        category=category,
        tags=tags,
        images=images,
        embed=embed,
        body=body,
        markup=markup,
        links=tuple(linked.items()),
        actions=actions,
        related=_related(limits.some(found, "related", "webUrl", most.related), home),
        amp_url=url_in(found, "ampWebUrl", home, fatal=False) or url_in(found, "cdnAmpWebUrl", home, fatal=False),
        language=language,
        quality=found.number("quality"),
        heat=found.number("heat"),
        expires=found.moment("expires", rules.zone or UTC),
        draft=draft,
        files=tuple(sorted(files.items())),
        given_id=found.text("id") or "",
        corrections=corrections,
        why_removed=_why_removed(found) if draft else "",
        playable=any(action.medium in ("audio", "video") for action in actions),
        episode=episode,
    )


def _body(text: Text, home: Home) -> str:
    """The document's body, its shortcodes replaced."""
    body = text.body
    if text.rules.conventions.links is not None:
        body = text.rules.conventions.links(body)
    expanded = None
    if text.markup is Markup.MARKDOWN and mdx.is_mdx(text.path, body):
        expanded = mdx.expand(body, text.rules.shortcodes, refer=home.link)
    elif text.markup is Markup.RESTRUCTURED:
        expanded = restructured.expand(body, text.rules.shortcodes) if ".. " in body else None
    elif text.markup is not Markup.TEXT and shortcodes.has_any(body):
        is_markdown = text.markup is Markup.MARKDOWN
        expanded = shortcodes.expand(body, text.rules.shortcodes, markdown=is_markdown, refer=home.link)
    if expanded is not None:
        for name in expanded.unknown:
            place = re.search(rf"(?:<|\{{[{{%][<%]?|\{{|\.\. )[-\s]*(?:include\w*\s+)?\W?{re.escape(name)}\b", body)
            line = text.line + (body.count("\n", 0, place.start()) if place else 0)
            expected = "one that the source's `shortcodes` has a template for: only the text within is kept"
            text.report.add(line, "body", f"the shortcode or component {name!r}", expected, fatal=False)
        body = expanded.text
    return body.strip("\n")


def _referred_to(body: str, text: Text, find: Locate, home: Home) -> dict[str, str]:
    """Locate the files that a body refers to. The addresses of the documents that it links to, by its links as written.

    Few bodies refer to any. So a body becomes HTML only where something in it looks like a file's name, and is read as
    readers see it only where one of these is a file indeed.
    """
    if text.markup is Markup.RESTRUCTURED:
        has_any = ">`_" in body
    else:
        has_any = any(_may_be_file(each.lstrip("<\"'")) for pattern in _REFERENCES for each in pattern.findall(body))
    if not has_any:
        return {}
    html = sanitiser.to_html(body, text.markup)
    addresses: dict[str, str] = {}
    if any(_is_document(each) or find(each) for each in sanitiser.likely_references(html) if urls.is_relative(each)):
        for reference in filter(urls.is_relative, sanitiser.references(html)):
            if not _is_document(reference):
                home.locate(reference)
            elif (address := home.link(reference)) is not None:
                addresses[reference] = address
            else:
                line = text.line + text.body.count("\n", 0, max(text.body.find(reference), 0))
                expected = "a link to a document of the sources that has an address, or a URL"
                text.report.add(line, "body", f"a link to {reference!r}", expected, fatal=False)
    return addresses


def _is_document(reference: str) -> bool:
    """Whether a relative URL is the name of a document's file."""
    return splitext(re.split("[?#]", reference, maxsplit=1)[0])[1].lower() in LINKED


def _may_be_file(reference: str) -> bool:
    """Whether a URL may be that of a file beside the document, with an ending that names its kind."""
    return "." in reference.lstrip("./") and reference[0] != "#" and urls.is_relative(reference)


def _names(texts: Iterable[str]) -> tuple[str, ...]:
    """Names without their entities and doubled spaces, each once (in whatever case), as first written."""
    first: dict[str, str] = {}
    for text in texts:
        if name := plain(text):
            first.setdefault(name.casefold(), name)
    return tuple(first.values())


def _parted(found: Named, name: str, rules: Rules) -> Iterable[str]:
    """The names in a field. Some generators split a plain text into several."""
    texts = found.texts(name)
    separator = rules.conventions.separator
    return texts if separator == "" or found.is_list(name) else [part for text in texts for part in text.split(separator)]


def _category(text: Text, found: Named) -> str | None:
    """The category that a document names, else that of its folder, where the generator takes it for one, else the default."""
    if found.is_blank("category") or found.is_default("category"):
        by_folder = text.form is Form.LINES or text.rules.conventions.categories_from_folders
        if by_folder and "/" in text.within:
            return text.within.split("/")[-2]
    names = _names(found.texts("category"))
    if len(names) > 1:
        found.problem("category", "one category; more of them are `topics`", f"{len(names)} names", fatal=False)
    return names[0] if names else None


def _written_date(text: Text, found: Named) -> str:
    """The date of an article as written: in the document, or else in its name or the folders that it is in. Empty if there is
    none, which is reported.
    """
    if not found.is_blank("publishedDateTime"):
        return found.text("publishedDateTime", _DATE) or ""
    date = date_elsewhere(text, found)
    if not is_date(date):
        found.problem("publishedDateTime", _DATE)
        return ""
    return date


def date_elsewhere(text: Text, found: Named) -> str:
    """The date of a document that has no field of its own for it: in `published`, its name, or a path. Empty without one."""
    published = found.text("published", fatal=False) or ""
    if published and published.lower() not in BOOLEAN:
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


def _titled(found: Named, body: str, lead: str, markup: Markup) -> tuple[str, str, str]:
    """The title, and the body and its lead without a first heading that says it.

    Docusaurus and others take the title from the first heading, and no reader wants to see it twice.
    """
    title = plain(found.text("title", "the article's title") or "")
    heading = _HEADING.match(body) if markup is Markup.MARKDOWN else None
    said = plain(sanitiser.to_html(heading[1], markup)) if heading is not None else ""
    if heading is None or ("title" in found and said != title):
        return title, body, lead
    return said, body[heading.end() :].strip("\n"), lead.removeprefix(said).lstrip()


def _corrections(found: Named, rules: Rules) -> tuple[Correction, ...]:
    read = []
    for note in found.list("correction", bare="text", fatal=False):
        text = plain(note.text("text", fatal=False) or "")
        if text:
            read.append(Correction(text, note.moment("date", rules.zone or UTC, fatal=False)))
        elif any(name != "text" for name in note.names()):
            note.problem("text", "the text of the correction", fatal=False)
    return tuple(read)


def _why_removed(found: Named) -> str:
    text = found.text("removed") or ""
    return "" if text.lower() in BOOLEAN else plain(text)


def _lead(text: Text, home: Home) -> str:
    """The text above the mark that an author put below the lead."""
    mark = _MORE.search(text.body) if "<!--" in text.body or "{/*" in text.body else None
    return plain(sanitiser.to_html(_body(replace(text, body=text.body[: mark.start()]), home), text.markup)) if mark else ""


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
        if (url := _needed_url(link, next((name for name in ("webUrl", "originalUrl") if name in link), "webUrl"), home))
    )


def _name_of(provider: Values | None) -> str:
    if provider is None:
        return ""
    return plain(provider.text("name", fatal=False) or provider.text("domain", fatal=False) or "")


def _needed_url(found: Values, name: str, home: Home) -> str | None:
    if name not in found:
        found.problem(name, "an http or https URL", fatal=False)
    return url_in(found, name, home, fatal=False)


def _language(found: Named, name: links.Name) -> str | None:
    """The language that a document names, else that of its name, else the default."""
    if name.language and (found.is_blank("locale") or found.is_default("locale")):
        return name.language
    text = found.text("locale", fatal=False)
    language = languages.tag(text) if text else None
    if text and language is None:
        found.problem("locale", "a language such as fr or fr-CA", fatal=False)
    return language


def is_date(text: str) -> bool:
    """Whether `text` is a moment that can be understood."""
    try:
        dates.moment(text)
    except ValueError:
        return False
    return True
