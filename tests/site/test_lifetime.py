"""How long sites live: a server makes one after each change, and must not wait for the garbage collector to free the last."""

import gc

from support import REQUIRED, Site, doc

import feeds
from feeds.index.view import View


def test_a_site_ends_with_its_last_reference(site: Site) -> None:
    topics = "topics: {Above: {}, Below: {parent: Above}}\nsitemaps: [plain, news]\nfeed_menu: true\n"
    site.write({"config.yaml": REQUIRED + topics})
    site.write({f"articles/{number}.md": doc({"title": f"Title {number}", "topics": ["Below"]}) for number in range(3)})

    def views() -> int:
        return sum(isinstance(each, View) for each in gc.get_objects())

    made = feeds.load(site.folder / "config.yaml")
    gc.collect()
    before = views()
    gc.disable()
    try:
        for number in range(3):
            site.write({"articles/1.md": doc({"title": f"Again {number}", "topics": ["Below"]})})
            made = feeds.load(site.folder / "config.yaml")
            assert all(made[path].body for path in made)
            assert made._site.search("again").body
        assert views() == before
    finally:
        gc.enable()
