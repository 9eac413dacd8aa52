"""Validate an exported folder with what others wrote: the W3C feed validator, RFC 4287's RELAX NG schema, JSON Feed's schemas.

    python tools/validate.py dist --feedvalidator ../feedvalidator --schemas ../schemas

`--feedvalidator` is a checkout of github.com/w3c/feedvalidator, `--schemas` a folder that holds atom*.rng and jsonfeed-1.1*.json.
What is not given is passed over, and said. Exit status: 0 nothing found, 1 something found, 2 nothing could be run.
"""

import argparse
import json
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

# Findings of the W3C validator that good content can't avoid, each with its reason.
UNAVOIDABLE = {
    "DuplicateUpdated": "two articles of one minute",
    "ContainsUndeclaredHTML": "a title that really contains a tag, as text",
    "CharacterData": "a title that really contains a tag, as text",
    "ImplausibleDate": "a date before 1990, or after today",
    "SecurityRisk": "a frame of a host that config lists",
}
_SELF = re.compile(rb'<(?:atom:)?link href="([^"]+)" rel="self"')


def main() -> int:
    """Run what can be run over a folder, print what it finds, and say by the exit status whether there is anything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--feedvalidator", type=Path)
    parser.add_argument("--schemas", type=Path)
    given = parser.parse_args()
    if given.feedvalidator is None and given.schemas is None:
        print("Nothing to validate with: give --feedvalidator, --schemas or both.", file=sys.stderr)
        return 2
    findings: list[str] = []
    if given.feedvalidator is None:
        print("W3C feed validator: not given, passed over")
    else:
        findings += _w3c(given.folder, given.feedvalidator)
    if given.schemas is None:
        print("Schemas: not given, passed over")
    else:
        findings += _atom(given.folder, given.schemas)
        findings += _json(given.folder, given.schemas)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def _files(folder: Path, *suffixes: str) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix in suffixes)


def _w3c(folder: Path, checkout: Path) -> Iterator[str]:
    sys.path.insert(0, str(checkout / "src"))
    warnings.simplefilter("ignore")
    import feedvalidator
    from feedvalidator.logging import Error
    from feedvalidator.logging import Warning as Warned

    passed_over: Counter[str] = Counter()
    files = _files(folder, ".rss", ".atom")
    for file in files:
        body = file.read_bytes()
        address = _SELF.search(body)
        events = feedvalidator.validateString(
            body.decode(),
            firstOccurrenceOnly=0,
            fallback="utf-8",
            base=address[1].decode().replace("&amp;", "&") if address else "",
        )["loggedEvents"]
        for event in events:
            name = type(event).__name__
            if not isinstance(event, (Error, Warned)):
                continue
            if name in UNAVOIDABLE:
                passed_over[name] += 1
            else:
                yield f"{file}:{event.params.get('line')}: {name} {event.params.get('element')} {event.params.get('value')!r:.80}"
    print(f"W3C feed validator: {len(files)} files; unavoidable: {dict(passed_over) or 'none'}")


def _atom(folder: Path, schemas: Path) -> Iterator[str]:
    for schema in sorted(schemas.glob("atom*.rng")):
        rules = etree.RelaxNG(etree.parse(schema))
        files = _files(folder, ".atom")
        for file in files:
            if not rules.validate(etree.parse(file)):
                yield from (f"{file}:{error.line}: {schema.name}: {error.message}" for error in rules.error_log)
        print(f"{schema.name}: {len(files)} files")


def _json(folder: Path, schemas: Path) -> Iterator[str]:
    import jsonschema
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT4

    # SchemaStore's 1.1 refers to its 1 by this name.
    first = schemas / "jsonfeed-1-schemastore.json"
    known = Resource.from_contents(json.loads(first.read_text()) if first.exists() else {}, DRAFT4)
    registry = Registry().with_resources([(name, known) for name in ("feed-1", "https://json.schemastore.org/feed-1")])
    for schema in sorted(schemas.glob("jsonfeed-1.1*.json")):
        parsed = json.loads(schema.read_text())
        rules = jsonschema.validators.validator_for(parsed)(parsed, registry=registry)
        files = [file for file in _files(folder, ".json") if b"jsonfeed.org" in file.read_bytes()[:200]]
        for file in files:
            for error in rules.iter_errors(json.loads(file.read_bytes())):
                yield f"{file}: {schema.name}: {error.json_path}: {error.message:.200}"
        print(f"{schema.name}: {len(files)} files")


if __name__ == "__main__":
    sys.exit(main())
