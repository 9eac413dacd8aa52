"""A feed as a reader keeps it, its items, and what is lost."""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct, field


class KeptFile(Struct, frozen=True):
    """A file that a reader offers beside an item."""

    url: str
    media_type: str = ""


class KeptItem(Struct, frozen=True):
    """An item as a reader keeps it. What is empty or None the reader does not keep, or the feed does not say.

    `id` is the reader's identity of an item. `published` is None where the reader takes the moment at which it first saw the
    item. `content` is HTML, not cleaned yet. `lost` says what the feed has and the reader passes over, and
    how many.
    """

    id: str
    title: str = ""
    link: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    content: str = ""
    summary: str = ""
    image: str = ""
    files: tuple[KeptFile, ...] = ()
    language: str = ""
    lost: Mapping[str, int] = field(default_factory=dict)


class Kept(Struct, frozen=True):
    """A feed as a reader keeps it. `refused` says why, where the reader takes nothing of it; `dropped` why items are left out."""

    title: str = ""
    items: tuple[KeptItem, ...] = ()
    refused: str = ""
    dropped: tuple[str, ...] = ()


class Reader(Struct, frozen=True):
    """A reader: its name, where its rules were read, and what it keeps of a document, given the URL that it was fetched from.

    `keep` raises nothing: a document that can't be read is refused.
    """

    name: str
    rules: str
    keep: Callable[[bytes, str], Kept]


def lost(**found: int | bool) -> dict[str, int]:
    """Each kind of loss with its count, where it is not zero. `_` in a name is a space."""
    return {what.replace("_", " "): int(number) for what, number in found.items() if number}
