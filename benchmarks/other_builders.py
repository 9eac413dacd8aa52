"""What Hugo and Pelican need to make the same feeds of the same articles: their configs and templates, the articles as each wants
them.
"""

import html
import re
from collections.abc import Iterator
from pathlib import Path

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
{{- end }}{{ end }}{{ with .Content }}{{ . }}{{ else }}<p>{{ .Params.excerpt }}</p>{{ end -}}
<p>Source: <a href="{{ .Params.webUrl }}">{{ .Params.provider.name }}</a></p>"""
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
# An HTML page for each feed, and further ones that list the rest of its articles.
HUGO_PAGES = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title>
{{ range .AlternativeOutputFormats }}<link rel="alternate" type="{{ .MediaType.Type }}" href="{{ .Permalink }}">{{ end }}
</head><body>
<h1>{{ .Title }}</h1>{{ $pager := .Paginate (cond .IsHome site.RegularPages .RegularPages) 50 }}<ul>
{{ range $pager.Pages }}<li><a href="{{ .Params.webUrl }}">{{ .Title }}</a>
<a href="/providers/{{ .Params.provider.domain | urlize }}/">{{ .Params.provider.name }}</a>
<time datetime="{{ .Date.Format "2006-01-02" }}">{{ .Date.Format "2 January 2006" }}</time>
<p>{{ .Params.excerpt }}</p></li>
{{ end }}</ul>{{ with $pager.Prev }}<a rel="prev" href="{{ .URL }}">Newer</a>{{ end }}
{{ with $pager.Next }}<a rel="next" href="{{ .URL }}">Older</a>{{ end }}</body></html>
"""
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


def for_hugo_uncoloured(articles: Path, folder: Path) -> None:
    """The same with code as it is: Hugo highlights it by default."""
    for_hugo(articles, folder)
    put(folder / "hugo.toml", f"{HUGO}[markup.highlight]\ncodeFences = false\n")


def for_hugo_with_pages(articles: Path, folder: Path) -> None:
    """The same with a page for each feed."""
    for_hugo(articles, folder)
    put(folder / "hugo.toml", HUGO.replace('["rss", ', '["html", "rss", '))
    put(folder / "layouts" / "_default" / "list.html", HUGO_PAGES)


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
        front, rule, body = text.partition("\n---\n")
        put(folder / "content" / file, html.unescape(front) + rule + body)


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
            text.partition("\n---\n")[2].strip() or found["excerpt"],
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
