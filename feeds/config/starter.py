"""The first config.yaml of a site, with comments."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from feeds.config.generators import Content, Found

UNKNOWN_URL = "https://example.org"
_TODO = "    # TODO: the address of the site, without a / at the end"


def text(found: Found) -> str:
    """The config.yaml of a site. What `found` leaves open has a placeholder and a comment that asks for it."""
    made_from = f", from {found.generator}'s {found.file}" if found.generator else ""
    lines = [
        f"# What Feeds publishes, and where{made_from}. Every key but site.title and site.url may be left out.",
        "# Paths are relative to this file; ${NAME} takes an environment variable. `feeds check` shows what to improve.",
        "",
        "site:",
        f"  title: {_value(found.title or urlsplit(found.url or UNKNOWN_URL).hostname)}",
        f"  url: {_value(found.url or UNKNOWN_URL)}{'' if found.url else _TODO}",
        "  # id: tag:example.org,2026:news    # set once: feeds and articles keep their identity when the site moves",
    ]
    optional = (
        ("description", found.description),
        ("language", found.language),
        ("author", found.author),
        ("timezone", found.timezone),
    )
    lines += [f"  {key}: {_value(value)}" for key, value in optional if value]
    lines += ["", "sources:", *(line for content in found.content for line in _source(content))]
    lines += [
        "",
        "# How many articles a feed shows; older ones are in its archive.",
        "# limit: 50",
        "# A feed can also be a query:",
        "# feeds:",
        "#   best: {title: The best, topics: [Oceans, Climate], minimum_quality: 50}",
        "",
    ]
    return "\n".join(lines)


def _source(content: Content) -> Sequence[str]:
    settings: Mapping[str, Any] = {"link": content.link, **content.settings} if content.link else content.settings
    if not settings:
        return [f"  - {_value(content.path)}"]
    lines = [f"    {key}: {_value(value)}" for key, value in settings.items()]
    if content.doubt:
        lines[0] += f"    # TODO: {content.doubt}; compare with the site's own"
    return [f"  - path: {_value(content.path)}", *lines]


def _value(value: object) -> str:
    """A value in YAML: plain where that is safe, else as JSON, which YAML reads too. `$` never begins a variable."""
    if isinstance(value, str):
        value = value.replace("${", "$ {")
        plain = value.replace(" ", "").replace("/", "").replace(".", "").replace("-", "").replace("_", "")
        if (
            plain.isalnum()
            and not value[0].isspace()
            and not value.isdigit()
            and value.lower() not in _WORDS
            and value == value.strip()
        ):
            return value if value[0].isalpha() or value[0] == "/" else json.dumps(value, ensure_ascii=False)
        if value.startswith(("https://", "http://")) and " " not in value and "#" not in value:
            return value
    return json.dumps(value, ensure_ascii=False)


_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
