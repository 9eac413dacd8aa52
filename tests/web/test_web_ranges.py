"""Range requests for files, as podcast players send them (RFC 9110 14), compared with nginx, and with curl."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import httpx2 as httpx
import pytest
from machine import needed
from proxies import nginx
from support import REQUIRED, Server, Site, doc, until

SOUND = bytes(number * number % 251 for number in range(1000))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Site:
    front = {"actions": [{"url": "1.mp3", "type": "audio"}], "images": ["plan.svg"]}
    return Site(tmp_path_factory.mktemp("sounds")).write(
        {
            "config.yaml": REQUIRED,
            "articles/1.md": doc(front),
            "articles/1.mp3": SOUND,
            "articles/plan.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        }
    )


@pytest.fixture(scope="module")
def server(place: Site) -> Iterator[Server]:
    with place.serve() as server:
        yield server


@pytest.fixture(scope="module")
def files(place: Site) -> Iterator[httpx.Client]:
    """nginx in front of the export of the same site."""
    place.export()
    with ExitStack() as stack:
        yield nginx(stack, place.folder, "nginx-files.conf", **{"root dist": f"root {place.folder}/dist"})


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "range",
    [
        "bytes=0-0",
        "bytes=0-",
        "bytes=0-999",
        "bytes=0-99999999",
        "bytes=10-19",
        "bytes=990-",
        "bytes=-1",
        "bytes=-1000",
        "bytes=-5000",
        "bytes=999-999",
        "bytes=1000-",
        "bytes=1000-2000",
        "bytes=99999999999-",
        "seconds=1-2",
        "bytes",
        "bytes=",
    ],
)
def test_single_ranges_are_answered_as_nginx_answers_them(server: Server, files: httpx.Client, range: str, method: str) -> None:
    headers = {"Range": range, "Accept-Encoding": "identity"}
    ours = server.client.request(method, f"{server.url}/files/1.mp3", headers=headers)
    theirs = files.request(method, "/files/1.mp3", headers=headers)
    if method == "HEAD":
        # Ranges are only for GET (RFC 9110 14.2); nginx has them for HEAD too.
        assert (ours.status_code, ours.content, ours.headers["content-length"]) == (200, b"", "1000")
        return
    assert ours.status_code == theirs.status_code
    assert ours.headers.get("content-range") == theirs.headers.get("content-range")
    if ours.status_code != 416:
        assert ours.content == theirs.content
        assert ours.headers["content-length"] == theirs.headers["content-length"]
        assert ours.headers["content-type"] == "audio/mpeg"
        assert ours.headers["etag"] == server.get("files/1.mp3").headers["etag"]
        assert ours.headers["cache-control"] == server.get("files/1.mp3").headers["cache-control"]


@pytest.mark.parametrize("range", ["bytes=5-2", "bytes=-", "bytes=a-b", "bytes=0-1,5-6", "bytes=1", "bytes=" + "9" * 5000 + "-"])
def test_other_ranges_are_answered_with_the_whole(server: Server, range: str) -> None:
    answer = server.get("files/1.mp3", Range=range)
    assert (answer.status_code, answer.content) == (200, SOUND)
    assert answer.headers["accept-ranges"] == "bytes"
    assert "content-range" not in answer.headers


def test_if_range_gives_a_part_of_the_same_bytes_alone(server: Server) -> None:
    whole = server.get("files/1.mp3")
    etag = whole.headers["etag"]
    for validator, status in (
        (etag, 206),
        (f"W/{etag}", 200),
        ('"other"', 200),
        ("nonsense", 200),
        ("Mon, 01 Jan 2024 00:00:00 GMT", 200),
    ):
        answer = server.get("files/1.mp3", Range="bytes=10-19", If_Range=validator)
        assert answer.status_code == status, validator
        assert answer.content == (SOUND[10:20] if status == 206 else SOUND)
    assert server.get("files/1.mp3", Range="bytes=5000-", If_Range='"other"').status_code == 200


def test_if_range_takes_the_very_date_of_the_last_change(server: Server) -> None:
    # Last-Modified is sent once the clock has passed it.
    until(lambda: "last-modified" in server.get("files/1.mp3").headers)
    whole = server.get("files/1.mp3")
    changed = parsedate_to_datetime(whole.headers["last-modified"])
    later = format_datetime(changed + timedelta(days=1), usegmt=True)
    assert server.get("files/1.mp3", Range="bytes=0-9", If_Range=whole.headers["last-modified"]).status_code == 206
    assert server.get("files/1.mp3", Range="bytes=0-9", If_Range=later).status_code == 200


def test_preconditions_go_before_the_range(server: Server) -> None:
    etag = server.get("files/1.mp3").headers["etag"]
    assert server.get("files/1.mp3", Range="bytes=0-9", If_None_Match=etag).status_code == 304
    assert server.get("files/1.mp3", Range="bytes=5000-", If_None_Match=etag).status_code == 304
    assert server.get("files/1.mp3", Range="bytes=0-9", If_Match='"other"').status_code == 412
    part = server.get("files/1.mp3", Range="bytes=0-9", If_Match=etag)
    assert (part.status_code, part.content) == (206, SOUND[:10])


def test_ranges_are_ignored_for_coded_documents(server: Server) -> None:
    for path in ("all.atom", "index.html", "files/plan.svg"):
        answer = server.get(path, Range="bytes=0-9")
        assert answer.status_code == 200
        assert "accept-ranges" not in answer.headers
        assert len(answer.content) > 10


def test_curl_resumes_a_download(server: Server, tmp_path: Path) -> None:
    curl = needed(shutil.which("curl"), "curl")
    (tmp_path / "got").write_bytes(SOUND[:333])
    command = [curl, "-sS", "--fail", "-C", "-", "-o", str(tmp_path / "got"), f"{server.url}/files/1.mp3"]
    subprocess.run(command, check=True)
    assert (tmp_path / "got").read_bytes() == SOUND
