"""The key `site` of config.yaml: the publisher and the settings of the whole site."""

from feeds.config import sources, values
from feeds.config.types import Site
from feeds.documents.fields import Fields
from feeds.model import Person
from feeds.text import languages, urls
from feeds.text.text import plain

KEYS = tuple("title url id description language image icon author copyright timezone".split())


def read(found: Fields) -> Site:
    """The site of a config, with its title and its URL even where they are missing, which is reported as a mistake."""
    site = found.fields("site")
    if site is None:
        if "site" not in found:
            found.problem("site", "a site with a title and a url")
        return Site("", "https://invalid", "https://invalid", "https://invalid")
    site.only(KEYS)
    title = plain(site.text("title") or "")
    if not title:
        site.problem("title", "the site's title")
    url = values.site_url(site.text("url") or "")
    if url is None:
        site.problem("url", values.SITE_URL, values.shown(site.text("url")))
        url = "https://invalid"
    given_id = site.text("id")
    if given_id and not urls.is_absolute_uri(given_id):
        site.problem("id", "a tag: URI or a URL")
    locale = site.text("language")
    language = languages.tag(locale) if locale else None
    if locale and language is None:
        site.problem("language", "a language such as en or fr-CA")
    author = site.fields("author", bare="name")
    person = None
    if author is not None:
        author.only(("name", "url", "avatar"))
        person = Person(plain(author.text("name") or title), values.url(author, "url", url), values.url(author, "avatar", url))
    return Site(
        title=title,
        url=url,
        first_url=url,
        id=given_id or url,
        description=plain(site.text("description") or ""),
        language=language,
        image=values.image(site, url),
        icon=values.image(site, url, "icon"),
        author=person,
        copyright=plain(site.text("copyright") or ""),
        timezone=sources.timezone(site),
    )
