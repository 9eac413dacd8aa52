"""OPML 2.0: a subscription list of the site's feeds (opml.org/spec2.opml, "Subscription lists").

It has no date: it changes when a feed is added, removed or renamed, and no article says when that was.
"""

from collections.abc import Iterable

from lxml import etree

from feeds.model import Person
from feeds.model.listings import Outline

MEDIA_TYPE = "text/x-opml; charset=utf-8"
PATH = "feeds.opml"


def render(title: str, owner: Person, outlines: Iterable[Outline]) -> bytes:
    """The whole document. Each feed is an outline of type `rss` in every format, as the specification asks."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    etree.SubElement(head, "ownerName").text = owner.name
    if owner.url:
        etree.SubElement(head, "ownerId").text = owner.url
    _add(etree.SubElement(root, "body"), outlines)
    body: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return body


def _add(parent: etree._Element, outlines: Iterable[Outline]) -> None:
    for outline in outlines:
        made = etree.SubElement(parent, "outline", text=outline.text)
        if outline.feed is not None:
            made.set("type", "rss")
            made.set("title", outline.feed.title)
            made.set("description", outline.feed.description)
            made.set("xmlUrl", outline.url)
            made.set("htmlUrl", outline.feed.home_url)
            if outline.feed.language:
                made.set("language", outline.feed.language)
        _add(made, outline.below)
