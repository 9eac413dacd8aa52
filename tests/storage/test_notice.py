"""Notices: servers that follow an index are notified of each change, even after PostgreSQL was down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

import pytest
from postgres import Cluster

from feeds.storage import database, notify

SCHEMA = database.Schema("things", ("create table things (name text primary key)",))
Result = TypeVar("Result")


def announce(opened: database.Database) -> int:
    with opened.transaction():
        return opened.announce()


async def following(notices: AsyncIterator[Result]) -> Result:
    return await asyncio.wait_for(anext(notices), 30)


def test_each_change_is_announced(database_url: str, tmp_path: Path) -> None:
    opened = database.connect(database_url, tmp_path, SCHEMA)

    async def follow() -> None:
        async with aclosing(notify.generations(database_url, tmp_path, 0)) as notices:
            # Announced before there was a listener.
            first = announce(opened)
            assert await following(notices) == first
            for _ in range(3):
                waiting = asyncio.create_task(following(notices))
                await asyncio.sleep(0.1)
                assert not waiting.done()
                generation = announce(opened)
                assert await waiting == generation
        async with aclosing(notify.generations(database_url, tmp_path, generation)) as notices:
            waiting = asyncio.create_task(following(notices))
            await asyncio.sleep(0.1)
            assert not waiting.done(), "what is known is no news"
            newer = announce(opened)
            assert await waiting == newer

    asyncio.run(follow())
    opened.close()


def test_a_rolled_back_change_is_not_announced(postgresql: Cluster, tmp_path: Path) -> None:
    url = postgresql.url()
    opened = database.connect(url, tmp_path, SCHEMA)

    def take_back() -> None:
        with opened.transaction():
            opened.announce()
            raise ZeroDivisionError

    async def follow() -> None:
        async with aclosing(notify.generations(url, tmp_path, 0)) as notices:
            waiting = asyncio.create_task(following(notices))
            await asyncio.sleep(0.2)
            with pytest.raises(ZeroDivisionError):
                take_back()
            await asyncio.sleep(0.2)
            assert not waiting.done()
            generation = announce(opened)
            assert await waiting == generation

    asyncio.run(follow())
    opened.close()


def test_a_restart_counts_as_a_change(postgresql: Cluster, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    url = postgresql.url()
    opened = database.connect(url, tmp_path, SCHEMA)

    async def follow() -> None:
        async with aclosing(notify.generations(url, tmp_path, 0)) as notices:
            first = announce(opened)
            assert await following(notices) == first
            waiting = asyncio.create_task(following(notices))
            await asyncio.sleep(0.1)
            postgresql.stop()
            await asyncio.sleep(0.5)
            postgresql.start()
            assert await waiting == first
            waiting = asyncio.create_task(following(notices))
            second = announce(opened)
            assert await waiting == second

    asyncio.run(follow())
    assert [record.levelname for record in caplog.records] == ["WARNING"], "said once"
    opened.close()


def test_a_file_that_was_deleted_is_followed_in_its_new_form(tmp_path: Path) -> None:
    url = "sqlite:///index.db"

    async def follow() -> None:
        async with aclosing(notify.generations(url, tmp_path, 0)) as notices:
            waiting = asyncio.create_task(following(notices))
            await asyncio.sleep(0.1)
            for _ in range(2):
                opened = database.connect(url, tmp_path, SCHEMA)
                generation = announce(opened)
                assert await waiting == generation
                opened.close()
                (tmp_path / "index.db").unlink()
                waiting = asyncio.create_task(following(notices))
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(follow())
