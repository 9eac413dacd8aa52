"""Listening: the address of `feeds serve` and `feeds hub`, and the server that runs there."""

import errno
import os
import socket
import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from feeds.cli.output import fail

if TYPE_CHECKING:
    import uvicorn


def settings_of(app: Any, host: str, port: int, **more: Any) -> "uvicorn.Config":
    """The settings of a server for an ASGI application: our limits on connections, no log of its own. `more` are uvicorn's."""
    import uvicorn

    from feeds.web.connections import Connection

    return uvicorn.Config(app, host=host, port=port, server_header=False, access_log=False, http=Connection, ws="none", **more)


def run(server: "uvicorn.Server") -> None:
    """Serve until asked to end. Ends the process with status 2 where the server can't start."""
    server.run()
    if not server.started:
        sys.exit(2)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine alone."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_every_address(host: str) -> bool:
    """Whether a host to listen at means all addresses of this machine: 0.0.0.0 or ::."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def url_of(server: "uvicorn.Server", host: str) -> str:
    """The URL by which a person on this machine reaches a server that listens at `host`."""
    family, address = next((one.family, one.getsockname()) for each in server.servers for one in each.sockets)
    is_ipv6 = family == socket.AF_INET6
    name = ("::1" if is_ipv6 else "127.0.0.1") if is_every_address(host) else host
    return f"http://{f'[{name}]' if is_ipv6 and ':' in name else name}:{address[1]}"


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
