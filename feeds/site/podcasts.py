"""Checks of podcasts: the requirements of directories (Apple, Spotify) and of PSP-1. Pure.

https://podcasters.apple.com/support/823-podcast-requirements
"""

from collections.abc import Iterable, Iterator, Mapping

from feeds.formats._podcasts import recording
from feeds.model import Action, Article, Feed, Format, Image
from feeds.site.lint import Finding

# https://podcasters.apple.com/support/1691-apple-podcasts-categories
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "Arts": ("Books", "Design", "Fashion & Beauty", "Food", "Performing Arts", "Visual Arts"),
    "Business": ("Careers", "Entrepreneurship", "Investing", "Management", "Marketing", "Non-Profit"),
    "Comedy": ("Comedy Interviews", "Improv", "Stand-Up"),
    "Education": ("Courses", "How To", "Language Learning", "Self-Improvement"),
    "Fiction": ("Comedy Fiction", "Drama", "Science Fiction"),
    "Government": (),
    "Health & Fitness": ("Alternative Health", "Fitness", "Medicine", "Mental Health", "Nutrition", "Sexuality"),
    "History": (),
    "Kids & Family": ("Education for Kids", "Parenting", "Pets & Animals", "Stories for Kids"),
    "Leisure": ("Animation & Manga", "Automotive", "Aviation", "Crafts", "Games", "Hobbies", "Home & Garden", "Video Games"),
    "Music": ("Music Commentary", "Music History", "Music Interviews"),
    "News": (*("Business News", "Daily News", "Entertainment News", "News Commentary", "Politics", "Sports News", "Tech News"),),
    "Religion & Spirituality": ("Buddhism", "Christianity", "Hinduism", "Islam", "Judaism", "Religion", "Spirituality"),
    "Science": (
        *("Astronomy", "Chemistry", "Earth Sciences", "Life Sciences", "Mathematics", "Natural Sciences", "Nature", "Physics"),
        "Social Sciences",
    ),
    "Society & Culture": ("Documentary", "Personal Journals", "Philosophy", "Places & Travel", "Relationships"),
    "Sports": (
        *("Baseball", "Basketball", "Cricket", "Fantasy Sports", "Football", "Golf", "Hockey", "Rugby", "Running", "Soccer"),
        *("Swimming", "Tennis", "Volleyball", "Wilderness", "Wrestling"),
    ),
    "TV & Film": ("After Shows", "Film History", "Film Interviews", "Film Reviews", "TV Reviews"),
    "Technology": (),
    "True Crime": (),
}
# The media types that Apple plays, with the endings that it wants for them.
_PLAYED = {
    "audio/mpeg": (".mp3",),
    "audio/mp4": (".m4a",),
    "audio/m4a": (".m4a",),
    "audio/x-m4a": (".m4a",),
    "video/mp4": (".mp4",),
    "video/x-m4v": (".m4v",),
    "video/quicktime": (".mov",),
}
_PICTURES = (".jpg", ".jpeg", ".png")
_LEAST, _MOST = 1400, 3000
_LONGEST = 4000


def check_podcast(feed: Feed, articles: Iterable[Article]) -> Iterator[Finding]:
    """Findings in the podcast `feed` and its episodes that directories refuse."""
    place = f"{feed.address.partition('://')[2].partition('/')[2]}.{Format.RSS}"
    yield from (Finding(place, "podcast", found, advice) for found, advice in _of_channel(feed))
    seen: dict[tuple[int | None, int], str] = {}
    for article in articles:
        for field, found, advice in _of_episode(feed, article, seen):
            yield Finding(article.path, field, found, advice)


def _of_channel(feed: Feed) -> Iterator[tuple[str, str]]:
    podcast = feed.podcast
    assert podcast is not None, "a podcast"
    if not podcast.categories:
        yield "a podcast without a category", "give one or more of Apple's: `category: News > Daily News`"
    for name, below in podcast.categories:
        if name not in CATEGORIES:
            yield f"the category {name!r}", f"name one of Apple's: {', '.join(CATEGORIES)}"
        elif below and below not in CATEGORIES[name]:
            yield f"the subcategory {below!r} of {name!r}", f"name one of Apple's: {', '.join(CATEGORIES[name]) or 'it has none'}"
    yield from _of_cover(podcast.image)
    if not podcast.email:
        yield "a podcast without an e-mail address", "give `owner: {name: …, email: …}`: Spotify writes there to know whose it is"
    if feed.language is None:
        yield "a podcast without a language", "give `site.language`"
    if len(feed.description.encode()) > _LONGEST:
        yield f"a description of {len(feed.description.encode()):,} bytes", f"shorten it to {_LONGEST:,}"
    if not feed.address.startswith("https://"):
        yield "a podcast that is not under https", "have `site.url` begin with https://"


def _of_cover(image: Image | None) -> Iterator[tuple[str, str]]:
    if image is None:
        yield "a podcast without a picture", f"give a square `image` of {_LEAST} to {_MOST} pixels, JPEG or PNG"
        return
    if not image.url.lower().endswith(_PICTURES):
        yield f"the picture {image.url}", "directories take JPEG and PNG, with .jpg or .png at the end of the URL"
    if image.width is None or image.height is None:
        yield "a picture of unknown size", "give its size: `image: {url: …, width: 3000, height: 3000}`"
    elif image.width != image.height or not _LEAST <= image.width <= _MOST:
        yield f"a picture of {image.width} × {image.height} pixels", f"make it a square of {_LEAST} to {_MOST} pixels"


def _of_episode(feed: Feed, article: Article, seen: dict[tuple[int | None, int], str]) -> Iterator[tuple[str, str, str]]:
    file, field = _recording(article)
    if file is None:
        yield "actions", "nothing to play", "give it `audio`, or leave it out of the podcast: directories take no such episode"
        return
    if file.media_type not in _PLAYED:
        yield field, f"a recording of type {file.media_type}", "Apple plays MP3, M4A, MP4, M4V and MOV"
    elif not file.url.partition("?")[0].lower().endswith(_PLAYED[file.media_type]):
        yield field, f"the recording {file.url}", f"have its URL end in {_PLAYED[file.media_type][0]}, as Apple asks"
    if not file.url.startswith("https://"):
        yield field, f"the recording {file.url}", "have it under https"
    if not file.seconds:
        yield field, "a recording without a length", "give its `duration`, such as 24:10"
    if len(article.excerpt.encode()) > _LONGEST:
        yield "excerpt", f"an excerpt of {len(article.excerpt.encode()):,} bytes", f"shorten it to {_LONGEST:,}"
    episode = article.episode
    number, season = (episode.number, episode.season) if episode is not None else (None, None)
    is_full = episode is None or episode.type in ("", "full")
    if number is None and is_full and feed.podcast is not None and feed.podcast.type == "serial":
        yield "episode", "an episode without a number", "give `episode`: a serial podcast is listed by it"
    if number is not None and is_full:
        first = seen.setdefault((season, number), article.path)
        if first != article.path:
            yield "episode", f"episode {number}, as {first} is", "number the episodes of a season differently"


def _recording(article: Article) -> tuple[Action | None, str]:
    """The recording for players, and its field."""
    file = recording(article.actions)
    return file, f"actions[{article.actions.index(file)}]" if file is not None else "actions"
