"""Pictures of articles that pages show as copies, with `pictures: proxy`. Pure."""

from feeds.config.types import Config, Pictures
from feeds.index.article_pages import has_page
from feeds.model import Article


def copied(article: Article, config: Config) -> tuple[str, ...]:
    """The URLs of pictures of other sites that pages show of `article`, each once; none unless config says `pictures: proxy`."""
    if config.pictures is not Pictures.PROXY or not config.pages:
        return ()
    found = [image.url for image in article.images[:1]]
    if has_page(article, config):
        from feeds.markup import bodies, sanitiser

        found += sanitiser.loaded(bodies.html(article, config.embeds))
        found += sanitiser.loaded(bodies.clean(article.embed, article, config.embeds)) if article.embed else ()
    return tuple(dict.fromkeys(url for url in found if is_of_others(url, config)))


def is_of_others(url: str, config: Config) -> bool:
    """Whether the picture at `url` is loaded from another site."""
    return not url.startswith(f"{config.site.url}/")
