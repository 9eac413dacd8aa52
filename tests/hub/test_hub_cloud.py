"""rssCloud: readers register, confirm, and are notified of changes of a feed."""

from collections.abc import Iterator
from pathlib import Path

import feedparser
import httpx
import pytest
from lxml import etree
from subscribers import Subscriber, subscriber
from support import REQUIRED, Server, Site, doc, until

URL = "https://feeds.example.org"
CONFIG = REQUIRED + "archives: false\npages: false\nhub: {allow: [127.0.0.0/8], rsscloud: true}\n"


@pytest.fixture
def reader() -> Iterator[Subscriber]:
    with subscriber() as made:
        made.confirm = lambda query: (200, query.get("challenge", ""))
        yield made


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path).write({"config.yaml": CONFIG, "articles/a.md": doc({})})


def register(server: Server, reader: Subscriber, **more: str) -> etree._Element:
    """Register as readers do; returns the answer."""
    port = reader.url.rpartition(":")[2]
    fields = {"notifyProcedure": "", "port": port, "path": "/notify", "protocol": "http-post", "url1": f"{URL}/all.rss"} | more
    answer = server.client.post(f"{server.url}/hub/rsscloud", data=fields)
    assert answer.headers["content-type"].startswith("text/xml")
    return etree.fromstring(answer.content)


def test_rss_names_the_cloud(site: Site) -> None:
    cloud = feedparser.parse(site.export()["all.rss"]).feed.cloud
    assert cloud == {
        "domain": "feeds.example.org",
        "port": "443",
        "path": "/hub/rsscloud",
        "registerprocedure": "",
        "protocol": "http-post",
    }
    site.write({"config.yaml": CONFIG.replace("rsscloud: true", "rsscloud: false")})
    assert b"<cloud" not in site.export()["all.rss"]


def test_a_reader_is_notified_of_a_change(site: Site, reader: Subscriber) -> None:
    with subscriber() as named, site.serve("--metrics") as server:
        named.confirm = reader.confirm
        # The first names its domain; the second is registered with the address of its request.
        assert register(server, named, domain="127.0.0.1").attrib["success"] == "true"
        assert register(server, reader).attrib["success"] == "true"
        until(lambda: "feeds_hub_subscriptions 2.0" in server.get("metrics").text)
        site.write({"articles/a.md": doc({"title": "Edited"})})
        for each in (named, reader):
            [asked] = each.verifications()
            assert asked.query["url"] == f"{URL}/all.rss"
            assert asked.path.startswith("/notify?")
            until(each.deliveries)
            [notice] = each.deliveries()
            assert notice.path == "/notify"
            assert notice.form == {"url": f"{URL}/all.rss"}
        assert b"Edited" in server.get("all.rss").content


def test_one_registration_may_name_several_feeds(site: Site, reader: Subscriber) -> None:
    site.write({"articles/b.md": doc({"topics": ["Seas"]})})
    with site.serve("--metrics") as server:
        register(server, reader, url2=f"{URL}/topics/seas.rss")
        until(lambda: "feeds_hub_subscriptions 2.0" in server.get("metrics").text)


WRONG = {
    "another site's feed": {"url1": "https://elsewhere.example/all.rss"},
    "no port": {"port": ""},
    "a port that is none": {"port": "70000"},
    "another protocol": {"protocol": "xml-rpc"},
    "an address that is not public": {"domain": "10.0.0.1"},
}


def test_a_wrong_registration_is_refused(site: Site, reader: Subscriber) -> None:
    with site.serve() as server:
        for wrong in WRONG.values():
            output = register(server, reader, **wrong)
            assert output.attrib["success"] == "false"
            assert output.attrib["msg"]
    assert not reader.received


def test_without_the_key_there_is_no_cloud(site: Site) -> None:
    site.write({"config.yaml": CONFIG.replace("rsscloud: true", "rsscloud: false")})
    with site.serve() as server:
        answer: httpx.Response = server.client.post(f"{server.url}/hub/rsscloud", data={"url1": "x"})
        assert answer.status_code == 404
