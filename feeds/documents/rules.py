"""Rules: the settings for reading the documents of one source."""

from collections.abc import Mapping
from datetime import tzinfo

from msgspec import Struct, field

from feeds.documents import conventions
from feeds.documents.cascades import Cascade
from feeds.documents.conventions import Conventions
from feeds.documents.limits import Limits
from feeds.documents.names import Names
from feeds.documents.values import Value
from feeds.model import Person


class Rules(Struct, frozen=True):
    """The rules by which the documents of one source are read.

    `root` begins the path of each of its documents. `conventions` are those of the site generator that they are written for.
    `link` is the pattern of their addresses, `translations` that of documents in another language than `language`, where it is
    not the same. `zone` is that of dates without an offset, and of dates in links; without it the former are in UTC, and the
    latter as written. `authors` are people by key in lowercase, `cascades` fields that sections pass to documents,
    `defaults` fields that documents may lack, `shortcodes` templates by name. `limits` bound each document.
    """

    root: str = ""
    names: Names = field(default_factory=Names)
    conventions: Conventions = conventions.USUAL
    link: str = ""
    translations: str = ""
    language: str | None = None
    zone: tzinfo | None = None
    authors: Mapping[str, Person] = field(default_factory=dict)
    cascades: tuple[Cascade, ...] = ()
    defaults: Mapping[str, Value] = field(default_factory=dict)
    shortcodes: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = Limits()


USUAL = Rules()
