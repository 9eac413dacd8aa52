"""Lines: what the ledger holds of one article, as a JSON object on a line of its own. Pure.

The first member says what the article is: an `article` that is published, a `withdrawn` one, or one `adopted` from an earlier
feed of the site that no document has claimed yet. Its value is a digest of the identity. Lines are sorted, so those of one state
are together and new ones are far from each other, which lets version control merge them.
"""

import hashlib
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from feeds.model import Article

# Shorter texts may be the same by chance.
_LONG_ENOUGH = 64


class Line(Struct, frozen=True, omit_defaults=True):
    """The ledger's facts about one article.

    `key` of the identity is in the member that names the state. `at` is the moment of withdrawal, and `why` the editor's words
    for it. `given` is the `id` of the document as written. `address` is without its scheme, and without the site's own URL.
    `published` and `updated` are the document's. `text` is a digest of all it says but its title; empty where that is short.
    The other fields decide the article's groups; `provider` is a domain and `publisher` a name.
    """

    article: str = ""
    adopted: str = ""
    withdrawn: str = ""
    at: datetime | None = None
    id: str = ""
    given: str = ""
    path: str = ""
    address: str = ""
    title: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    text: str = ""
    type: str = ""
    topics: tuple[str, ...] = ()
    category: str | None = None
    provider: str | None = None
    publisher: str = ""
    why: str = ""

    @property
    def key(self) -> str:
        """The digest of the identity."""
        return self.article or self.adopted or self.withdrawn

    def as_article(self) -> "Line":
        """The same line, of an article that is published."""
        return replace(self, article=key(self.id), adopted="", withdrawn="", at=None)

    def as_withdrawn(self, at: datetime) -> "Line":
        """The same line, of an article that was withdrawn."""
        return replace(self, article="", adopted="", withdrawn=key(self.id), at=at)

    def under(self, id: str) -> "Line":
        """The same line, of an article with another identity."""
        return self if id == self.id else replace(self, id=id, article=key(id))


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Line).decode


def key(id: str) -> str:
    """The digest of an identity: 16 hexadecimal digits."""
    return hashlib.blake2b(id.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def of(article: Article, site_url: str) -> Line:
    """The line of an article as its document has it; `site_url` is where the site is."""
    text = f"{article.excerpt}\n{article.embed}\n{article.body}"
    provider = article.provider
    return Line(
        article=key(article.id),
        id=article.id,
        given=article.given_id,
        path=article.path,
        address=address(article.url, site_url) if article.url else "",
        title=article.title,
        published=article.published,
        updated=article.updated if article.updated != article.published else None,
        text=_digest(text) if len(text) >= _LONG_ENOUGH else "",
        type=article.type,
        topics=article.topics,
        category=article.category,
        provider=provider.domain if provider is not None else None,
        publisher=provider.name if provider is not None else "",
        why=article.why_removed,
    )


def address(url: str, site_url: str) -> str:
    """An address as lines have it: it stays the same when the site moves, or becomes https."""
    within = url.removeprefix(site_url)
    return within if within != url and within[:1] in ("/", "") else url.partition(":")[2]


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
