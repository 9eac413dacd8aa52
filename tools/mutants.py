"""Change the pure modules on purpose, one small change at a time, and count the changes that make a test fail.

Such a change, a mutant, is for example `<` for `<=`. The library mutmut makes them. Each group of modules is tested in a copy
of the project, with the tests that cover it and that call Feeds in their own process. `mutation_runner.py` runs the tests.
docs/testing.md has the results.
"""

import argparse
import ast
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mutmut.mutation.file_mutation import mutate_file_contents

ROOT = Path(__file__).parent.parent
COPIED = ("feeds", "tests", "docs", "seeds", "pyproject.toml", "config.yaml", "README.md", "LICENSE", "server.py")
# mutmut leaves functions with a decorator alone. A cache changes nothing of what a function says.
CACHE = re.compile(r"^[ \t]*@(?:lru_)?cache(?:\(.*\))?\n", re.MULTILINE)


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
    "dates": Group(("text/dates.py",), ("text/test_text.py", "text/test_properties.py")),
    "compression": Group(("text/compression.py",), ("text/test_text.py",)),
    "forms": Group(("formats/_forms.py",), ("formats/test_render.py", "formats/test_forms.py")),
    "model": Group(("model/*",), ("model/test_records.py",)),
    "documents": Group(
        ("documents/*",),
        (
            "documents/test_documents.py",
            "documents/test_fields_in_markup.py",
            "documents/test_front_matter.py",
            "documents/test_limits.py",
            "documents/test_mistakes.py",
            "documents/test_nodes.py",
            "documents/test_passed_over.py",
            "documents/test_short_cuts.py",
            "documents/test_titles.py",
            "config/test_config.py",
            "config/test_generators.py",
            "markup/test_restructured.py",
            "site/test_checks.py",
            "site/test_podcasts.py",
            "sources/test_links_to_documents.py",
        ),
    ),
    "markdown": Group(("markup/markdown.py",), ("markup/test_bodies.py",)),
    "mdx": Group(("markup/mdx.py",), ("markup/test_mdx.py",)),
    "restructured": Group(("markup/restructured.py",), ("markup/test_restructured.py",)),
    "sanitiser": Group(("markup/sanitiser.py",), ("markup/test_html.py",)),
    "shortcodes": Group(("markup/shortcodes.py", "markup/tags.py", "markup/well_known.py"), ("markup/test_shortcodes.py",)),
    "site": Group(("site/archives.py", "site/paths.py", "site/queries.py"), ("site/test_queries.py",)),
    "paths": Group(("site/paths.py",), ("site/test_queries.py",)),
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
    parser.add_argument("--sample", type=int, metavar="N", help="test only N mutants of each group, chosen at random")
    parser.add_argument("--seed", type=int, default=1, help="another seed chooses other mutants (1)")
    parser.add_argument("--processes", type=int, default=2, help="mutants at once (2)")
    arguments = parser.parse_args()
    if unknown := set(arguments.groups) - GROUPS.keys():
        parser.error(f"no such group: {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    # mutmut reads its settings from the pyproject.toml of the current folder.
    os.chdir(ROOT)
    print("| module | mutants | tested | noticed | not ended | |\n| --- | ---: | ---: | ---: | ---: | ---: |", flush=True)
    for name in arguments.groups or GROUPS:
        with tempfile.TemporaryDirectory(prefix="feeds-mutants-") as folder:
            run(GROUPS[name], Path(folder), arguments)


def run(group: Group, folder: Path, arguments: argparse.Namespace) -> None:
    """Test the mutants of one group in a copy of the project in `folder`."""
    copy(folder)
    mutants = [mutant for pattern in group.modules for file in glob(folder, pattern) for mutant in mutate(folder, file)]
    chosen = random.Random(arguments.seed).sample(mutants, min(arguments.sample or len(mutants), len(mutants)))
    found = test(folder, group.tests, [mutant.name for mutant in chosen], arguments.processes)
    for module in sorted({mutant.module for mutant in chosen}):
        counts = Counter(found[mutant.name] for mutant in chosen if mutant.module == module)
        print(line(module, sum(mutant.module == module for mutant in mutants), counts), flush=True)
    print(line("together", len(mutants), Counter(found.values())), flush=True)
    for mutant in chosen:
        if arguments.unnoticed and found[mutant.name] == "unnoticed":
            print("", mutant.name, *mutant.changes, sep="\n    ", file=sys.stderr)


def copy(folder: Path) -> None:
    """Copy the project to `folder`, with the plugin that runs the tests, and without caches."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    shutil.copy(ROOT / "tools" / "mutation_runner.py", folder / "tests")
    for file in (folder / "feeds").rglob("*.py"):
        file.write_text(CACHE.sub("", file.read_text()))


def glob(folder: Path, pattern: str) -> list[Path]:
    """The modules that a pattern of a group names."""
    return sorted((folder / "feeds").glob(pattern if pattern.endswith(".py") else f"{pattern}.py"))


class Mutant(NamedTuple):
    """A small change of a module: its name, as mutmut has it, the module's path, and the lines that differ."""

    name: str
    module: str
    changes: list[str]


def mutate(folder: Path, file: Path) -> Iterator[Mutant]:
    """Replace a module by one that holds all its mutants, of which MUTANT_UNDER_TEST chooses one."""
    path = file.relative_to(folder)
    mutated = mutate_file_contents(str(path), file.read_text())
    file.write_text(mutated.code)
    functions = {
        node.name: ast.unparse(node).splitlines()[1:]
        for node in ast.walk(ast.parse(mutated.code))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    for name in mutated.mutant_names:
        before, after = functions[f"{name.rpartition('__mutmut_')[0]}__mutmut_orig"], functions[name]
        changes = [f"- {line.strip()}" for line in before if line not in after]
        changes += [f"+ {line.strip()}" for line in after if line not in before]
        module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        yield Mutant(f"{module}.{name}", path.as_posix(), changes)


def test(folder: Path, tests: tuple[str, ...], mutants: list[str], processes: int) -> dict[str, str]:
    """Run the tests of each mutant: `noticed`, `late` or `unnoticed` by the mutant's name."""
    (folder / "mutants.json").write_text(json.dumps({"mutants": mutants, "processes": processes}))
    # No workers, and nothing that explains a failure at length: nobody reads it.
    options = ("-q", "-o", "addopts=", "--tb=short", "--assert=plain", "-p", "no:xdist", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-p", "mutation_runner", *(f"tests/{test}" for test in tests)],
        cwd=folder,
        env=os.environ | {"HYPOTHESIS_PROFILE": "mutants", "TEST_COMMANDS_IN_PROCESS": "1", "PYTHONPATH": f"{folder}:tests"},
        capture_output=True,
        text=True,
        check=False,
    )
    results = folder / "results.json"
    if not results.exists():
        sys.exit(f"The tests fail without a mutant:\n{done.stdout[-5000:]}{done.stderr[-5000:]}")
    found: dict[str, str] = json.loads(results.read_text())
    return found


def line(name: str, made: int, counts: Counter[str]) -> str:
    """A line of the table."""
    noticed, late = counts["noticed"], counts["late"]
    share = (noticed + late) / max(counts.total(), 1)
    return f"| `{name}` | {made} | {counts.total()} | {noticed} | {late} | {share:.0%} |"


if __name__ == "__main__":
    main()
