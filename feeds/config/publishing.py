"""The keys of config.yaml that decide which documents are published: archives, sitemaps, pages, redirects."""

from importlib.util import find_spec

from feeds.config import values
from feeds.config.types import ArticlePages, Period, Pictures, Sitemap
from feeds.documents.fields import Fields
from feeds.model import Kind

_USUAL = {"topic": Kind.TOPIC, "provider": Kind.PROVIDER, "category": Kind.CATEGORY}
_GROUPED = _USUAL | {"tag": Kind.TAG, "language": Kind.LANGUAGE}
_ARCHIVED = {"all": Kind.ALL, "feed": Kind.FEED} | _GROUPED


def grouped(found: Fields) -> tuple[Kind, ...]:
    """The kinds of groups that articles are put in beside `all` and the config's own feeds."""
    if "groups" not in found:
        return tuple(_USUAL.values())
    return tuple(_GROUPED[name] for name in values.choices(found, "groups", tuple(_GROUPED), empty_means_none=True))


def archives(found: Fields) -> tuple[Kind, ...]:
    """The kinds of groups that have an archive."""
    if "archives" not in found:
        return tuple(Kind)
    if values.is_off(found, "archives"):
        return ()
    return tuple(_ARCHIVED[name] for name in values.choices(found, "archives", tuple(_ARCHIVED), empty_means_none=True))


def archive_period(found: Fields) -> Period:
    """How much time one archive page holds."""
    return Period(values.choices(found, "archive_period", tuple(Period))[0]) if "archive_period" in found else Period.MONTH


def article_pages(found: Fields) -> ArticlePages | None:
    """Which articles have a page of their own on the site; None for none."""
    if "article_pages" not in found:
        return ArticlePages.MISSING
    if values.is_off(found, "article_pages"):
        return None
    return ArticlePages(values.choices(found, "article_pages", tuple(ArticlePages))[0])


def pictures(found: Fields) -> tuple[Pictures, tuple[str, ...]]:
    """How pages show the pictures of other sites, and the networks that they are copied from beside public addresses.

    `pictures: proxy`, or a mapping: `pictures: {show: proxy, allow: [10.0.0.0/8]}`.
    """
    given = found.fields("pictures", bare="show")
    if given is None:
        return Pictures.LINK, ()
    given.only(("show", "allow"))
    shown = Pictures(values.choices(given, "show", tuple(Pictures))[0]) if "show" in given else Pictures.LINK
    if shown is Pictures.PROXY and find_spec("PIL") is None:
        given.problem("show", "Pillow, which makes pictures smaller, to be installed: pip install pillow", "proxy")
    return shown, values.each(given, "allow", values.network, "networks such as 10.0.0.0/8")


def sitemaps(found: Fields, language: str | None) -> tuple[Sitemap, ...]:
    """The sitemaps that are published."""
    if "sitemaps" not in found or values.is_off(found, "sitemaps"):
        return ()
    chosen = tuple(Sitemap(name) for name in values.choices(found, "sitemaps", tuple(Sitemap), empty_means_none=True))
    if Sitemap.NEWS in chosen and language is None:
        found.problem("sitemaps", "site.language beside a news sitemap, which must name one", "news")
    return chosen


def redirects(found: Fields) -> dict[str, str]:
    """Paths that have moved, without a leading `/`, each with its target: another path, or a URL elsewhere."""
    given = found.fields("redirects")
    if given is None:
        return {}
    moved = {}
    for name in given.names():
        target = given.text(name, "a path or a URL") or ""
        if "://" in target:
            target = values.public_url(target) or ""
        if not target:
            given.problem(name, "a path or an http or https URL", values.shown(given.text(name)))
        moved[name.strip("/")] = target if "://" in target else target.strip("/")
    for name, target in moved.items():
        seen, at = {name}, target
        while at in moved and at not in seen:
            seen.add(at)
            at = moved[at]
        if at in seen:
            given.problem(name, "a path that leads somewhere", "a circle")
    return moved
