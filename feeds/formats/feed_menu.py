"""Feed menus: the feeds of a site for programs that look for them (draft-nottingham-feed-menu-00)."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from feeds.model import Format
from feeds.model.listings import Outline

MEDIA_TYPE = "application/json"
PATH = ".well-known/feed-menu.json"
# The formats that a menu can name (2.2).
_FORMATS = (Format.RSS, Format.ATOM)


def render(title: str, outlines: Iterable[Outline], formats: Sequence[Format]) -> bytes:
    """The whole document, with every feed of `outlines` in the `formats` that a menu knows."""
    return orjson.dumps(_menu(title, outlines, formats), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _menu(title: str, outlines: Iterable[Outline], formats: Sequence[Format]) -> dict[str, Any]:
    return {"feed-menu": title, "items": [_item(outline, formats) for outline in outlines]}


def _item(outline: Outline, formats: Sequence[Format]) -> dict[str, Any]:
    feed = outline.feed
    if feed is None:
        return _menu(outline.text, outline.below, formats)
    urls = {str(format): f"{feed.address}.{format}" for format in _FORMATS if format in formats}
    return {"feed-title": outline.text, "description": feed.description, **urls}
