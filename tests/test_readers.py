"""What readers take: the readers that are installed here take it rightly, as docs/readers.md says."""

import subprocess
import sys

from support import ROOT


def test_the_table_of_readers_is_true_for_those_that_are_here() -> None:
    command = [sys.executable, "tools/readers.py"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    rows = run.stdout.splitlines()
    # feedparser is installed wherever tests run; others may be.
    assert sum(row.startswith("| feedparser |") for row in rows) == 3
    assert set(rows) <= set((ROOT / "docs" / "readers.md").read_text(encoding="utf-8").splitlines())
