"""The address and the identity of an article."""

import re
import uuid
from collections.abc import Callable
from posixpath import basename

from feeds.documents import links
from feeds.documents.home import Home
from feeds.documents.names import Named
from feeds.documents.rules import Rules
from feeds.documents.values import Values
from feeds.text import dates, urls

ANY_SITE = "https://site.invalid"
# An address that a template fills in, or the name of a form of addresses (Jekyll).
_TEMPLATE = re.compile(r"\{\{|\{%|\A(?:date|pretty|ordinal|weekdate|none)\Z")
_INDEX_PAGE = re.compile(r"(?:^|/)index\.html?\Z")


def identity(path: str, found: Values, address: str, home: Home) -> str:
    """The identity of an article, an absolute URI: its `id`, else one made of its `address`, its `originalUrl` or its path."""
    given = found.text("id") or _address_as_identity(address, home)
    given = given or _address_as_identity(found.text("originalUrl") or "", home) or path
    if urls.is_absolute_uri(given):
        return given
    return uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, home.id), given).urn


def _address_as_identity(text: str, home: Home) -> str | None:
    # Never the site's present address: `--base-url` must not make every article a new one. An address on the site moves with
    # the site, so where config gives the site an id, its path alone identifies the article.
    if home.id != home.first_url and text.strip().startswith("/"):
        address = urls.site_address(text, ANY_SITE)
        return address.removeprefix(ANY_SITE) if address is not None else None
    return urls.site_address(text, home.first_url)


def address(found: Named, rules: Rules, facts: Callable[[], links.Facts | None]) -> str:
    """The address of an article by its own fields: a URL, or a path on the site. Empty where it has none."""
    text = found.text("webUrl", "an http or https URL") or ""
    if found.written("webUrl") != "webUrl" and text:
        # As the tool that has this name means it.
        text = rules.conventions.permalink(text)
        if _TEMPLATE.search(text):
            text = ""
        elif links.has_placeholders(text):
            known = facts()
            text = links.fill(text, known) if known is not None else ""
        if text and urls.is_relative(text):
            text = "/" + _INDEX_PAGE.sub("/", text).lstrip("/")
            if found.written("webUrl") == "url" and rules.link.endswith("/") and "." not in basename(text):
                # Hugo's `url`, in a site whose addresses end with a slash.
                text = f"{text.rstrip('/')}/"
    return text


def linked(rules: Rules, facts: links.Facts | None) -> str:
    """The address of an article by the pattern of its source; empty where that has none."""
    if not rules.link or facts is None:
        return ""
    # Zola's path is the whole address.
    if facts.path:
        pattern = f"/:path{'/' if rules.link.endswith('/') else ''}"
    else:
        pattern = rules.translations if rules.translations and _is_translation(facts.language, rules.language) else rules.link
    return links.fill(pattern, facts)


def _is_translation(language: str, own: str | None) -> bool:
    """Whether `language` is another than the source's own; `en` and `en-GB` are the same."""
    return bool(language) and not f"{own}-".casefold().startswith(f"{language}-".casefold())


def facts(
    found: Named,
    name: links.Name,
    written: str,
    rules: Rules,
    title: str,
    language: str | None,
    category: str | None,
    topics: tuple[str, ...],
) -> links.Facts | None:
    """The values that a link is made of; None where the date is missing, which is reported."""
    try:
        date = dates.local(written, rules.zone)
    except ValueError:
        return None
    slug, path = found.text("slug", fatal=False) or "", found.text("path", fatal=False) or ""
    own = _categories(None if found.is_default("category") else category, () if found.is_default("topics") else topics)
    return links.Facts(name, date, title, slug, path, _categories(category, topics), own, language or "")


def _categories(category: str | None, topics: tuple[str, ...]) -> tuple[str, ...]:
    return topics if category is None or category in topics else (category, *topics)
