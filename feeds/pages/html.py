"""HTML pages, rendered with Jinja2 templates. docs/templates.md lists the data that templates get."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote, urlsplit

import jinja2
import orjson
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup, escape

from feeds.config.types import Config
from feeds.copies import names
from feeds.errors import ThemeError
from feeds.model import Format, Kind
from feeds.model.pages import (
    ArchivePage,
    ArticlePage,
    ComposePage,
    ErrorPage,
    FrontPage,
    GroupPage,
    ListPage,
    OpenedFeed,
    SearchPage,
    Story,
)
from feeds.pages import qr
from feeds.pages.theme import OWN_STYLESHEET, Theme, style_hash
from feeds.text import languages
from feeds.version import __version__

KIND_NAMES: Mapping[Kind, tuple[str, str]] = {
    Kind.ALL: ("Everything", "Everything"),
    Kind.TOPIC: ("Topic", "Topics"),
    Kind.PROVIDER: ("Provider", "Providers"),
    Kind.CATEGORY: ("Category", "Categories"),
    Kind.FEED: ("Feed", "Feeds"),
    Kind.TAG: ("Tag", "Tags"),
    Kind.LANGUAGE: ("Language", "Languages"),
}
FORMAT_NAMES: Mapping[Format, tuple[str, str]] = {
    Format.ATOM: ("Atom", "application/atom+xml"),
    Format.RSS: ("RSS", "application/rss+xml"),
    Format.JSON: ("JSON Feed", "application/feed+json"),
}
_MONTHS = ("January February March April May June July August September October November December").split()
# The address at which each reader subscribes to a feed; the feed's percent-encoded URL follows.
_READERS = (
    ("Feedly", "https://feedly.com/i/subscription/feed/"),
    ("Inoreader", "https://www.inoreader.com/?add_feed="),
    ("NewsBlur", "https://www.newsblur.com/?url="),
    ("The Old Reader", "https://theoldreader.com/feeds/subscribe?url="),
)
# Pages with the rules of `reading.css`.
_READ = frozenset({"article.html", "archive.html", "search.html", "compose.html", "error.html", "opened.html"})
_STEP, _HEIGHT = 2, 20
_AUTO = Markup(' dir="auto"')


class Renderer:
    """Renders pages with the templates of `theme`.

    `sections` are the kinds of groups that have a list; `preview` is `Preview.build`, if there is a preview. Raises ThemeError
    where a template can't be used.
    """

    def __init__(self, config: Config, theme: Theme, sections: Sequence[Kind], *, preview: str = "") -> None:
        # Compiled templates are valid for one version of Feeds and of Jinja, and for this `_Generator`.
        pattern = f"{__version__}-{theme.compiler}-escaped-%s"
        compiled = _Compiled(theme.compiled, pattern) if theme.compiled else None
        environment = _Environment(
            loader=jinja2.DictLoader(theme.templates),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            bytecode_cache=compiled,
        )
        language = config.site.language
        environment.filters |= {"human": partial(human_date, language=language), "count": count}
        environment.filters |= {"period": partial(human_period, language=language)}
        environment.filters |= {"dated": partial(dated, language=language), "spoken": spoken}
        environment.globals = {
            "site": config.site,
            "language": language or "en",
            "direction": "rtl" if language and languages.is_right_to_left(language) else "ltr",
            "version": __version__,
            "logo": theme.logo,
            "own_stylesheet": OWN_STYLESHEET if OWN_STYLESHEET in theme.assets else None,
            "preview": preview,
            "sections": [kind.value for kind in sections],
            "kinds": {kind.value: names for kind, names in KIND_NAMES.items()},
            "formats": {format.value: names for format, names in FORMAT_NAMES.items()},
            "spark": spark,
            "readers": reader_links,
            "qr": qr.svg,
            "framed": config.embeds,
            "pictures": config.pictures.value,
            "picture_origin": origin(config.site.url),
            "srcset": partial(names.srcset, site_url=config.site.url),
            "small": partial(names.small, site_url=config.site.url),
        }
        self._styles = {
            is_read: {"style": style, "style_hash": style_hash(style) if style else None, "is_read": is_read}
            for is_read, style in ((False, theme.style), (True, theme.reading_style))
        }
        self._config = config
        self._environment = environment
        try:
            # Those of the package are compiled when they are needed: no site needs all of them.
            for name in theme.own:
                environment.get_template(name)
        except jinja2.TemplateSyntaxError as error:
            raise ThemeError(f"{error.name}:{error.lineno}: {error.message}") from error
        except jinja2.TemplateError as error:
            raise ThemeError(str(error)) from error

    def front(self, page: FrontPage) -> bytes:
        """Render the front page, `index.html`."""
        site = self._config.site
        data = {"@type": "WebSite", "name": site.title, "url": f"{site.url}/", "description": page.feed.description}
        return self._render("front.html", "index.html", page, self._linked(data))

    def group(self, page: GroupPage) -> bytes:
        """Render the page of a group, `<group>/index.html`."""
        path = f"{page.group.path}/index.html"
        data = {
            "@type": "CollectionPage",
            "name": page.group.name,
            "description": page.feed.description,
            "url": self._address(path),
            "isPartOf": {"@type": "WebSite", "name": self._config.site.title, "url": f"{self._config.site.url}/"},
            "mainEntity": {"@type": "ItemList", "itemListElement": _items(page.stories)},
        }
        return self._render("group.html", path, page, self._linked(data))

    def search(self, page: SearchPage) -> bytes:
        """Render a search, `search/index.html`, and what it has found."""
        return self._render("search.html", "search/index.html", page, self._linked({"@type": "SearchResultsPage"}))

    def compose(self, page: ComposePage) -> bytes:
        """Render the composer, `compose/index.html`, and what a query gives."""
        return self._render("compose.html", "compose/index.html", page, self._linked({"@type": "WebPage"}))

    def error(self, page: ErrorPage, root: str) -> bytes:
        """Render an error page. `root` is the way to the site's root from where it is sent, which ends in a slash or is empty."""
        return self._render("error.html", "404.html", page, self._linked({"@type": "WebPage"}), root=root)

    def opened(self, page: OpenedFeed) -> bytes:
        """Render what a browser shows at the address of a feed, in place of the feed."""
        root = "../" * page.address.path.count("/")
        data = self._linked({"@type": "WebPage"})
        return self._render("opened.html", f"{page.path}/index.html", page, data, root=root)

    def archive(self, page: ArchivePage) -> bytes:
        """Render the page of one period of an archive, `<group>/archive/<period>/index.html`."""
        path = f"{page.group.path}/archive/{page.period}/index.html"
        data = {
            "@type": "CollectionPage",
            "name": f"{page.group.name}, {human_period(page.period, self._config.site.language)}",
            "url": self._address(path),
            "isPartOf": {
                "@type": "CollectionPage",
                "name": page.group.name,
                "url": self._address(f"{page.group.path}/index.html"),
            },
            "mainEntity": {"@type": "ItemList", "itemListElement": _items([story for day in page.days for story in day.stories])},
        }
        return self._render("archive.html", path, page, self._linked(data))

    def article(self, page: ArticlePage) -> bytes:
        """Render the page of an article, `articles/<slug>/index.html`."""
        story, site = page.story, self._config.site
        assert story.path is not None, "of an article with a page"
        path = f"{story.path}index.html"
        people = [
            {"@type": "Person", "name": person.name} | ({"url": person.url} if person.url else {}) for person in page.authors
        ]
        organisation = {"@type": "Organization", "name": story.provider or site.title}
        data: dict[str, Any] = {
            "@type": "Article",
            "headline": story.title,
            "description": story.excerpt,
            "url": self._address(path),
            "mainEntityOfPage": page.source or self._address(path),
            "datePublished": page.published_at,
            "dateModified": page.updated_at,
            "author": people or [organisation],
            "publisher": organisation,
            "isPartOf": {"@type": "WebSite", "name": site.title, "url": f"{site.url}/"},
            "keywords": [link.name for link in page.topics] + list(page.tags),
        }
        if story.image:
            data["image"] = story.image.url
        if story.language:
            data["inLanguage"] = story.language
        return self._render("article.html", path, page, self._linked(data), canonical=page.source)

    def list(self, page: ListPage) -> bytes:
        """Render one page of the list of all groups of a kind."""
        path = page.part.path
        data = {"@type": "CollectionPage", "name": KIND_NAMES[page.kind][1], "url": self._address(path)}
        return self._render("list.html", path, page, self._linked(data))

    def _render(
        self, template: str, path: str, page: object, data: Markup, *, canonical: str | None = None, root: str | None = None
    ) -> bytes:
        root = "../" * path.count("/") if root is None else root
        try:
            text = self._environment.get_template(template).render(
                page=page,
                root=root,
                home=root or "./",
                canonical=canonical or self._address(path),
                json_ld=data,
                **self._styles[template in _READ],
            )
        except jinja2.TemplateError as error:
            raise ThemeError(f"{template}: {error}") from error
        return text.encode()

    def _address(self, path: str) -> str:
        return f"{self._config.site.url}/{path.removesuffix('index.html')}"

    def _linked(self, data: dict[str, Any]) -> Markup:
        """JSON-LD, escaped so that no text in it can end the script element (HTML 4.12.1.3)."""
        language = {"inLanguage": self._config.site.language} if self._config.site.language else {}
        return htmlsafe_json_dumps({"@context": "https://schema.org"} | language | data, _dumped)


