"""Site generators: recognise the generator of a folder, and read its config."""

from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from feeds.config.cascades import SITE_CONFIGS
from feeds.config.generators.found import Content, Found
from feeds.config.generators.hugo import hugo, zola
from feeds.config.generators.javascript import JAVASCRIPT, astro, docusaurus, eleventy
from feeds.config.generators.jekyll import hexo, jekyll
from feeds.config.generators.pelican import pelican

__all__ = ["Content", "Found", "recognise"]

_READERS: tuple[tuple[tuple[str, ...], Callable[[Path, str], Found | None]], ...] = (
    (tuple(f"docusaurus.config.{ending}" for ending in JAVASCRIPT), docusaurus),
    (tuple(f"astro.config.{ending}" for ending in JAVASCRIPT), astro),
    ((*(f"eleventy.config.{ending}" for ending in JAVASCRIPT), ".eleventy.js", ".eleventy.cjs"), eleventy),
    (("pelicanconf.py", "publishconf.py"), pelican),
    (("zola.toml", "config.toml"), zola),
    (SITE_CONFIGS, hugo),
    (("_config.yml", "_config.yaml"), hexo),
    (("_config.yml", "_config.yaml", "_posts"), jekyll),
)


def recognise(folder: Path) -> Found | None:
    """The generator of the site in `folder`, with its settings; None where there is no config of a known generator.

    Raises ConfigError where its config can't be read.
    """
    for names, read in _READERS:
        for name in names:
            if (folder / name).exists() and (found := read(folder, name)) is not None:
                settings = {"generator": found.generator.lower()}
                content = tuple(replace(each, settings=settings | dict(each.settings)) for each in found.content)
                return replace(found, content=content)
    return None
