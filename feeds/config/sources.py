"""The key `sources` of config.yaml: folders, or mappings with a path and settings for its documents."""

import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from feeds.config.types import Source, is_store
from feeds.documents import front_matter, links
from feeds.documents.fields import Fields
from feeds.model import Person
from feeds.text.text import plain
from feeds.text.urls import web_address

_STORE = re.compile(r"(s3|gs|az)://[A-Za-z0-9][A-Za-z0-9._-]+(/[^?#]*)?")
PLACES = "a folder, or s3://bucket/prefix, gs://bucket/prefix or az://container/prefix"
KEYS = ("path", "link", "timezone", "fields", "authors", "defaults", "shortcodes", "ignore", "topics")
_YAML = (".yml", ".yaml", ".json")


def read(found: Fields, folder: Path, zone: str | None) -> tuple[Source, ...]:
    """The sources of a config in `folder`; `zone` is the site's time zone. Mistakes are reported to `found`."""
    given = found.list("sources", bare="path")
    if "sources" not in found:
        return (Source("seeds", folder / "seeds", timezone=zone),)
    return tuple(source for each in given if (source := _source(each, folder, zone)) is not None)


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


def _source(found: Fields, folder: Path, zone: str | None) -> Source | None:
    found.only(KEYS)
    path = found.text("path", "a folder")
    if not path:
        found.problem("path", "a folder of documents")
        return None
    if not is_place(path):
        found.problem("path", PLACES, f"the address of something else ({path.partition(':')[0]})")
        return None
    link = found.text("link") or ""
    if unknown := links.unknown(link):
        found.problem(
            "link", f"placeholders such as {', '.join(f':{name}' for name in links.PLACEHOLDERS[:3])}", f"unknown :{unknown[0]}"
        )
    topics = found.text("topics")
    if topics not in (None, "tags", "topics"):
        found.problem("topics", "`tags`, where tags are the topics")
    return Source(
        name=name_of(path),
        folder=folder / path,
        link=link,
        timezone=timezone(found) or zone,
        fields=_fields(found),
        authors=_authors(found, folder),
        defaults=defaults.values() if (defaults := found.fields("defaults")) is not None else {},
        shortcodes=_texts(found, "shortcodes"),
        ignore=found.texts("ignore"),
        tags_are_topics=topics == "tags",
    )


def _fields(found: Fields) -> dict[str, tuple[str, ...]]:
    """Our fields with the names that documents have for them."""
    given = found.fields("fields")
    if given is None:
        return {}
    given.only(front_matter.FIELDS)
    return {name: tuple(text.lower() for text in given.texts(name)) for name in given.names()}


def _texts(found: Fields, name: str) -> dict[str, str]:
    given = found.fields(name)
    return {key: text for key in given.names() if (text := given.text(key)) is not None} if given is not None else {}


def _authors(found: Fields, folder: Path) -> Mapping[str, Person]:
    """The people of a file of authors, or of a folder with a file for each, by key."""
    name = found.text("authors", "a file or a folder of authors")
    if name is None:
        return {}
    place = folder / name
    try:
        if place.is_dir():
            files = sorted(file for file in place.iterdir() if file.suffix in (*_YAML, ".md"))
            entries = {file.stem: next(yaml.safe_load_all(file.read_text(encoding="utf-8-sig")), None) for file in files}
        else:
            loaded = yaml.safe_load(place.read_text(encoding="utf-8-sig"))
            entries = loaded if isinstance(loaded, dict) else {}
    except OSError as error:
        found.problem("authors", "a file or a folder of authors", f"{name!r} ({error.strerror})")
        return {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        found.problem("authors", "authors by key, in YAML or JSON", f"broken YAML in {name}{line}")
        return {}
    return {str(key): person for key, entry in entries.items() if (person := _person(str(key), entry)) is not None}


def _person(key: str, entry: object) -> Person | None:
    if isinstance(entry, str):
        return Person(plain(entry))
    if not isinstance(entry, dict):
        return None
    name = plain(str(entry.get("name") or entry.get("title") or key))
    url, avatar = (next((str(entry[name]) for name in names if entry.get(name)), "") for names in (_URLS, _AVATARS))
    return Person(name, web_address(url), web_address(avatar))


_URLS = ("url", "web", "website", "site", "homepage")
_AVATARS = ("avatar", "image_url", "imageURL", "image", "picture")
