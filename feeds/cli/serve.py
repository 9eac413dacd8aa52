"""`feeds serve`."""

import socket
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

import click

from feeds.cli import listening
from feeds.cli.config import Load
from feeds.cli.options import folder_argument, of_a_site, shrink_option, shrinking
from feeds.cli.output import report
from feeds.cli.writer import writer_of
from feeds.config.types import Config

_PORT = click.IntRange(0, 65535)
_LOG = click.Choice(["text", "json", "none"])


@click.command()
@folder_argument
@of_a_site
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=_PORT, help="The port to listen at; 0 takes a free one.")
@click.option("--log", default="text", show_default=True, type=_LOG, help="How requests are logged, to stderr.")
@click.option("--metrics", is_flag=True, help="Open /metrics to every client of the server.")
@click.option("--root-path", default="", help="The path that a proxy puts in front, such as /news.")
@click.option("--follow", is_flag=True, help="Read no articles: serve what another process writes to the index.")
@click.option("--open", "opens", is_flag=True, help="Open the site in the browser.")
@shrink_option
def serve(
    load: Load, host: str, port: int, log: str, root_path: str, *, metrics: bool, follow: bool, opens: bool, allow_shrink: bool
) -> None:
    """Serve every feed over HTTP, of the site in FOLDER or of a config, and follow changes of the articles.

    Where site.url is an address of this machine, the feeds' addresses follow --host and --port.
    """
    import uvicorn

    from feeds.cli.guide import guide
    from feeds.index.store import Index
    from feeds.site.build import assemble, build
    from feeds.web.app import LOG_FORMS, create_app
    from feeds.web.connections import raise_open_files

    settings = shrinking(load(), allow_shrink=allow_shrink)
    # Reading articles takes a while: an address that is taken is reported before.
    free = listening.check_address(host, port)
    at = urlsplit(settings.site.url)
    # Of a folder without a config, the address is where the server listens.
    if at.port == 0 or (listening.is_loopback(at.hostname or "") and settings.site.url == settings.site.first_url):
        port = free
        load = partial(_at, load, host, port)
        settings = shrinking(load(), allow_shrink=allow_shrink)
    if follow:
        index = Index(settings)
        index.await_writer()
        first = assemble(settings, datetime.now(UTC), index=index, preview=settings.drafts, keeps=True)
    else:
        index = writer_of(settings)
        first = build(settings, datetime.now(UTC), preview=settings.drafts, publishes=True, keeps=True, index=index)
        report(first.problems, most_alike=1)
    raise_open_files(settings.server.connections)

    class Guiding(uvicorn.Server):
        """A server that prints its address once it listens."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                guide(first, listening.url_of(self, host), root_path, follows=follow, opens=opens)

    app = create_app(load, first, metrics=metrics, access_log=LOG_FORMS.get(log), follow=follow, own_process=True)
    # A preview has an endless answer, the stream of its events.
    drain = 1 if settings.drafts else settings.server.drain
    listening.run(Guiding(listening.settings_of(app, host, port, root_path=root_path, timeout_graceful_shutdown=drain)))


def _at(load: Load, host: str, port: int) -> Config:
    """The config, with its site where the server listens. The host stays where that is all addresses of the machine."""
    from feeds.config import loader

    settings = load()
    parts = urlsplit(settings.site.url)
    name = (parts.hostname or "") if listening.is_every_address(host) else host
    place = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    return loader.adjusted(settings, base_url=parts._replace(netloc=place).geturl())
