"""The access log: one line for each request, written by a thread so that no response waits for it.

There are two forms: the Common Log Format (www.w3.org/Daemon/User/Config/Logging.html), which has the client's address, and
JSON, which does not. Lines are written a few times a second, and the rest when the log is closed.
"""

import json
import logging
import threading
import time
from collections import deque
from enum import StrEnum
from typing import NamedTuple, TextIO

from starlette.types import Message, Scope, Send

log = logging.getLogger("feeds")

# Seconds between two writes, and how many lines may wait while the stream is blocked.
_PAUSE = 0.2
_MOST_WAITING = 200_000
# These characters could end a line early or control a terminal, so they are escaped.
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), ord('"'), ord("\\"), *range(127, 160))}
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class Form(StrEnum):
    """The form of a line in the access log."""

    COMMON = "common"
    JSON = "json"


class _Request(NamedTuple):
    """An answered request. `moment` is when it was answered, in seconds since 1970; `seconds` is how long that took."""

    scope: Scope
    status: int
    size: int
    moment: float
    seconds: float


class AccessLog:
    """Writes a line of the given form to `stream` for each request that `watch` wraps."""

    def __init__(self, stream: TextIO, form: Form) -> None:
        self._stream = stream
        self._format = _as_json if form is Form.JSON else _as_common
        self._waiting: deque[_Request] = deque()
        self._dropped = 0
        self._closing = threading.Event()
        self._writer = threading.Thread(target=self._write, name="access log", daemon=True)
        self._writer.start()

    def watch(self, scope: Scope, send: Send) -> Send:
        """Wrap the `send` of a request, so that the request is logged once its response is sent."""
        began = time.perf_counter()
        status = size = 0

        async def watching(message: Message) -> None:
            nonlocal status, size
            await send(message)
            if message["type"] == "http.response.start":
                status = message["status"]
                return
            size += len(message.get("body", b""))
            if not message.get("more_body", False):
                self._add(_Request(scope, status, size, time.time(), time.perf_counter() - began))

        return watching

    def close(self) -> None:
        """Write the remaining lines and stop the thread."""
        self._closing.set()
        self._writer.join()

    def _add(self, request: _Request) -> None:
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append(request)
        else:
            self._dropped += 1

    def _write(self) -> None:
        while not self._closing.wait(_PAUSE):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        lines = [self._format(self._waiting.popleft()) for _ in range(len(self._waiting))]
        if self._dropped:
            log.warning("dropped %d lines of the access log: they can't be written fast enough", self._dropped)
            self._dropped = 0
        if lines:
            try:
                self._stream.write("\n".join(lines) + "\n")
                self._stream.flush()
            except OSError as error:
                log.warning("can't write %d lines of the access log: %s", len(lines), error.strerror)


def _as_common(request: _Request) -> str:
    scope = request.scope
    client = scope.get("client")
    moment = time.gmtime(request.moment)
    when = f"{moment.tm_mday:02}/{_MONTHS[moment.tm_mon - 1]}/{moment.tm_year}:{time.strftime('%H:%M:%S', moment)} +0000"
    asked = f"{scope['method']} {_target(scope)} HTTP/{scope.get('http_version', '1.1')}"
    return f'{client[0] if client else "-"} - - [{when}] "{asked}" {request.status} {request.size}'


def _as_json(request: _Request) -> str:
    scope = request.scope
    agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
    record = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(request.moment)),
        "method": scope["method"],
        "path": _printable(scope["path"]),
        "query": _printable(scope.get("query_string", b"").decode("latin-1")),
        "status": request.status,
        "bytes": request.size,
        "milliseconds": round(request.seconds * 1000, 3),
        "user_agent": _printable(agent.decode("latin-1")),
    }
    return json.dumps(record, ensure_ascii=False)


def _target(scope: Scope) -> str:
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope.get("query_string", b"").decode("latin-1")
    return _printable(f"{path}?{query}" if query else path)


def _printable(text: str) -> str:
    return text if text.isprintable() and '"' not in text and "\\" not in text else text.translate(_ESCAPES)
