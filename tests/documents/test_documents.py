"""Documents are read as a person understands them, in each of their forms."""

import json
from typing import Any

import pytest
from support import CONFIG, Site, doc

FULL = {
    "title": "Tide tables",
    "excerpt": "Why &amp; how <b>tides</b> matter",
    "id": "tag:example.org,2026:tide",
    "type": "Article",
    "webUrl": "https://www.Example.org:443/a/../tide?x=1",
    "publishedDateTime": "2026-01-02T03:04:05+02:00",
    "updatedDateTime": "2026-01-03",
    "provider": {
        "name": "The Ex&amp;ample",
        "domain": "www.Example.org",
        "images": ["https://example.org/logo.png"],
        "authors": ["Ada", {"name": "Bea", "url": "https://example.org/bea", "avatar": "/bea.png"}],
    },
    "topics": ["AI", "Oceans"],
    "category": "News",
    "tags": ["tide", "sea"],
    "images": [{"url": "https://example.org/1.jpg", "width": "640", "height": 480, "title": "A tide", "attribution": "Cy"}],
    "actions": [
        {"url": "https://example.org/1.mp3", "type": "audio/mpeg", "length": "PT4M13S", "size": "4096", "title": "Hear"},
        {"url": "https://example.org/2.mp4", "type": "video"},
    ],
    "related": [{"title": "Elsewhere", "webUrl": "https://b.example/x", "provider": {"name": "B"}, "excerpt": "So"}],
    "ampWebUrl": "https://amp.example.org/tide",
    "locale": "fr_CA",
    "quality": "71",
    "heat": 12.5,
}

