"""The key `sources` of config.yaml: folders, or mappings with a path and settings for its documents."""

import posixpath
import re
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from feeds.config import authors, cascades
from feeds.config.types import Source, is_store
from feeds.documents import conventions, links, names
from feeds.documents.fields import Fields
from feeds.documents.values import Value

_STORE = re.compile(r"(s3|gs|az)://[A-Za-z0-9][A-Za-z0-9._-]+(/[^?#]*)?")
PLACES = "a folder, or s3://bucket/prefix, gs://bucket/prefix or az://container/prefix"
KEYS = (
    "path",
    "generator",
    "link",
    "translations",
    "timezone",
    "fields",
    "authors",
    "defaults",
    "shortcodes",
    "ignore",
    "topics",
)
_AUTHORS = "a file or a folder of authors"


def read(found: Fields, folder: Path, zone: str | None, language: str | None) -> tuple[Source, ...]:
    """The sources of a config in `folder`, of a site with this time zone and `language`. Mistakes are reported to `found`."""
    given = found.list("sources", bare="path")
    if "sources" not in found:
        return (Source("seeds", folder / "seeds", language=language, timezone=zone),)
    return tuple(source for each in given if (source := _source(each, folder, zone, language)) is not None)


def is_place(text: str) -> bool:
    """Whether `text` is a folder, or names a bucket and nothing but a prefix in it."""
    return _STORE.fullmatch(text) is not None if is_store(text) else "://" not in text


def name_of(text: str) -> str:
    """The name of a source: `./s/` and `s` are one folder, so articles in it keep their identity."""
    return text if is_store(text) else posixpath.normpath(text)


def timezone(found: Fields) -> str | None:
    """The IANA time zone of the key `timezone`."""
    name = found.text("timezone")
    if name is None:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        found.problem("timezone", "a time zone such as Europe/Berlin")
        return None
    return name


def _source(found: Fields, folder: Path, zone: str | None, language: str | None) -> Source | None:
    found.only(KEYS)
    path = found.text("path", "a folder")
    if not path:
        found.problem("path", "a folder of documents")
        return None
    if not is_place(path):
        found.problem("path", PLACES, f"the address of something else ({path.partition(':')[0]})")
        return None
    defaults = _defaults(found)
    locale = defaults.get("locale")
    topics = found.text("topics")
    if topics not in (None, "tags", "topics"):
        found.problem("topics", "`tags`, where tags are the topics")
    generator = _generator(found)
    return Source(
        name=name_of(path),
        folder=folder / path,
        generator=generator,
        link=_pattern(found, "link"),
        translations=_pattern(found, "translations"),
        language=locale if isinstance(locale, str) else language,
        timezone=timezone(found) or zone,
        fields=_fields(found),
        authors=authors.read(found, folder / place) if (place := found.text("authors", _AUTHORS)) else {},
        authors_place=folder / place if place else None,
        cascades=cascades.read(folder / path, path) if generator == "hugo" and not is_store(path) else (),
        defaults=defaults,
        shortcodes=_texts(found, "shortcodes"),
        ignore=found.texts("ignore"),
        tags_are_topics=topics == "tags",
    )


def _generator(found: Fields) -> str:
    name = (found.text("generator") or "").lower()
    if name and name not in conventions.GENERATORS:
        found.problem("generator", f"one of {', '.join(conventions.GENERATORS)}")
        return ""
    return name


def _pattern(found: Fields, name: str) -> str:
    pattern = found.text(name) or ""
    if unknown := links.unknown(pattern):
        found.problem(name, f"placeholders: {' '.join(links.PLACEHOLDERS)}", f"the unknown {unknown[0]}")
    return pattern


def _fields(found: Fields) -> dict[str, tuple[str, ...]]:
    """Our fields with the names that documents have for them."""
    given = found.fields("fields")
    if given is None:
        return {}
    given.only(names.CONFIGURABLE)
    return {name: given.texts(name) for name in given.names()}


def _defaults(found: Fields) -> dict[str, Value]:
    """Fields for documents that lack them."""
    given = found.fields("defaults")
    if given is None:
        return {}
    from feeds.documents import front_matter

    given.only(names.CONFIGURABLE)
    front_matter.check_defaults(given)
    return given.values()


def _texts(found: Fields, name: str) -> dict[str, str]:
    given = found.fields(name)
    return {key: text for key in given.names() if (text := given.text(key)) is not None} if given is not None else {}
