"""Conventions of site generators beyond the names of fields."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from feeds.documents import permalinks


class Conventions(Struct, frozen=True):
    """The conventions of a site generator.

    `permalink` makes a pattern of ours of the permalink in a document, empty where it can't. `separator` parts the names in a
    text that is no list, of topics and tags (None: white space, empty: nothing). `titles_from_names` says whether a document
    without a title is called by its file, `categories_from_folders` whether its folder is its category, `fences_are_optional`
    whether front matter between lines `---` is made of plain `Key: value` lines, as it is without these, and `undated_are_pages`
    whether a document without a date is a page of the site: to Hexo, all that is among the posts is a post.
    `heads_have_fields` says whether the head of a page in HTML is front matter, and `last_field_counts` whether the last of
    several fields with one name counts, which is an error otherwise. `links` makes paths of files of the generator's
    own way to write links in a body.
    """

    permalink: Callable[[str], str] = permalinks.as_written
    separator: str | None = ""
    titles_from_names: bool = False
    categories_from_folders: bool = False
    fences_are_optional: bool = False
    undated_are_pages: bool = True
    heads_have_fields: bool = False
    last_field_counts: bool = False
    links: Callable[[str], str] | None = None


USUAL = Conventions()
# The conventions of each generator, by the name that a source's `generator` has for it.
GENERATORS: Mapping[str, Conventions] = {
    "astro": USUAL,
    "docusaurus": USUAL,
    "eleventy": Conventions(permalink=permalinks.eleventy),
    "hexo": Conventions(undated_are_pages=False),
    "hugo": USUAL,
    "jekyll": Conventions(permalink=permalinks.jekyll, separator=None, titles_from_names=True, last_field_counts=True),
    "pelican": Conventions(
        separator=",",
        categories_from_folders=True,
        fences_are_optional=True,
        heads_have_fields=True,
        links=permalinks.pelican_links,
    ),
    "zola": USUAL,
}
