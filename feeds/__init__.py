"""A publisher of web feeds: articles in a folder become RSS, Atom and JSON Feed, as files or over HTTP."""

__version__ = "0.1.0"
