"""Paths as people type them: the document that each means, and suggestions for a path without a document."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, unquote

from feeds.model import Document, Format
from feeds.site import queries
from feeds.site.queries import QueryError
from feeds.site.site import Site
from feeds.text.similar import similar

_NEAREST, _NEAR_ENOUGH = 5, 60
_QUERY = re.compile(r"q\.([a-z]+)")
_GROUP = r"(topics|categories)/([^/]+)|(providers)/([^/]+(?:/(?!topics/|providers/|categories/)[^/]+)?)"
_CROSSED = re.compile(rf"((?:(?:{_GROUP})(?:/|(?=\.[a-z]+\Z))){{2,6}})\.([a-z]+)")
_PARAMETERS = {"topics": "all_topic", "providers": "provider", "categories": "category"}


def asked(path: str, query: str) -> tuple[list[tuple[str, str]], str] | None:
    """The parameters and the suffix of a query: `q.json?topic=ai`, or crossed groups: `topics/ai/providers/a.example.atom`.

    None where `path` is neither. Raises QueryError where there are too many parameters.
    """
    if (found := _QUERY.fullmatch(path)) is not None:
        try:
            pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=queries.MOST_PARAMETERS, errors="replace")
        except ValueError as error:
            raise QueryError(f"A query has at most {queries.MOST_PARAMETERS} parameters") from error
        return pairs, found[1]
    if (found := _CROSSED.fullmatch(path)) is not None:
        groups = [tuple(filter(None, group)) for group in re.findall(_GROUP, found[1])]
        return [(_PARAMETERS[folder], name) for folder, name in groups], found[found.lastindex or 0]
    return None


def find(address: str, site: Site) -> Document | None:
    """The document that a person means by `address`: a path, a page's folder, a group or a query.

    A group or a query without a suffix is in the site's first format. None where nothing is published there. Raises QueryError
    for a query that can't be answered.
    """
    path, query = _path_and_query(address, site)
    for candidate in (path, f"{path}index.html" if path == "" or path.endswith("/") else ""):
        if candidate and (document := site.document(candidate)) is not None:
            return document
    if (group := path.rstrip("/")) in site.collection.groups:
        return site.document(f"{group}.{site.config.formats[0]}")
    formats = site.config.formats
    both = (asked(path, query), asked(f"{path}.{formats[0]}", query))
    found = next((each for each in both if each is not None and each[1] in formats), None)
    if found is None:
        return None
    parsed = queries.parse(found[0], site.collection, site.config)
    return site.feed(queries.group(parsed, site.collection, site.config), Format(found[1]))


def nearest(address: str, site: Site) -> Sequence[str]:
    """The groups whose names are nearest to the path of `address`, with its suffix where that is a format."""
    path, _ = _path_and_query(address, site)
    base, dot, suffix = path.rpartition(".")
    ending = f".{suffix}" if dot and suffix in site.config.formats else ""
    wanted = base if ending else path
    return [f"{group}{ending}" for group in groups_like(wanted, site)]


def groups_like(path: str, site: Site) -> list[str]:
    """The paths of the groups that are most like `path`."""
    return similar(path, site.collection.listed, _NEAREST, _NEAR_ENOUGH)


def _path_and_query(address: str, site: Site) -> tuple[str, str]:
    """The path of an address below the site's URL, decoded, and the query."""
    path, _, query = address.strip().removeprefix(f"{site.config.site.url}/").lstrip("/").partition("?")
    return unquote(path), query
