"""Imports point one way, and the core knows no clock, file, network or web."""

import ast
import subprocess
import sys
from pathlib import Path

from support import ROOT, environment

PACKAGE = ROOT / "feeds"
# From the bottom up: a module imports only modules in the lines above its own.
ORDER = [
    {"feeds.version", "feeds.errors", "feeds.workers"},
    {"feeds.fetching", "feeds.addresses"},
    {"feeds.outward"},
    {"feeds.faults"},
    {"feeds.model"},
    {"feeds.text"},
    {"feeds.markup"},
    {"feeds.documents"},
    {"feeds.ledger"},
    {"feeds.storage"},
    {"feeds.config"},
    {"feeds.copies"},
    {"feeds.sources"},
    {"feeds.index"},
    {"feeds.formats"},
    {"feeds.pages"},
    {"feeds.site"},
    {"feeds.publish"},
    {"feeds.compare", "feeds.readers", "feeds.hub"},
    {"feeds.web"},
    {"feeds.api"},
    {"feeds"},
    {"feeds.cli"},
    {"feeds.__main__"},
]
CORE = (
    "feeds.model",
    "feeds.text",
    "feeds.markup",
    "feeds.documents",
    "feeds.formats",
    "feeds.site",
    "feeds.index.grouping",
    "feeds.ledger.line",
    "feeds.ledger.matching",
)
# The first builds the site of a config, which needs the index; the second interns strings.
NOT_CORE = {"feeds.site.build", "feeds.model.records"}
# Modules that give access to more than arguments.
OUTSIDE = {"os", "time", "socket", "random", "locale", "subprocess", "sqlite3", "asyncio", "logging", "sys"} | {
    *("starlette", "uvicorn", "click", "rich", "watchfiles", "httpx", "filelock")
}
CLOCKS = {"now", "utcnow", "today"}


def modules() -> dict[str, ast.Module]:
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = ast.parse(file.read_text(encoding="utf-8"))
    return found


def imported(module: ast.Module) -> set[str]:
    """The modules that a module imports, anywhere in it; `from feeds import x` is `feeds.x` where that is a module."""
    names: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "absolute imports only"
            assert node.module
            within = {f"{node.module}.{alias.name}" for alias in node.names}
            found = {name for name in within if exists(name)}
            names |= found or {node.module}
    return names


def exists(name: str) -> bool:
    path = ROOT / Path(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def level(name: str) -> tuple[int, str]:
    """The level of a module, and the name at that level: the module or its package."""
    for place, names in enumerate(ORDER):
        if name in names:
            return place, name
    parent = name.rpartition(".")[0]
    assert parent not in ("", "feeds"), f"{name} is in no line of ORDER: say where it belongs"
    return level(parent)


def test_imports_point_down() -> None:
    everything = modules()
    assert len(everything) > 20
    for name, module in everything.items():
        for other in (other for other in imported(module) if other.partition(".")[0] == "feeds"):
            # Modules of a package can import each other, but not in a circle.
            assert level(other) == level(name) or level(other)[0] < level(name)[0], f"{name} imports {other}"


def test_no_module_imports_itself_in_a_circle() -> None:
    found = modules()
    everything = {name: imported(module) & set(found) for name, module in found.items()}
    done: set[str] = set()
    while len(done) < len(everything):
        ready = {name for name, needs in everything.items() if name not in done and needs - {name} <= done}
        assert ready, f"a circle among {sorted(set(everything) - done)}"
        done |= ready


def test_the_core_uses_only_its_arguments() -> None:
    for name, module in modules().items():
        if not any(name == core or name.startswith(f"{core}.") for core in CORE) or name in NOT_CORE:
            continue
        outside = {other.partition(".")[0] for other in imported(module)} & OUTSIDE
        assert not outside, f"{name} imports {outside}"
        for node in ast.walk(module):
            if isinstance(node, ast.ImportFrom) and node.module == "pathlib":
                assert {alias.name for alias in node.names} <= {"PurePosixPath"}, f"{name} reaches for files"
            if isinstance(node, ast.Attribute):
                assert node.attr not in CLOCKS, f"{name} reads the clock at line {node.lineno}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"open", "print", "input"}, f"{name}:{node.lineno}"


def loaded(code: str) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        env=environment(),
        capture_output=True,
        check=True,
        text=True,
    )
    return set(ran.stdout.split())


def test_commands_do_not_load_the_web() -> None:
    assert not loaded("import feeds.cli") & {
        "starlette",
        "uvicorn",
        "watchfiles",
        "httpx",
        "aiohttp",
        "asyncio.base_events",
        "sqlite3",
    }


def test_a_driver_is_loaded_only_where_it_is_needed(tmp_path: Path) -> None:
    connect = "from pathlib import Path; from feeds.storage import database; database.connect({!r}, Path({!r}))"
    assert not loaded(connect.format("sqlite:///index.db", str(tmp_path))) & {"psycopg", "filelock", "asyncio"}
    assert not loaded("import feeds.index, feeds.index.history, feeds.storage.notify") & {"psycopg", "filelock"}


def test_a_server_without_hubs_loads_no_client() -> None:
    assert not loaded("import feeds.web.app") & {"aiohttp", "httpx"}


def test_leaf_modules_import_little() -> None:
    assert not loaded("import feeds.model, feeds.errors") & {"yaml", "lxml", "feedgen", "click", "nh3"}
