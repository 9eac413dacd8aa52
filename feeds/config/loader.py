"""config.yaml, read into a `Config`; every mistake in it is named with its line and key."""

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from feeds.config import groups, places, podcasts, publishing, serving, values
from feeds.config import site as site_of
from feeds.config import sources as sources_of
from feeds.config.sources import PLACES, is_place
from feeds.config.types import Config, Content, Host, Source, is_store
from feeds.documents import fields
from feeds.documents.fields import Fields
from feeds.documents.report import Report
from feeds.errors import ConfigError, Problem
from feeds.model import Format
from feeds.text import urls
from feeds.text.compression import ENDINGS
from feeds.text.text import printable

_VARIABLE = re.compile(r"\$\{([^}]*)\}")


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
        url = values.site_url(base_url)
        if url is None:
            raise ConfigError([Problem("--base-url", 0, "", values.shown(base_url), values.SITE_URL)])
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
            "article_pages pictures templates embeds drafts cache hubs hub redirects index output precompress host_files poll "
            "server limits ledger withdrawn gone_after least_left podcast content feed_menu"
        ).split()
    )
    site = site_of.read(found)
    limit = values.count_above_zero(found, "limit")
    limits = serving.limits(found)
    pictures, networks = publishing.pictures(found)
    return Config(
        path=path,
        site=site,
        sources=sources_of.read(found, path.parent, site.timezone, site.language),
        groups=publishing.grouped(found),
        topics=groups.topics(found, site.url, limits.topic_depth),
        providers=groups.providers(found, site.url),
        feeds=groups.feeds(found, site.url),
        podcast=podcasts.read(found, site.url),
        content=groups.content(found) or Content.FULL,
        minimums=groups.minimums(found),
        limit=limit or 50,
        formats=tuple(Format(name) for name in values.choices(found, "formats", tuple(Format))),
        archives=publishing.archives(found),
        archive_period=publishing.archive_period(found),
        sitemaps=publishing.sitemaps(found, site.language),
        precompress=values.choices_or_none(found, "precompress", tuple(ENDINGS)),
        host_files=tuple(map(Host, values.choices_or_none(found, "host_files", tuple(Host)))),
        pages=found.flag("pages") is not False,
        feed_menu=_feed_menu(found),
        article_pages=publishing.article_pages(found),
        pictures=pictures,
        picture_networks=networks,
        templates=path.parent / folder if (folder := found.text("templates", "a folder")) else None,
        embeds=values.each(found, "embeds", urls.domain, "hosts such as www.youtube.com"),
        drafts=found.flag("drafts") or False,
        cache=serving.cache(found),
        hubs=values.each(found, "hubs", values.public_url, "http or https URLs"),
        hub=serving.hub(found),
        redirects=publishing.redirects(found),
        index=places.index(found) or "sqlite:///.feeds/index.db",
        output=places.output(found) or "dist",
        poll=values.time_above_zero(found, "poll") or 60,
        limits=limits,
        server=serving.server(found),
        ledger=places.ledger(found, path),
        gone_after=3600 if (length := values.time(found, "gone_after")) is None else length,
        least_left=0.2 if (share := values.share(found, "least_left")) is None else share,
        withdrawn=30 * 86400 if (length := values.time(found, "withdrawn")) is None else length,
    )


def _mirrored(config: Config, source: Source) -> Source:
    """A source as it is, or if it is in an object store, with the folder that its mirror is in."""
    if not is_store(source.name):
        return source
    name = hashlib.sha256(source.name.encode()).hexdigest()[:16]
    return replace(source, folder=config.state_folder / "mirrors" / name, url=source.name)


def _feed_menu(found: Fields) -> bool:
    wanted = found.flag("feed_menu") or False
    if wanted and not {Format.RSS, Format.ATOM} & set(found.texts("formats") or Format):
        found.problem("feed_menu", "rss or atom among `formats`: a feed menu knows no other", "true")
    return wanted


def _expand(text: str) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise ValueError(f"the environment variable {match[1]} to be set")
        return os.environ[match[1]]

    return printable(_VARIABLE.sub(value, text))
