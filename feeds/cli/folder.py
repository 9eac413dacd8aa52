"""The config of a folder: its config.yaml, or one made from the config of its site generator."""

from pathlib import Path

from msgspec.structs import replace

from feeds.cli.config import Load, config_in
from feeds.cli.output import say
from feeds.config import generators, loader, starter
from feeds.config.types import Config

_NOWHERE = "http://localhost"


def load_of(folder: Path, *, base_url: str | None, drafts: bool, listens_at: str | None) -> Load:
    """A function that reads the config of `folder`.

    Where no config has the site's address, it is that of the server, `listens_at`. A command that is no server warns, since
    its feeds then have addresses that lead nowhere.
    """
    return lambda: _load(folder, base_url, drafts, listens_at)


def found_in(folder: Path) -> generators.Found:
    """The site in `folder`: from its generator's config, else with the folder's name."""
    found = generators.recognise(folder)
    if found is not None and found.content:
        return found
    return generators.Found("", "", title=folder.resolve().name, content=(generators.Content(".", ""),))


def _load(folder: Path, base_url: str | None, drafts: bool, listens_at: str | None) -> Config:
    own, found = config_in(folder), found_in(folder)
    if own.is_file() and found.file != own.name:
        return loader.load(own, base_url=base_url, drafts=drafts)
    url = base_url or found.url or listens_at
    if url is None:
        url = _NOWHERE
        say(f"warning: {folder}: addresses begin with {url}; --base-url says where the site is", to_stderr=True)
    # Ids begin with the site's address: those of two folders must differ.
    known = replace(found, url=found.url or base_url)
    # A folder with no config is left as it is, so it has no ledger.
    config = replace(loader.parse(starter.text(known), own, expand=str), ledger=None)
    return loader.adjusted(config, base_url=url, drafts=drafts)
