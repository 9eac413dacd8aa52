"""Local files: pictures and files beside a document are published with their size; no other file is."""

import json
import struct
import zlib
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import feedparser
import pytest
from click.testing import CliRunner
from lxml import etree
from support import Site

from feeds.cli import app
from feeds.config import loader
from feeds.site.build import Build, build

SITE = "https://feeds.example.org/news"
MEDIA = {"media": "http://search.yahoo.com/mrss/"}
SECRET = b"not for the public"


def png(width: int, height: int) -> bytes:
    """A PNG as its specification says: signature, header, one compressed image, end."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\0" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def make(folder: Path, files: dict[str, bytes | str], **fields: str) -> Build:
    (folder / "config.yaml").write_text(f'site: {{title: Tidings, url: "{SITE}"}}\nsources: [articles]\n', encoding="utf-8")
    for name, body in {"articles/2026/story.md": "---\n" + document(**fields)}.items() | files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body if isinstance(body, bytes) else body.encode())
    return build(loader.load(folder / "config.yaml"), datetime(2026, 6, 1, tzinfo=UTC))


def document(body: str = "", **fields: str) -> str:
    lines = {"title": "A story", "publishedDateTime": "2026-01-01", "webUrl": "https://a.example/1/"} | fields
    return "".join(f"{name}: {value}\n" for name, value in lines.items() if value) + f"---\n{body}\n"


def files(made: Build) -> list[str]:
    return [path for path in made.site.paths() if path.startswith("files/")]


def item(made: Build) -> dict[str, object]:
    feed = made.site.document("all.json")
    assert feed is not None
    (found,) = json.loads(feed.body)["items"]
    assert isinstance(found, dict)
    return found


def test_a_picture_beside_the_document_is_published_and_measured(tmp_path: Path) -> None:
    made = make(tmp_path, {"articles/2026/lead picture.png": png(30, 20)}, images="[{url: lead picture.png}]")
    (path,) = files(made)
    published = made.site.document(path)
    assert published is not None
    assert (published.body, published.media_type) == (png(30, 20), "image/png")
    address = str(item(made)["image"])
    assert address.startswith(f"{SITE}/")
    assert unquote(urlsplit(address).path).removeprefix("/news/") == path
    rss = made.site.document("all.rss")
    assert rss is not None
    (content,) = etree.fromstring(rss.body).findall(".//media:content", MEDIA)
    assert (content.get("width"), content.get("height"), content.get("type")) == ("30", "20", "image/png")
    assert 'width="30" height="20"' in str(item(made)["content_html"])


def test_a_sound_beside_the_document_is_an_enclosure_with_its_true_length(tmp_path: Path) -> None:
    made = make(tmp_path, {"articles/sound/1.mp3": b"\xff\xfb" * 500}, actions="[{url: /sound/1.mp3, length: PT2M, size: 7}]")
    for name in ("all.rss", "all.atom"):
        feed = made.site.document(name)
        assert feed is not None
        (entry,) = feedparser.parse(feed.body).entries
        (enclosure,) = entry.enclosures
        assert (enclosure["href"], enclosure["length"], enclosure["type"]) == (f"{SITE}/files/sound/1.mp3", "1000", "audio/mpeg")
    assert item(made)["attachments"] == [
        {
            "url": f"{SITE}/files/sound/1.mp3",
            "mime_type": "audio/mpeg",
            "size_in_bytes": 1000,
            "duration_in_seconds": 120,
        }
    ]


@pytest.mark.parametrize(
    "body",
    [
        "![A plan](plan.png)",
        "![A plan](./plan.png 'title')",
        "![A plan](../2026/plan.png?v=1)",
        "![A plan](/2026/plan.png)",
        "![A plan](2026/plan.png)",
        "![A plan][p]\n\n[p]: plan.png",
        "<img src=plan.png alt='A plan'>",
        "<picture><source srcset='plan.png 2x'><img src='plan.png'></picture>",
        "[the plan](plan.png)",
        "[the plan](<plan.png>)",
    ],
)
def test_files_that_a_body_refers_to_are_published(tmp_path: Path, body: str) -> None:
    made = make(tmp_path, {"articles/2026/plan.png": png(3, 4)}, body=body)
    assert files(made) == ["files/2026/plan.png"]
    html = str(item(made)["content_html"])
    assert f"{SITE}/files/2026/plan.png" in html
    if "<img" in html:
        assert 'width="3" height="4"' in html


def test_a_file_that_is_only_mentioned_is_not_published(tmp_path: Path) -> None:
    body = "Write `![A](plan.png)`:\n\n    ![A](plan.png)\n\n```\n<img src=plan.png>\n```\n"
    assert files(make(tmp_path, {"articles/2026/plan.png": png(1, 1)}, body=body)) == []


@pytest.mark.parametrize(
    "reference",
    [
        "../../secret.png",
        "../../../../../../../../etc/passwd",
        "/../secret.png",
        "%2e%2e/%2e%2e/secret.png",
        "..%2f..%2fsecret.png",
        "..\\\\..\\\\secret.png",
        "//feeds.example.org/secret.png",
        "file:///etc/passwd",
        "out.png",
        "outer/secret.png",
        ".hidden.png",
        ".git/a.png",
        "other.md",
        "draft.html",
        "data.yaml",
        "data.json",
        "key.pem",
        "no-suffix",
        "folder.png",
        "loop.png",
        "a\x00b.png",
        "." * 2000,
        "config.yaml",
    ],
)
def test_nothing_outside_and_nothing_hidden_is_published(tmp_path: Path, reference: str) -> None:
    folder = tmp_path / "articles" / "2026"
    (folder / "folder.png").mkdir(parents=True)
    (folder / ".git").mkdir()
    (tmp_path / "outside").mkdir()
    for place in ("secret.png", "outside/secret.png", "articles/2026/.hidden.png", "articles/2026/.git/a.png"):
        (tmp_path / place).write_bytes(SECRET)
    for place in ("key.pem", "no-suffix"):
        (folder / place).write_bytes(SECRET)
    (folder / "out.png").symlink_to(tmp_path / "secret.png")
    (folder / "outer").symlink_to(tmp_path / "outside")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    others = {
        "articles/2026/other.md": "---\ntitle: Other\npublishedDateTime: 2020-01-01\npublished: false\n---\n",
        "articles/2026/draft.html": "---\ntitle: Draft\npublished: false\npublishedDateTime: 2020-01-01\n---\n",
        "articles/2026/data.yaml": "title: Data\npublished: false\npublishedDateTime: 2020-01-01\n",
        "articles/2026/data.json": '{"title": "D", "published": false, "publishedDateTime": "2020-01-01"}',
    }
    body = f"![x]({reference}) <img src='{reference}'>"
    made = make(tmp_path, dict(others), images=f'[{{url: "{reference}"}}]'.replace("\x00", "\\0"), body=body)
    assert files(made) == []
    assert all(SECRET not in published.body for published in made.site.documents())


def test_links_within_the_source_folder_are_followed(tmp_path: Path) -> None:
    (tmp_path / "articles/2026").mkdir(parents=True)
    (tmp_path / "articles/real.png").write_bytes(png(5, 5))
    (tmp_path / "articles/2026/linked.png").symlink_to(tmp_path / "articles/real.png")
    assert files(make(tmp_path, {}, images="linked.png")) == ["files/real.png"]


def test_files_of_drafts_are_published_with_drafts_alone(tmp_path: Path) -> None:
    pictures: dict[str, bytes | str] = {"articles/2026/secret-plan.png": png(1, 1)}
    made = make(tmp_path, pictures, images="secret-plan.png", published="false", body="![x](secret-plan.png)")
    assert files(made) == []
    assert all(b"secret-plan" not in published.body for published in made.site.documents())
    shown = build(loader.load(tmp_path / "config.yaml", drafts=True), datetime(2026, 6, 1, tzinfo=UTC))
    assert files(shown) == ["files/2026/secret-plan.png"]


def test_a_scheduled_article_brings_its_files_when_it_is_due(tmp_path: Path) -> None:
    made = make(tmp_path, {"articles/2026/a.png": png(1, 1)}, images="a.png", publishedDateTime="2026-07-01")
    assert files(made) == []
    assert files(build(loader.load(tmp_path / "config.yaml"), datetime(2026, 8, 1, tzinfo=UTC))) == ["files/2026/a.png"]


def test_two_sources_with_files_of_one_name_keep_both(tmp_path: Path) -> None:
    story = "---\n" + document(images="a.png", webUrl="https://b.example/2")
    make(tmp_path, {"articles/2026/a.png": png(1, 1), "more/2026/a.png": png(2, 2), "more/2026/b.md": story}, images="a.png")
    text = (tmp_path / "config.yaml").read_text(encoding="utf-8").replace("[articles]", "[articles, more]")
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    made = build(loader.load(tmp_path / "config.yaml"), datetime(2026, 6, 1, tzinfo=UTC))
    published = [made.site.document(path) for path in files(made)]
    assert sorted(document.body for document in published if document) == sorted([png(1, 1), png(2, 2)])


def test_a_broken_relative_url_is_a_warning(tmp_path: Path) -> None:
    made = make(tmp_path, {}, images="[gone.png]", actions="[{url: gone.mp3}]", webUrl="stories/1")
    assert [(problem.line, problem.field, problem.fatal) for problem in made.problems] == [
        (4, "webUrl", False),
        (5, "images[0].url", False),
        (6, "actions[0].url", False),
    ]
    assert item(made)["title"] == "A story"


def test_other_paths_are_resolved_against_the_site(tmp_path: Path) -> None:
    made = make(tmp_path, {}, images="/brand/logo.png")
    assert item(made)["image"] == f"{SITE}/brand/logo.png"
    assert made.problems == ()


@pytest.mark.parametrize("damaged", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0garbage", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 "])
def test_a_damaged_picture_is_a_picture_of_unknown_size(tmp_path: Path, damaged: bytes) -> None:
    made = make(tmp_path, {"articles/2026/a.png": damaged}, images="[{url: a.png, width: 8, height: 9}]")
    assert files(made) == ["files/2026/a.png"]
    assert 'width="8" height="9"' in str(item(made)["content_html"])


def test_the_type_of_a_picture_follows_its_bytes(tmp_path: Path) -> None:
    made = make(tmp_path, {"articles/2026/a.jpg": png(2, 1)}, images="a.jpg")
    published = made.site.document("files/2026/a.jpg")
    assert published is not None
    assert published.media_type == "image/png"


def test_export_writes_and_removes_files(tmp_path: Path) -> None:
    make(tmp_path, {"articles/2026/a b.png": png(7, 7)}, body="![x](<a b.png>)")
    arguments = ["export", "--config", str(tmp_path / "config.yaml"), "--out", str(tmp_path / "out")]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert (tmp_path / "out/files/2026/a b.png").read_bytes() == png(7, 7)
    make(tmp_path, {})
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert not (tmp_path / "out/files").exists()


def test_serve_sends_what_export_writes(tmp_path: Path) -> None:
    make(tmp_path, {"articles/2026/a b.png": png(7, 7), "articles/1.mp3": b"sound"}, images="a b.png", actions="/1.mp3")
    with Site(tmp_path).serve() as server:
        picture, sound = server.get("files/2026/a%20b.png"), server.get("files/1.mp3")
        assert (picture.status_code, picture.headers["content-type"], picture.content) == (200, "image/png", png(7, 7))
        assert (sound.status_code, sound.headers["content-type"], sound.content) == (200, "audio/mpeg", b"sound")
        for outside in ("files/2026/story.md", "files/%2e%2e/config.yaml", "files/..%2fconfig.yaml", "files/", "files"):
            assert server.get(outside).status_code == 404


def test_files_follow_the_url_of_the_site(tmp_path: Path) -> None:
    make(tmp_path, {"articles/2026/a.png": png(1, 1)}, images="a.png")
    moved = loader.load(tmp_path / "config.yaml", base_url="https://moved.example/x")
    made = build(moved, datetime(2026, 6, 1, tzinfo=UTC))
    assert item(made)["image"] == "https://moved.example/x/files/2026/a.png"
    assert files(made) == ["files/2026/a.png"]


def test_a_missing_file_costs_no_other(tmp_path: Path) -> None:
    made = make(tmp_path, {"articles/2026/a.png": png(2, 2)}, images="a.png")
    (tmp_path / "articles/2026/a.png").unlink()
    paths = {document.path for document in made.site.documents()}
    assert made.site.document("files/2026/a.png") is None
    assert "files/2026/a.png" not in paths
    assert "all.atom" in paths


def test_pictures_are_found_with_the_index_among_the_articles(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    site = Site(folder)
    site.write(
        {
            "config.yaml": f'site: {{title: Tidings, url: "{SITE}"}}\nsources: [.]\nindex: "sqlite:///feeds.db"\n',
            "story.md": "---\n" + document(images="[{url: lead.png}]", body="![Plan](plan.png)"),
        }
    )
    (folder / "lead.png").write_bytes(png(30, 20))
    (folder / "plan.png").write_bytes(png(3, 2))
    exported = site.export(out="../dist")
    assert {path for path in exported if path.startswith("files/")} == {"files/lead.png", "files/plan.png"}
    assert not site.check()["problems"]
    assert not [path for path in exported if "feeds.db" in path or "history" in path]
