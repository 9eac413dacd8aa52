"""The keys `topics`, `providers`, `feeds` and `minimums` of config.yaml: settings of groups of articles."""

from collections.abc import Iterator

from feeds.config import podcasts, values
from feeds.config.types import Content, Minimum, NamedFeed, ProviderNotes, Topic
from feeds.documents.fields import Fields
from feeds.text import languages, slugs, urls, words
from feeds.text.text import name_key, plain

_FEED = (
    "title description image topics providers categories types type tags language languages text minimum_quality minimum_heat "
    "limit podcast content"
).split()


def topics(found: Fields, site_url: str, deepest: int) -> dict[str, Topic]:
    """The topics of the config, by key. A topic that is below itself, or below more than `deepest` others, is a mistake."""
    topics: dict[str, Topic] = {}
    places: dict[str, Fields] = {}
    for name, notes in found.entries("topics"):
        notes.only(("name", "description", "image", "parent", "podcast", "content"))
        key = name_key(plain(name))
        if not key:
            notes.problem("", "the name of a topic", repr(name))
            continue
        parent = plain(notes.text("parent") or "") or None
        topic = Topic(
            plain(notes.text("name") or name),
            plain(notes.text("description") or ""),
            values.image(notes, site_url),
            parent,
            podcasts.read(notes, site_url),
            content(notes),
        )
        topics[key] = topic
        places[key] = notes
    for key, notes in places.items():
        seen = {key}
        above = topics[key].parent
        while above is not None:
            if name_key(above) in seen:
                notes.problem("parent", "a parent that is not below this topic")
                break
            seen.add(name_key(above))
            if len(seen) > deepest:
                expected = f"at most {deepest} levels of topics (`limits.topic_depth`)"
                notes.problem("parent", expected, f"a topic below {deepest} or more others")
                break
            topic_above = topics.get(name_key(above))
            above = topic_above.parent if topic_above else None
    return topics


def providers(found: Fields, site_url: str) -> dict[str, ProviderNotes]:
    """The providers of the config, by domain, or by platform and name."""
    providers: dict[str, ProviderNotes] = {}
    for name, notes in found.entries("providers"):
        notes.only(("name", "description", "image", "feed", "podcast", "content"))
        place = urls.provider_place(name)
        if place is None:
            notes.problem("", "a domain such as example.org", repr(name))
            continue
        providers[place] = ProviderNotes(
            place,
            plain(notes.text("name") or "") or None,
            plain(notes.text("description") or ""),
            values.image(notes, site_url),
            values.url(notes, "feed", site_url),
            podcasts.read(notes, site_url),
            content(notes),
        )
    return providers


def feeds(found: Fields, site_url: str) -> tuple[NamedFeed, ...]:
    """The feeds that the config defines by a query."""
    feeds = []
    for name, query in found.entries("feeds"):
        query.only(_FEED)
        if slugs.slug(name) != name:
            query.problem("", f"a name that is a slug, such as {slugs.slug(name)}", repr(name))
        feeds.append(
            NamedFeed(
                name=name,
                title=plain(query.text("title") or name),
                description=plain(query.text("description") or ""),
                image=values.image(query, site_url),
                topics=tuple(name_key(plain(text)) for text in query.texts("topics")),
                providers=tuple(urls.provider_place(text) or text for text in query.texts("providers")),
                categories=tuple(name_key(plain(text)) for text in query.texts("categories")),
                types=tuple(text.lower() for text in query.texts("type") + query.texts("types")),
                tags=tuple(name_key(plain(text)) for text in query.texts("tags")),
                languages=tuple(_languages(query)),
                text=_text(query),
                minimum=Minimum(query.number("minimum_quality"), query.number("minimum_heat")),
                limit=values.count_above_zero(query, "limit"),
                podcast=podcasts.read(query, site_url),
                content=content(query),
            )
        )
    return tuple(feeds)


def _languages(query: Fields) -> Iterator[str]:
    for name in ("language", "languages"):
        for text in query.texts(name):
            tag = languages.tag(text)
            if tag is None:
                query.problem(name, "a language such as en or zh-Hant", repr(text))
            else:
                yield languages.group_of(tag)


def _text(query: Fields) -> str:
    text = " ".join((query.text("text", "words to be found") or "").split())
    try:
        if text:
            words.parse(text)
    except ValueError as error:
        query.problem("text", str(error))
    return text


def content(found: Fields) -> Content | None:
    """The content of entries by the key `content`; None without that key."""
    return Content(values.choices(found, "content", tuple(Content))[0]) if "content" in found else None


def minimums(found: Fields) -> dict[str, Minimum]:
    """The lowest scores of the site and of each kind of group."""
    minimums = found.fields("minimums")
    if minimums is None:
        return {}
    minimums.only(("site", "topic", "provider", "category", "feed"))
    read = {}
    for name in minimums.names():
        if (minimum := minimums.fields(name)) is not None:
            minimum.only(("quality", "heat"))
            read[name] = Minimum(minimum.number("quality"), minimum.number("heat"))
    return read