def _dumped(data: object, **options: object) -> str:
    return orjson.dumps(data).decode()


# The renderer that was made last, with what it was made of.
_latest: list[tuple[object, Renderer]] = []


def renderer(config: Config, theme: Theme, sections: Sequence[Kind], *, preview: str = "") -> Renderer:
    """A `Renderer`; the one made last where it would be the same.

    Loaded templates take long to make, and refer to themselves, so that only the garbage collector frees them.
    """
    made_of = (config, theme, tuple(sections), preview)
    latest = _latest[:1]
    if not latest or latest[0][0] != made_of:
        latest = _latest[:] = [(made_of, Renderer(config, theme, sections, preview=preview))]
    return latest[0][1]


class _Generator(CodeGenerator):
    """Compiles templates to escape text through a cache, since pages repeat most texts."""

    def _output_child_pre(self, node: Any, frame: Any, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.escaped(")
        else:
            super()._output_child_pre(node, frame, finalize)


class _Environment(jinja2.Environment):
    code_generator_class = _Generator

    @staticmethod
    def escaped(value: object) -> str:
        """Escape `value` as HTML; Markup is HTML already."""
        if type(value) is str:
            return _escaped(value)
        return value if type(value) is Markup else escape(value)


@lru_cache(maxsize=20_000)
def _escaped(text: str) -> str:
    return str(escape(text))


class _Compiled(jinja2.FileSystemBytecodeCache):
    """A folder of compiled templates. Damaged ones are compiled again; ones that can't be written are not kept."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """As Jinja documents."""
        try:
            super().load_bytecode(bucket)
        except Exception:  # pickle promises nothing about what it raises
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """As Jinja documents."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def search_index(rows: Sequence[Sequence[str | int]]) -> bytes:
    """The index that the search script loads: a row for each group, each on a line."""
    return b"[%b]\n" % b",".join(b"\n" + orjson.dumps(row) for row in rows)


def spark(weeks: Sequence[int]) -> str:
    """The SVG path of a bar chart with a bar for each week; the highest bar fills the height."""
    most = max(weeks, default=0)
    bars = ((index, max(2, round(number / most * _HEIGHT))) for index, number in enumerate(weeks) if number)
    return "".join(f"M{index * _STEP + 1} {_HEIGHT}v-{height}" for index, height in bars)


def reader_links(feed_url: str) -> list[tuple[str, str]]:
    """Common readers by name, each with the address that subscribes to `feed_url` there."""
    address = quote(feed_url, safe="")
    return [(name, door + address) for name, door in _READERS]


@lru_cache(maxsize=10_000)
def dated(day: date, language: str | None) -> Markup:
    """A `time` element with a date for people and for machines."""
    return Markup('<time datetime="{}">{}</time>').format(day, human_date(day, language))


def origin(url: str) -> str:
    """Scheme, host and port of an absolute URL, as a Content-Security-Policy names a source (CSP Level 3, 2.3.1)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def spoken(story: Story) -> Markup:
    """The `lang` and `dir` attributes of a story's text, where they differ from the page's."""
    return _spoken(story.language, story.direction) if story.language else _AUTO


@lru_cache(maxsize=1000)
def _spoken(language: str, direction: str) -> Markup:
    return Markup(' lang="{}" dir="{}"').format(language, direction)


def human_date(day: date, language: str | None) -> str:
    """A date in words for English, and in ISO 8601 for other languages."""
    if language is None or language.split("-")[0] == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return day.isoformat()


def human_period(period: str, language: str | None) -> str:
    """A month (`2026-11`) or a day in words for English, and as it is for other languages."""
    if len(period) > len("2026-11"):
        return human_date(date.fromisoformat(period), language)
    if language is None or language.split("-")[0] == "en":
        return f"{_MONTHS[int(period[5:]) - 1]} {period[:4]}"
    return period


def count(number: int, noun: str) -> str:
    """`1 article`, `1,200 articles`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _items(stories: Sequence[Story]) -> list[dict[str, Any]]:
    return [
        {"@type": "ListItem", "position": place, "url": story.url, "name": story.title}
        for place, story in enumerate((story for story in stories if story.url), 1)
    ]
