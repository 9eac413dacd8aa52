"""The keys `index`, `output` and `ledger` of config.yaml: where Feeds writes."""

from pathlib import Path

from feeds.config import values
from feeds.config.sources import PLACES, is_place
from feeds.documents.fields import Fields
from feeds.documents.values import TRUE
from feeds.storage import postgresql


def index(found: Fields) -> str | None:
    """The URL of the database of the index."""
    url = found.text("index", "the address of a database")
    if not url:
        return None
    # Never what it says: that may be a password.
    if url.startswith("sqlite:"):
        if not url.startswith("sqlite:///") or url.removeprefix("sqlite:///").strip("/.") in ("", ":memory:"):
            found.problem("index", "sqlite:/// and a file, such as sqlite:///.feeds/index.db", "no file")
    elif url.startswith(("postgresql:", "postgres:")):
        try:
            postgresql.address(url)
        except ValueError as error:
            found.problem("index", "postgresql://user:password@host/database", str(error))
    else:
        what = f"a database of the kind {url.partition(':')[0]!r}" if "://" in url else "no address of a database"
        found.problem("index", "sqlite:///path/to/file or postgresql://user:password@host/database", what)
    return url


def output(found: Fields) -> str | None:
    """The folder or the object store that `feeds export` writes to."""
    place = found.text("output", "a folder or an object store")
    if place and not is_place(place):
        # Never what it says: that may be a password.
        found.problem("output", PLACES, f"the address of something else ({place.partition(':')[0]})")
    return place


def ledger(found: Fields, path: Path) -> Path | None:
    """The file of the identity ledger, by default `feeds.ledger` beside the config; None without one.

    Configs with other names than config.yaml may lie in one folder, and have ledgers of their own: `blog.ledger` of blog.yaml.
    """
    if values.is_off(found, "ledger"):
        return None
    given = found.text("ledger", "true, false or a file") or "true"
    name = "feeds" if path.stem == "config" else path.stem
    return path.parent / (f"{name}.ledger" if given.lower() in TRUE else given)
