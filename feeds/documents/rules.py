"""Rules: how the documents of one source are to be read."""

from collections.abc import Mapping
from datetime import tzinfo

from msgspec import Struct, field

from feeds.documents.fast_yaml import PlainFields
from feeds.documents.names import Names
from feeds.model import Person

# The bytes of a document, unless config says otherwise.
LARGEST = 16 * 2**20


class Rules(Struct, frozen=True):
    """How the documents of one source are to be read.

    `root` begins the path of each of its documents. `link` is the pattern of their addresses. `zone` is that of dates without an
    offset, and of dates in links; without it these are in UTC, and those as written. `authors` are people by key in lowercase,
    `defaults` fields that documents may lack, `shortcodes` templates by name. No document may have more bytes than `largest`.
    """

    root: str = ""
    names: Names = field(default_factory=Names)
    link: str = ""
    zone: tzinfo | None = None
    authors: Mapping[str, Person] = field(default_factory=dict)
    defaults: PlainFields | None = None
    shortcodes: Mapping[str, str] = field(default_factory=dict)
    largest: int = LARGEST


USUAL = Rules()
