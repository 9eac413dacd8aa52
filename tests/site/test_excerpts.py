"""`content: excerpt`: entries with only an excerpt, for the site or for one feed."""

import json

from support import Site, atom_items, doc, json_items, rss_items, tree


def test_one_feed_of_excerpts_beside_feeds_of_whole_articles(site: Site) -> None:
    site.configure(feeds={"short": {"title": "Short", "content": "excerpt"}}, site={"language": "de"})
    site.article("given", excerpt="What it is about.", images=[{"url": "https://i.example/1.jpg", "width": 4, "height": 3}])
    site.write({"articles/none.md": doc({"title": "None"}, "First **words** of it. " + "More of it. " * 60)})
    site.export()
    files = tree(site.folder / "dist")
    for read, suffix in ((rss_items, "rss"), (atom_items, "atom"), (json_items, "json")):
        whole = {item[2]: item[6] for item in read(files[f"all.{suffix}"])}
        short = {item[2]: item[6] for item in read(files[f"feeds/short.{suffix}"])}
        assert "Text of given" in whole["Title of given"]
        assert "Text of given" not in short["Title of given"]
        assert "<p>What it is about.</p>" in short["Title of given"]
        assert '<p><a href="https://news.example.com/given">Weiterlesen</a></p>' in short["Title of given"]
        assert "https://i.example/1.jpg" in short["Title of given"]
        assert len(whole["None"]) > 700
        assert "First words of it. More of it." in short["None"]
        assert len(short["None"]) < 600
    # A page of an article shows the whole of it.
    address = next(item["url"] for item in json.loads(files["all.json"])["items"] if item["title"] == "None")
    page = files[f"{address.removeprefix('https://feeds.example.org/')}index.html"]
    assert b"<strong>words</strong>" in page

    # For the whole site, and whole articles in one feed of it.
    site.configure(content="excerpt", feeds={"long": {"title": "Long", "content": "full"}})
    site.export()
    files = tree(site.folder / "dist")
    assert b"Text of given" not in files["all.json"] + files["all.rss"] + files["all.atom"]
    assert all(b"Text of given" in files[f"feeds/long.{suffix}"] for suffix in ("rss", "atom", "json"))
