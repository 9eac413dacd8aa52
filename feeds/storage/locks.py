"""Locks between processes: each is an empty database of SQLite, which frees it when its holder ends, in whatever way."""

import sqlite3
import time
from collections.abc import Callable

# Between two attempts, in seconds.
_MOMENT = 0.01


def hold(name: str, *, wait: bool, waiting: Callable[[], None]) -> sqlite3.Connection:
    """Hold the lock in the file `name` until the connection returned is closed or this process ends.

    Where another one holds it: with `wait`, `waiting` is called and its end is waited for; else raises sqlite3.OperationalError
    with the code SQLITE_BUSY. Raises another sqlite3.DatabaseError where the file can't be written or is something else.
    """
    connection = sqlite3.connect(name, check_same_thread=False, isolation_level=None, timeout=0)
    is_waiting = False
    try:
        while True:
            try:
                connection.execute("begin exclusive")
            except sqlite3.OperationalError as error:
                if not wait or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                if not is_waiting:
                    waiting()
                is_waiting = True
                # Not by SQLite's own timeout, which no signal ends.
                time.sleep(_MOMENT)
            else:
                return connection
    except BaseException:
        connection.close()
        raise
