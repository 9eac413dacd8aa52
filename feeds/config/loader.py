"""config.yaml, read into a `Config`; every mistake in it is named with its line and key."""

import hashlib
import ipaddress
import os
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from feeds.config import sources as sources_of
from feeds.config.sources import PLACES, is_place
from feeds.config.types import (
    ArticlePages,
    Cache,
    Config,
    Host,
    Hub,
    Minimum,
    NamedFeed,
    Period,
    ProviderNotes,
    ServerLimits,
    Site,
    Sitemap,
    Source,
    Topic,
    is_store,
)
from feeds.documents import fields
from feeds.documents.fields import Fields
from feeds.documents.limits import Limits
from feeds.documents.report import Report
from feeds.documents.values import TRUE
from feeds.errors import ConfigError, Problem
from feeds.model import Format, Image, Kind, Person
from feeds.storage import postgresql
from feeds.text import languages, slugs, urls
from feeds.text.compression import ENDINGS
from feeds.text.text import name_key, plain, printable

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LENGTH = re.compile(r"(\d+)\s*(s|m|h|d|w)?")
_SHARE, _WHOLE = re.compile(r"([0-9]{1,3}) ?%"), 100
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_BYTES = re.compile(r"([0-9]{1,12}) ?(|B|kB|MB|GB|KiB|MiB|GiB)", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_SITE_URL = "an http or https URL, with no query, user or password"
KINDS = {"topic": Kind.TOPIC, "provider": Kind.PROVIDER, "category": Kind.CATEGORY}
SITE_KEYS = tuple("title url id description language image icon author copyright timezone".split())
# What WebSub knows (7.1.1).
SIGNATURES = ("sha1", "sha256", "sha384", "sha512")
ARCHIVED = {"all": Kind.ALL, "feed": Kind.FEED} | KINDS


def load(path: Path, *, sources: tuple[str, ...] = (), base_url: str | None = None, drafts: bool = False) -> Config:
    """Read the config file at `path`. What is given beside it (from the command line) goes before what it says;
    `sources` are relative to the working folder then, not to the file.

    Raises ConfigError with every mistake, each with its line and key.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError([Problem(str(path), 1, "", f"no readable file ({error.strerror})", "a config file")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(str(path), 1, "", "bytes that are no text", "text in UTF-8")]) from error
    return adjusted(parse(text, path), sources=sources, base_url=base_url, drafts=drafts)


def adjusted(config: Config, *, sources: tuple[str, ...] = (), base_url: str | None = None, drafts: bool = False) -> Config:
    """A config with what the command line says instead; see `load`. Raises ConfigError."""
    if base_url is not None:
        url = _site_url(base_url)
        if url is None:
            raise ConfigError([Problem("--base-url", 0, "", _shown(base_url), _SITE_URL)])
        config = replace(config, site=replace(config.site, url=url))
    if sources:
        for name in sources:
            if not is_place(name):
                raise ConfigError([Problem("--source", 0, "", "the address of something else", PLACES)])
        # What is published from other folders says nothing of the articles that the ledger is of.
        given = tuple(Source(sources_of.name_of(name), Path(name)) for name in sources)
        config = replace(config, sources=given, ledger=None)
    config = replace(config, sources=tuple(_mirrored(config, source) for source in config.sources))
    return replace(config, drafts=config.drafts or drafts)


def parse(text: str, path: Path, expand: Callable[[str], str] | None = None) -> Config:
    """Read a config from YAML. `path` is its file: mistakes name it, and other paths are relative to its folder.

    `expand` is applied to every text; by default it puts environment variables in the place of `${NAME}`.

    Raises ConfigError with every mistake, each with its line and key.
    """
    report = Report(str(path), expand=expand or _expand)
    config = None
    try:
        found = fields.parse(printable(text), report)
        if found is not None:
            config = _config(path, found)
    except fields.TooMuchError:
        report.add_too_much()
    if config is None or report.problems:
        raise ConfigError(report.problems)
    return config


def _config(path: Path, found: Fields) -> Config:
    found.only(
        (
            "site sources groups topics providers feeds minimums limit formats archives archive_period sitemaps pages "
            "article_pages templates embeds drafts cache hubs hub redirects index output precompress host_files poll server "
            "limits ledger withdrawn gone_after least_left"
        ).split()
    )
    site = _site(found)
    limit = _positive(found, "limit")
    limits = _limits(found)
    return Config(
        path=path,
        site=site,
        sources=sources_of.read(found, path.parent, site.timezone, site.language),
        groups=tuple(KINDS[name] for name in _choices(found, "groups", tuple(KINDS), empty_means_none=True)),
        topics=_topics(found, site.url, limits.topic_depth),
        providers=_providers(found, site.url),
        feeds=_feeds(found, site.url),
        minimums=_minimums(found),
        limit=limit or 50,
        formats=tuple(Format(name) for name in _choices(found, "formats", tuple(Format))),
        archives=_archives(found),
        archive_period=Period(_choices(found, "archive_period", tuple(Period))[0]) if "archive_period" in found else Period.MONTH,
        sitemaps=_sitemaps(found, site.language),
        precompress=_some(found, "precompress", tuple(ENDINGS)),
        host_files=tuple(map(Host, _some(found, "host_files", tuple(Host)))),
        pages=found.flag("pages") is not False,
        article_pages=_article_pages(found),
        templates=path.parent / folder if (folder := found.text("templates", "a folder")) else None,
        embeds=_each(found, "embeds", urls.domain, "hosts such as www.youtube.com"),
        drafts=found.flag("drafts") or False,
        cache=_cache(found),
        hubs=_each(found, "hubs", _public, "http or https URLs"),
        hub=_hub(found),
        redirects=_redirects(found),
        index=_index(found) or "sqlite:///.feeds/index.db",
        output=_output(found) or "dist",
        poll=_poll(found),
        limits=limits,
        server=_server(found),
        ledger=_ledger(found, path),
        gone_after=3600 if (length := _length(found, "gone_after")) is None else length,
        least_left=_share(found, "least_left", 0.2),
        withdrawn=30 * 86400 if (length := _length(found, "withdrawn")) is None else length,
    )


def _site(found: Fields) -> Site:
    site = found.fields("site")
    if site is None:
        if "site" not in found:
            found.problem("site", "a site with a title and a url")
        return Site("", "https://invalid", "https://invalid", "https://invalid")
    site.only(SITE_KEYS)
    title = plain(site.text("title") or "")
    if not title:
        site.problem("title", "the site's title")
    url = _site_url(site.text("url") or "")
    if url is None:
        site.problem("url", _SITE_URL, _shown(site.text("url")))
        url = "https://invalid"
    given_id = site.text("id")
    if given_id and not urls.is_absolute_uri(given_id):
        site.problem("id", "a tag: URI or a URL")
    locale = site.text("language")
    language = languages.tag(locale) if locale else None
    if locale and language is None:
        site.problem("language", "a language such as en or fr-CA")
    author = site.fields("author", bare="name")
    person = None
    if author is not None:
        author.only(("name", "url", "avatar"))
        person = Person(plain(author.text("name") or title), _url(author, "url", url), _url(author, "avatar", url))
    return Site(
        title=title,
        url=url,
        first_url=url,
        id=given_id or url,
        description=plain(site.text("description") or ""),
        language=language,
        image=_image(site, url),
        icon=_image(site, url, "icon"),
        author=person,
        copyright=plain(site.text("copyright") or ""),
        timezone=sources_of.timezone(site),
    )


def _site_url(text: str) -> str | None:
    url = _public(text)
    return None if url is None or "?" in url or "#" in url else url.rstrip("/")


def _public(text: str, base: str = "") -> str | None:
    """Normalise a URL that is published, or a path on the site at `base`; None for anything else, and where it has a password."""
    url = urls.site_address(text, base) if base else urls.web_address(text)
    return None if url is None or urls.has_user(url) else url


def _shown(text: str | None) -> str:
    """What is said of an address that is not what it should be: never a password."""
    if text is None:
        return "nothing"
    return "an address with a user or a password, which would be published" if "@" in text else repr(text)


def _topics(found: Fields, site_url: str, deepest: int) -> dict[str, Topic]:
    topics: dict[str, Topic] = {}
    places: dict[str, Fields] = {}
    for name, notes in found.entries("topics"):
        notes.only(("name", "description", "image", "parent"))
        parent = plain(notes.text("parent") or "") or None
        topic = Topic(
            plain(notes.text("name") or name),
            plain(notes.text("description") or ""),
            _image(notes, site_url),
            parent,
        )
        key = name_key(plain(name))
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


def _providers(found: Fields, site_url: str) -> dict[str, ProviderNotes]:
    providers: dict[str, ProviderNotes] = {}
    for name, notes in found.entries("providers"):
        notes.only(("name", "description", "image", "feed"))
        place = urls.provider_place(name)
        if place is None:
            notes.problem("", "a domain such as example.org", repr(name))
            continue
        providers[place] = ProviderNotes(
            place,
            plain(notes.text("name") or "") or None,
            plain(notes.text("description") or ""),
            _image(notes, site_url),
            _url(notes, "feed", site_url),
        )
    return providers


def _feeds(found: Fields, site_url: str) -> tuple[NamedFeed, ...]:
    feeds = []
    for name, query in found.entries("feeds"):
        query.only("title description image topics providers categories types type minimum_quality minimum_heat limit".split())
        if slugs.slug(name) != name:
            query.problem("", f"a name that is a slug, such as {slugs.slug(name)}", repr(name))
        feeds.append(
            NamedFeed(
                name=name,
                title=plain(query.text("title") or name),
                description=plain(query.text("description") or ""),
                image=_image(query, site_url),
                topics=tuple(name_key(plain(text)) for text in query.texts("topics")),
                providers=tuple(urls.provider_place(text) or text for text in query.texts("providers")),
                categories=tuple(name_key(plain(text)) for text in query.texts("categories")),
                types=tuple(text.lower() for text in query.texts("type") + query.texts("types")),
                minimum=Minimum(query.number("minimum_quality"), query.number("minimum_heat")),
                limit=_positive(query, "limit"),
            )
        )
    return tuple(feeds)


def _minimums(found: Fields) -> dict[str, Minimum]:
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


def _cache(found: Fields) -> Cache:
    cache = found.fields("cache")
    if cache is None:
        return Cache()
    names = ("max_age", "stale_while_revalidate", "stale_if_error")
    cache.only(names)
    return Cache(**{name: value for name in names if (value := _length(cache, name)) is not None})


def _limits(found: Fields) -> Limits:
    limits = found.fields("limits")
    if limits is None:
        return Limits()
    names = Limits.__struct_fields__
    limits.only(names)
    given = {name: _size(limits, name) if name == "document" else _positive(limits, name) for name in names}
    return Limits(**{name: value for name, value in given.items() if value})


def _size(found: Fields, name: str) -> int | None:
    """A number of bytes, such as `10 MB`."""
    text = found.text(name) or ""
    match = _BYTES.fullmatch(text)
    if text and (match is None or not int(match[1])):
        found.problem(name, "a number of bytes such as 500 kB or 10 MB")
    return int(match[1]) * _UNITS[(match[2] or "").lower()] if match is not None else None


def _poll(found: Fields) -> int:
    return _some_time(found, "poll") or 60


def _server(found: Fields) -> ServerLimits:
    server = found.fields("server")
    if server is None:
        return ServerLimits()
    counts, sizes, lengths = (
        ("connections", "request_headers"),
        ("request_size", "memory"),
        ("request_timeout", "idle_timeout", "send_timeout"),
    )
    server.only((*counts, *sizes, *lengths, "drain", "stale_is_ready"))
    limits: dict[str, int | bool | None] = {name: _positive(server, name) for name in counts}
    limits |= {name: _size(server, name) for name in sizes}
    limits |= {name: _some_time(server, name) for name in lengths}
    limits |= {"drain": _length(server, "drain"), "stale_is_ready": server.flag("stale_is_ready")}
    return msgspec.convert({name: value for name, value in limits.items() if value is not None}, ServerLimits)


def _some_time(found: Fields, name: str) -> int | None:
    length = _length(found, name)
    if length == 0:
        found.problem(name, "a length of time such as 30s or 5m")
        return None
    return length


def _length(found: Fields, name: str) -> int | None:
    text = found.text(name)
    if text is None:
        return None
    match = _LENGTH.fullmatch(text)
    if match is None:
        found.problem(name, "a length of time such as 5m, 1h or 1d")
        return None
    return int(match[1]) * _SECONDS[match[2] or "s"]


def _share(found: Fields, name: str, default: float) -> float:
    text = found.text(name)
    if text is None:
        return default
    match = _SHARE.fullmatch(text)
    if match is None or int(match[1]) > _WHOLE:
        found.problem(name, "a share such as 20%, from 0% to 100%")
        return default
    return int(match[1]) / _WHOLE


def _archives(found: Fields) -> tuple[Kind, ...]:
    if "archives" not in found:
        return tuple(Kind)
    if _is_off(found, "archives"):
        return ()
    return tuple(ARCHIVED[name] for name in _choices(found, "archives", tuple(ARCHIVED), empty_means_none=True))


def _article_pages(found: Fields) -> ArticlePages | None:
    if "article_pages" not in found:
        return ArticlePages.MISSING
    return None if _is_off(found, "article_pages") else ArticlePages(_choices(found, "article_pages", tuple(ArticlePages))[0])


def _some(found: Fields, name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Which of `known` the key `name` names, if any."""
    if name not in found or _is_off(found, name):
        return ()
    return tuple(_choices(found, name, known, empty_means_none=True))


def _sitemaps(found: Fields, language: str | None) -> tuple[Sitemap, ...]:
    if "sitemaps" not in found or _is_off(found, "sitemaps"):
        return ()
    chosen = tuple(Sitemap(name) for name in _choices(found, "sitemaps", tuple(Sitemap), empty_means_none=True))
    if Sitemap.NEWS in chosen and language is None:
        found.problem("sitemaps", "site.language beside a news sitemap, which must name one", "news")
    return chosen


def _index(found: Fields) -> str | None:
    url = found.text("index", "the address of a database")
    if not url:
        return None
    # Never what it says: that may be a password.
    if url.startswith("sqlite:"):
        if not url.startswith("sqlite:///") or url.removeprefix("sqlite:///").strip("/.") in ("", ":memory:"):
            found.problem("index", "sqlite:/// and a file, such as sqlite:///.feeds/index.db", "no file")
    elif url.startswith(("postgresql:", "postgres:")):
        try:
            postgresql.address(url)
        except ValueError as error:
            found.problem("index", "postgresql://user:password@host/database", str(error))
    else:
        what = f"a database of the kind {url.partition(':')[0]!r}" if "://" in url else "no address of a database"
        found.problem("index", "sqlite:///path/to/file or postgresql://user:password@host/database", what)
    return url


def _mirrored(config: Config, source: Source) -> Source:
    """A source as it is, or if it is in an object store, with the folder that its mirror is in."""
    if not is_store(source.name):
        return source
    name = hashlib.sha256(source.name.encode()).hexdigest()[:16]
    return replace(source, folder=config.state_folder / "mirrors" / name, url=source.name)


def _output(found: Fields) -> str | None:
    place = found.text("output", "a folder or an object store")
    if place and not is_place(place):
        # Never what it says: that may be a password.
        found.problem("output", PLACES, f"the address of something else ({place.partition(':')[0]})")
    return place


def _ledger(found: Fields, path: Path) -> Path | None:
    """The file of the identity ledger, None without one; `true` is for `feeds.ledger` beside the config."""
    if "ledger" not in found or _is_off(found, "ledger"):
        return None
    given = found.text("ledger", "true, false or a file") or "true"
    return path.parent / ("feeds.ledger" if given.lower() in TRUE else given)


def _is_off(found: Fields, name: str) -> bool:
    return found.texts(name) in (("false",), ("no",), ("off",))


def _each(found: Fields, name: str, read: Callable[[str], str | None], expected: str) -> tuple[str, ...]:
    """What `read` makes of each text of the key `name`."""
    made = []
    for text in found.texts(name):
        if (value := read(text)) is None:
            found.problem(name, expected, _shown(text))
        else:
            made.append(value)
    return tuple(made)


def _hub(found: Fields) -> Hub | None:
    """The site's own hub: `hub: true`, or a mapping."""
    if "hub" not in found:
        return None
    if found.within("hub") is None:
        return Hub() if found.flag("hub") else None
    hub = found.fields("hub")
    assert hub is not None, "a mapping"
    hub.only("url allow lease longest_lease signature per_host per_topic rsscloud".split())
    url = hub.text("url")
    address = urls.web_address(url) if url else None
    if url and (address is None or "?" in address or "#" in address):
        hub.problem("url", "an http or https URL, with no query")
    signature = hub.text("signature") or Hub().signature
    if signature not in SIGNATURES:
        hub.problem("signature", f"any of {', '.join(SIGNATURES)}", repr(signature))
    given = {"lease": _length(hub, "lease"), "longest_lease": _length(hub, "longest_lease")}
    for name, length in given.items():
        if length == 0:
            hub.problem(name, "a length of time such as 12h or 10d")
    given |= {"per_host": _positive(hub, "per_host"), "per_topic": _positive(hub, "per_topic")}
    return Hub(
        url=(address or "").rstrip("/"),
        allow=_each(hub, "allow", _network, "networks such as 10.0.0.0/8"),
        signature=signature,
        rsscloud=hub.flag("rsscloud") or False,
        **{name: value for name, value in given.items() if value},
    )


def _network(text: str) -> str | None:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        return None


def _redirects(found: Fields) -> dict[str, str]:
    """Paths that have moved, without a leading `/`, with where to: another path, or a URL elsewhere."""
    redirects = found.fields("redirects")
    if redirects is None:
        return {}
    moved = {}
    for name in redirects.names():
        target = redirects.text(name, "a path or a URL") or ""
        if "://" in target:
            target = _public(target) or ""
        if not target:
            redirects.problem(name, "a path or an http or https URL", _shown(redirects.text(name)))
        moved[name.strip("/")] = target if "://" in target else target.strip("/")
    for name, target in moved.items():
        seen, at = {name}, target
        while at in moved and at not in seen:
            seen.add(at)
            at = moved[at]
        if at in seen:
            redirects.problem(name, "a path that leads somewhere", "a circle")
    return moved


def _choices(found: Fields, name: str, allowed: tuple[str, ...], *, empty_means_none: bool = False) -> tuple[str, ...]:
    chosen = found.texts(name)
    for text in chosen:
        if text not in allowed:
            found.problem(name, f"any of {', '.join(allowed)}", repr(text))
    kept = tuple(dict.fromkeys(text for text in chosen if text in allowed))
    return kept if kept or (empty_means_none and name in found) else allowed


def _positive(found: Fields, name: str) -> int | None:
    number = found.count(name)
    if number == 0:
        found.problem(name, "a whole number, 1 or more")
    return number


def _image(found: Fields, site_url: str, name: str = "image") -> Image | None:
    image = found.fields(name, bare="url")
    if image is None:
        return None
    image.only(("url", "width", "height", "title", "attribution"))
    url = _url(image, "url", site_url)
    if url is None:
        return None
    return Image(url, image.count("width"), image.count("height"), plain(image.text("title") or ""))


def _url(found: Fields, name: str, site_url: str) -> str | None:
    text = found.text(name)
    url = _public(text, site_url) if text else None
    if text and url is None:
        found.problem(name, "an http or https URL, or a path that begins with /", _shown(text))
    return url


def _expand(text: str) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise ValueError(f"the environment variable {match[1]} to be set")
        return os.environ[match[1]]

    return printable(_VARIABLE.sub(value, text))
