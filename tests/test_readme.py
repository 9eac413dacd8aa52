"""The README names every command and every key, and links to what is there. CI runs its commands (.ci/readme.py)."""

import re

import click
from support import ROOT

from feeds.cli import app

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_is_in_the_readme() -> None:
    names = app.list_commands(click.Context(app))
    assert len(names) >= 5
    for name in names:
        assert re.search(rf"^feeds {name}\b", README, re.MULTILINE) or f"feeds {name} " in README, name


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", re.sub(r"`[^`]*`", "", README))
    assert links
    for link in links:
        assert (ROOT / link).exists(), link


def test_every_key_of_the_config_is_in_the_readme() -> None:
    documentation = README + (ROOT / "config.yaml").read_text(encoding="utf-8")
    source = (ROOT / "feeds/config/loader.py").read_text(encoding="utf-8")
    keys = re.search(r'found\.only\(\s*\(\s*"([^"]+)"\s*"([^"]+)"', source)
    assert keys
    for key in f"{keys[1]} {keys[2]}".split():
        assert re.search(rf"`{key}`|^{key}:|`{key}:|, `{key}`", documentation, re.MULTILINE), key
