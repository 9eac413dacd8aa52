"""Copies of pictures: each is made on the first request, once for all concurrent requests."""

import asyncio
from typing import TYPE_CHECKING

from feeds.copies import names
from feeds.site.site import Site

if TYPE_CHECKING:
    from feeds.copies.copying import Copier

# Pictures that are being copied or wait for that. A page has about a dozen.
_MOST_WAITING = 200


class BusyError(Exception):
    """Too many pictures are being copied at the moment."""


class Copying:
    """Makes the copies of a server."""

    def __init__(self) -> None:
        self._making: dict[str, asyncio.Task[str]] = {}
        self._copiers: list[Copier] = []

    async def make(self, path: str, site: Site) -> str | None:
        """Make the copies of the picture whose copy belongs at `path`.

        Why there can be none, empty if it is made; None where no page shows a copy from `path`. Raises BusyError.
        """
        copy = names.parse(path)
        url = await asyncio.to_thread(site.collection.copies.get, copy[0]) if copy is not None else None
        if copy is None or url is None:
            return None
        name = copy[0]
        if (why := await asyncio.to_thread(site.copies.failure, name)) is not None:
            return why
        task = self._making.get(name)
        if task is None:
            if len(self._making) >= _MOST_WAITING:
                raise BusyError
            task = asyncio.create_task(self._copy(name, url, site))
            self._making[name] = task
            task.add_done_callback(lambda _: self._making.pop(name, None))
        # A client that disconnects must not cancel the work for others that wait.
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Cancel copies in progress."""
        tasks = list(self._making.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for copier in self._copiers:
            await copier.close()
        self._copiers = []

    async def _copy(self, name: str, url: str, site: Site) -> str:
        from feeds.copies.copying import Copier

        if not self._copiers or not self._copiers[-1].fits(site.config):
            # Copies in progress use the previous one.
            self._copiers.append(Copier(site.config))
        return await self._copiers[-1].copy(name, url)
