"""The nouns of Feeds: articles, and the feeds, entries and documents made of them."""

from feeds.model.article import Action, Article, Correction, File, Image, Listing, Locate, Markup, Person, Provider, Related
from feeds.model.feed import Category, Document, Entry, Feed, Format, Group, Kind, Origin

__all__ = [
    "Action",
    "Article",
    "Category",
    "Correction",
    "Document",
    "Entry",
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
    "Provider",
    "Related",
]
