"""The nouns of Feeds: articles, and the feeds, entries and documents made of them."""

from feeds.model.article import (
    Action,
    Article,
    Correction,
    Episode,
    File,
    Image,
    Listing,
    Locate,
    Markup,
    Person,
    Provider,
    Related,
    Transcript,
)
from feeds.model.feed import Category, Document, Entry, Feed, Format, Group, Kind, Origin, Podcast

__all__ = [
    "Action",
    "Article",
    "Category",
    "Correction",
    "Document",
    "Entry",
    "Episode",
    "Feed",
    "File",
    "Format",
    "Group",
    "Image",
    "Kind",
    "Listing",
    "Locate",
    "Markup",
    "Origin",
    "Person",
    "Podcast",
    "Provider",
    "Related",
    "Transcript",
]
