"""Feeds by query: the parameters of a URL in one canonical form, and the articles that match. Pure.

Within a parameter that is repeated any value will do (`topic=ai&topic=ethics`), all parameters hold together,
`all_topic` asks for each of its values, and `not_topic`, `not_provider`, `not_category`, `not_type` shut out. `text` is
words that an article must hold (`text.words.parse`).
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from urllib.parse import quote, unquote

from msgspec import Struct

from feeds.config.types import Config, Minimum
from feeds.index import grouping
from feeds.index.grouping import Collection, passes, provider_domain, publisher_path
from feeds.model import Group, Kind, Listing
from feeds.text import slugs, words
from feeds.text.similar import similar
from feeds.text.text import name_key
from feeds.text.urls import provider_place

MOST_PARAMETERS = 20
LONGEST_VALUE = 100
MOST_ARTICLES = 200
# The most articles with the words of a query that are compared with its other parameters.
_MOST_FOUND = 2000
_NEAREST, _NEAR_ENOUGH = 5, 50
_NAMES = ("topic", "all_topic", "not_topic", "provider", "not_provider", "category", "not_category", "type", "not_type")
_TEXT = "text"
_NUMBERS = ("minimum_quality", "minimum_heat", "limit")
PARAMETERS = (*_NAMES, _TEXT, *_NUMBERS)
_NO_WORD = re.compile(r"[;/%=&#?+\\]")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


class QueryError(ValueError):
    """A query that can't be answered. `unknown` is true if it has a name that does not exist; `nearest` are suggestions."""

    def __init__(self, message: str, *, unknown: bool = False, nearest: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.unknown = unknown
        self.nearest = tuple(nearest)


class Query(Struct, frozen=True):
    """A query in canonical form: parameters in the order of `PARAMETERS`, values as slugs and domains, in order, once each."""

    values: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def slug(self) -> str:
        """The query as the last part of a path, such as `topic=ai;limit=20`. No group's slug holds `=`."""
        return ";".join(f"{name}={quote(value, safe='')}" for name, values in self.values for value in values)

    def get(self, name: str) -> tuple[str, ...]:
        """The values of a parameter."""
        return dict(self.values).get(name, ())


def from_slug(slug: str) -> list[tuple[str, str]]:
    """The parameters that `Query.slug` wrote."""
    pairs = (part.partition("=") for part in slug.split(";") if part)
    return [(name, unquote(value)) for name, _, value in pairs]


def parse(pairs: Iterable[tuple[str, str]], collection: Collection, config: Config) -> Query:
    """The canonical query of `pairs` of parameter and value. Raises QueryError for an invalid query."""
    found: dict[str, set[str]] = {}
    pairs = list(pairs)
    if not pairs:
        raise QueryError(f"A query needs a parameter: {', '.join(PARAMETERS)}")
    if len(pairs) > MOST_PARAMETERS:
        raise QueryError(f"A query has at most {MOST_PARAMETERS} parameters")
    for name, value in pairs:
        if name not in PARAMETERS:
            raise QueryError(f"There is no parameter {name[:LONGEST_VALUE]!r}", nearest=_near(name, PARAMETERS))
        if not value or len(value) > LONGEST_VALUE:
            raise QueryError(f"{name} takes a value of 1 to {LONGEST_VALUE} characters")
        if name in _NUMBERS:
            if found.get(name):
                raise QueryError(f"{name} can be given once")
            found[name] = {_number(name, value, config)}
        elif name == _TEXT:
            if found.get(name):
                raise QueryError("text can be given once: all of its words must be there")
            found[name] = {_words(value)}
        else:
            known = _known(name.rpartition("_")[2], collection)
            found.setdefault(name, set()).add(_resolve(name.rpartition("_")[2], value, known))
    return Query(tuple((name, tuple(sorted(found[name]))) for name in PARAMETERS if name in found))


def group(query: Query, collection: Collection, config: Config) -> Group:
    """The group of articles that answer `query`, newest first, with a title made of the query."""
    keys = {name.slug: key for key, name in collection.topics.items()}
    labels = {name.slug: key for key, name in collection.categories.items()}
    minimum = Minimum(*(float(query.get(name)[0]) if query.get(name) else None for name in ("minimum_quality", "minimum_heat")))

    def has(article: Listing, kind: str, value: str) -> bool:
        match kind:
            case "topic":
                return (Kind.TOPIC, keys[value]) in grouping.groups_of(article, config)
            case "provider":
                return value in (provider_domain(article), (publisher_path(article, collection) or "").partition("/")[2])
            case "category":
                return article.category is not None and name_key(article.category) == labels.get(value)
        return article.type == value

    def answers(article: Listing) -> bool:
        for name, values in query.values:
            if name in _NUMBERS or name == _TEXT:
                continue
            kind = name.rpartition("_")[2]
            hits = (has(article, kind, value) for value in values)
            if (any(hits) if not name.startswith("all_") else all(hits)) == name.startswith("not_"):
                return False
        return passes(article, minimum)

    limit = int(next(iter(query.get("limit")), config.limit))
    members = tuple(islice(filter(answers, _candidates(query, collection, config)), limit))
    return Group(Kind.FEED, query.slug, _title(query, collection), members, limit)


def config_lines(query: Query, collection: Collection) -> str | None:
    """The lines of config.yaml for a named feed with the same articles; None where the config can't express the query."""
    names = {"topic": "topics", "provider": "providers", "category": "categories", "type": "types"}
    names |= {"minimum_quality": "minimum_quality", "minimum_heat": "minimum_heat", "limit": "limit", "text": "text"}
    if any(name not in names for name, _ in query.values):
        return None
    title = _title(query, collection)
    lines = ["feeds:", f"  {slugs.slug(title)}:", f"    title: {json.dumps(title, ensure_ascii=False)}"]
    for name, values in query.values:
        labels = [label(name, value, collection) if name in ("topic", "category") else value for value in values]
        said = (
            values[0]
            if name in _NUMBERS
            else json.dumps(values[0], ensure_ascii=False)
            if name == _TEXT
            else f"[{', '.join(json.dumps(label, ensure_ascii=False) for label in labels)}]"
        )
        lines.append(f"    {names[name]}: {said}")
    return "\n".join(lines)


def _candidates(query: Query, collection: Collection, config: Config) -> Sequence[Listing]:
    """The articles of a group, as small as possible, with all articles that match `query`."""
    if text := query.get(_TEXT):
        return collection.find(words.parse(text[0]), _MOST_FOUND, False)
    found = [collection.groups["all"].articles]
    folders = {"topic": "topics", "all_topic": "topics", "provider": "providers", "category": "categories"}
    for name, folder in folders.items():
        values = query.get(name)
        # Articles below the minimum of a kind answer too, but for topics.
        if values and (folder == "topics" or name not in config.minimums) and (len(values) == 1 or name == "all_topic"):
            found += [collection.groups[path].articles for value in values if (path := f"{folder}/{value}") in collection.groups]
    return min(found, key=len)


def _known(kind: str, collection: Collection) -> Mapping[str, str]:
    """The values of a parameter, by the spellings that are accepted."""
    match kind:
        case "topic":
            groups = [found for found in collection.listed.values() if found.kind is Kind.TOPIC]
            return {found.slug: found.slug for found in groups} | {name_key(found.name): found.slug for found in groups}
        case "provider":
            return {place: place for place in sorted(collection.providers)}
        case "category":
            return {key: name.slug for key, name in collection.categories.items()} | {
                name.slug: name.slug for name in collection.categories.values()
            }
    return {each: each for each in collection.types}


def _resolve(kind: str, value: str, known: Mapping[str, str]) -> str:
    wanted = (provider_place(value) or value) if kind == "provider" else name_key(value)
    if wanted in known:
        return known[wanted]
    raise QueryError(f"There is no {kind} {value!r}", unknown=True, nearest=_near(wanted, sorted(set(known.values()))))


def _number(name: str, value: str, config: Config) -> str:
    if name == "limit":
        if not (value.isascii() and value.isdigit()) or int(value) < 1:
            raise QueryError(f"limit takes a whole number from 1, not {value!r}")
        return str(min(int(value), max(MOST_ARTICLES, config.limit)))
    if not _NUMBER.fullmatch(value) or not math.isfinite(number := float(value)):
        raise QueryError(f"{name} takes a number, not {value!r}")
    # In full, so that two different numbers are never one query; without the sign of zero.
    return repr(number + 0.0).removesuffix(".0")


def _words(value: str) -> str:
    """The words of a query, with one space between."""
    # Characters with a meaning in an address are separators between words anyway.
    text = " ".join(_NO_WORD.sub(" ", value.casefold()).split())
    try:
        words.parse(text)
    except ValueError as error:
        raise QueryError(str(error)) from None
    return text


def _near(value: str, known: Iterable[str]) -> tuple[str, ...]:
    return tuple(similar(value[:LONGEST_VALUE], known, _NEAREST, _NEAR_ENOUGH))


def label(name: str, value: str, collection: Collection) -> str:
    """The name of a value of a parameter, such as `Climate` for the topic `climate`."""
    folder = {"topic": "topics", "provider": "providers", "category": "categories"}.get(name.rpartition("_")[2], "")
    found = collection.groups.get(f"{folder}/{value}")
    return found.name if found is not None else value


def _title(query: Query, collection: Collection) -> str:
    parts: list[str] = []
    shut_out: list[str] = []
    for name, values in query.values:
        named = [label(name, value, collection) for value in values]
        if name.startswith("not_"):
            shut_out += named
        elif name == _TEXT:
            parts.append(f"“{values[0]}”")
        elif name == "minimum_quality":
            parts.append(f"quality from {values[0]}")
        elif name == "minimum_heat":
            parts.append(f"heat from {values[0]}")
        elif name != "limit":
            parts.append((" and " if name.startswith("all_") else " or ").join(named))
    title = ", ".join(parts) or "Everything"
    return f"{title}, without {' or '.join(shut_out)}" if shut_out else title
