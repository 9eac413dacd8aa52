"""Google Cloud Storage's XML interface on loopback: moto's S3 server behind a translator of what Google calls otherwise.

No server of that interface can be had here. Google made it to be spoken by programs for S3, so what differs is little: the
names of metadata, how a put is made to depend on what stands there (generations), and who may ask.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote

import httpx
import s3

_SIGNED = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"
_GENERATION = "x-goog-generation"


class Bucket(s3.Bucket):
    """A new bucket; `url` is the translator's, `behind` that of the S3 server. All else as `s3.Bucket` says."""

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
    client = httpx.Client(trust_env=False, timeout=30, headers={"authorization": _SIGNED})

    def generation(answer: httpx.Response) -> str:
        return str(int(answer.headers["etag"].strip('"')[:15], 16)) if "etag" in answer.headers else "0"

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            path, mark, query = self.path.partition("?")
            url = f"{behind}{quote(unquote(path))}{mark}{query}"
            passed = {name.lower(): value for name, value in self.headers.items()}
            wanted = passed.pop("x-goog-if-generation-match", None)
            passed = {name.replace("x-goog-meta-", "x-amz-meta-"): value for name, value in passed.items()}
            for name in ("host", "authorization"):
                passed.pop(name, None)
            with lock:
                if wanted is not None and generation(client.head(url)) != wanted:
                    self.send_response(412)
                    self.send_header("content-length", "0")
                    self.end_headers()
                    return
                answer = client.request(self.command, url, headers=passed, content=body)
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name not in ("connection", "transfer-encoding", "content-length", "content-encoding"):
                    self.send_header(name.replace("x-amz-meta-", "x-goog-meta-"), value)
            self.send_header(_GENERATION, generation(answer))
            length = answer.headers.get("content-length", "0") if self.command == "HEAD" else str(len(answer.content))
            self.send_header("content-length", length)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    for method in ("GET", "PUT", "POST", "HEAD", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.handle_any)
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving.daemon_threads = True
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{serving.server_port}"
    finally:
        serving.shutdown()
        serving.server_close()
        thread.join()
        client.close()
