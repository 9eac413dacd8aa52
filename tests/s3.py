"""A real S3 server on loopback, a bucket by boto3, and a proxy that records requests and can fail."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import boto3
import httpx
from moto.server import ThreadedMotoServer


class Bucket:
    """A new bucket of the server at `url`; exports go below `news/`."""

    def __init__(self, url: str) -> None:
        self.server = url
        self.name = f"bucket-{uuid4().hex[:12]}"
        self.url = f"s3://{self.name}/news"
        self.client: Any = boto3.client(
            "s3", endpoint_url=url, aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
        )
        self.client.create_bucket(Bucket=self.name)
        self.env = self.through(url)

    def through(self, url: str) -> dict[str, str]:
        """The environment in which Feeds finds the store at `url`."""
        return {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": url}

    def paths(self) -> list[str]:
        """Every path below `news/`."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix="news/")
        return [one["Key"].removeprefix("news/") for page in pages for one in page.get("Contents", [])]

    def tree(self) -> dict[str, bytes]:
        """Every object that a reader could fetch, by path."""
        return {path: self.read(path) for path in self.paths() if not path.startswith(".")}

    def read(self, path: str) -> bytes:
        """The bytes of an object."""
        body: bytes = self.client.get_object(Bucket=self.name, Key=f"news/{path}")["Body"].read()
        return body

    def headers(self, path: str) -> tuple[str, str, str]:
        """The media type, Cache-Control and SHA-256 of an object."""
        found = self.client.head_object(Bucket=self.name, Key=f"news/{path}")
        return found["ContentType"], found["CacheControl"], found["Metadata"]["sha256"]

    def write(self, path: str, body: bytes) -> None:
        """Put an object, as another program would."""
        self.client.put_object(Bucket=self.name, Key=f"news/{path}", Body=body)

    def delete(self, path: str) -> None:
        """Delete an object, as another program would."""
        self.client.delete_object(Bucket=self.name, Key=f"news/{path}")

    def close(self) -> None:
        """Close the connections."""
        self.client.close()


@contextmanager
def server() -> Iterator[str]:
    """The address of an S3 server that runs."""
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        moto.stop()


class Passed:
    """The requests through a proxy, in order: methods and paths below `news/`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[tuple[str, str]] = []

    def paths(self, method: str) -> list[str]:
        """The paths of requests, but for Feeds' own records."""
        return [path for found, path in self.requests if found == method and not path.startswith(".")]


@contextmanager
def listening(handle: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """The address of a server on loopback that calls `handle` for every request."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    for method in ("GET", "PUT", "POST", "HEAD", "DELETE"):
        setattr(Handler, f"do_{method}", handle)
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # Requests are completed before the server is closed.
    serving.daemon_threads = False
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{serving.server_port}"
    finally:
        serving.shutdown()
        serving.server_close()
        thread.join()


def pass_on(request: BaseHTTPRequestHandler, answer: httpx.Response, fields: Mapping[str, str]) -> None:
    """Send `answer` with these `fields` as the response to `request`."""
    request.send_response(answer.status_code)
    for name, value in fields.items():
        if name not in ("connection", "transfer-encoding", "content-length", "content-encoding"):
            request.send_header(name, value)
    length = answer.headers.get("content-length", "0") if request.command == "HEAD" else str(len(answer.content))
    request.send_header("content-length", length)
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(answer.content)


def refuse(request: BaseHTTPRequestHandler, status: int) -> None:
    """Answer with a `status` and nothing else."""
    request.send_response(status)
    request.send_header("content-length", "0")
    request.end_headers()


def cut(request: BaseHTTPRequestHandler, answer: httpx.Response) -> None:
    """Send half of `answer` as the response to `request`, and end the connection."""
    request.send_response(answer.status_code)
    request.send_header("content-length", str(len(answer.content) + 1))
    request.end_headers()
    request.wfile.write(answer.content[: len(answer.content) // 2])
    request.close_connection = True


# In place of a status: the connection ends in the middle of the answer.
CUT = 0


@contextmanager
def proxy(target: str, failing: Callable[[int], bool] = lambda number: False, status: int = 503) -> Iterator[Passed]:
    """A proxy before the server `target`. The requests whose numbers are `failing` are answered with this `status`."""
    lock = threading.Lock()
    requests: list[tuple[str, str]] = []

    def handle(request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("content-length") or 0))
        with lock:
            requests.append((request.command, unquote(request.path.partition("?")[0]).partition("/news/")[2]))
            number = len(requests)
        fails = failing(number)
        if fails and status != CUT:
            refuse(request, status)
            return
        headers = {name: value.strip() for name, value in request.headers.items()}
        answer = client.request(request.command, f"{target}{request.path}", headers=headers, content=body)
        if fails:
            cut(request, answer)
        else:
            pass_on(request, answer, answer.headers)

    with httpx.Client(trust_env=False, timeout=30) as client, listening(handle) as url:
        passed = Passed(url)
        passed.requests = requests
        yield passed
