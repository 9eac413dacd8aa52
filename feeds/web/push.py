"""Push from the running server: runs a hub's worker, and gives it each new state of the site."""

from typing import TYPE_CHECKING

from feeds.config.types import Config
from feeds.site.site import Site

if TYPE_CHECKING:
    from feeds.hub.worker import Worker


class Push:
    """Runs a worker while the config has a hub and the site is not a preview."""

    def __init__(self) -> None:
        self.worker: Worker | None = None

    def show(self, site: Site) -> None:
        """Announce the changes of `site`, which readers can fetch from now on."""
        config = site.config
        if self.worker is not None and _facts(self.worker.config) != _facts(config):
            self.worker.end()
            self.worker = None
        if config.drafts or (config.hub is None and not config.hubs):
            return
        # A site without hubs need not wait for a client to be loaded.
        from feeds.hub.contents import SiteContents
        from feeds.hub.worker import Worker

        if self.worker is None:
            self.worker = Worker(config, SiteContents(site))
            self.worker.start()
        else:
            self.worker.show(SiteContents(site))

    def stop(self) -> None:
        """End the worker, if there is one."""
        if self.worker is not None:
            self.worker.stop()
            self.worker = None


def _facts(config: Config) -> tuple[object, ...]:
    """The settings that a worker depends on."""
    return (config.index, config.path, config.site.url, config.hubs, config.hub, config.formats, config.drafts)
