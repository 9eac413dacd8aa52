"""Cascades: front matter that the page of a section (`_index.md`) passes to all documents below it, as in Hugo.

gohugo.io/configuration/cascade: a document's own fields go first, then what the nearest section says. A cascade may be for some
documents alone: its `target` has patterns of their paths, kinds and languages.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from posixpath import splitext

from msgspec import Struct

from feeds.documents import links
from feeds.documents.values import Value

# The language of a cascade that is for documents of all languages.
ANY_LANGUAGE = "*"
_TARGETS = ("target", "_target")
_WILDCARDS = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")", ",": "|"}


class Cascade(Struct, frozen=True):
    """Front matter for the documents below `folder`, which is relative to their source and ends with `/`, or is empty for all.

    `language` is that of the section's page, None where its name has none, or `ANY_LANGUAGE`. `paths` are patterns of pages'
    addresses below `section`, the path of the source on its site.
    """

    folder: str
    values: Mapping[str, Value]
    language: str | None = None
    section: str = "/"
    paths: tuple[str, ...] = ()

    def holds(self, within: str) -> bool:
        """Whether the cascade is for the document `within` its source."""
        if not within.startswith(self.folder) or self.language not in (ANY_LANGUAGE, links.name(within).language):
            return False
        page = self.section + splitext(within)[0].removesuffix("/index").lower().replace(" ", "-")
        return not self.paths or any(_pattern(path).fullmatch(page) for path in self.paths)


def of(given: Value, folder: str, section: str, language: str | None) -> Iterator[Cascade]:
    """The cascades in the field `cascade` of a section's page or of a site's config: one, or a list."""
    for each in given if isinstance(given, list) else (given,):
        if not isinstance(each, dict):
            continue
        target = next((value for name in _TARGETS if isinstance(value := each.get(name), dict)), {})
        conditions = {name.lower(): tuple(_texts(value)) for name, value in target.items()}
        values = {name: value for name, value in each.items() if name not in _TARGETS}
        # Feeds are made of pages as the public sees them.
        if all(_any(conditions.get(name), wanted) for name, wanted in (("kind", "page"), ("environment", "production"))):
            lang = conditions.get("lang")
            own = lang[0] if lang and language == ANY_LANGUAGE else language
            if values and (lang is None or own is None or _any(lang, own)):
                yield Cascade(folder, values, own, section, conditions.get("path", ()))


def inherited(cascades: Iterable[Cascade], within: str) -> list[Mapping[str, Value]]:
    """Those of `cascades` that are for the document `within` its source, in the same order."""
    return [cascade.values for cascade in cascades if cascade.holds(within)]


def _texts(value: Value) -> Iterator[str]:
    for each in value if isinstance(value, list) else (value,):
        if isinstance(each, str):
            yield each


def _any(patterns: tuple[str, ...] | None, text: str) -> bool:
    return patterns is None or any(_pattern(pattern).fullmatch(text) for pattern in patterns)


@lru_cache
def _pattern(glob: str) -> re.Pattern[str]:
    """A pattern such as `{/news/**,/blog/*}`."""
    return re.compile("".join(_WILDCARDS.get(part) or re.escape(part) for part in re.findall(r"\*\*|.", glob.lower())))
