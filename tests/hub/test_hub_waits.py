"""When the hub tries again, and how it signs."""

import pytest

from feeds.hub import backoff
from feeds.hub.signatures import signature

MINUTE, DAY = 60_000, 24 * 60 * 60_000


@pytest.mark.parametrize(
    ("attempts", "least"), [(1, MINUTE), (2, 2 * MINUTE), (3, 4 * MINUTE), (11, 1024 * MINUTE), (12, DAY), (10_000, DAY)]
)
def test_each_failure_doubles_the_wait_up_to_a_day(attempts: int, least: int) -> None:
    waits = [backoff.wait(attempts) for _ in range(500)]
    assert least <= min(waits)
    assert max(waits) < 1.1 * least
    # What failed together is spread over a tenth of the time.
    assert max(waits) - min(waits) > 0.08 * least


@pytest.mark.parametrize(
    ("method", "signed"),
    [
        ("sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (
            "sha512",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
    ],
)
def test_signatures_are_those_of_rfc_4231(method: str, signed: str) -> None:
    """Test case 2, in the form of WebSub 7.1."""
    assert signature(method, "Jefe", b"what do ya want for nothing?") == f"{method}={signed}"
