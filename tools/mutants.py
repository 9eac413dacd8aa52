"""Run the mutation tester mutmut on the pure modules, and say how many mutants their tests notice.

A mutant is a module with one small change, such as `<` for `<=`. It is noticed where a test fails. Each group of modules is
tested in a copy of the project, with the tests that cover it and that call Feeds in their own process: mutmut does not see
what another process runs. docs/testing.md has the results.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
COPIED = ("feeds", "tests", "docs", "seeds", "pyproject.toml", "config.yaml", "README.md", "LICENSE", "server.py")
# mutmut leaves functions with a decorator alone. A cache changes nothing of what a function says.
CACHE = re.compile(r"^[ \t]*@(?:lru_)?cache(?:\(.*\))?\n", re.MULTILINE)

SPINNER = re.compile(r"\s*[\u2800-\u28ff]|\s*$")
ENDINGS = "3704815926"
# Exit statuses: a test failed, or pytest itself; the tests did not end in time, as on a busy machine or in an endless loop.
NOTICED = frozenset({1, 3})
LATE = frozenset({24, -24, 36, 152})


class Group(NamedTuple):
    """Modules, by their paths in the package, and the tests that cover them."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


GROUPS = {
    "text": Group(("text/*",), ("text/test_text.py", "text/test_properties.py")),
    "formats": Group(
        (
            "formats/_feedgen.py",
            "formats/_media.py",
            "formats/atom.py",
            "formats/jsonfeed.py",
            "formats/opml.py",
            "formats/rss.py",
            "formats/sitemap.py",
        ),
        ("formats/test_render.py", "formats/test_listings.py"),
    ),
    "slugs": Group(("text/slugs.py",), ("text/test_text.py", "text/test_properties.py")),
    "forms": Group(("formats/_forms.py",), ("formats/test_render.py", "formats/test_forms.py")),
    "model": Group(("model/*",), ("model/test_records.py",)),
    "documents": Group(
        ("documents/*",),
        (
            "documents/test_documents.py",
            "documents/test_front_matter.py",
            "documents/test_limits.py",
            "documents/test_nodes.py",
            "documents/test_passed_over.py",
            "documents/test_short_cuts.py",
            "documents/test_titles.py",
            "config/test_config.py",
            "config/test_generators.py",
            "site/test_podcasts.py",
        ),
    ),
    "markdown": Group(("markup/markdown.py",), ("markup/test_bodies.py",)),
    "mdx": Group(("markup/mdx.py",), ("markup/test_mdx.py",)),
    "restructured": Group(("markup/restructured.py",), ("markup/test_restructured.py",)),
    "sanitiser": Group(
        ("markup/sanitiser.py", "markup/tags.py", "markup/well_known.py"), ("markup/test_html.py", "markup/test_sanitiser.py")
    ),
    "shortcodes": Group(("markup/shortcodes.py",), ("markup/test_shortcodes.py",)),
    "site": Group(("site/archives.py", "site/paths.py", "site/queries.py"), ("site/test_queries.py",)),
    "caching": Group(("site/http_cache.py",), ("web/test_caching.py",)),
    "redirects": Group(("site/redirects.py",), ("web/test_redirects.py",)),
    "rhythm": Group(("site/rhythm.py",), ("site/test_feed_level.py",)),
    "lint": Group(("site/lint.py",), ("site/test_checks.py",)),
    "compare": Group(("compare/*",), ("compare/test_compare_properties.py", "compare/test_diff.py")),
    "hub": Group(("hub/backoff.py", "hub/signatures.py"), ("hub/test_hub_waits.py",)),
    "web": Group(
        ("web/accept.py", "web/conditional.py", "web/ranges.py"), ("web/test_negotiation.py", "web/test_web_conditional.py")
    ),
}


