"""How much memory the ledger takes: lines of what has not changed pass by, and are not held."""

import tracemalloc
from pathlib import Path

import pytest
from support import REQUIRED, Site, doc

import feeds


@pytest.fixture
def large(site: Site) -> Path:
    """The config of a site that was exported; its ledger has 12 MB."""
    site.write({"config.yaml": REQUIRED + "ledger: true\npages: false\narchives: false\nlimit: 5\nlimits: {title: 20000}\n"})
    long = "long title " * 1100
    articles = {
        f"articles/{number}.md": {"title": f"{number} {long}", "publishedDateTime": "2026-03-01"} for number in range(1000)
    }
    site.write({name: doc(fields) for name, fields in articles.items()})
    feeds.load(site.folder / "config.yaml").export(site.folder / "dist")
    return site.folder / "config.yaml"


def peak(config: Path) -> int:
    """The most memory that an export takes, in bytes."""
    tracemalloc.start()
    try:
        feeds.load(config).export(config.parent / "dist")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_ledger_is_not_held_in_memory(large: Path) -> None:
    ledger = large.with_name("feeds.ledger")
    whole = ledger.read_bytes()
    assert len(whole) > 10_000_000
    most = len(whole) // 3
    assert peak(large) < most
    # As after a checkout: all of it is compared with what is published.
    ledger.unlink()
    ledger.write_bytes(whole)
    assert peak(large) < most
    # Lost: all of it is written.
    ledger.unlink()
    assert peak(large) < most
    assert ledger.read_bytes() == whole
    # Behind by one line, as after the merge of a branch.
    ledger.write_bytes(whole[whole.index(b"\n") + 1 :])
    assert peak(large) < most
    assert ledger.read_bytes() == whole
