"""Try folders of real sites: what `feeds init`, `check` and `export` make of each, as rows of the table in docs/generators.md.

    python tools/folders.py FOLDER…

A folder is written to: give it copies. `config.yaml` and the index of an earlier try are replaced. Every entry is looked
at, not only the newest: `missing` counts entries without a link, without a date and without an author; `wrong` those of documents
that say that they are drafts or have expired, and those with the source of a shortcode left outside of code.
"""

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HEAD = (
    "| folder | generator | documents | published | held back | in error | passed over | missing: link, date, author "
    "| wrong: drafts, expired, shortcodes |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)
_HERE = ("--base-url", "https://site.example")
# What a shortcode or a component looks like that was left in a body; code may show one.
_LEFT = re.compile(r"\{\{[<%]|\{%[-\s]|&lt;!--\s*more")
_CODE = re.compile(r"<(pre|code)\b.*?</\1>", re.DOTALL)
_DRAFT = re.compile(
    r"^(?:draft\s*[:=]\s*true|published\s*[:=]\s*false|status:\s*(?:draft|hidden))\s*$", re.MULTILINE | re.IGNORECASE
)
_EXPIRY = re.compile(r"^(?:expiryDate|unpublishDate)\s*[:=]\s*['\"]?(\d{4}-\d\d-\d\d)", re.MULTILINE | re.IGNORECASE)


def row(folder: Path) -> str:
    """The row of one folder."""
    shutil.rmtree(folder / ".feeds", ignore_errors=True)
    said = _run(folder, "init", "--force")
    generator = said.partition(", from ")[2].partition("'s ")[0] or "none"
    config = folder / said.partition(":")[0]
    # Every entry in one feed.
    config.write_text(config.read_text(encoding="utf-8").replace("# limit: 50", "limit: 1000000"), encoding="utf-8")
    report = json.loads(_run(folder, "check", "--json", *_HERE))
    items: list[dict[str, Any]] = json.loads(_run(folder, "show", "all.json", *_HERE))["items"]
    errors = len({problem["path"] for problem in report["problems"] if problem["severity"] == "error"})
    reasons: dict[str, int] = {}
    for passed in report["passed_over"]:
        reasons[passed["why"]] = reasons.get(passed["why"], 0) + 1
    published, held = len(report["published"]), len(report["drafts"]) + len(report["scheduled"])
    passed_over = ", ".join(f"{number} {why}" for why, number in sorted(reasons.items(), key=lambda item: -item[1]))
    documents = published + held + errors + len(report["duplicates"]) + sum(reasons.values())
    if len(items) != published:
        passed_over += f" ({len(items)} entries)"
    missing = (
        sum(not item.get("url") for item in items),
        sum(not item.get("date_published") for item in items),
        sum(not any(author.get("name") for author in item.get("authors", [])) for item in items),
    )
    fronts = [_front(folder / path) for path in report["published"]]
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    wrong = (
        sum(_DRAFT.search(front) is not None for front in fronts),
        sum(any(date < today for date in _EXPIRY.findall(front)) for front in fronts),
        sum(_LEFT.search(_CODE.sub("", item["content_html"])) is not None for item in items),
    )
    cells = (folder.name.replace("+", "/"), generator, documents, published, held, errors, passed_over)
    return f"| {' | '.join(map(str, cells))} | {', '.join(map(str, missing))} | {', '.join(map(str, wrong))} |"


def _front(file: Path) -> str:
    """The front matter of a document, loosely: what is between its first two fences, or its first lines."""
    text = file.read_text(encoding="utf-8", errors="replace").lstrip("\ufeff\n")
    fence = text[:3]
    return text[3:].partition(f"\n{fence}")[0] if fence in ("---", "+++") else text.partition("\n\n")[0]


def _run(folder: Path, *arguments: str) -> str:
    ran = subprocess.run([sys.executable, "-m", "feeds", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if not ran.stdout:
        sys.exit(f"{folder}: feeds {' '.join(arguments)}: {ran.stderr.strip() or 'it said nothing'}")
    return ran.stdout


def main() -> None:
    """Print the table."""
    print(HEAD)
    for name in sys.argv[1:]:
        print(row(Path(name)), flush=True)


if __name__ == "__main__":
    main()
