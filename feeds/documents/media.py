"""The pictures of an article, and its files to hear, see or fetch."""

import re
from collections.abc import Iterable

from feeds.documents.home import Home, file_or_url, text_among
from feeds.documents.values import BOOLEAN, Values
from feeds.model import Action, File, Image
from feeds.text import dates, urls
from feeds.text.media_types import media_type
from feeds.text.text import plain

# Names for the address, the description and the credit of a picture; for the address and the portrait of an author.
_PICTURE = ("url", "src", "path", "image", "file", "href", "source", "publicURL")
_CAPTION, _CREDIT = ("title", "alt", "caption"), ("attribution", "credit", "credits")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")


def resources(found: Values, home: Home) -> tuple[Image, ...]:
    """The first picture among the `resources` of a page (Hugo)."""
    for resource in found.list("resources", bare="src", fatal=False):
        source = resource.text("src", fatal=False) or ""
        file = home.locate(source) if urls.is_relative(source) else None
        if file is not None and file.media_type.startswith("image/"):
            return (_picture(resource, file.url, file),)
    return ()


def images(found: Iterable[Values], home: Home) -> tuple[Image, ...]:
    """The pictures that some mappings describe; those without an address are left out, and reported."""
    return tuple(read for image in found if (read := _image(image, home)))


def _image(image: Values, home: Home) -> Image | None:
    name = next((name for name in _PICTURE if not image.is_blank(name)), "url")
    text = image.text(name, fatal=False) or ""
    if text.lower() in BOOLEAN or (not text and any(each in image.names() for each in (*_PICTURE, *_CAPTION))):
        # `cover: false`, `image: {url: ""}` and the like have no picture.
        return None
    url, file = file_or_url(image, home, name)
    return None if url is None else _picture(image, url, file)


def _picture(image: Values, url: str, file: File | None) -> Image:
    width, height = image.count("width", fatal=False) or None, image.count("height", fatal=False) or None
    return Image(
        url,
        file.width or width if file else width,
        file.height or height if file else height,
        text_among(image, _CAPTION),
        text_among(image, _CREDIT),
        file.media_type if file else media_type(url),
        file.size if file else None,
    )


def actions(found: Iterable[Values], home: Home) -> tuple[Action, ...]:
    """The files to hear, see or fetch that some mappings describe; those without an address are left out, and reported."""
    return tuple(read for action in found if (read := _action(action, home)))


def _action(action: Values, home: Home) -> Action | None:
    url, file = file_or_url(action, home)
    if url is None:
        return None
    size = action.count("size", fatal=False)
    return Action(
        url,
        plain(action.text("title", fatal=False) or action.text("name", fatal=False) or ""),
        file.media_type if file else media_type_of(action.text("type", fatal=False), url),
        _seconds(action),
        file.size if file else size,
    )


def media_type_of(text: str | None, url: str) -> str | None:
    """The media type `text`, or else that of the URL's ending."""
    if text and _MEDIA_TYPE.fullmatch(text.lower()):
        return text.lower()
    return media_type(url) or {"audio": "audio/mpeg", "video": "video/mp4"}.get((text or "").lower())


def _seconds(action: Values) -> int | None:
    text = action.text("length", fatal=False)
    if text is None:
        return None
    try:
        return dates.seconds(text)
    except ValueError:
        action.problem("length", "a length of time such as PT4M13S", fatal=False)
        return None
