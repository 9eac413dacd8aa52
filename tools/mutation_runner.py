"""A pytest plugin for tools/mutants.py: collect the tests once, and run those of each mutant in a process of its own.

A first process runs all tests and notes which functions each calls. Then each mutant has a process, which begins with nothing
in memory but the imports, and ends with the first test that fails.
"""

import json
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from mutmut.mutation import trampoline

# Seconds of the processor: an endless loop ends, but not a test on a busy machine. And seconds, for what waits for ever.
PROCESSOR, WAITING = 90, 900
# Bytes: a loop that collects without end must not take the machine.
MEMORY = 3 * 2**30

# In place of a mutant, mutmut's word for a run that notes which functions are called.
NOTES_CALLS = "stats"

_called: set[str] = set()
_called_by_fixture: dict[int, set[str]] = {}
_called_by_test: dict[str, set[str]] = {}


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Test all mutants in `mutants.json`, and write what was found to `results.json`."""
    given = json.loads(Path("mutants.json").read_text())
    calls = Path("calls.json")
    if os.waitpid(fork(lambda: note_calls(session, calls)), 0)[1]:
        raise session.Failed("a test fails without a mutant")
    calling = {test: set(functions) for test, functions in json.loads(calls.read_text()).items()}
    results: dict[str, str] = {}
    running: dict[int, str] = {}

    def wait() -> None:
        process, status = os.wait()
        results[running.pop(process)] = judge(status)

    for mutant in given["mutants"]:
        function = mutant.rpartition("__mutmut_")[0]
        items = [item for item in session.items if function in calling.get(item.nodeid, ())]
        if len(running) == given["processes"]:
            wait()
        running[fork(partial(try_mutant, session, mutant, items))] = mutant
    while running:
        wait()
    Path("results.json").write_text(json.dumps(results))
    return True


def judge(status: int) -> str:
    """What the status of a mutant's process says: `noticed` where a test failed or the process broke."""
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGALRM):
        return "late"
    return "noticed" if status else "unnoticed"


def fork(work: Callable[[], bool]) -> int:
    """Start a process for `work`, which ends with status 0 if that returns True. Returns its number."""
    if process := os.fork():
        return process
    status = 1
    try:
        # On one processor, Feeds starts no other processes, in which no mutant is chosen.
        processors = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {processors[os.getpid() % len(processors)]})
        folder = tempfile.mkdtemp(dir=".")
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(Path(folder).absolute())
        status = 0 if work() else 1
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        sys.stdout.flush()
        os._exit(status)


def note_calls(session: pytest.Session, file: Path) -> bool:
    """Run all tests, and write which functions each calls."""
    vars(trampoline)["record_trampoline_hit"] = lambda name, caller=None: _called.add(name)
    session.config.pluginmanager.register(_Failures())
    if not run(session, NOTES_CALLS, session.items):
        return False
    file.write_text(json.dumps({test: sorted(functions) for test, functions in _called_by_test.items()}))
    return True


class _Failures:
    """Prints a test that fails without a mutant: pytest's own summary comes too late, in a process that has ended by then."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            print(f"\n{report.nodeid}\n{report.longreprtext}")


def try_mutant(session: pytest.Session, mutant: str, items: list[pytest.Item]) -> bool:
    """Run the tests of a mutant within the limits."""
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR + 5))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    signal.alarm(WAITING)
    return run(session, mutant, items)


def run(session: pytest.Session, mutant: str, items: list[pytest.Item]) -> bool:
    """Run tests with a mutant, up to the first that fails. Returns whether all passed."""
    trampoline.set_mutant_under_test(mutant)
    if mutant == NOTES_CALLS:
        # Not in the servers that tests start: mutmut refuses that.
        del os.environ["MUTANT_UNDER_TEST"]
    for item, following in zip(items, [*items[1:], None], strict=True):
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return False
    return True


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any) -> Iterator[None]:
    """Note the functions that a fixture calls."""
    before = set(_called)
    _called.clear()
    try:
        return (yield)
    finally:
        _called_by_fixture[id(fixturedef)] = set(_called)
        _called.update(before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: Any) -> Iterator[None]:
    """Note the functions that a test calls, and those of its fixtures, which an earlier test may have called."""
    _called.clear()
    try:
        return (yield)
    finally:
        definitions = [each for named in item._fixtureinfo.name2fixturedefs.values() for each in named]
        _called_by_test[item.nodeid] = _called.union(*(_called_by_fixture.get(id(each), set()) for each in definitions))
