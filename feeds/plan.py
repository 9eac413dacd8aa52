"""The plan of an export: what has to be rendered, and every document of the site in turn."""

from collections.abc import Iterator

from feeds.index import Index
from feeds.model import Document
from feeds.site import Site
from feeds.workers import Workers


def documents(site: Site, index: Index, workers: Workers) -> Iterator[Document]:
    """Every document of `site`. Each entry is rendered once, whichever feeds and archives hold it."""
    lacking = site.rendered.lacking(site.shown())
    for made in workers.render(site.rendered.tasks(lacking), len(lacking)):
        for format, entries in made.items():
            index.keep(format, entries)
    yield from site.documents()
