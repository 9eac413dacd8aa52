"""Links in a body to the file of another document lead to where that document is published."""

import re

import pytest
from support import REQUIRED, Site

BASE = "https://feeds.example.org"


def document(title: str, body: str, date: str = "2026-01-02", more: str = "") -> str:
    return f"---\ntitle: {title}\ndate: {date}\n{more}---\n{body}\n"


def links(site: Site, title: str) -> list[str]:
    (html,) = (item["content_html"] for item in site.items("all.json") if item["title"] == title)
    return re.findall(r'href="([^"]*)"', html)


def test_links_to_files_of_documents_follow_these(site: Site) -> None:
    source = "{path: blog, link: '/blog/:year/:slug/'}, {path: notes, link: '/notes/:slug/'}"
    site.write({"config.yaml": REQUIRED.replace("[articles]", f"[{source}]")})
    body = (
        "See [one](../b.md#part), [two](</c d.md?plain=1>), [three](../../notes/n.markdown) and [web](https://w.example/x.md).\n\n"
        "[ref]: ../b.md\n\n[again][ref], <a href='../b.md'>and again</a>; `[code](../b.md)`.\n\n"
        "Not [there](gone.md), [draft](draft.md) or\n[outside](../../../secret.md).\n"
    )
    site.write(
        {
            "blog/first/a.md": document("A", body),
            "blog/b.md": document("B", "Back to [A](first/a.md).", "2025-06-01"),
            "blog/c d.md": document("C", "", "2024-01-01", "slug: sea\n"),
            "blog/first/draft.md": document("Draft", "", more="draft: true\n"),
            "notes/n.markdown": document("N", ""),
            "../secret.md": document("Secret", ""),
        }
    )
    b = f"{BASE}/blog/2025/b/"
    assert links(site, "A") == [
        f"{b}#part",
        f"{BASE}/blog/2024/sea/",
        f"{BASE}/notes/n/",
        "https://w.example/x.md",
        b,
        b,
        # What can't be found stays as it was.
        f"{BASE}/blog/2026/a/gone.md",
        f"{BASE}/blog/2026/draft/",
        f"{BASE}/secret.md",
    ]
    assert links(site, "B") == [f"{BASE}/blog/2026/a/"]
    problems = site.check()["problems"]
    assert [(each["path"], each["line"], each["found"]) for each in problems] == [
        ("blog/first/a.md", 11, "a link to 'gone.md'"),
        ("blog/first/a.md", 12, "a link to '../../../secret.md'"),
    ]
    # Another document's new address, and a document that comes or goes, change the links to it and nothing else.
    site.write({"blog/b.md": document("B", "", "2023-06-01"), "blog/first/gone.md": document("Here", "")})
    (site.folder / "notes/n.markdown").unlink()
    moved = links(site, "A")
    assert (moved[0], moved[2], moved[6]) == (
        f"{BASE}/blog/2023/b/#part",
        f"{BASE}/blog/notes/n.markdown",
        f"{BASE}/blog/2026/gone/",
    )


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ("path: content/blog, generator: hugo", '[b]({{< ref "b.md" >}}) [b]({{< relref "/blog/b" >}})'),
        ("path: content/blog, generator: zola", "[b](@/blog/b.md) [b](@/blog/b.md)"),
        ("path: content/blog, generator: jekyll", "[b]({% link b.md %}) [b]({% post_url b %})"),
        ("path: content/blog, generator: pelican", "[b]({filename}b.md) [b]({filename}/blog/b.md)"),
        ("path: content/blog, generator: docusaurus", "[b](./b.md) [b](b.md)"),
    ],
)
def test_references_of_generators_follow_documents(site: Site, source: str, body: str) -> None:
    site.write({"config.yaml": REQUIRED.replace("[articles]", f"[{{{source}, link: '/blog/:year/:slug.html'}}]")})
    site.write({"content/blog/a.md": document("A", body), "content/blog/b.md": document("B", "", "2025-01-01", "slug: sea\n")})
    assert links(site, "A") == [f"{BASE}/blog/2025/sea.html"] * 2
    assert site.check()["problems"] == []
