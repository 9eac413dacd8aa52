"""Hostile files: names, symlinks, unreadable folders, and what is printed about them."""

import json
import os
import re
from pathlib import Path

import pytest
from support import CONFIG, REQUIRED, Site, doc, until

# Control characters that clear the screen, set the title, move the cursor, begin lines or change the direction of text.
ESCAPES = "\x1b[2J\x1b]0;owned\x07\r\x9b31m\n2026-01-01 all is well\u202e\u2066\u2028\x85"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def test_a_symlink_out_of_the_sources_is_not_published(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.md").write_text(doc({"title": "Secret"}, "Nobody's business"))
    site.write({"articles/a.md": doc({"title": "A"}), "articles/.hidden.md": doc({"title": "Hidden"})})
    articles = site.folder / "articles"
    (articles / "out.md").symlink_to(outside / "secret.md")
    (articles / "folder").symlink_to(outside, target_is_directory=True)
    (articles / "dark.md").symlink_to(".hidden.md")
    (articles / "sub").mkdir()
    (articles / "sub" / "within.md").symlink_to("../a.md")
    ran = site.run("export")
    warnings = [line for line in ran.err.splitlines() if "a symbolic link out of the source folders" in line]
    assert sorted(line.split(":")[1].strip() for line in warnings) == ["articles/dark.md", "articles/out.md"]
    assert all(line.startswith("warning: ") for line in warnings)
    assert [item["title"] for item in site.items()] == ["A"]
    # Within another source, it is a file of the site.
    site.write({"config.yaml": CONFIG.replace("[articles]", f"[articles, {json.dumps(str(outside))}]")})
    assert {item["title"] for item in site.items()} == {"A", "Secret"}


def test_a_source_can_be_a_symlink(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "a.md").write_text(doc({"title": "A"}))
    (elsewhere / "b.md").symlink_to("a.md")
    (site.folder / "linked").symlink_to(elsewhere, target_is_directory=True)
    site.write({"config.yaml": CONFIG.replace("articles", "linked", 1)})
    ran = site.run("export", "--strict")
    assert not ran.err
    assert [item["title"] for item in site.items()] == ["A"]


def _too_long(folder: Path) -> None:
    """Make folders nested so deeply that their path is too long for any system."""
    here = os.getcwd()
    try:
        os.chdir(folder)
        for _ in range(25):
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        Path("lost.md").write_text(doc({"title": "Lost"}))
    finally:
        os.chdir(here)


def test_an_unreadable_folder_costs_no_other(site: Site) -> None:
    site.write({"articles/a.md": doc({"title": "A"}), "articles/z/b.md": doc({"title": "B"})})
    (site.folder / "articles/m").mkdir()
    _too_long(site.folder / "articles/m")
    ran = site.run("export")
    (error,) = ran.err.splitlines()
    assert error.startswith("error: articles/m/ddd")
    assert error.endswith("found an unreadable folder (File name too long), expected a folder of documents")
    assert {item["title"] for item in site.items()} == {"A", "B"}
    # The next run reports the folder again.
    assert site.run("export", "--strict", status=1).err == ran.err


def test_no_terminal_control_characters_are_printed(site: Site) -> None:
    name = ESCAPES.replace("/", "")
    fields = f"title: {json.dumps(ESCAPES)}\nquality: {json.dumps(ESCAPES)}\n"
    site.write({f"articles/{name}.md": f"---\n{fields}---\n"})
    site.write({f"articles/{name} sound.md": doc({"title": f"A {ESCAPES}", "topics": [ESCAPES], "locale": ESCAPES})})
    site.write({f"articles/{name}/deep.md": doc({"title": "B", "category": f"C {ESCAPES}"}, f"{{{{< {name} >}}}}")})
    with open(os.fsencode(site.folder) + b"/articles/\xff\x1b.md", "wb") as file:
        file.write(b"---\ntitle: [x]\n---\n")
    for command in ("export", "check", "check --verbose", "list", "list --json", "check --json", "export --json"):
        ran = site.run(*command.split())
        assert not OBEYED.search(ran.out), (command, OBEYED.search(ran.out))
        assert not OBEYED.search(ran.err), (command, OBEYED.search(ran.err))
        assert "\n2026-01-01" not in ran.out + ran.err
        if "--json" in command:
            json.loads(ran.out)
    paths = {problem["path"] for problem in json.loads(site.run("check", "--json").out)["problems"]}
    assert f"articles/{name}.md" in paths, "whole, for programs"
    for wrong in ("show", "export --source", "export --config", "export --base-url"):
        ran = site.run(*wrong.split(), ESCAPES, status=2)
        assert not OBEYED.search(ran.out + ran.err), wrong


def test_no_terminal_control_characters_are_logged(site: Site) -> None:
    site.write({"articles/a.md": doc({"title": "A"})})
    with site.serve() as server:
        site.write({f"articles/{ESCAPES.replace('/', '')}.md": doc({"title": "B", "quality": ESCAPES})})
        until(lambda: "quality" in server.log.read_text())
        server.client.get(f"{server.url}/%1b%5b2J%0a2026.rss", headers={"User-Agent": "x"})
        until(lambda: "2026.rss" in server.log.read_text())
        logged = server.log.read_bytes().decode()
    assert not OBEYED.search(logged), OBEYED.search(logged)
    assert "\n2026-01-01" not in logged


@pytest.mark.parametrize(
    ("key", "config"),
    [
        ("site.url", REQUIRED.replace("https://feeds", "https://editor:hunter2@feeds")),
        ("site.url", REQUIRED.replace("https://feeds", "https://hunter2@feeds")),
        ("hubs", CONFIG + "hubs: ['https://editor:hunter2@hub.example/']\n"),
        ("providers.a.example.feed", CONFIG + "providers: {a.example: {feed: 'https://editor:hunter2@a.example/feed'}}\n"),
        ("site.image.url", REQUIRED.replace("language: en", "image: 'https://editor:hunter2@a.example/a.png'")),
        ("redirects.old", CONFIG + "redirects: {old: 'https://editor:hunter2@a.example/'}\n"),
    ],
)
def test_a_password_in_an_address_of_the_config_is_an_error_that_does_not_repeat_it(site: Site, key: str, config: str) -> None:
    site.write({"config.yaml": config, "articles/a.md": doc({})})
    ran = site.run("export", status=2)
    assert f"{key}: found an address with a user or a password" in ran.err
    assert "hunter2" not in ran.err + ran.out
    assert not (site.folder / "dist").exists()


def test_a_password_in_a_base_url_is_an_error(site: Site) -> None:
    site.write({"articles/a.md": doc({})})
    for command in ("export", "check", "list"):
        ran = site.run(command, "--base-url", "https://editor:hunter2@feeds.example.org", status=2)
        assert "--base-url: found an address with a user or a password" in ran.err
        assert "hunter2" not in ran.err + ran.out
