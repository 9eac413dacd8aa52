"""The usual addresses of feeds, such as `/feed`, which redirect to the feed of all articles. Pure."""

from collections.abc import Mapping

from feeds.config.types import Config
from feeds.model import Format

_USUAL = {
    Format.RSS: ("feed", "feed.xml", "rss", "rss.xml", "index.xml", "index.rss", "feed.rss"),
    Format.ATOM: ("atom", "atom.xml", "index.atom", "feed.atom"),
    Format.JSON: ("feed.json", "index.json"),
}


def redirects(config: Config) -> Mapping[str, str]:
    """The path of the feed of everything for each usual address that config does not redirect, both without a leading slash."""
    found: dict[str, str] = {}
    for format, names in _USUAL.items():
        suffix = format if format in config.formats else config.formats[0]
        found |= dict.fromkeys(names, f"all.{suffix}")
    return {path: target for path, target in found.items() if path not in config.redirects}
