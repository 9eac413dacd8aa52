"""Google Cloud Storage's XML interface on loopback: moto's S3 server behind a translator of what Google calls otherwise.

No server of that interface can be had here. Google made it to be spoken by programs for S3, so what differs is little: the
names of metadata, conditional puts (by generations), and authentication.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import quote, unquote

import httpx
import s3

_SIGNED = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"
_GENERATION = "x-goog-generation"


class Bucket(s3.Bucket):
    """A new bucket; `url` is of the translator, `behind` of the S3 server. Otherwise as `s3.Bucket`."""

    def __init__(self, url: str, behind: str) -> None:
        super().__init__(behind)
        self.server = url
        self.url = f"gs://{self.name}/news"
        self.env = self.through(url)

    def through(self, url: str) -> dict[str, str]:
        """The environment in which Feeds finds the store at `url`."""
        nobody = {"client_email": "", "private_key": "", "private_key_id": "", "disable_oauth": True}
        return {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(nobody | {"gcs_base_url": url})}


@contextmanager
def server(behind: str) -> Iterator[str]:
    """The address of a translator in front of the S3 server `behind`."""
    lock = threading.Lock()

    def generation(answer: httpx.Response) -> str:
        return str(int(answer.headers["etag"].strip('"')[:15], 16)) if "etag" in answer.headers else "0"

    def handle(request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("content-length") or 0))
        path, mark, query = request.path.partition("?")
        url = f"{behind}{quote(unquote(path))}{mark}{query}"
        given = {name.lower(): value for name, value in request.headers.items()}
        wanted = given.pop("x-goog-if-generation-match", None)
        passed = {
            name.replace("x-goog-meta-", "x-amz-meta-"): value
            for name, value in given.items()
            if name not in ("host", "authorization")
        }
        with lock:
            if wanted is not None and generation(client.head(url)) != wanted:
                s3.refuse(request, 412)
                return
            answer = client.request(request.command, url, headers=passed, content=body)
        fields = {name.replace("x-amz-meta-", "x-goog-meta-"): value for name, value in answer.headers.items()}
        s3.pass_on(request, answer, fields | {_GENERATION: generation(answer)})

    with httpx.Client(trust_env=False, timeout=30, headers={"authorization": _SIGNED}) as client, s3.listening(handle) as url:
        yield url
