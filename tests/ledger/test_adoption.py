"""A site from another tool adopts the ids of its old feed, so that subscribers see nothing twice."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from feed_reader import Subscriber, free_port
from support import Site, doc, until

# As WordPress 6 writes it (wp-includes/feed-rss2.php), at BASE.
WORDPRESS = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"
\txmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
\txmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
<channel>
\t<title>Old blog</title>
\t<atom:link href="BASE/feed/" rel="self" type="application/rss+xml" />
\t<link>BASE/</link>
\t<description>Just another site</description>
\t<lastBuildDate>Mon, 02 Mar 2026 10:00:00 +0000</lastBuildDate>
\t<language>en-US</language>
\t<generator>https://wordpress.org/?v=6.7</generator>
\t<item>
\t\t<title>It&#8217;s Tom &#038; Ann</title>
\t\t<link>BASE/2026/03/02/its-tom-ann/</link>
\t\t<dc:creator><![CDATA[admin]]></dc:creator>
\t\t<pubDate>Mon, 02 Mar 2026 10:00:00 +0000</pubDate>
\t\t<category><![CDATA[Uncategorized]]></category>
\t\t<guid isPermaLink="false">BASE/?p=7</guid>
\t\t<description><![CDATA[They met. [&#8230;]]]></description>
\t\t<content:encoded><![CDATA[<p>They met.</p>]]></content:encoded>
\t</item>
\t<item>
\t\t<title>Hello world!</title>
\t\t<link>BASE/2026/03/01/hello-world/</link>
\t\t<dc:creator><![CDATA[admin]]></dc:creator>
\t\t<pubDate>Sun, 01 Mar 2026 10:00:00 +0000</pubDate>
\t\t<guid isPermaLink="false">BASE/?p=1</guid>
\t\t<description><![CDATA[Welcome to WordPress.]]></description>
\t\t<content:encoded><![CDATA[<p>Welcome to WordPress.</p>]]></content:encoded>
\t</item>
</channel>
</rss>"""
# As jekyll-feed 0.17 writes it, without what it leaves empty.
JEKYLL = (
    """<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" >\
<generator uri="https://jekyllrb.com/" version="4.3.3">Jekyll</generator>\
<link href="BASE/feed.xml" rel="self" type="application/atom+xml" /><link href="BASE/" rel="alternate" type="text/html" />\
<updated>2026-03-03T10:00:00+00:00</updated><id>BASE/feed.xml</id><title type="html">Old blog</title>"""
    + "".join(
        f"""<entry><title type="html">{title}</title>\
<link href="BASE/2026/03/0{day}/{name}.html" rel="alternate" type="text/html" title="{title}" />\
<published>2026-03-0{day}T10:00:00+00:00</published><updated>2026-03-0{day}T10:00:00+00:00</updated>\
<id>BASE/2026/03/0{day}/{name}</id>\
<content type="html" xml:base="BASE/2026/03/0{day}/{name}.html">&lt;p&gt;Text&lt;/p&gt;</content>\
<author><name>Ann</name></author><summary type="html">Text</summary></entry>"""
        for day, name, title in ((2, "its-tom-ann", "It’s Tom &amp;amp; Ann"), (1, "hello-world", "Hello world!"))
    )
    + "</feed>"
)
# The feed of each tool, and its posts: exported, or read in place.
TOOLS = {
    "wordpress": (
        "feed/",
        WORDPRESS,
        {
            "config.yaml": "site: {title: Blog, url: BASE}\nsources: [_posts]\n",
            "_posts/7.md": doc(
                {"title": "It's Tom & Ann", "publishedDateTime": "2026-03-02T10:00:00", "url": "/2026/03/02/its-tom-ann/"}, "x"
            ),
            "_posts/1.md": doc(
                {"title": "Hello world!", "publishedDateTime": "2026-03-01T10:00:00", "url": "/2026/03/01/hello-world/"}, "x"
            ),
        },
    ),
    "jekyll": (
        "feed.xml",
        JEKYLL,
        {
            "_config.yml": "title: Blog\nurl: BASE\n",
            "_posts/2026-03-02-its-tom-ann.md": "---\ntitle: It’s Tom & Ann\ndate: 2026-03-02 10:00:00 +0000\n---\n\nText\n",
            "_posts/2026-03-01-hello-world.md": "---\ntitle: Hello world!\ndate: 2026-03-01 10:00:00 +0000\n---\n\nText\n",
        },
    ),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_site_that_moves_here_from_another_tool_keeps_its_subscribers(tool: str, tmp_path: Path) -> None:
    path, feed, files = TOOLS[tool]
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    body = feed.replace("BASE", base).encode()

    class OtherTool(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/xml")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    site = Site(tmp_path).write({name: text.replace("BASE", base) for name, text in files.items()})
    if "config.yaml" not in files:
        site.run("init")
    with ThreadingHTTPServer(("127.0.0.1", port), OtherTool) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        subscriber = Subscriber(f"{base}/{path}")
        assert [len(unread) for unread in subscriber.visit()] == [2]
        known = subscriber.shelf(subscriber.feeds[0])
        assert "2 ids adopted of 2" in site.run("ledger", "import", f"{base}/{path}").out
        server.shutdown()
    with site.serve("--port", str(port)) as ours:
        assert subscriber.visit() == [set()]
        assert subscriber.shelf(subscriber.feeds[0]).keys() == known.keys()
        site.write(
            {"_posts/2026-03-05-new.md": doc({"title": "New", "publishedDateTime": "2026-03-05T10:00:00Z"}, "Something new.")}
        )
        until(lambda: "New" in ours.titles())
        assert subscriber.visit() == [{"New"}]
