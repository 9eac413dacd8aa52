"""Limits of one document, and the problems of documents beyond them."""

from collections.abc import Sequence

from msgspec import Struct

from feeds.documents.values import Values
from feeds.errors import Problem


class Limits(Struct, frozen=True):
    """The limits of one document; beyond them it is in error.

    Each topic has feeds, archives and a page, so a huge document would cost time, memory and space.
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


def too_large(path: str, size: int, most: int) -> Problem:
    """The problem of a document with more bytes than it may have."""
    return Problem(path, 1, "", f"{size:,} bytes", at_most(most, "document"))


def at_most(most: int, name: str) -> str:
    """The message for a value above the limit that config calls `name`."""
    return f"at most {most:,} (`limits.{name}` in the config)"


def check_count(found: Values, name: str, count: int, most: int, limit: str = "") -> None:
    """Report a field with more values than a document may have; `limit` is its name in the config, if another."""
    if count > most:
        found.problem(name, at_most(most, limit or name), f"{count:,} of them")


def some(found: Values, name: str, bare: str, most: int) -> Sequence[Values]:
    """The field as a list of mappings (`Values.list`), none where there are more than a document may have, which is reported."""
    values = found.list(name, bare=bare, fatal=False)
    check_count(found, name, len(values), most)
    return values if len(values) <= most else ()
