"""An output folder belongs to one site: the export of another would remove its files."""

from pathlib import Path

import pytest
from support import Site, doc, tree

SITE = "site: {{title: {title}, url: 'https://{title}.example'}}\nsources: [{title}]\noutput: dist\n"


def two(site: Site) -> Site:
    for title in ("one", "two"):
        site.write({f"{title}.yaml": SITE.format(title=title), f"{title}/a.md": doc({"title": f"Of {title}", "topics": [title]})})
    return site


def test_a_second_site_is_refused_and_removes_nothing(site: Site) -> None:
    two(site).run("export", "--config", "one.yaml")
    before = tree(site.folder / "dist")
    refused = site.run("export", "--config", "two.yaml", status=2)
    assert "holds another site, 'one' (https://one.example)" in refused.err
    assert "--out" in refused.err
    assert tree(site.folder / "dist") == before
    # With --overwrite the second site owns the folder, and the first is refused.
    site.run("export", "--config", "two.yaml", "--overwrite")
    after = tree(site.folder / "dist")
    assert "topics/two.rss" in after
    assert "topics/one.rss" not in after
    assert "holds another site, 'two'" in site.run("export", "--config", "one.yaml", status=2).err


def test_a_site_that_changes_is_the_same_one(site: Site) -> None:
    two(site).run("export", "--config", "one.yaml")
    config = site.folder / "one.yaml"
    text = config.read_text()
    for change in (("title: one", "title: Renamed"), ("https://one.example", "https://moved.example")):
        text = text.replace(*change)
        config.write_text(text)
        site.run("export", "--config", "one.yaml")
    site.run("export", "--config", "one.yaml", "--base-url", "https://preview.example")


def test_folders_without_a_config_are_different_sites(site: Site) -> None:
    for name in ("first", "second"):
        site.write({f"{name}/a.md": doc({"title": f"Of {name}"})})
    site.run("export", "first", "--out", "dist")
    assert "holds another site, 'first'" in site.run("export", "second", "--out", "dist", status=2).err
    site.run("export", "first", "--out", "dist")


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_a_file_that_becomes_a_link_is_not_followed(site: Site, tmp_path: Path, ending: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("<svg>TOP SECRET</svg>")
    picture = b'<svg xmlns="http://www.w3.org/2000/svg"/>' if ending == "svg" else b"\x89PNG\r\n\x1a\n" + bytes(40)
    site.write({"config.yaml": SITE.format(title="one"), f"one/p.{ending}": picture})
    site.write({"one/a.md": doc({"title": "A"}, f"![p](p.{ending})")})
    with site.serve("--log", "none") as server:
        assert server.get(f"files/p.{ending}").content == picture
    with site.serve("--log", "none") as server:
        # This server has had no request for it yet.
        (site.folder / f"one/p.{ending}").unlink()
        (site.folder / f"one/p.{ending}").symlink_to(secret)
        answer = server.get(f"files/p.{ending}")
        assert answer.status_code in (404, 503)
        assert b"TOP SECRET" not in answer.content
    assert not [path for path, body in site.export().items() if b"TOP SECRET" in body]
