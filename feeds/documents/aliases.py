"""Field names of other publishers and site generators, read as ours.

Hugo, Jekyll, Eleventy, Astro, Zola, Docusaurus, Pelican and Hexo each have their own. The first name that a document has counts.
"""

from collections.abc import Mapping

from feeds.documents.fields import Values
from feeds.text import dates

# Our field: theirs, in order, in lowercase.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "publishedDateTime": ("date", "publishdate", "pubdate", "created_at", "created"),
    "updatedDateTime": ("updated", "lastmod", "modified", "last_modified_at", "updateddate"),
    "excerpt": ("summary", "description", "deck", "subtitle", "lead"),
    "images": ("image", "cover", "thumbnail", "featured_image", "featuredimage", "hero", "heroimage", "og_image", "ogimage"),
    "webUrl": ("canonical_url", "canonicalurl"),
    "locale": ("lang", "language"),
    "authors": ("author", "by", "byline"),
    "topics": ("categories",),
}
# Names that mean something of their own besides; all are known in whatever case.
OTHERS = (
    "draft",
    "unlisted",
    "status",
    "slug",
    "path",
    "permalink",
    "url",
    "expirydate",
    "unpublishdate",
    "taxonomies",
    "authors",
)
HELD_BACK = frozenset({"draft", "hidden", "skip", "private"})


def resolve(found: Values, fields: Mapping[str, tuple[str, ...]], *, tags_are_topics: bool = False) -> None:
    """Let each of our fields that a document lacks be the first of its aliases that it has.

    `fields` are a source's own aliases, which go before the usual ones.
    """
    _resolve_published(found)
    taxonomies = found.fields("taxonomies", fatal=False) if "taxonomies" in found else None
    for inner in (taxonomies, found.fields("extra", bare="extra", fatal=False) if "extra" in found else None):
        if inner is not None:
            for name in ("categories", "tags", *(alias for names in ALIASES.values() for alias in names)):
                if name in inner and name not in found:
                    found.adopt(name, inner, name)
    for ours, theirs in ALIASES.items():
        for name in (*(each.lower() for each in fields.get(ours, ())), *theirs):
            if ours not in found and name in found:
                found.adopt(ours, found, name)
    for ours, own in fields.items():
        for name in own:
            if ours not in ALIASES and ours not in found and name in found:
                found.adopt(ours, found, name)
    if tags_are_topics and "topics" not in found and "tags" in found:
        found.adopt("topics", found, "tags")


def _resolve_published(found: Values) -> None:
    """`published` is a flag here and in Jekyll, and a date elsewhere."""
    if "published" not in found:
        return
    text = found.peek("published")
    try:
        dates.moment(text)
    except ValueError:
        return
    if "publishedDateTime" not in found:
        found.adopt("publishedDateTime", found, "published")
    found.drop("published")
