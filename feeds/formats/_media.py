"""Media RSS elements, the same in RSS and Atom: pictures, sound, film, downloads, who made them."""

from collections.abc import Sequence

from lxml import etree

from feeds.formats._feedgen import MEDIA, element
from feeds.model import Action, Entry, Image


def add(parent: etree._Element, entry: Entry) -> None:
    """Add what `entry` shows: its video, where it has one, its pictures, the lead one as the thumbnail, and its other files."""
    main = main_enclosure(entry.enclosures)
    video = next((file for file in entry.enclosures if file.medium == "video"), None)
    if entry.player is not None:
        element(_content(parent, video), f"{{{MEDIA}}}player", url=entry.player)
    for image in entry.images:
        _picture(parent, image)
    if entry.images:
        lead = entry.images[0]
        element(parent, f"{{{MEDIA}}}thumbnail", url=lead.url, width=lead.width, height=lead.height)
    # Where there are several, newsboat plays the last: the one that RSS has as its enclosure comes there.
    for file in sorted(entry.enclosures, key=lambda file: file is main):
        if entry.player is None or file is not video:
            _content(parent, file)


def main_enclosure(files: Sequence[Action]) -> Action | None:
    """The one file that a reader offers to play or fetch: sound or moving pictures first, and only where its bytes are known."""
    known = [file for file in files if file.size is not None and file.media_type is not None]
    return next((file for file in known if file.medium in ("audio", "video")), known[0] if known else None)


def _content(parent: etree._Element, file: Action | None) -> etree._Element:
    if file is None:
        # A page that plays it is all that is known of the video.
        return element(parent, f"{{{MEDIA}}}content", medium="video")
    made = element(
        parent,
        f"{{{MEDIA}}}content",
        url=file.url,
        medium=file.medium,
        type=file.media_type,
        fileSize=file.size,
        duration=file.seconds,
    )
    if file.title:
        element(made, f"{{{MEDIA}}}title", file.title, type="plain")
    return made


def _picture(parent: etree._Element, image: Image) -> None:
    made = element(
        parent,
        f"{{{MEDIA}}}content",
        url=image.url,
        medium="image",
        type=image.media_type,
        fileSize=image.size,
        width=image.width,
        height=image.height,
    )
    if image.title:
        element(made, f"{{{MEDIA}}}title", image.title, type="plain")
    if image.credit:
        element(made, f"{{{MEDIA}}}credit", image.credit)
