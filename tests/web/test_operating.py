"""Operating a server: graceful stop, reload, readiness, logs and metrics."""

import os
import re
import signal
import time

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from support import CONFIG, Server, Site, doc, until
from test_web_limits import all_of, connected

ARTICLES: dict[str, str | bytes] = {"articles/a.md": doc({"title": "First"}), "articles/b.md": doc({"title": "Second"})}
LARGE: dict[str, str | bytes] = {
    "articles/large.mp3": b"ID3" + os.urandom(1 << 20) * 24,
    "articles/z.md": doc({"title": "Sound"}, "[listen](large.mp3)"),
}


def metrics(server: Server) -> dict[str, float]:
    """The metrics without labels, as Prometheus reads them."""
    families = text_string_to_metric_families(server.get("metrics").text)
    return {sample.name: sample.value for family in families for sample in family.samples if not sample.labels}


def slowly(server: Server, seconds: float) -> int:
    """Begin a download, stop the server, and read on slowly. Returns the number of bytes that arrive."""
    with connected(server) as client:
        client.sendall(b"GET /files/large.mp3 HTTP/1.1\r\nHost: x\r\n\r\n")
        received = len(client.recv(1000))
        server.process.send_signal(signal.SIGTERM)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            received += len(client.recv(4096))
            time.sleep(0.05)
        try:
            return received + len(all_of(client))
        except ConnectionError:
            return received


def test_a_stopping_server_completes_its_answers(site: Site) -> None:
    site.write(ARTICLES | LARGE | {"config.yaml": CONFIG})
    with site.serve("--log", "none") as server:
        with connected(server) as idle:
            idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert idle.recv(100)
            assert slowly(server, 3) > 24 << 20
            # Idle connections are closed at once, and new ones are refused.
            assert server.process.wait(5) in (0, -signal.SIGTERM)
        with pytest.raises(httpx.ConnectError):
            server.get("healthz")
    site.write({"config.yaml": CONFIG + "server: {drain: 1s}\n"})
    with site.serve("--log", "none") as server:
        began = time.monotonic()
        assert slowly(server, 4) < 24 << 20
        server.process.wait(10)
        assert time.monotonic() - began < 10


def test_sighup_reloads(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": CONFIG})
    with site.serve("--log", "none", "--metrics") as server:
        time.sleep(1.5)
        before = metrics(server)["feeds_build_timestamp_seconds"]
        server.process.send_signal(signal.SIGHUP)
        until(lambda: metrics(server)["feeds_build_timestamp_seconds"] > before)
        site.write({"config.yaml": CONFIG + "server: {request_headers: 5}\n"})
        server.process.send_signal(signal.SIGHUP)
        many = {f"x-{number}": "y" for number in range(5)}

        def limited() -> bool:
            with httpx.Client(trust_env=False) as client:
                return client.get(f"{server.url}/all.rss", headers=many).status_code == 431

        until(limited)
        assert server.process.poll() is None


@pytest.mark.parametrize("ready", [True, False])
def test_readiness_while_the_newest_state_cannot_be_built(site: Site, ready: bool) -> None:
    config = CONFIG + ("" if ready else "server: {stale_is_ready: false}\n")
    site.write(ARTICLES | {"config.yaml": config})
    with site.serve("--log", "none", "--metrics") as server:
        assert server.get("readyz").text == "ready\n"
        assert metrics(server)["feeds_state_is_newest"] == 1
        time.sleep(1)
        site.write({"config.yaml": config + "nonsense: 3\n"})
        until(lambda: "older state" in server.get("readyz").text)
        assert server.get("readyz").status_code == (200 if ready else 503)
        assert metrics(server)["feeds_state_is_newest"] == 0
        assert server.get("all.rss").status_code == 200
        # The problem is logged once, and once more when it is over.
        for number in range(3):
            site.write({"articles/a.md": doc({"title": f"First, {number}"})})
            time.sleep(0.5)
        site.write({"config.yaml": config})
        until(lambda: server.get("readyz").text == "ready\n")
        log = server.log.read_text()
        assert log.count("The last good state is still served") == 1
        assert log.count("The newest state is served again") == 1


def test_a_problem_is_logged_when_it_comes_and_when_it_goes(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": CONFIG})
    with site.serve("--log", "none", "--metrics") as server:
        time.sleep(1)
        for number in range(5):
            # With another line and another amount it is the same problem.
            broken = doc({"title": "Broken", **{f"x{each}": 1 for each in range(number)}, "publishedDateTime": f"soon {number}"})
            # In one step, as editors save: half a document would be another problem.
            site.write({".new": broken})
            (site.folder / ".new").replace(site.folder / "articles/broken.md")
            site.write({"articles/b.md": doc({"title": f"Second, {number}"})})
            until(lambda number=number: f"Second, {number}" in server.titles())
        until(lambda: metrics(server)["feeds_documents_in_error"] == 1)
        site.write({"articles/broken.md": doc({"title": "Mended"})})
        until(lambda: "Mended" in server.titles())
        lines = [line for line in server.log.read_text().splitlines() if "broken.md" in line]
        assert len(lines) == 2, lines
        assert "publishedDateTime" in lines[0]
        assert "mended or gone" in lines[1]
        assert metrics(server)["feeds_documents_in_error"] == 0


def test_metrics_show_the_state_of_the_server(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": CONFIG + "server: {memory: 3 MB}\n"})
    with site.serve("--log", "none", "--metrics") as server:
        asked = 20
        for number in range(asked):
            assert server.get("all.rss" if number % 2 else "all.atom").status_code == 200
        found = metrics(server)
        assert abs(time.time() - found["feeds_build_timestamp_seconds"] - found["feeds_build_age_seconds"]) < 2
        assert found["feeds_response_seconds_count"] >= asked
        assert 0 < found["feeds_response_seconds_sum"] < 20
        assert found["feeds_answers_limit_bytes"] == 3_000_000
        assert len(server.get("all.rss").content) < found["feeds_answers_bytes"] < 3_000_000
        assert found["feeds_open_connections"] == 1
        buckets = [
            float(number) for number in re.findall(r"feeds_response_seconds_bucket\{.*\} (\S+)", server.get("metrics").text)
        ]
        assert buckets == sorted(buckets)
