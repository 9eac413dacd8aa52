"""The command on a terminal: the server's address, problems, colours and completion."""

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from machine import needed
from support import ROOT, Site, doc, environment, until

LOCAL = "site: {title: Harbour, url: 'http://localhost:8000'}\nsources: [articles]\n"


@pytest.fixture
def harbour(tmp_path: Path) -> Site:
    """Two good articles, and three with the same mistake."""
    documents = {f"articles/{name}.md": doc({"topics": ["Tides"]}, "Text") for name in ("a", "b")}
    broken = {f"articles/broken{number}.md": doc({"publishedDateTime": "soon"}) for number in range(3)}
    return Site(tmp_path).write({"config.yaml": LOCAL} | documents | broken)


def on_terminal(site: Site, *arguments: str, **env: str) -> str:
    """What `feeds …` prints to a terminal."""
    ours, theirs = pty.openpty()
    variables = {name: value for name, value in environment().items() if name != "NO_COLOR"} | {"TERM": "xterm"} | env
    process = subprocess.Popen(
        [sys.executable, "-m", "feeds", *arguments], cwd=site.folder, env=variables, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    output = b""
    try:
        while part := os.read(ours, 4096):
            output += part
    except OSError:
        # Linux raises this when the other side is closed.
        pass
    process.wait(60)
    os.close(ours)
    return output.decode()


def test_a_server_prints_its_address_size_and_watched_folders(harbour: Site) -> None:
    browser = harbour.folder / "browser"
    browser.write_text('#!/bin/sh\nprintf "%s" "$1" > opened\n')
    browser.chmod(0o755)
    with harbour.serve("--open", env={"BROWSER": f"{browser} %s"}) as server:
        until(lambda: "watched" in server.log.read_text())
        output = server.log.read_text()
        assert "Harbour: 2 articles, 3 feeds" in output or "Harbour: 2 articles, 2 feeds" in output
        assert f"{server.url}/all.rss" in output
        assert re.search(r"watched +articles, config.yaml$", output, re.MULTILINE)
        # Each kind of mistake is shown once, with the number of others.
        assert output.count("expected") - output.count("more like that") <= 1
        assert "and 2 more like that" in output
        # The site's URL is on this machine, so addresses on pages lead to this server.
        address = re.search(r'data-copy="([^"]*all\.atom)"', httpx.get(server.url, headers={"Accept": "text/html"}).text)
        assert address
        assert address[1] == f"{server.url}/all.atom"
        assert httpx.get(address[1]).status_code == 200
        until(lambda: (harbour.folder / "opened").is_file() and (harbour.folder / "opened").read_text())
        assert (harbour.folder / "opened").read_text() == f"{server.url}/"


def test_a_public_address_stays_as_configured(harbour: Site) -> None:
    harbour.write({"config.yaml": LOCAL.replace("http://localhost:8000", "https://harbour.example/news")})
    with harbour.serve() as server:
        until(lambda: "watched" in server.log.read_text())
        assert "published as  https://harbour.example/news/ (site.url" in server.log.read_text()
        assert "https://harbour.example/news/all.atom" in server.get("all.atom").text


def test_a_folder_without_a_config_is_published_at_the_port_that_was_found(site: Site) -> None:
    site.article("one", webUrl=None)
    with site.serve("articles") as server:
        assert server.get("all.json").json()["feed_url"] == f"{server.url}/all.json"


def test_a_terminal_gets_colours_unless_no_color_is_set(harbour: Site) -> None:
    red, plain = "\x1b[31m", re.compile("\x1b\\[[0-9;]*m")
    output = on_terminal(harbour, "check")
    assert red in output
    assert "\x1b" in on_terminal(harbour, "list")
    for command in ("check", "list"):
        # Bold is not a colour.
        assert not re.search("\x1b\\[(?:[0-9]+;)*[349][0-9]", on_terminal(harbour, command, NO_COLOR="1"))
        assert "\x1b" not in harbour.run(command, env={"NO_COLOR": ""}).out
    assert plain.sub("", output).replace("\r\n", "\n") == harbour.run("check").out


def completed(site: Site, shell: str, words: str, at: int) -> str:
    """The answer to Click's completion script, by the protocol of its shell."""
    env = {"_FEEDS_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": str(at)}
    command = [str(Path(sys.executable).parent / "feeds")]
    return subprocess.run(
        command, cwd=site.folder, env=environment(env), capture_output=True, text=True, check=False, timeout=60
    ).stdout


def test_shells_complete_the_paths_of_feeds(harbour: Site) -> None:
    needed(shutil.which(str(Path(sys.executable).parent / "feeds")), "the feeds command")
    answer = completed(harbour, "bash", "feeds show top", 2).split()
    assert answer == ["plain,topics/tides", "plain,topics/tides.rss", "plain,topics/tides.atom", "plain,topics/tides.json"]
    assert "plain\ntopics/tides\n" in completed(harbour, "zsh", "feeds show top", 2)
    assert (
        completed(harbour, "bash", f"feeds show --config {ROOT / 'config.yaml'} topics/oc", 4).split()[0] == "plain,topics/oceans"
    )
    (harbour.folder / "config.yaml").unlink()
    assert completed(harbour, "bash", "feeds show top", 2).strip() == ""


def test_bash_itself_completes_them(harbour: Site) -> None:
    bash = needed(shutil.which("bash"), "bash")
    script = """
    eval "$(_FEEDS_COMPLETE=bash_source feeds)"
    COMP_WORDS=(feeds show topics/tides.a) COMP_CWORD=2
    _feeds_completion feeds
    printf '%s\n' "${COMPREPLY[@]}"
    """
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [bash, "-c", script], cwd=harbour.folder, env=environment({"PATH": path}), capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["topics/tides.atom"], done.stderr


def test_a_mistyped_command_is_recognised(harbour: Site) -> None:
    assert "Did you mean 'export'?" in harbour.run("exprt", status=2).err
    assert "No such command 'zzz'" in harbour.run("zzz", status=2).err
