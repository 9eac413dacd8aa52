"""A real subscriber on loopback, for tests of push: answers verifications and records every request."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Received:
    """A received request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def form(self) -> dict[str, str]:
        """The fields of the body."""
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass
class Subscriber:
    """A subscriber: `confirm` answers a challenge, `status` a delivery, after `delay` seconds."""

    url: str
    received: list[Received] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    confirm: Callable[[dict[str, str]], tuple[int, str]] = lambda query: (
        200,
        query.get("hub.challenge", query.get("challenge", "")),
    )

    def deliveries(self, path: str | None = None) -> list[Received]:
        """The received deliveries: all, or those to one path."""
        return [each for each in self.received if each.method == "POST" and path in (None, each.path)]

    def verifications(self) -> list[Received]:
        """The received GET requests."""
        return [each for each in self.received if each.method == "GET"]


@contextmanager
def subscriber(host: str = "127.0.0.1") -> Iterator[Subscriber]:
    """A subscriber at any path of a free port."""
    made: Subscriber

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            received = self._keep(b"")
            self._answer(*made.confirm(received.query))

        def do_POST(self) -> None:
            self._keep(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            time.sleep(made.delay)
            self._answer(made.status, "")

        def _keep(self, body: bytes) -> Received:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.received.append(Received(self.command, self.path, query, headers, body, time.time()))
            return made.received[-1]

        def _answer(self, status: int, text: str) -> None:
            self.send_response(status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing."""

    class HTTPServer(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Nothing: a hub that is killed reads no answer."""

        request_queue_size = 128

    server = HTTPServer((host, 0), Handler)
    port = server.server_address[1]
    made = Subscriber(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def free_port() -> str:
    """A free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])
