"""The owner of an output: the site that it holds. Another site's export would remove its files."""

import os
from urllib.parse import urlsplit

from feeds.config.starter import UNKNOWN_URL
from feeds.config.types import Config
from feeds.publish.outputs import Last
from feeds.publish.targets.manifest import Mark

# The URL of a site without one.
_NOWHERE = ("localhost", "127.0.0.1", urlsplit(UNKNOWN_URL).hostname)


def mark_of(config: Config) -> Mark:
    """The mark of the site of `config` in the manifest of an output."""
    return Mark(config.site.id, config.site.first_url, config.site.title)


def owns(config: Config, mark: Mark, last: Last | None) -> bool:
    """Whether an output with this `mark` has the site of `config`; `last` is the last export there by its index."""
    if last is not None and last.config == name_of(config):
        # Its address and title may have changed.
        return True
    site = config.site
    # Folders without a config are all at the same address.
    is_same = mark.title == site.title or urlsplit(site.first_url).hostname not in _NOWHERE
    return is_same and bool({mark.site, mark.url} & {site.id, site.first_url})


def name_of(config: Config) -> str:
    """The name of a config file in the index."""
    return os.path.relpath(os.path.abspath(config.path), os.path.abspath(config.state_folder))
