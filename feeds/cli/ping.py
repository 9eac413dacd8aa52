"""`feeds export --ping`."""

from typing import TYPE_CHECKING

from feeds.cli.output import count, fail, say
from feeds.config.types import Config

if TYPE_CHECKING:
    from feeds.index.store import Index


def notify(settings: Config, index: "Index", place: str) -> None:
    """Ping the hubs, and print the result to stderr."""
    from feeds.hub.pings import ping

    if not settings.all_hubs:
        fail("--ping: the config has no hub; name one in the config, such as `hubs: [https://pubsubhubbub.appspot.com/]`")
    if settings.drafts:
        fail("--ping: this export has drafts, which hubs must not hear of; leave out --drafts")
    done = ping(settings, index, place)
    say(f"{count(done.changed, 'feed')} changed, {count(done.taken, 'ping')} taken", to_stderr=True)
    for hub, said in done.failed.items():
        say(f"warning: {hub}: {said}; the next `feeds export --ping` tries again", to_stderr=True)
