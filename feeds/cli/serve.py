"""`feeds serve`."""

import errno
import os
import socket
import sys
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from feeds.cli.config import Load
from feeds.cli.options import folder_argument, of_a_site, shrink_option, shrinking
from feeds.cli.output import fail, report
from feeds.cli.writer import writer_of
from feeds.config.types import Config

if TYPE_CHECKING:
    import uvicorn

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
    from feeds.web.connections import Connection, raise_open_files

    settings = shrinking(load(), allow_shrink=allow_shrink)
    # Reading articles takes a while: an address that is taken is reported before.
    free = check_address(host, port)
    if is_loopback(settings.site.url) and settings.site.url == settings.site.first_url:
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
        """A server that says where it is once it listens."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                guide(first, _listening(self, host), root_path, follows=follow, opens=opens)

    server = Guiding(
        uvicorn.Config(
            create_app(load, first, metrics=metrics, access_log=LOG_FORMS.get(log), follow=follow, own_process=True),
            host=host,
            port=port,
            root_path=root_path,
            server_header=False,
            access_log=False,
            http=Connection,
            ws="none",
            # A preview has an endless answer, the stream of its events.
            timeout_graceful_shutdown=1 if settings.drafts else settings.server.drain,
        )
    )
    server.run()
    if not server.started:
        sys.exit(2)


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine alone."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _at(load: Load, host: str, port: int) -> Config:
    """The config, with its site where the server listens. The host stays where that is all addresses of the machine."""
    from feeds.config import loader

    settings = load()
    parts = urlsplit(settings.site.url)
    name = (parts.hostname or "") if host in ("0.0.0.0", "::") else host  # noqa: S104  # compared, not listened at
    place = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    return loader.adjusted(settings, base_url=parts._replace(netloc=place).geturl())


def _listening(server: "uvicorn.Server", host: str) -> str:
    """The address at which a person on this machine reaches the server."""
    family, address = next((one.family, one.getsockname()) for each in server.servers for one in each.sockets)
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared, not listened at
    return f"http://{f'[{name}]' if family == socket.AF_INET6 and ':' in name else name}:{address[1]}"


def check_address(host: str, port: int) -> int:
    """The port to listen at on `host`: `port`, or a free one for 0. Fails with advice where that is not possible."""
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as listener:
                if os.name == "posix":
                    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((address[0], port, *address[2:]))
                port = listener.getsockname()[1]
    except socket.gaierror as error:
        fail(f"--host {host}: no such address ({error.strerror}); 127.0.0.1 is this machine alone, 0.0.0.0 all its addresses")
    except OSError as error:
        advice = {
            errno.EADDRINUSE: "another program listens there; --port takes another port, and --port 0 a free one",
            errno.EACCES: "ports below 1024 need privileges; take a higher one with --port",
            errno.EADDRNOTAVAIL: "not an address of this machine; 127.0.0.1 is this machine alone, 0.0.0.0 all its addresses",
        }
        fail(f"can't listen at {host}:{port}: {advice.get(error.errno or 0, error.strerror)}")
    return port
