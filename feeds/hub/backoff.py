"""Backoff: the time until a failed request is tried again."""

import secrets

_MINUTE, _DAY = 60_000, 86_400_000


def wait(attempts: int) -> int:
    """Milliseconds until the next try after `attempts` failures: a minute, twice as long each time, at most a day.

    Up to a tenth is added at random, so that what failed together is not tried together.
    """
    length = min(_MINUTE << min(attempts - 1, 20), _DAY)
    return length + secrets.randbelow(length // 10)
