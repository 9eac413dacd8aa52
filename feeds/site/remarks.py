"""Remarks: files that are not articles, unknown fields, and sources without articles."""

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from feeds.config.types import Config
from feeds.documents.names import ALIASES, FIELDS
from feeds.errors import Problem, Remark
from feeds.index.store import Index
from feeds.text.similar import similar

# The least similarity, of 100, of a name to one that is read, for it to be taken for a slip.
_ALIKE = 84


class PassedOver(Struct, frozen=True):
    """Files that are no articles, for one reason: how many, and the first."""

    why: str
    files: int
    first: str


class Unread(Struct, frozen=True):
    """A field that is not read: how many documents have it, the first of them, and the nearest name that is read."""

    name: str
    documents: int
    first: str
    nearest: str | None = None

    @property
    def advice(self) -> str:
        """Advice on what to do about it."""
        if self.nearest:
            return f"did you mean {self.nearest!r}?"
        return "if it is one of ours by another name, `fields` of the source can say so"


class Remarks(Struct, frozen=True):
    """Counts of what was passed over in the documents of a site. `empty` are the sources, by name, that no article comes from."""

    passed_over: tuple[PassedOver, ...] = ()
    unread: tuple[Unread, ...] = ()
    empty: tuple[str, ...] = ()


def of(config: Config, remarks: Iterable[Problem], index: Index) -> Remarks:
    """Count `remarks`. The `index` has the documents of each source."""
    passed: dict[str, list[str]] = {}
    unread: Counter[str] = Counter()
    first: dict[str, str] = {}
    for remark in remarks:
        if remark.remark is Remark.PASSED_OVER:
            passed.setdefault(remark.found, []).append(remark.path)
        else:
            for name in remark.field.split("\n"):
                unread[name] += 1
                first.setdefault(name, remark.path)
    without_article = frozenset(path for paths in passed.values() for path in paths)
    return Remarks(
        tuple(PassedOver(why, len(paths), paths[0]) for why, paths in sorted(passed.items(), key=lambda item: -len(item[1]))),
        tuple(Unread(name, count, first[name], _nearest(name)) for name, count in unread.most_common()),
        tuple(source.name for source in config.sources if not index.has_document(source.name, without_article)),
    )


def _nearest(name: str) -> str | None:
    names = {each.lower(): each for each in FIELDS}
    names |= {each.lower(): each for text in ALIASES.values() for each in text.split() if "." not in each}
    near = similar(name.lower(), names, 1, _ALIKE, as_wholes=True)
    return names[near[0]] if near else None
