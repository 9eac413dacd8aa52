"""Media RSS elements, the same in RSS and Atom: pictures, audio, video, downloads and credits."""

from collections.abc import Sequence

from lxml import etree

from feeds.formats._feedgen import MEDIA, element
from feeds.model import Action, Entry, Image


def add(parent: etree._Element, entry: Entry) -> None:
    """Add the media of `entry`: a video with its player, the pictures, the lead picture as thumbnail, and the other files."""
    main = main_enclosure(entry.enclosures)
    video = next((file for file in entry.enclosures if file.medium == "video"), None)
    if entry.player is not None:
        element(_content(parent, video), f"{{{MEDIA}}}player", url=entry.player)
    for image in entry.images:
        _picture(parent, image)
    if entry.images:
        lead = entry.images[0]
        element(parent, f"{{{MEDIA}}}thumbnail", url=lead.url, width=lead.width, height=lead.height)
    # newsboat plays the last one, so the RSS enclosure comes last.
    for file in sorted(entry.enclosures, key=lambda file: file is main):
        if entry.player is None or file is not video:
            _content(parent, file)


def main_enclosure(files: Sequence[Action]) -> Action | None:
    """The file for the RSS enclosure, or None: audio or video first. It needs a type and a size (RSS 2.0, "enclosure")."""
    known = [file for file in files if file.size is not None and file.media_type is not None]
    return next((file for file in known if file.medium in ("audio", "video")), known[0] if known else None)


def _content(parent: etree._Element, file: Action | None) -> etree._Element:
    if file is None:
        # Only the page that plays the video is known.
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
