"""A pytest plugin for tools/mutants.py, which loads it into mutmut's runs.

mutmut runs the tests that call the function with the mutant. What a shared fixture calls it counts for the first test that asks
for the fixture; here it counts for all of them.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from mutmut.state import state

_called_by: dict[int, set[str]] = {}


def pytest_configure() -> None:
    """Keep this process on one processor, so that Feeds starts no other processes, which mutmut does not see."""
    processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {processors[os.getpid() % len(processors)]})


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any) -> Iterator[None]:
    """Note the functions that a fixture calls."""
    before = set(state()._stats)
    state()._stats.clear()
    try:
        return (yield)
    finally:
        _called_by[id(fixturedef)] = set(state()._stats)
        state()._stats |= before


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: Any) -> None:
    """Count them for this test, if it asks for the fixture."""
    for definitions in item._fixtureinfo.name2fixturedefs.values():
        for definition in definitions:
            state()._stats |= _called_by.get(id(definition), set())
