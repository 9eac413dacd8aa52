"""Stories: articles as they are shown on other pages than their own."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from feeds.config.types import Config
from feeds.index.article_pages import FOLDER, address, has_page, page_slug
from feeds.index.grouping import Collection, provider_domain, publisher_path
from feeds.index.store import Index
from feeds.model import Article, Group, Listing
from feeds.model.pages import Preview, Story
from feeds.site import pictures
from feeds.text import languages
from feeds.text.text import shortened

EXCERPT = 240
_RELATED = 3
# Stories with their excerpts on the page of a group, and bytes of HTML that these, and all with the headlines after them, take.
_FULL, _FULL_WEIGHT, _WHOLE_WEIGHT = 12, 14_500, 22_500
# Bytes of markup around the text of a story.
_STORY_MARKUP, _HEADLINE_MARKUP = 550, 230
_FETCHED, _MOST_HELD = 16, 2000


class Stories:
    """The articles of one collection as stories."""

    def __init__(self, collection: Collection, config: Config, index: Index, preview: Preview | None) -> None:
        self._collection = collection
        self._config = config
        self._index = index
        self._preview = preview
        # Most articles are on several pages: stories made lately, by the number of their article.
        self._held: dict[int, Story] = {}

    def of(self, listings: Sequence[Listing]) -> Iterator[Story]:
        """`listings` as stories. A page seldom has room for all: they are fetched a few at a time."""
        for start in range(0, len(listings), _FETCHED):
            some = listings[start : start + _FETCHED]
            stories = {listing.number: self._held.get(listing.number) for listing in some}
            if lacking := [listing for listing in some if stories[listing.number] is None]:
                articles = self._index.articles(lacking)
                new = {listing.number: self.story(article) for listing, article in zip(lacking, articles, strict=True)}
                if len(self._held) + len(new) > _MOST_HELD:
                    self._held = {}
                self._held |= new
                stories |= new
            yield from filter(None, (stories[listing.number] for listing in some))

    def first(self, listings: Sequence[Listing]) -> Story | None:
        """The story of the first of `listings`, None without one."""
        return next(self.of(listings[:1]), None)

    def that_fit(self, group: Group) -> tuple[tuple[Story, ...], tuple[Story, ...]]:
        """The articles of `group` that its page has room for: the newest as stories, then headlines."""
        whole: list[Story] = []
        headlines: list[Story] = []
        weight = 0
        for story in self.of(group.articles[: group.limit]):
            if not headlines and len(whole) < _FULL and (not whole or weight + _weight(story) <= _FULL_WEIGHT):
                whole.append(story)
                weight += _weight(story)
                continue
            weight += _HEADLINE_MARKUP + len(f"{story.title}{story.url}{story.provider}".encode())
            if weight > _WHOLE_WEIGHT:
                break
            headlines.append(story)
        return tuple(whole), tuple(headlines)

    def story(self, article: Article) -> Story:
        """An article as a story."""
        related = {link.url: link for link in article.related if link.url != article.url}
        return replace(
            self.headline(article),
            excerpt=shortened(article.excerpt, EXCERPT),
            image=pictures.shown(article.images[0] if article.images else None, self._config),
            related=tuple(related.values())[:_RELATED],
        )

    def headline(self, article: Listing) -> Story:
        """A story without excerpt, picture and related coverage, which only a whole article has."""
        domain = provider_domain(article)
        path = publisher_path(article, self._collection)
        group = self._collection.groups.get(path) if path else None
        given = article.provider.name if article.provider else ""
        language = article.language if article.language != self._config.site.language else None
        direction = ("rtl" if languages.is_right_to_left(language) else "ltr") if language else ""
        preview = self._preview
        return Story(
            title=article.title,
            url=address(article, self._config),
            path=f"{FOLDER}/{page_slug(article)}/" if has_page(article, self._config) else None,
            excerpt="",
            published=article.published.date(),
            provider=given or (group.name if group else domain or ""),
            provider_path=path if group else None,
            image=None,
            related=(),
            language=language or "",
            direction=direction,
            state=preview.states.get(article.id, "") if preview else "",
            source=article.path if preview else "",
        )


def _weight(story: Story) -> int:
    related = "".join(f"{link.title}{link.url}{link.provider}" for link in story.related)
    picture = f"{story.image.url}{story.image.title}" if story.image else ""
    return _STORY_MARKUP + len(f"{story.title}{story.url}{story.excerpt}{story.provider}{related}{picture}".encode())
