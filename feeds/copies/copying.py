"""Copying: fetch pictures, make them smaller, keep them; bounded in time and size, and from public addresses alone."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from http.client import responses
from ipaddress import ip_network
from urllib.parse import urlsplit

import aiohttp
from msgspec import Struct

from feeds import outward
from feeds.addresses import REFUSAL
from feeds.config.types import Config
from feeds.copies.raster import PictureError, smaller
from feeds.copies.store import Store

_TIMEOUT = aiohttp.ClientTimeout(total=20, connect=10)
_LARGEST = 20_000_000
_MOST_REDIRECTS = 5
_LATE, _UNCONNECTED = "no answer in time", "no connection"
# Pictures that a host must fail to answer for until an export asks it for no other.
_SILENCES = 3
# Pictures that are fetched at once, from all hosts and from one, and that are decoded at once, since these take memory.
_AT_ONCE, _PER_HOST, _DECODED = 16, 4, 2
# With several codings a host chooses one that is decoded here.
_HEADERS = {"Accept": "image/webp,image/png,image/jpeg,image/gif,image/*;q=0.5", "Accept-Encoding": "identity"}


class Copied(Struct, frozen=True):
    """How many pictures were `copied`, how many could not be, by the reason, and how many were `left` for another time."""

    copied: int
    failed: dict[str, int]
    left: int


class Copier:
    """Copies pictures of the site of `config`, in one event loop. Close it."""

    def __init__(self, config: Config) -> None:
        self._of = _of(config)
        self._store = Store(config)
        self._resolver = outward.names()
        self._session = outward.session(
            config.site.url,
            tuple(map(ip_network, config.picture_networks)),
            self._resolver,
            _TIMEOUT,
            headers=_HEADERS,
            per_host=_PER_HOST,
        )
        self._fetching, self._decoding = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(_DECODED)

    def fits(self, config: Config) -> bool:
        """Whether this copies pictures of the site of `config` as that has it."""
        return _of(config) == self._of

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()
        await self._resolver.close()

    async def copy(self, name: str, url: str) -> str:
        """Copy the picture at `url` under `name`. Returns why that failed, or an empty text."""
        try:
            async with self._fetching:
                data = await self._fetch(url)
            async with self._decoding:
                copies = await asyncio.to_thread(smaller, data)
            await asyncio.to_thread(self._store.keep, name, copies)
        except PictureError as error:
            with suppress(OSError):
                await asyncio.to_thread(self._store.fail, name, str(error))
            return str(error)
        except OSError as error:
            return f"the copy can't be kept: {error.strerror or error}"
        return ""

    async def _fetch(self, url: str) -> bytes:
        """The bytes at `url`. Raises PictureError."""
        try:
            async with self._session.get(url, max_redirects=_MOST_REDIRECTS) as response:
                if response.status != 200:
                    raise PictureError(f"status {response.status} {responses.get(response.status, '')}".rstrip())
                if (body := await outward.body(response, _LARGEST)) is None:
                    raise PictureError(f"more than {_LARGEST // 1_000_000} MB")
                return body
        except TimeoutError as error:
            raise PictureError(_LATE) from error
        except aiohttp.TooManyRedirects as error:
            raise PictureError(f"more than {_MOST_REDIRECTS} redirects") from error
        except aiohttp.NonHttpUrlClientError as error:
            raise PictureError("a redirect to something else than http") from error
        except aiohttp.ClientConnectorError as error:
            raise PictureError(f"its host {REFUSAL}" if REFUSAL in str(error.os_error) else _UNCONNECTED) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise PictureError("a broken connection") from error


def _of(config: Config) -> tuple[object, ...]:
    return config.site.url, config.picture_networks, config.state_folder, config.path


def copy_all(config: Config, wanted: Sequence[tuple[str, str]], patience: timedelta) -> Copied:
    """Copy the pictures `wanted`, given by name and URL, in their order, for as long as `patience` at most."""

    async def copied() -> Copied:
        outcomes: Counter[str] = Counter()
        silences: Counter[str] = Counter()
        waiting = iter(wanted)

        async def work(copier: Copier) -> None:
            for name, url in waiting:
                host = urlsplit(url).netloc
                if silences[host] >= _SILENCES:
                    # It would take the time that others need.
                    outcomes["its host does not answer"] += 1
                    continue
                why = await copier.copy(name, url)
                outcomes[why] += 1
                silences[host] += why in (_LATE, _UNCONNECTED)

        copier = Copier(config)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience.total_seconds()):
                await asyncio.gather(*(work(copier) for _ in range(_AT_ONCE)))
        await copier.close()
        done = outcomes.pop("", 0)
        return Copied(done, dict(outcomes.most_common()), len(wanted) - done - outcomes.total())

    # The caller may be in an event loop itself.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, copied()).result()
