"""Media RSS elements, the same in RSS and Atom: pictures, video, who made them."""

from lxml import etree

from feeds.generators._feedgen import MEDIA, element
from feeds.model import Entry


def add(parent: etree._Element, entry: Entry) -> None:
    """Add what `entry` shows: its video, where it has one, and its pictures, the lead one as the thumbnail."""
    video = next((action for action in entry.enclosures if action.medium == "video"), None)
    if video is not None or entry.player is not None:
        made = element(
            parent,
            f"{{{MEDIA}}}content",
            url=video.url if video else None,
            medium="video",
            type=video.media_type if video else None,
            fileSize=video.size if video else None,
            duration=video.seconds if video else None,
        )
        if entry.player is not None:
            element(made, f"{{{MEDIA}}}player", url=entry.player)
    for image in entry.images:
        made = element(parent, f"{{{MEDIA}}}content", url=image.url, medium="image", width=image.width, height=image.height)
        if image.title:
            element(made, f"{{{MEDIA}}}title", image.title, type="plain")
        if image.credit:
            element(made, f"{{{MEDIA}}}credit", image.credit)
    if entry.images:
        lead = entry.images[0]
        element(parent, f"{{{MEDIA}}}thumbnail", url=lead.url, width=lead.width, height=lead.height)
