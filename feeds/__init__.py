"""Feeds publishes web feeds: articles in a folder become RSS, Atom and JSON Feed, as files or over HTTP.

    import feeds

    site = feeds.load("config.yaml")
    print(site["topics/ai.atom"].body)
    site.export("dist")

The names in `__all__` are the public API (docs/python.md); every other module may change at any time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from feeds.version import __version__

if TYPE_CHECKING:
    from feeds.api import Site, asgi, load, parse, render
    from feeds.errors import ConfigError, DocumentError, FeedsError, OutputError, Problem, ShrinkError, SourceError, ThemeError
    from feeds.model import Article, Document, Entry, Feed

__all__ = [
    "Article",
    "ConfigError",
    "Document",
    "DocumentError",
    "Entry",
    "Feed",
    "FeedsError",
    "OutputError",
    "Problem",
    "ShrinkError",
    "Site",
    "SourceError",
    "ThemeError",
    "__version__",
    "asgi",
    "load",
    "parse",
    "render",
]


def __getattr__(name: str) -> Any:
    """Load a name of the public API when it is first used, so that a command loads only what it needs."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for module in ("feeds.errors", "feeds.model", "feeds.api"):
        if hasattr(found := import_module(module), name):
            return globals().setdefault(name, getattr(found, name))
    raise AttributeError(name)


def __dir__() -> list[str]:
    return __all__
