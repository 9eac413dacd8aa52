"""The people and the provider of an article."""

import re
from collections.abc import Iterable

from feeds.documents import limits, media
from feeds.documents.home import Home, address_among, text_among, url_among, url_in
from feeds.documents.names import Named
from feeds.documents.rules import Rules
from feeds.documents.values import Values
from feeds.model import Person, Provider
from feeds.text import urls
from feeds.text.text import plain

_HOMEPAGE = ("url", "web", "website", "homepage", "link", "uri", "site")
_PORTRAIT = ("avatar", "image_url", "imageURL", "picture", "photo", "image")
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*")


def person(found: Values, key: str) -> Person:
    """A person of an authors file; without a name, called `key`."""
    name = text_among(found, ("name", "title", "display_name", "displayName")) or key
    return Person(name, address_among(found, _HOMEPAGE), address_among(found, _PORTRAIT))


def provider(found: Named, rules: Rules, home: Home) -> Provider | None:
    """The provider and the authors of an article, from the fields of these names. None where both are empty."""
    given = found.fields("provider", bare="name")
    authors = _people(found, "authors", rules, home)
    if len(authors) == 1 and "authorUrl" in found and authors[0].url is None:
        # Docusaurus has fields beside the author's name.
        authors = (Person(authors[0].name, url_in(found, "authorUrl", home, fatal=False), url_in(found, "authorAvatar", home)),)
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
    return Provider(name, domain, media.images(limits.some(given, "images", "url", rules.limits.images), home), authors)


def _people(found: Values, name: str, rules: Rules, home: Home) -> tuple[Person, ...]:
    """The authors in the field `name`: names, keys of the source's authors, or mappings."""
    people: list[Person] = []
    for author in limits.some(found, name, "name", rules.limits.authors):
        written = plain(author.text("name", fatal=False) or "")
        key = author.text("key", fatal=False) or written
        known = rules.authors.get(key.casefold())
        url, avatar = url_among(author, _HOMEPAGE, home), url_among(author, _PORTRAIT, home)
        if known is not None:
            people.append(Person(known.name, url or known.url, avatar or known.avatar))
        elif url or avatar:
            if not _is_name(written):
                author.problem("name", "the author's name", fatal=False)
            people.append(Person(written, url, avatar))
        else:
            people += _people_in(found, name, written, rules)
    # Tools write placeholders such as `-` for a missing name.
    return tuple(dict.fromkeys(person for person in people if _is_name(person.name)))


def _is_name(text: str) -> bool:
    return any(map(str.isalnum, text))


def _people_in(found: Values, name: str, text: str, rules: Rules) -> Iterable[Person]:
    """The authors in a text such as `a, b`."""
    for part in filter(None, (part.strip() for part in re.split(r"[,;]|\s+and\s+", text))):
        known = rules.authors.get(part.casefold())
        if known is None and rules.authors and _KEY.fullmatch(part):
            found.problem(name, "a key of the source's authors file, or a name", repr(part), fatal=False)
        yield known or Person(part)
