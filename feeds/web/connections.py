"""Connections: uvicorn's HTTP/1.1 protocol within limits, so that no client can take the server from the others.

uvicorn limits none of this in its fast parser (httptools): neither the bytes of a request, nor the time that a client takes to
send one or to read the answer. The limits here are enforced on bytes as they arrive, before they are parsed, and cost a
request that arrives in one piece two additions and no timer.

`feeds serve` uses `Connection`; so does `uvicorn --http feeds.web.connections:Connection server:app`.
"""

import asyncio
import sys
from asyncio.events import TimerHandle
from collections.abc import Callable
from typing import Any, cast

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from feeds.config.types import ServerLimits

if sys.platform != "win32":
    import resource

# File descriptors that a server needs besides connections: databases, folders that it watches, logs, sources.
_OTHER_FILES = 32
# A connection needs one file descriptor, and one more while it sends a file.
_FILES_A_CONNECTION = 2
# Requests that a client may send before it has read the answers to earlier ones.
_MOST_PIPELINED = 64
# After a refusal, what the client still sends is read and dropped for so many seconds and bytes. Closing at once would reset the
# connection, and the client would not see the refusal.
_LINGER_SECONDS, _LINGER_BYTES = 2.0, 1 << 20
# The share of the limit that may be answered 503 at once beyond it. More connections are closed without an answer.
_SHARE_REFUSED, _LEAST_REFUSED = 8, 8
# The share of idle connections that are closed together when the server is full.
_SHARE = 16
# Bytes a second that a client must read, on average over `send_timeout`.
_LEAST_RATE = 500


class Gate:
    """The state that all connections of a server share: its limits, which may change while it runs, and counts of refusals."""

    def __init__(self, limits: Callable[[], ServerLimits] = ServerLimits) -> None:
        self.limits = limits
        self.refused: dict[str, int] = {}
        self.connections: set[Any] = set()

    def refuse(self, reason: str) -> None:
        """Count a connection that is closed for `reason`."""
        self.refused[reason] = self.refused.get(reason, 0) + 1


