"""Recording: the identity ledger is kept up to date with what an index publishes.

Placing notes which identities the ledger may be behind with (`unrecorded`). `record` writes those to the ledger, and `foresee`
only finds out which notices that would add to the index.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from feeds.config.types import Config
from feeds.errors import LedgerError
from feeds.index.documents import Documents
from feeds.index.homes import Home, Homes, Site, clock
from feeds.index.identities import Identities
from feeds.ledger import file as ledger
from feeds.storage.database import Database

log = logging.getLogger("feeds")


class Recording:
    """The ledger of an index, if its config has one. A preview publishes nothing, so it records nothing."""

    def __init__(self, database: Database, config: Config, homes: Homes) -> None:
        self._database = database
        self._config = config
        self._homes = homes
        self._path = None if config.drafts else config.ledger
        self._failing = False
        # Whether the last `record` has left articles whose documents are missing.
        self.is_waiting = False

    def note(self, site: Site, ids: Iterable[str]) -> None:
        """Note that the ledger may be behind with these identities. Call it within the transaction that places them."""
        if self._path is not None:
            sql = "insert into unrecorded (site, id) values (?, ?) on conflict (site, id) do nothing"
            self._database.many(sql, [(site.number, id) for id in ids])

    def record(self, now: datetime, quiet: timedelta) -> bool:
        """Write to the ledger which articles are published at the moment `now`, and which were withdrawn, and keep notices of
        those in the index. Whether it was behind. A ledger that can't be written is logged once.

        Articles whose documents are missing are withdrawn once no document has changed for as long as `quiet`.
        """
        self.is_waiting = False
        site, ids = self._unrecorded()
        if self._path is None or site is None or not ids:
            return False
        try:
            with self._database.transaction():
                self._record(self._path, ids, site, now, quiet)
        except LedgerError as error:
            if not self._failing:
                advice = "`ledger: FILE` in the config puts the ledger elsewhere, `ledger: false` does without"
                log.warning("articles may lose their identity: %s; %s", error, advice)
            self._failing = True
            return False
        self._failing = False
        return True

    def foresee(self, now: datetime) -> bool:
        """Keep the notices in the index that `record` would keep at the moment `now`; the ledger stays as it is.

        Whether the ledger is behind. Raises LedgerError where it can't be read.
        """
        site, ids = self._unrecorded()
        if self._path is None or site is None or not ids:
            return False
        with self._database.transaction(), ledger.opened(self._path) as found:
            home, generation, identities = self._identities(self._path)
            identities.record(ids, site.number, found, home.ledger, now)
            self._keep_notices(identities, home, generation)
        return True

    def _record(self, path: Path, ids: set[str], site: Site, now: datetime, quiet: timedelta) -> None:
        home, generation, identities = self._identities(path)
        waits = clock() - home.generation < quiet / timedelta(microseconds=1)
        before, after = ledger.update(
            path, lambda found: identities.record(ids, site.number, found, home.ledger, now, waits=waits)
        )
        self._keep_notices(identities, home, generation)
        self._database.many("delete from unrecorded where site = ? and id = ?", [(site.number, id) for id in sorted(ids)])
        self.note(site, identities.missing)
        self.is_waiting = bool(identities.missing)
        if before == home.ledger:
            # What another process has written is yet to be compared.
            self._database.execute("update homes set ledger = ? where number = ?", (after, home.number))

    def _unrecorded(self) -> tuple[Site | None, set[str]]:
        site = self._homes.site()
        if site is None or self._path is None:
            return None, set()
        sql = "select id from unrecorded where site = ?"
        return site, {id for (id,) in self._database.rows(sql, (site.number,))}

    def _identities(self, path: Path) -> tuple[Home, int, Identities]:
        home = self._homes.home()
        generation = max(home.generation + 1, clock())
        return home, generation, identities_of(self._database, self._config, path, home, generation)

    def _keep_notices(self, identities: Identities, home: Home, generation: int) -> None:
        if identities.keep_notices(identities.withdrawn):
            self._database.execute("update homes set generation = ? where number = ?", (generation, home.number))


def identities_of(database: Database, config: Config, path: Path, home: Home, generation: int) -> Identities:
    """The identities of a home's articles, by the ledger in the file `path`."""
    touch = partial(Documents(database, config, home.number).touch, generation)
    return Identities(database, config, path, home.number, generation, touch)
