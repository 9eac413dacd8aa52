"""Addresses in the config: pictures and URLs that are published, and paths on the site."""

from feeds.documents.fields import Fields
from feeds.model import Image
from feeds.text import urls
from feeds.text.text import plain


def public(text: str, base: str = "") -> str | None:
    """Normalise a URL that is published, or a path on the site at `base`; None for anything else, and where it has a password."""
    url = urls.site_address(text, base) if base else urls.web_address(text)
    return None if url is None or urls.has_user(url) else url


def shown(text: str | None) -> str:
    """What is said of an address that is not what it should be: never a password."""
    if text is None:
        return "nothing"
    return "an address with a user or a password, which would be published" if "@" in text else repr(text)


def image(found: Fields, site_url: str, name: str = "image") -> Image | None:
    """The picture under the key `name`; what is wrong with it is reported."""
    given = found.fields(name, bare="url")
    if given is None:
        return None
    given.only(("url", "width", "height", "title", "attribution"))
    url = address(given, "url", site_url)
    if url is None:
        return None
    return Image(url, given.count("width"), given.count("height"), plain(given.text("title") or ""))


def address(found: Fields, name: str, site_url: str) -> str | None:
    """The URL under the key `name`; a path is one on the site, and anything else is reported."""
    text = found.text(name)
    url = public(text, site_url) if text else None
    if text and url is None:
        found.problem(name, "an http or https URL, or a path that begins with /", shown(text))
    return url
