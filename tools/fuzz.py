"""Look for documents that can't be read or rendered, or that come out unsound, for some minutes.

    python tools/fuzz.py MINUTES [--coverage]

The first that is found ends the search: it is printed, made as small as it can be, and kept in `.hypothesis` so that the next run
begins with it. With `--coverage`, atheris (`pip install atheris`, on Linux) leads the search by the lines that are reached. The
exit status is 1 where something was found.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
# Documents between two reports.
_ROUND = 2000
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]


def main() -> None:
    """Search as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--coverage", action="store_true", help="search with atheris")
    asked = parser.parse_args()
    if asked.coverage:
        _led_by_coverage(asked.minutes)
    else:
        sys.exit(_at_random(asked.minutes))


def _test() -> Callable[..., Any]:
    import hostile
    from hypothesis import HealthCheck, given, settings

    @settings(max_examples=_ROUND, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    @given(hostile.DOCUMENTS)
    def examine(document: tuple[str, bytes]) -> None:
        hostile.examine(*document)

    return examine


def _at_random(minutes: float) -> int:
    examine = _test()
    end = time.monotonic() + 60 * minutes
    rounds = 0
    while time.monotonic() < end:
        try:
            examine()
        except Exception:
            import traceback

            traceback.print_exc()
            print(f"found something after {rounds * _ROUND:,} documents", flush=True)
            return 1
        rounds += 1
        print(f"{rounds * _ROUND:,} documents", flush=True)
    return 0


def _led_by_coverage(minutes: float) -> None:
    import atheris

    with atheris.instrument_imports(include=["feeds"], enable_loader_override=False):
        examine: Any = _test()
    options = [f"-max_total_time={int(minutes * 60)}", "-max_len=8000", "-len_control=0", "-timeout=60"]
    atheris.Setup([sys.argv[0], *options], examine.hypothesis.fuzz_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
