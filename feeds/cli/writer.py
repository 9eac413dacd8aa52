"""The index that a command writes."""

from typing import TYPE_CHECKING

from feeds.config.types import Config

if TYPE_CHECKING:
    from feeds.index.store import Index


def writer_of(settings: Config, before: "Index | None" = None) -> "Index":
    """The index, of which this process is the writer from now on."""
    from feeds.index.store import Index

    if before is not None and before.is_of(settings):
        return before
    if before is not None:
        before.release()
    index = Index(settings)
    index.lead()
    return index
