"""Notices of changes of the index, for servers that follow it without reading the documents themselves."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feeds.storage import database, postgresql

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger("feeds")

# Seconds between polls. PostgreSQL sends notices; a poll finds those that were lost.
_HEARTBEAT = 20.0
_POLL = 0.5
_FIRST_RETRY, _LAST_RETRY = 0.2, 5.0


async def generations(index: str, folder: Path, since: int) -> AsyncGenerator[int, None]:
    """Each newer generation of the index (`Database.announce`), as it comes, after the one that is known: `since`.

    `index` is where the index is, relative to `folder`. Where PostgreSQL goes away, it is tried again until it is back;
    then the generation is yielded even if it is the same, since a read may have failed meanwhile. Generations that
    follow each other closely may be yielded as one. Raises DatabaseError only where the driver is missing.
    """
    if database.is_file(index):
        file = folder / index.removeprefix("sqlite:///")
        while True:
            newest = await asyncio.to_thread(_generation, file)
            if newest not in (None, since):
                since = newest or since
                yield since
            await asyncio.sleep(_POLL)
    address = postgresql.address(index)
    driver = postgresql.load(address)
    retry, lost = _FIRST_RETRY, False
    while True:
        try:
            async with await driver.AsyncConnection.connect(address.conninfo, autocommit=True) as connection:
                await connection.execute(f'{address.setup}; listen "{address.schema}"')
                while True:
                    newest = await _newest(connection)
                    if newest != since or lost:
                        since, retry, lost = newest, _FIRST_RETRY, False
                        yield newest
                    async for _ in connection.notifies(timeout=_HEARTBEAT, stop_after=1):
                        pass
        except driver.Error as error:
            if not lost:
                log.warning("changes are not heard of for now: %s", address.error(error))
            lost = True
            await asyncio.sleep(retry)
            retry = min(retry * 2, _LAST_RETRY)


async def _newest(connection: "psycopg.AsyncConnection[Any]") -> int:
    cursor = await connection.execute(database.GENERATION)
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


def _generation(file: Path) -> int | None:
    # Opened again each time, since the file may have been replaced.
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute(database.GENERATION).fetchone()
    except sqlite3.Error:
        return None
    return int(row[0]) if row else 0
