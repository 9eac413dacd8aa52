"""`feeds serve`."""

import errno
import os
import socket
import sys
from datetime import UTC, datetime

import click

from feeds.cli.config import Load
from feeds.cli.options import folder_argument, of_a_site, shrink_option, shrinking
from feeds.cli.output import fail, report
from feeds.cli.writer import writer_of

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
@shrink_option
def serve(load: Load, host: str, port: int, log: str, root_path: str, *, metrics: bool, follow: bool, allow_shrink: bool) -> None:
    """Serve every feed over HTTP, of the site in FOLDER or of a config, and follow changes of the articles."""
    import uvicorn

    from feeds.index.store import Index
    from feeds.site.build import assemble, build
    from feeds.web.app import LOG_FORMS, create_app
    from feeds.web.connections import Connection, raise_open_files

    settings = shrinking(load(), allow_shrink=allow_shrink)
    # Reading articles takes a while: an address that is taken is reported before.
    check_address(host, port)
    if follow:
        index = Index(settings)
        index.await_writer()
        first = assemble(settings, datetime.now(UTC), index=index, preview=settings.drafts, keeps=True)
    else:
        index = writer_of(settings)
        first = build(settings, datetime.now(UTC), preview=settings.drafts, publishes=True, keeps=True, index=index)
        report(first.problems)
    raise_open_files(settings.server.connections)
    server = uvicorn.Server(
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


def check_address(host: str, port: int) -> None:
    """Fail with advice where the server can't listen at `host` and `port`."""
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as listener:
                if os.name == "posix":
                    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(address)
    except socket.gaierror as error:
        fail(f"--host {host}: no such address ({error.strerror}); 127.0.0.1 is this machine alone, 0.0.0.0 all its addresses")
    except OSError as error:
        advice = {
            errno.EADDRINUSE: "another program listens there; --port takes another port, and --port 0 a free one",
            errno.EACCES: "ports below 1024 need privileges; take a higher one with --port",
            errno.EADDRNOTAVAIL: "not an address of this machine; 127.0.0.1 is this machine alone, 0.0.0.0 all its addresses",
        }
        fail(f"can't listen at {host}:{port}: {advice.get(error.errno or 0, error.strerror)}")
