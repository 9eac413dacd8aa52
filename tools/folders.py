"""Try folders of real sites: what `feeds init` and `feeds check` make of each, as rows of the table in docs/generators.md.

    python tools/folders.py FOLDER…

A folder is written to: give it copies. `config.yaml` and what Feeds keeps of an earlier try are made anew.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

HEAD = (
    "| folder | generator | documents | published | held back | in error | passed over | link | authors | shortcodes left |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)
# What a shortcode or a component looks like that was left in a body.
_MARKS = ("{{<", "{{%", "{% ", "&lt;!--more")


def row(folder: Path) -> str:
    """The row of one folder."""
    shutil.rmtree(folder / ".feeds", ignore_errors=True)
    said = _run(folder, "init", "--force")
    generator = said.partition(", from ")[2].partition("'s ")[0] or "none"
    told = json.loads(_run(folder, "check", "--json", "--base-url", "https://site.example"))
    items: list[dict[str, Any]] = json.loads(_run(folder, "show", "all.json", "--base-url", "https://site.example"))["items"]
    errors = len({problem["path"] for problem in told["problems"] if problem["severity"] == "error"})
    reasons: dict[str, int] = {}
    for passed in told["passed_over"]:
        reasons[passed["why"]] = reasons.get(passed["why"], 0) + 1
    published, held = len(told["published"]), len(told["drafts"]) + len(told["scheduled"])
    passed_over = ", ".join(f"{number} {why}" for why, number in sorted(reasons.items(), key=lambda item: -item[1]))
    documents = published + held + errors + len(told["duplicates"]) + sum(reasons.values())
    shown = len(items) or 1
    authors = sum(any(author["name"] for author in item.get("authors", [])) for item in items)
    left = sum(any(mark in item["content_html"] for mark in _MARKS) for item in items)
    linked = sum("url" in item for item in items)
    cells = (folder.name, generator, documents, published, held, errors, passed_over)
    return f"| {' | '.join(map(str, cells))} | {linked}/{shown} | {authors}/{shown} | {left} |"


def _run(folder: Path, *arguments: str) -> str:
    ran = subprocess.run([sys.executable, "-m", "feeds", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return ran.stdout


def main() -> None:
    """Print the table."""
    print(HEAD)
    for name in sys.argv[1:]:
        print(row(Path(name)), flush=True)


if __name__ == "__main__":
    main()
