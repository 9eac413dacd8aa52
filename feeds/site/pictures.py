"""Which pictures pages show, as config's `pictures` has it. Feeds are not concerned: readers load what entries name."""

import re
from collections.abc import Mapping
from html import unescape

from feeds.config.types import Config, Pictures
from feeds.model import Image
from feeds.text.text import escape

# What sanitised HTML consists of: lowercase names, values in double quotes.
_ATTRIBUTE = re.compile(r'\s([a-z]+)="([^"]*)"')
_TAG = re.compile(r"<(/?)(a|img|source|video|audio)(?=[\s>])[^>]*>")
_LOADING = re.compile(r'\s(?:poster|srcset|sizes)="[^"]*"')


def shown(image: Image | None, config: Config) -> Image | None:
    """The picture as pages show it, None where they do not."""
    return image if image is not None and _is_shown(image.url, config) else None


def within(html: str, config: Config) -> str:
    """Sanitised HTML with pictures as pages show them: those that they do not show are links to them."""
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
        return _LOADING.sub("", found[0]).replace(f"<{name}", f'<{name} preload="none"', 1)

    return _TAG.sub(replaced, html)


def _is_shown(url: str, config: Config) -> bool:
    return config.pictures is Pictures.LINK or url.startswith(f"{config.site.url}/")


def _picture(tag: str, attributes: Mapping[str, str], config: Config, *, in_link: bool) -> str:
    if _is_shown(attributes["src"], config):
        return _LOADING.sub("", tag)
    text = escape(attributes.get("alt") or "Picture")
    return text if in_link else f'<a href="{escape(attributes["src"])}">{text}</a>'
