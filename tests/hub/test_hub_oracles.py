"""Push with another implementation, Flask-WebSub, as subscriber and as hub."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from subscribers import free_port, subscriber
from support import PATIENCE, REQUIRED, Site, doc, environment, until

URL = "https://feeds.example.org"
CONFIG = REQUIRED + "archives: false\npages: false\n"


class Program:
    """Flask-WebSub in a process, and its output."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._said: queue.Queue[list[str]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.put(json.loads(line))

    def next(self) -> list[str]:
        """The next line of output."""
        return self._said.get(timeout=PATIENCE)

    def tell(self, what: str) -> None:
        """Send a command."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()


@contextmanager
def flask_websub(folder: Path, *arguments: str) -> Iterator[Program]:
    folder.mkdir()
    program = Path(__file__).parent.parent / "flask_websub_apps.py"
    command = [sys.executable, str(program), str(folder), *arguments]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment(), text=True
        )
        with process:
            try:
                yield Program(process)
            finally:
                process.terminate()


def test_flask_websub_subscribes_to_our_hub(tmp_path: Path) -> None:
    site = Site(tmp_path).write({"config.yaml": CONFIG + "hub: {allow: [127.0.0.0/8]}\n", "articles/a.md": doc({})})
    topic = f"{URL}/all.atom"
    with (
        site.serve("--metrics") as server,
        flask_websub(tmp_path / "flask", "subscribe", f"{server.url}/hub", topic, "s3cret") as flask,
    ):
        assert sorted([flask.next()[0], flask.next()[0]]) == ["asked", "subscribe"]
        until(lambda: "feeds_hub_subscriptions 1.0" in server.get("metrics").text)
        site.write({"articles/a.md": doc({"title": "Edited"})})
        # It accepts only content signed with its secret.
        assert flask.next() == ["content", topic, server.get("all.atom").text]
        flask.tell("renew")
        assert flask.next() == ["subscribe", topic]
        flask.tell("unsubscribe")
        assert flask.next() == ["unsubscribe", topic]
        until(lambda: "feeds_hub_subscriptions 0.0" in server.get("metrics").text)


def test_flask_websub_gets_the_reason_of_a_denial(tmp_path: Path) -> None:
    site = Site(tmp_path).write({"config.yaml": CONFIG + "hub: {allow: [127.0.0.0/8]}\n", "articles/a.md": doc({})})
    topic = f"{URL}/topics/nothing.atom"
    with site.serve() as server, flask_websub(tmp_path / "flask", "subscribe", f"{server.url}/hub", topic, "s3cret") as flask:
        output = [flask.next(), flask.next()]
        assert ["denied", topic, "there is no such feed"] in output


def test_we_ping_flask_websub_as_a_hub(tmp_path: Path) -> None:
    with flask_websub(tmp_path / "flask", "hub") as flask, subscriber() as reader:
        hub = flask.next()[1]
        site = Site(tmp_path).write({"config.yaml": CONFIG + f"hubs: ['{hub}']\n", "articles/a.md": doc({})})
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        with site.serve_with("-m", "feeds", "serve", "--port", port, "--base-url", url) as server:
            until(lambda: "all.atom" in (tmp_path / "server.log").read_text() or server.get("all.atom").status_code == 200)
            fields = {"hub.mode": "subscribe", "hub.topic": f"{url}/all.atom", "hub.callback": f"{reader.url}/me"}
            assert httpx.post(hub, data=fields, trust_env=False, timeout=PATIENCE).status_code == 202
            site.write({"articles/a.md": doc({"title": "Edited"})})
            until(lambda: any(b"Edited" in each.body for each in reader.deliveries("/me")))
            # It fetches the feed and sends it with our headers.
            assert f'<{hub}>; rel="hub"' in reader.deliveries("/me")[-1].headers["link"]
