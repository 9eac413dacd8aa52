"""What some tests need of the machine beside Python's packages: a browser, nginx, Node's tools."""

import os
from typing import TypeVar

import pytest

Found = TypeVar("Found")


def needed(found: Found | None, what: str) -> Found:
    """`found`, or the test is passed over, saying `what` is missing; in CI, which installs it, it fails instead."""
    if found is not None:
        return found
    said = f"{what} is not on this machine; .ci/run installs it"
    if os.environ.get("CI"):
        pytest.fail(said)
    pytest.skip(said)  # the tests pass in a fresh clone anywhere; CI, which installs it, has failed above
