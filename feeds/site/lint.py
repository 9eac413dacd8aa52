"""Checks: content that can be published but that feed readers show badly. Pure: values in, findings out.

Each finding names the file, the field, what was found and what to do about it.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from html.entities import html5

from msgspec import Struct

from feeds.config.types import Config
from feeds.index.grouping import Collection
from feeds.markup import sanitiser
from feeds.model import Article, Document, Kind
from feeds.text.text import fold, name_key
from feeds.text.urls import is_relative

# Google News takes 2 MB of a feed; readers on phones fetch it all, each time it changes.
LARGEST_FEED = 1_000_000
# Shorter texts are alike by chance.
_LONG_ENOUGH = 80
_CUT_ENTITY = re.compile(r"&(#[xX]?[0-9A-Fa-f]{0,8}|[A-Za-z][A-Za-z0-9]{1,30})(?:\.\.\.|…)?\Z")
_ENTITIES = tuple(name.removesuffix(";") for name in html5)


class Finding(Struct, frozen=True):
    """Content that feed readers show badly: its file and field, what was found, and what to do.

    `near` is a text on the line in question, for fields that span several lines.
    """

    path: str
    field: str
    found: str
    advice: str
    near: str = ""


def check_articles(articles: Iterable[Article], config: Config, now: datetime) -> tuple[Finding, ...]:
    """Findings in `articles`, in the order of their paths."""
    ordered = sorted(articles, key=lambda article: article.path)
    found = [finding for article in ordered for finding in _of_article(article, config, now)]
    found += _repeated(ordered)
    return tuple(sorted(found, key=lambda finding: finding.path))


def check_providers(collection: Collection) -> tuple[Finding, ...]:
    """Findings about domains with several publishers, which may be a mistake."""
    findings = []
    for place, slug_of in sorted(collection.platforms.items()):
        names = [collection.groups[f"{Kind.PROVIDER}/{slug}"].name for slug in slug_of.values()]
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        advice = (
            f"each has a feed of its own; if they are one publisher, name it in config (`providers: {{{place}: {{name: …}}}}`)"
        )
        findings.append(Finding(f"providers/{place}", "", f"{len(names)} publishers on one domain: {shown}", advice))
    return tuple(findings)


def check_documents(documents: Iterable[Document]) -> tuple[Finding, ...]:
    """Findings in whole feeds."""
    return tuple(
        Finding(
            document.path,
            "",
            f"a feed of {len(document.body):,} bytes",
            f"let it have fewer articles (`limit`), or shorter ones: at most {LARGEST_FEED:,} bytes",
        )
        for document in documents
        if len(document.body) > LARGEST_FEED
    )


def _of_article(article: Article, config: Config, now: datetime) -> Iterator[Finding]:
    yield from _images(article)
    yield from _files(article)
    yield from _links(article)
    if sanitiser.is_too_much(sanitiser.to_html(article.body, article.markup)):
        advice = "shorten it: so large a body is published as its text, without headings, links or pictures"
        yield Finding(article.path, "body", f"a body of {len(article.body):,} characters", advice)
    yield from _cut(article)
    yield from _commas(article)
    yield from _frames(article, config)
    for field, date in (("publishedDateTime", article.published), ("updatedDateTime", article.updated)):
        if date > now and (field == "publishedDateTime" or date != article.published):
            meant = "mend it, unless it is meant: the article is held back until then"
            advice = meant if field == "publishedDateTime" else "mend it: readers show articles by it"
            yield Finding(article.path, field, f"a date in the future ({date:%Y-%m-%d %H:%M} UTC)", advice)


def _images(article: Article) -> Iterator[Finding]:
    for index, image in enumerate(article.images):
        missing = [name for name, size in (("width", image.width), ("height", image.height)) if size is None]
        if missing:
            advice = "give both in pixels, so that readers keep its place while it loads"
            yield Finding(article.path, f"images[{index}]", f"an image without {' and '.join(missing)}", advice)


def _files(article: Article) -> Iterator[Finding]:
    for index, action in enumerate(article.actions):
        if action.medium in ("audio", "video") and action.size is None:
            advice = "give its size in bytes: without, RSS has no enclosure and podcast players have nothing to play"
            yield Finding(article.path, f"actions[{index}]", f"{action.medium} without a size", advice)


def _links(article: Article) -> Iterator[Finding]:
    if article.url is not None:
        # What is relative is under the article's own address.
        return
    known = {reference for reference, _ in (*article.files, *article.links)}
    source = sanitiser.to_html(article.body, article.markup)
    for reference in sanitiser.references(source):
        if is_relative(reference) and reference not in known:
            advice = "give the article a webUrl, the link its whole URL, or the file a place beside the document"
            yield Finding(article.path, "body", f"a relative link that leads nowhere ({reference!r:.80})", advice, reference)


def _cut(article: Article) -> Iterator[Finding]:
    for field, text in (("title", article.title), ("excerpt", article.excerpt)):
        match = _CUT_ENTITY.search(text)
        if match and (match[1].startswith("#") or any(name.startswith(match[1]) for name in _ENTITIES)):
            yield Finding(
                article.path, field, f"a text cut within an entity ({text[-20:]!r})", "finish it, or cut it before the &"
            )


def _commas(article: Article) -> Iterator[Finding]:
    names = [("category", article.category)] if article.category else []
    names += [("topics", topic) for topic in article.topics] + [("tags", tag) for tag in article.tags]
    for field, name in names:
        if name and "," in name:
            advice = "name it without: some readers (FreshRSS) split names at commas"
            yield Finding(article.path, field, f"a comma in {name!r}", advice, name)


def _frames(article: Article, config: Config) -> Iterator[Finding]:
    if not config.embeds:
        # A site that lists no host wants no frames; a finding for each would be noise.
        return
    source = f"{article.embed}\n{sanitiser.to_html(article.body, article.markup)}"
    for frame in sanitiser.frames(source, lambda url: url):
        if frame.host not in config.embeds:
            field = "featuredContent" if frame.host in article.embed else "body"
            yield Finding(
                article.path, field, f"a frame of {frame.host}", "add the host to `embeds`, or see it become a link", frame.host
            )


def _repeated(articles: Iterable[Article]) -> Iterator[Finding]:
    """Texts and titles that are used twice, reported for the path that sorts later. Drafts may repeat what they revise, and
    translations have the title of the original.
    """
    by_title: dict[tuple[str, str], Article] = {}
    by_text: dict[str, Article] = {}
    by_story: dict[tuple[str, str, str], Article] = {}
    for article in articles:
        if article.draft:
            continue
        provider = article.provider
        title = (article.language or "", name_key(article.title))
        story = (*title, (provider.domain or name_key(provider.name)) if provider else "")
        text = fold(article.body or article.excerpt)
        first_story, first_title = by_story.setdefault(story, article), by_title.setdefault(title, article)
        first_text = by_text.setdefault(text, article) if len(text) >= _LONG_ENOUGH else article
        if article.id != first_story.id:
            advice = "leave one out, or give them different titles"
            yield Finding(article.path, "title", f"the same title and provider as {first_story.path}", advice)
        elif article.id != first_text.id:
            field = "body" if article.body else "excerpt"
            yield Finding(article.path, field, f"the same text as {first_text.path}", "leave one out, or say what is new in it")
        elif article.id != first_title.id:
            advice = "give them different titles: in a list they look like one article"
            yield Finding(article.path, "title", f"the same title as {first_title.path}", advice)
