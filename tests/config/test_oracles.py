"""Folders of site generators compared with the output of the generators themselves (tools/generators.py)."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from support import Site

FOLDERS = Path(__file__).parent.parent / "generators"


def words(markup: str) -> str:
    """The text of HTML without white space, quotes and dashes, which generators set differently."""
    text = "".join(html.fragment_fromstring(markup, "div").itertext()) if markup else ""
    return "".join(text.split()).translate(str.maketrans("“”‘’–—", "\"\"''--"))


@pytest.mark.parametrize("generator", sorted(file.stem for file in FOLDERS.glob("*.json")))
def test_a_folder_is_published_as_its_generator_publishes_it(tmp_path: Path, generator: str) -> None:
    expected: list[dict[str, Any]] = json.loads((FOLDERS / f"{generator}.json").read_text(encoding="utf-8"))
    shutil.copytree(FOLDERS / generator, tmp_path / "site")
    site = Site(tmp_path / "site")
    site.run("init")
    exported = site.export()
    items = json.loads(exported["all.json"])["items"]
    found = [
        {
            "title": item["title"],
            "url": item["url"],
            "published": item["date_published"],
            "updated": item["date_modified"],
            "authors": [author["name"] for author in item.get("authors", [])],
            "categories": sorted(item.get("tags", [])),
            "text": words(item["content_html"]),
        }
        for item in items
    ]
    # Members that the generator's own feed has for no post can't be compared; and Atom needs an author where others do not.
    named = {key for post in expected for key in post}
    by_url = {post["url"]: post for post in expected}
    for post in found:
        theirs = by_url.get(post["url"], {})
        for key in tuple(post):
            if key not in named or not post[key] or (key == "authors" and key not in theirs):
                del post[key]
    assert sorted(found, key=lambda post: str(post["url"])) == expected
    assert [problem for problem in site.check()["problems"] if problem["severity"] == "error"] == []
