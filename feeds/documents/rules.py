"""Rules: how the documents of one source are to be read."""

from collections.abc import Mapping
from datetime import tzinfo

from msgspec import Struct, field

from feeds.documents.fast_yaml import PlainFields
from feeds.documents.names import Names
from feeds.model import Person


class Limits(Struct, frozen=True):
    """How much one document may hold; a document with more is in error. More than any person means would cost all others time,
    memory and space: each topic has feeds, archives and a page of its own.

    `document` is in bytes, `title` and `body` in characters; the others are how many there may be. `topic_depth` is how many
    levels of topics config may have.
    """

    document: int = 10_000_000
    title: int = 1000
    body: int = 2_000_000
    topics: int = 100
    tags: int = 200
    authors: int = 100
    images: int = 200
    related: int = 200
    actions: int = 200
    topic_depth: int = 16


class Rules(Struct, frozen=True):
    """How the documents of one source are to be read.

    `root` begins the path of each of its documents. `link` is the pattern of their addresses. `zone` is that of dates without an
    offset, and of dates in links; without it these are in UTC, and those as written. `authors` are people by key in lowercase,
    `defaults` fields that documents may lack, `shortcodes` templates by name. `limits` bound each document.
    """

    root: str = ""
    names: Names = field(default_factory=Names)
    link: str = ""
    zone: tzinfo | None = None
    authors: Mapping[str, Person] = field(default_factory=dict)
    defaults: PlainFields | None = None
    shortcodes: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = Limits()


USUAL = Rules()