def main() -> None:
    """Test each group that is named, and print a line of a table for each module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="group", help=f"{', '.join(GROUPS)}; all by default")
    parser.add_argument("--unnoticed", action="store_true", help="show the mutants that no test notices")
    parser.add_argument(
        "--tenths", type=int, default=10, choices=range(1, 11), help="test only so many tenths of the mutants (10)"
    )
    parser.add_argument("--processes", type=int, default=2, help="mutants at once (2)")
    arguments = parser.parse_args()
    if unknown := set(arguments.groups) - GROUPS.keys():
        parser.error(f"no such group: {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    print("| module | mutants | noticed | not ended | |\n| --- | ---: | ---: | ---: | ---: |", flush=True)
    for name in arguments.groups or GROUPS:
        with tempfile.TemporaryDirectory(prefix="feeds-mutants-") as folder:
            run(GROUPS[name], Path(folder), arguments)


def run(group: Group, folder: Path, arguments: argparse.Namespace) -> None:
    """Test the mutants of one group in a copy of the project in `folder`."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    shutil.copy(ROOT / "tools" / "shared_fixtures.py", folder / "tests")
    for file in (folder / "feeds").rglob("*.py"):
        file.write_text(CACHE.sub("", file.read_text()))
    settings = {
        "source_paths": ["feeds/"],
        "only_mutate": [f"feeds/{module}" + ("" if module.endswith(".py") else ".py") for module in group.modules],
        "also_copy": list(COPIED),
        "pytest_add_cli_args_test_selection": [f"tests/{test}" for test in group.tests],
        # No workers, and nothing that explains a failure at length: nobody reads it.
        "pytest_add_cli_args": [
            *("-o", "addopts=", "-p", "no:xdist", "-p", "no:cacheprovider", "--assert=plain"),
            # mutmut leaves a file open.
            *("-p", "no:unraisableexception"),
            *("-p", "shared_fixtures"),
        ],
        # Each mutant begins with nothing in memory.
        "process_isolation": "forkserver",
        # A busy machine is no endless loop.
        "timeout_constant": 20.0,
        "timeout_multiplier": 2.0,
        "use_git_change_detection": False,
    }
    with (folder / "pyproject.toml").open("a") as config:
        config.write("\n[tool.mutmut]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
    command = [sys.executable, "-m", "mutmut"]
    # Mutants are numbered within each function: an ending of numbers takes a tenth from everywhere.
    chosen = f"*[{ENDINGS[: arguments.tenths]}]"
    done = subprocess.run(
        [*command, "run", "--max-children", str(arguments.processes), chosen],
        cwd=folder,
        env=os.environ | {"HYPOTHESIS_PROFILE": "mutants", "TEST_COMMANDS_IN_PROCESS": "1", "PYTHONPATH": "tests"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if not SPINNER.match(line)]
        sys.exit("\n".join(["mutmut failed:", *said[-60:]]))
    total: Counter[str] = Counter()
    for file in sorted((folder / "mutants").rglob("*.py.meta")):
        results = json.loads(file.read_text())["exit_code_by_key"]
        judged = {mutant: judge(status) for mutant, status in results.items() if fnmatch(mutant, chosen)}
        if judged:
            counts = Counter(judged.values())
            print(line(file.relative_to(folder / "mutants").as_posix().removesuffix(".meta"), counts), flush=True)
            total += counts
        for mutant in (mutant for mutant, word in judged.items() if word == "unnoticed" and arguments.unnoticed):
            shown = subprocess.run([*command, "show", mutant], cwd=folder, capture_output=True, text=True, check=False)
            changes = [line for line in shown.stdout.splitlines() if re.match(r"[-+](?![-+])", line)]
            print("", mutant, *changes, sep="\n    ", file=sys.stderr)
    print(line("together", total), flush=True)


def judge(status: int | None) -> str:
    """What the exit status of a mutant's tests says: `noticed`, `late` or `unnoticed`."""
    return "noticed" if status in NOTICED else "late" if status in LATE else "unnoticed"


def line(name: str, counts: Counter[str]) -> str:
    """A line of the table."""
    noticed, late = counts["noticed"], counts["late"]
    return f"| `{name}` | {counts.total()} | {noticed} | {late} | {(noticed + late) / max(counts.total(), 1):.0%} |"


if __name__ == "__main__":
    main()
