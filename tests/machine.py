"""Programs that some tests need: a browser, nginx, tools of Node."""

import os
import shutil
from typing import TypeVar

import pytest

Found = TypeVar("Found")


def needed(found: Found | None, what: str) -> Found:
    """Return `found`; without it, skip the test because `what` is missing. In CI, which installs it, the test fails."""
    if found is not None:
        return found
    output = f"{what} is not on this machine; .ci/run installs it"
    if os.environ.get("CI"):
        pytest.fail(output)
    pytest.skip(output)  # Reason: the README's tests pass on any machine. .ci/run sets CI, so nothing is skipped there.


def without_rights() -> list[str]:
    """The beginning of a command that keeps root, who may read and write everything, to the permissions of files."""
    if os.geteuid() != 0:
        return []
    return [needed(shutil.which("setpriv"), "setpriv"), "--bounding-set", "-dac_override,-dac_read_search"]