class Connection(HttpToolsProtocol):
    """A connection of a client, which is answered or closed within the limits of `Gate`.

    A request that is too long gets a 431 (or 413 for its body), one that takes too long a 408, and what is not HTTP a 400. When
    there are too many connections, the ones that have waited longest for a request are closed; if there are none, the new one
    gets a 503.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._gate: Gate = app_state.get("gate") or Gate()
        self._gate.connections = server_state.connections
        self._limits = limits = self._gate.limits()
        self._most_headers = limits.request_headers
        # There are no WebSockets here.
        self.ws_protocol_class = None
        # The bytes that have arrived since the last complete request, and how many may: none after a refusal.
        self._arrived = 0
        self._most = limits.request_size
        # When the connection began to wait for a request, when an incomplete request began to arrive, and the time for each.
        self._waits_since = self.loop.time()
        self._began = 0.0
        self._patience = limits.request_timeout
        # One timer checks these a few times, so that requests need not set and cancel timers, as uvicorn's do.
        self._pause = limits.request_timeout / 4
        self._timer: TimerHandle | None = None
        self._sending: TimerHandle | None = None
        self._unsent = 0
        self._dropped = 0
        # The request that is being answered; `cycle` is the last one that has arrived.
        self._answering: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a request, or refuse the connection if there are too many."""
        # Connections over TCP have a transport that can be written to.
        super().connection_made(cast("asyncio.Transport", transport))
        self._timer = self.loop.call_later(self._pause, self._look)
        most = most_connections(self._limits.connections)
        if len(self.connections) > most and not self._make_room():
            if len(self.connections) <= most + max(most // _SHARE_REFUSED, _LEAST_REFUSED):
                self._refuse(503, "connections", "The server has too many connections; try again in a few seconds.")
            else:
                self._gate.refuse("connections")
                self._abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection, and let the answer that is under way know."""
        super().connection_lost(exc)
        self._let_go()
        for timer in (self._timer, self._sending):
            if timer is not None:
                timer.cancel()
        self._timer = self._sending = None

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived, if it is not too much."""
        if self._arrived + len(data) <= self._most:
            self._arrived += len(data)
            try:
                self.parser.feed_data(data)
            except (httptools.HttpParserUpgrade, httptools.HttpParserError) as error:
                self._stop(error)
            if not self._arrived:
                self._began = 0.0
            elif not self._began:
                self._began = self.loop.time()
            if len(self.pipeline) > _MOST_PIPELINED:
                self._gate.refuse("pipelined")
                self._abort()
        elif self._most < 0:
            self._drop(data)
        elif len(data) > self._most:
            # Perhaps many short requests at once. After a complete request within a piece, the rest of the piece is not
            # counted, so a request may be longer than the limit by at most one piece.
            most = self._most
            for start in range(0, len(data), most):
                if not self.transport.is_closing():
                    self.data_received(data[start : start + most])
        elif "path" in (self.scope or ()):
            self._refuse(413, "long", "A request for a feed has no body.")
        else:
            self._refuse(431, "long", f"The request's headers are longer than {self._limits.request_size} bytes.")

    def _stop(self, error: Exception) -> None:
        if isinstance(error, httptools.HttpParserUpgrade):
            # Nothing else is spoken here: the request is answered as it is, and then the connection ends.
            self.cycle.keep_alive = False
        else:
            self._refuse(400, "malformed", "This is not a request of HTTP/1.1.")

    def on_headers_complete(self) -> None:
        """Answer the request, unless it has too many headers."""
        if len(self.headers) <= self._most_headers and self._most >= 0:
            HttpToolsProtocol.on_headers_complete(self)
        elif self._most >= 0:
            self._refuse(431, "headers", f"The request has more than {self._most_headers} header fields.")

    def on_body(self, body: bytes) -> None:
        """Keep the body of a POST, which the hub reads; `request_size` bounds it. Drop any other: no answer depends on it."""
        if self.scope["method"] == "POST" and self._most >= 0 and not self.cycle.response_complete:
            self.cycle.body += body
            self.cycle.message_event.set()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        HttpToolsProtocol._start_asgi_task(self, cycle, app)

    def on_message_complete(self) -> None:
        """Begin to count the bytes of the next request."""
        self._arrived = 0
        if self._most >= 0 and not self.cycle.response_complete:
            self.cycle.more_body = False
            self.cycle.message_event.set()

    def on_response_complete(self) -> None:
        """Process the next request, or wait until the client has read the last answer."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            if self.parser is not None:
                self._watch_sending()
            return
        self._waits_since = self.loop.time()
        self._patience = self._limits.idle_timeout
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def pause_writing(self) -> None:
        """Wait for the client to read, but not forever."""
        super().pause_writing()
        self._watch_sending()

    def resume_writing(self) -> None:
        """Go on sending."""
        super().resume_writing()
        if self._sending is not None and not self.transport.is_closing():
            self._sending.cancel()
            self._sending = None

    @property
    def is_idle(self) -> bool:
        """Whether the client has been sent everything that it has asked for."""
        is_answered = self._answering is None or (self._answering.response_complete and not self.pipeline)
        return is_answered and self._most >= 0 and not self.transport.get_write_buffer_size()

    @property
    def waits_since(self) -> float:
        """Since when an idle client has not sent a whole request, by the clock of the event loop."""
        return self._began or self._waits_since

    def _make_room(self) -> bool:
        """Close connections that have waited longest for a request. False if all others are being answered."""
        idle = [other for other in self.connections if other is not self and isinstance(other, Connection) and other.is_idle]
        # Those that have asked for something before are more likely to be readers.
        idle.sort(key=lambda other: (other._answering is not None, other.waits_since))
        for other in idle[: max(len(idle) // _SHARE, 1)]:
            self._gate.refuse("room")
            self.connections.discard(other)
            other._abort()
        return bool(idle)

    def _let_go(self) -> None:
        """Forget the requests that wait for their answers. What is still sent for the one that is being answered goes nowhere."""
        self.pipeline.clear()
        if self._answering is not None:
            self._answering.disconnected = True
            self._answering.message_event.set()

    def _abort(self) -> None:
        """Close the connection at once."""
        self._let_go()
        self.transport.abort()

    def _look(self) -> None:
        """Close the connection if its client has kept silent, or has been sending a request, for too long."""
        patience = self._limits.request_timeout if self._began else self._patience
        left = self.waits_since + patience - self.loop.time()
        if left > 0 or not self.is_idle:
            self._timer = self.loop.call_later(min(left, self._pause) if left > 0 else self._pause, self._look)
        elif self._began:
            self._refuse(408, "slow", f"The request did not arrive within {patience} seconds.")
        else:
            # Nothing was asked, so nothing is answered.
            if self._answering is None:
                self._gate.refuse("silent")
            self.transport.close()

    def _refuse(self, status: int, reason: str, message: str) -> None:
        """Answer with an error unless an answer has begun, and close the connection once the client has had time to read it."""
        self._gate.refuse(reason)
        self._most = -1
        self.pipeline.clear()
        if self.transport.is_closing():
            return
        if self._answering is not None and not self._answering.response_complete:
            # uvicorn closes the connection after the answer that is under way.
            self._answering.keep_alive = False
            return
        if self.scope is None or "path" not in self.scope:
            self.transport.write(self._refusal(status, message))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(_LINGER_SECONDS, self._abort)

    def _refusal(self, status: int, message: str) -> bytes:
        body = f"{message}\n".encode()
        headers = [
            *self.server_state.default_headers,
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        if status == 503:
            headers.append((b"retry-after", b"5"))
        return b"".join((STATUS_LINE[status], *(b"%b: %b\r\n" % header for header in headers), b"\r\n", body))

    def _drop(self, data: bytes) -> None:
        self._dropped += len(data)
        if self._dropped > _LINGER_BYTES:
            self._abort()

    def _watch_sending(self) -> None:
        """Close the connection when the client reads too slowly what is still to be sent."""
        self._unsent = self.transport.get_write_buffer_size()
        if self._sending is not None:
            self._sending.cancel()
        self._sending = self.loop.call_later(self._limits.send_timeout, self._look_at_sending) if self._unsent else None

    def _look_at_sending(self) -> None:
        self._sending = None
        left = self.transport.get_write_buffer_size()
        if left and self._unsent - left < min(self._unsent, self._limits.send_timeout * _LEAST_RATE):
            self._gate.refuse("unread")
            self._abort()
        else:
            self._watch_sending()


def most_connections(wanted: int) -> int:
    """The maximum number of connections: that of the config, within the process's limit of open files."""
    files = open_files()
    return wanted if files is None else min(wanted, max((files - _OTHER_FILES) // _FILES_A_CONNECTION, 1))


def open_files() -> int | None:
    """The limit of open files of this process; None if it is unlimited or unknown."""
    if sys.platform == "win32":
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else None


def raise_open_files(connections: int) -> None:
    """Let this process have enough open files for so many connections, as far as the system allows it."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections * _FILES_A_CONNECTION + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed if hard == resource.RLIM_INFINITY else min(needed, hard), hard))
