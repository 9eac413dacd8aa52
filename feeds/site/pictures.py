"""The pictures that pages show, by config's `pictures`. Feeds always have the original URLs."""

import re
from collections.abc import Mapping
from html import unescape

from msgspec.structs import replace

from feeds.config.types import Config, Pictures
from feeds.copies import names
from feeds.index.article_pictures import is_of_others
from feeds.model import Image
from feeds.text.text import escape

# What sanitised HTML consists of: lowercase names, values in double quotes.
_ATTRIBUTE = re.compile(r'\s([a-z]+)="([^"]*)"')
_TAG = re.compile(r"<(/?)(a|img|source|video|audio)(?=[\s>])[^>]*>")
_LOADING = re.compile(r'\s(?:poster|srcset|sizes)="[^"]*"')
_SOURCE = re.compile(r'\ssrc="[^"]*"')


def shown(image: Image | None, config: Config) -> Image | None:
    """The picture as pages show it, None where they do not."""
    url = _shown(image.url, config) if image is not None else None
    return replace(image, url=url) if image is not None and url is not None else None


def within(html: str, config: Config) -> str:
    """Sanitised HTML with its pictures as pages show them: others become links."""
    if config.pictures is Pictures.LINK:
        return html
    in_link = False

    def replaced(found: re.Match[str]) -> str:
        nonlocal in_link
        closing, name = found.groups()
        if name == "a":
            in_link = not closing
        if name == "a" or closing:
            return found[0]
        attributes = {key: unescape(value) for key, value in _ATTRIBUTE.findall(found[0])}
        if name == "img":
            return _picture(found[0], attributes, config, in_link=in_link)
        if name == "source":
            # Other sizes of a picture.
            return "" if "srcset" in attributes else found[0]
        # Nothing of sound and film is loaded before somebody plays it.
        poster = _shown(attributes["poster"], config) if "poster" in attributes else None
        kept = f' poster="{escape(poster)}"' if poster is not None else ""
        return _LOADING.sub("", found[0]).replace(f"<{name}", f'<{name} preload="none"{kept}', 1)

    return _TAG.sub(replaced, html)


def _shown(url: str, config: Config) -> str | None:
    """The URL that pages load the picture at `url` from; None where they do not show it."""
    if config.pictures is Pictures.LINK or not is_of_others(url, config):
        return url
    return names.address(url, config.site.url) if config.pictures is Pictures.PROXY else None


def _picture(tag: str, attributes: Mapping[str, str], config: Config, *, in_link: bool) -> str:
    if (url := _shown(attributes["src"], config)) is not None:
        return _SOURCE.sub(f' src="{escape(url)}"', _LOADING.sub("", tag), count=1)
    text = escape(attributes.get("alt") or "Picture")
    return text if in_link else f'<a href="{escape(attributes["src"])}">{text}</a>'
