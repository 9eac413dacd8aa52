"""The configs of site generators as values.

Those in YAML, TOML and JSON are parsed; of Python and JavaScript, which would have to be run, literal values are read.
"""

import ast
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from feeds.errors import ConfigError, Problem

Values = Mapping[str, Any]


def read(file: Path) -> str:
    """The text of a file. Raises ConfigError where it can't be read."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(str(file), 1, "", f"a file that can't be read ({error})", "text in UTF-8")]) from error


def data(file: Path) -> dict[str, Any]:
    """The values in a file of YAML, TOML or JSON; none where it holds something else than a mapping.

    Raises ConfigError where it is broken.
    """
    text = read(file)
    try:
        if file.suffix == ".toml":
            found: object = tomllib.loads(text)
        elif file.suffix == ".json":
            found = json.loads(text)
        else:
            found = _Loader(text).get_single_data()
    except (tomllib.TOMLDecodeError, json.JSONDecodeError, yaml.YAMLError, RecursionError) as error:
        raise ConfigError(
            [Problem(str(file), _line(error), "", f"{_first_line(error)}", f"valid {file.suffix[1:].upper()}")]
        ) from error
    return found if isinstance(found, dict) else {}


class _Loader(yaml.SafeLoader):
    """Reads YAML with tags of a generator's own as plain values."""


_Loader.add_multi_constructor("", lambda loader, suffix, node: getattr(node, "value", None))


def _line(error: Exception) -> int:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return int(mark.line) + 1
    found = re.search(r"line (\d+)", str(error))
    return int(getattr(error, "lineno", 0) or (found[1] if found else 1))


def _first_line(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error).partition("\n")[0]


def python(file: Path) -> dict[str, Any]:
    """The literal values that a Python file assigns to names. Raises ConfigError where it is no Python."""
    try:
        tree = ast.parse(read(file))
    except (SyntaxError, ValueError) as error:
        raise ConfigError([Problem(str(file), getattr(error, "lineno", 1) or 1, "", str(error), "valid Python")]) from error
    found: dict[str, Any] = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        if targets and isinstance(targets[0], ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            try:
                found[targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return found


def block(text: str, start: int) -> str:
    """The JavaScript object that begins at or after `start`, without the braces and without objects in it."""
    kept: list[str] = []
    depth = 0
    for part in _JS_PART.finditer(text, start):
        if part[0] == "{":
            depth += 1
        elif part[0] == "}":
            depth -= 1
            if not depth:
                break
        elif depth == 1:
            kept.append(part[0])
    return "".join(kept)


_JS_PART = re.compile(
    r"""//[^\n]*|/\*.*?\*/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|[{}]|[^{}'"`/]+|.""", re.DOTALL
)


def literal(text: str, *names: str) -> str | None:
    """The first string that a JavaScript text gives one of `names`, as a property or a constant."""
    for name in names:
        for sign in (":", "=(?!=)"):
            pattern = rf"""(?<![\w.]){name}['"]?\s*{sign}\s*(?:'([^'\n]*)'|"([^"\n]*)"|`([^`$\n]*)`)"""
            if match := re.search(pattern, text):
                return next(group for group in match.groups() if group is not None)
    return None


def package(folder: Path) -> dict[str, Any]:
    """The package.json of a folder; empty without one."""
    return data(folder / "package.json") if (folder / "package.json").is_file() else {}


def homepage(folder: Path) -> str:
    """The address that GitHub Pages or package.json has for the site."""
    if (folder / "CNAME").is_file():
        return f"https://{read(folder / 'CNAME').strip()}"
    # What package.json has is most often the repository.
    found = text_in(package(folder), "homepage")
    return "" if "github.com" in found or "#" in found else found


def text_in(values: Values, name: str) -> str:
    """The value `name` as text, the first of a list; empty if it has another type."""
    value = values.get(name)
    if isinstance(value, list) and value:
        value = value[0]
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def mapping_in(values: Values, name: str) -> dict[str, Any]:
    """The value `name` as a mapping; empty if it has another type."""
    value = values.get(name)
    return value if isinstance(value, dict) else {}


def person(value: object) -> str | None:
    """The name of an author: a text, or what a mapping has for a `name`."""
    if isinstance(value, dict):
        value = value.get("name")
    return value.strip() or None if isinstance(value, str) else None
