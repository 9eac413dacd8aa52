"""The site that an article is on, and the URLs and files that its fields name."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from feeds.documents.values import Values
from feeds.model import File, Locate
from feeds.text import urls
from feeds.text.text import plain


def nowhere(reference: str) -> File | None:
    """The `Locate` of a document that has no files around it."""
    return None


def unlinked(reference: str) -> str | None:
    """The `link` of a document that has no others around it."""
    return None


class Home(Struct, frozen=True):
    """The settings that an article's addresses depend on.

    `url` is where the site is now, `first_url` where config says it is (`--base-url` moves the former alone), `id` its stable id.
    `locate` finds the files that the document refers to, `link` the address of another document by its file.
    """

    url: str
    first_url: str
    id: str
    locate: Locate = nowhere
    link: Callable[[str], str | None] = unlinked


def url_in(found: Values, name: str, home: Home, *, fatal: bool = True) -> str | None:
    """The URL in the field `name`; a path is one on the site."""
    return url_of(found, name, found.text(name, "an http or https URL", fatal=fatal), home, fatal=fatal)


def url_of(found: Values, name: str, text: str | None, home: Home, *, fatal: bool = True) -> str | None:
    """The URL that `text`, of the field `name`, is; a path is one on the site."""
    url = urls.site_address(text, home.url) if text else None
    if text and url is None:
        # A path that means nothing here is a slip, not another kind of URL: the article is published without it.
        found.problem(name, "an http or https URL", fatal=fatal and not urls.is_relative(text))
    return url


def file_or_url(found: Values, home: Home, name: str = "url") -> tuple[str | None, File | None]:
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


def url_among(found: Values, names: Iterable[str], home: Home) -> str | None:
    """The URL in the first of some fields that has one. Where none has, the first that has a text is reported."""
    texts = {name: text for name in names if (text := found.text(name, fatal=False))}
    url = next((url for text in texts.values() if (url := urls.site_address(text, home.url))), None)
    if texts and url is None:
        found.problem(next(iter(texts)), "an http or https URL", fatal=False)
    return url


def address_among(found: Values, names: Iterable[str]) -> str | None:
    """The whole URL in the first of some fields that has one: no site is known that a path could be on."""
    texts = (found.text(name, fatal=False) for name in names)
    return next((url for text in texts if text and (url := urls.web_address(text))), None)


def text_among(found: Values, names: Iterable[str]) -> str:
    """The text in the first of some fields that has one; empty where none has."""
    texts = (found.text(name, fatal=False) for name in names)
    return next((text for written in texts if written and (text := plain(written))), "")