DOCUMENTS: dict[str, str | bytes] = {
    "full.md": doc(FULL, "# Head\n\nA *body* with [a link](/under) and ![i](pic.png)\n"),
    "crlf.md": doc({"title": "crlf", "topics": "AI"}, "One\n\nTwo\n").replace("\n", "\r\n"),
    "bom.md": b"\xef\xbb\xbf" + doc({"title": "bom"}).encode(),
    "whole.yaml": "title: whole\npublishedDateTime: 2026-01-02 03:04:05 +0530\nimages: https://example.org/bare.png\n",
    "whole.json": '{\n\t"title": "json \\ud83d\\ude00 \\u00e9\\/",\n\t"publishedDateTime": "2026-01-02",\n\t"published": true\n}',
    "page.html": doc({"title": "page"}, "<p>One <em>two</em></p>\n<script>bad()</script>"),
    "words.txt": doc({"title": "words"}, "5 < 6 & *stars*\n\nNext"),
    "long.markdown": doc({"title": "long"}, "**strong**"),
    "traps.md": "---\ntitle: 12:30\ntopics: [NO, 1.0, 0o17, 2026-01-01, Yes, ~, null, ' ']\ncategory: off\n"
    "tags: 1_000\nid: 007\npublishedDateTime: 2026-01-02\n---\n",
    "original.md": doc({"title": "original", "originalUrl": "https://o.example/x", "provider": "Just a Name"}),
    "rooted.md": doc({"title": "rooted", "webUrl": "/stories/1", "images": ["/pic.png"]}),
    "2026-03-04-named.md": "---\ntitle: named\n---\n",
    "no-front-matter.md": "Just words\n",
    "rule.md": "----\nnot front matter\n",
    "notes.adoc": doc({"title": "not a kind we read"}),
    ".hidden.md": doc({"title": "hidden"}),
    ".folder/x.md": doc({"title": "in a hidden folder"}),
    "deep/er/still.md": doc({"title": "deep"}),
    "dots.md": "---\ntitle: dots\npublishedDateTime: 2026-01-02\n...\nBody",
    "unknown.md": doc({"title": "unknown", "whatever": {"deep": [1]}, "another": None}),
    "nulls.md": doc({"title": "nulls", "webUrl": None, "topics": None, "images": None, "quality": "", "related": []}),
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Each item, by the title of its document."""
    site = Site(tmp_path_factory.mktemp("documents"))
    site.write({"config.yaml": CONFIG} | {f"articles/{name}": text for name, text in DOCUMENTS.items()})
    ran = site.run("export", "--strict")
    assert ran.err == ""
    items = json.loads((site.folder / "dist/all.json").read_bytes())["items"]
    return {item["title"]: item for item in items}


Items = dict[str, dict[str, Any]]


def test_which_files_are_documents(published: Items) -> None:
    assert set(published) == {
        *("Tide tables", "crlf", "bom", "whole", "json 😀 é/", "page", "words", "long", "12:30", "original", "rooted"),
        *("named", "deep", "dots", "unknown", "nulls"),
    }


def test_every_field(published: Items) -> None:
    item = published["Tide tables"]
    assert item["id"] == "tag:example.org,2026:tide"
    assert item["url"] == "https://www.example.org/tide?x=1"
    assert item["summary"] == "Why & how tides matter"
    assert item["date_published"] == "2026-01-02T01:04:05Z"
    assert item["date_modified"] == "2026-01-03T00:00:00Z"
    assert item["authors"] == [
        {"name": "Ada"},
        {"name": "Bea", "url": "https://example.org/bea", "avatar": "https://feeds.example.org/bea.png"},
    ]
    assert item["tags"] == ["AI", "Oceans", "News", "tide", "sea"]
    assert item["image"] == "https://example.org/1.jpg"
    assert item["language"] == "fr-CA"
    assert item["attachments"][0] == {
        "url": "https://example.org/1.mp3",
        "mime_type": "audio/mpeg",
        "title": "Hear",
        "size_in_bytes": 4096,
        "duration_in_seconds": 253,
    }
    assert item["attachments"][1]["mime_type"] == "video/mp4"
    assert item["_feeds"]["quality"] == 71
    assert item["_feeds"]["heat"] == 12.5
    assert item["_feeds"]["amp_url"] == "https://amp.example.org/tide"
    assert item["_feeds"]["related"] == [{"title": "Elsewhere", "url": "https://b.example/x", "summary": "So", "provider": "B"}]


def test_content_is_in_order(published: Items) -> None:
    content = published["Tide tables"]["content_html"]
    parts = ["https://example.org/1.jpg", "Head</h1>", "<em>body</em>", "1.mp3", "The Ex&amp;ample", "https://b.example/x"]
    places = [content.index(part) for part in parts]
    assert places == sorted(places)
    assert 'href="https://www.example.org/under"' in content
    assert 'src="https://www.example.org/pic.png"' in content


def test_bodies_by_kind_of_file(published: Items) -> None:
    assert "<strong>strong</strong>" in published["long"]["content_html"]
    assert "<p>One <em>two</em></p>" in published["page"]["content_html"]
    assert "bad()" not in published["page"]["content_html"]
    assert "<p>5 &lt; 6 &amp; *stars*</p>" in published["words"]["content_html"]
    assert "<p>One</p>\n<p>Two</p>" in published["crlf"]["content_html"]
    assert "Body" in published["dots"]["content_html"]


def test_yaml_types_are_read_as_text(published: Items) -> None:
    assert published["12:30"]["tags"] == ["NO", "1.0", "0o17", "2026-01-01", "Yes", "off", "1_000"]


def test_a_single_topic_or_image_needs_no_list(published: Items) -> None:
    assert published["crlf"]["tags"] == ["AI"]
    assert published["whole"]["image"] == "https://example.org/bare.png"


def test_addresses(published: Items) -> None:
    assert published["original"]["url"] == "https://o.example/x"
    assert published["original"]["authors"] == [{"name": "Just a Name"}]
    assert published["rooted"]["url"] == "https://feeds.example.org/stories/1"
    assert published["rooted"]["image"] == "https://feeds.example.org/pic.png"
    assert "url" not in published["nulls"]


def test_dates(published: Items) -> None:
    assert published["whole"]["date_published"] == "2026-01-01T21:34:05Z"
    assert published["named"]["date_published"] == "2026-03-04T00:00:00Z"
    assert published["named"]["date_modified"] == "2026-03-04T00:00:00Z"


def test_drafts_and_removed_articles_are_not_published(site: Site) -> None:
    for name, field in {
        "quoted": 'published: "no"',
        "bare": "published: false",
        "off": "published: Off",
        "zero": "published: 0",
        "removed": "removed: true",
        "yes": 'removed: "Yes"',
    }.items():
        site.write({f"articles/{name}.md": f"---\ntitle: Hidden {name}\npublishedDateTime: 2026-01-02\n{field}\n---\n"})
    site.write({"articles/open.md": doc({"title": "Open", "published": "true", "removed": "no"})})
    assert [item["title"] for item in site.items()] == ["Open"]
    assert len(site.check()["drafts"]) == 6
    feeds = site.export()
    assert not [path for path, body in feeds.items() if b"Hidden" in body]
    assert len(site.items("all.json", "--drafts")) == 7


def test_secured_is_never_published(site: Site) -> None:
    secret = "U2VjcmV0Q2lwaGVydGV4dA=="
    site.write(
        {
            "articles/a.md": f'---\ntitle: a\npublishedDateTime: 2026-01-02\nsecured: "{secret}"\n'
            f'related:\n- {{title: r, webUrl: "https://b.example/", secured: "{secret}"}}\n'
            f"- title: s\n  webUrl: https://c.example/\n  secured: '{secret}'\nprovider: {{name: P, secured: {secret}}}\n---\n",
            "articles/b.json": json.dumps(
                {"title": "b", "publishedDateTime": "2026-01-02", "secured": secret, "related": [{"secured": secret}]}, indent=1
            ),
            "articles/c.md": f"---\ntitle: c\npublishedDateTime: 2026-01-02\nsecured: >\n  {secret}\n---\n",
            "articles/d.md": f'---\ntitle: d\npublishedDateTime: 2026-01-02\nsecured: "{secret}\n---\n',
            "articles/e.md": f"---\ntitle: e\npublishedDateTime: 2026-01-02\nsecured: [{secret}, {{\n---\n",
            "articles/f.md": f'---\ntitle: [f]\nsecured: "{secret}"\npublishedDateTime: never\n---\n',
            "articles/g.json": f'{{"title": "g", "secured": "{secret}',
            "articles/h.md": f'---\ntitle: h\npublishedDateTime: 2026-01-02\nsecured: "{secret}"\nsecured: "{secret}"\n---\n',
            "articles/i.md": f'---\r\ntitle: i\r\npublishedDateTime: 2026-01-02\r\nsecured: "{secret}"\r\n---\r\n',
            "articles/j.md": f"---\ntitle: j\npublishedDateTime: 2026-01-02\nsecured: {secret}\nsecured: {secret}\n---\n",
        }
    )
    report = [
        site.run("export", status=None),
        site.run("check", status=None),
        site.run("check", "--json", status=None),
        site.run("list", status=None),
        site.run("export", "--drafts", status=None),
    ]
    everything = "".join(result.out + result.err for result in report)
    files = b"".join(file.read_bytes() for file in (site.folder / "dist").rglob("*") if file.is_file())
    assert secret not in everything
    assert secret.encode() not in files
    assert {item["title"] for item in site.items()} >= {"a", "b", "c", "i"}


def test_a_field_that_follows_secured_keeps_its_line(site: Site) -> None:
    site.write({"articles/a.md": '---\ntitle: a\nsecured: "QUJD"\npublishedDateTime: never\n---\n'})
    assert "articles/a.md:4: publishedDateTime: found 'never'" in site.run("check").out


def test_names_of_fields_ignore_case(site: Site) -> None:
    # A draft must not be published because its field begins with a capital letter.
    site.write({"articles/a.md": "---\nTitle: Loud\nPUBLISHEDDATETIME: 2026-01-02\nwebURL: https://x.example/a\n---\n"})
    site.write(
        {"articles/b.md": doc({"title": "Hush", "Published": False}), "articles/c.md": doc({"title": "Gone", "REMOVED": True})}
    )
    (item,) = site.items()
    assert (item["title"], item["url"]) == ("Loud", "https://x.example/a")
    assert site.check()["drafts"] == ["articles/b.md", "articles/c.md"]


def test_media_types_of_files(site: Site) -> None:
    """The type in the document counts, else the ending of the address, else what the type's first word is mostly."""
    given = {
        "https://a.example/1": "Audio/Ogg",
        "https://a.example/2.mp4": "video/webm",
        "https://a.example/3.m4a": "audio",
        "https://a.example/4": "video",
        "https://a.example/5.mp3": "no type at all",
    }
    site.write({"config.yaml": CONFIG})
    site.write({"articles/a.md": doc({"actions": [{"url": url, "type": text} for url, text in given.items()]})})
    (item,) = site.items()
    found = {each["url"].rpartition("/")[2]: each["mime_type"] for each in item["attachments"]}
    assert found == {"1": "audio/ogg", "2.mp4": "video/webm", "3.m4a": "audio/mp4", "4": "video/mp4", "5.mp3": "audio/mpeg"}
