"""Sites recognised by the config of their generator."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct


class Content(Struct, frozen=True):
    """A folder with articles. `path` is relative to the site's folder; `link` is the pattern of their addresses.

    `settings` are more keys of the source in config.yaml, such as `authors`. `doubt` says why the pattern
    may be wrong, if it may.
    """

    path: str
    link: str
    settings: Mapping[str, Any] = {}
    doubt: str = ""


class Found(Struct, frozen=True):
    """A site as its generator's config describes it. `url` is None where the config has none; `file` is the config's name."""

    generator: str
    file: str
    title: str = ""
    url: str | None = None
    description: str = ""
    language: str | None = None
    timezone: str | None = None
    author: str | None = None
    content: tuple[Content, ...] = ()


def has_documents(folder: Path) -> bool:
    """Whether a folder or one below it has a Markdown file."""
    return any(next(folder.rglob(f"*{suffix}"), None) is not None for suffix in (".md", ".mdx", ".markdown"))


def based(url: str | None, base: str) -> str | None:
    """The address of a site that is at the path `base` of a host."""
    return f"{url.rstrip('/')}/{base.strip('/')}".rstrip("/") if url else None
