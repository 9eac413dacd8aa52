"""Pages of articles: which articles have a page on the site, and at which address. Pure."""

import hashlib
import re

from feeds.config.types import ArticlePages, Config
from feeds.model import Listing
from feeds.text.slugs import slug

FOLDER = "articles"
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?[-_]")
# Documents that are named after the folder around them.
_FOLDERS_OWN = frozenset({"index", "_index", "readme"})


def has_page(article: Listing, config: Config) -> bool:
    """Whether the site has a page for `article`."""
    wanted = config.article_pages if config.pages else None
    return wanted is ArticlePages.ALL or (wanted is ArticlePages.MISSING and article.url is None)


def page_path(article: Listing) -> str:
    """The path of the article's page, if it has one, with `index.html`."""
    return f"{FOLDER}/{page_slug(article)}/index.html"


def page_slug(article: Listing) -> str:
    """The article's part of its page's address: the name of its document, and a digest of its identity.

    It depends on this one article alone, so that no other article ever moves its page, and two never share one.
    """
    folder, _, name = article.path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    if stem.lower() in _FOLDERS_OWN and folder:
        stem = folder.rpartition("/")[2]
    digest = hashlib.sha256(article.id.encode()).hexdigest()[:8]
    return f"{slug(_DATE.sub('', stem, count=1) or stem)}-{digest}"


def page_url(article: Listing, config: Config) -> str | None:
    """The absolute address of the article's page; None where it has none."""
    return f"{config.site.url}/{FOLDER}/{page_slug(article)}/" if has_page(article, config) else None


def address(article: Listing, config: Config) -> str | None:
    """The address at which people read the article: its own elsewhere, else its page."""
    return article.url or page_url(article, config)
