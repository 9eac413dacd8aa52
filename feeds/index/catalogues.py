"""Catalogues in the index: what the collection of each config was last."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from feeds.config.types import Config
from feeds.index import catalogue, revision, tables
from feeds.index.catalogue import Catalogue, Fetch
from feeds.index.revision import Change
from feeds.storage.database import Database


class Catalogues:
    """The catalogues of the documents of `home`; `name` is that of the one which is asked for here."""

    def __init__(self, database: Database, home: str, name: str) -> None:
        self._database = database
        self._home = home
        self._name = name
        self._changed: tuple[int, Catalogue] | None = None

    def newest(self, generation: int) -> Catalogue | None:
        """The catalogue of the documents as they are at this `generation`."""
        if self._changed is not None and self._changed[0] == generation:
            return self._changed[1]
        return self._kept()

    def keep(self, made: Catalogue) -> None:
        """Keep the catalogue of what the documents are. Within a transaction."""
        insert = "insert into catalogues (home, look, name) values (?, ?, ?)"
        sql = f"{insert} on conflict (home, look) do update set name = excluded.name"
        self._database.execute(sql, (self._home, self._name, made.name))
        for part, value in catalogue.encode(made).items():
            name = _part(self._name, part)
            tables.keep_long_value(self._database, self._home, name, value, tables.long_value(self._database, self._home, name))

    def change(self, changes: Sequence[Change], config: Config, fetch: Fetch) -> Catalogue | None:
        """Put in what articles say now, and let go of other configs' catalogues; of all where all has to be grouped anew, which
        gives None. Within the transaction that changes the documents. `fetch` is asked for listings.
        """
        before = self._kept()
        if before is None:
            self.let_go()
            return None
        name = os.urandom(16)
        reworded = [(one, other) for one, other in changes if one is not None and other is not None]
        changed = catalogue.changed(before, name, reworded) if len(reworded) == len(changes) else None
        if changed is not None:
            # What is kept of it besides is the same.
            sql = "update catalogues set name = ? where home = ? and look = ?"
            self._database.execute(sql, (changed.name, self._home, self._name))
            part = _part(self._name, "digests")
            tables.keep_long_value(self._database, self._home, part, changed.digests, before.digests)
        else:
            whole = replace(before, columns=replace(before.columns, ids=self.ids(before.name)))
            changed = revision.revised(whole, name, changes, config, datetime.now(UTC), fetch)
            if changed is None:
                self.let_go()
                return None
            self.keep(changed)
        self._let_go_of_others()
        return changed

    def let_go(self) -> None:
        """Let go of all: the documents are others."""
        self._let_go_of_others()
        self._let_go_of(self._name)
        self._changed = None

    def hold(self, generation: int, changed: Catalogue | None) -> None:
        """Have what was `changed` at hand for who asks for the newest of this `generation`."""
        self._changed = (generation, changed) if changed is not None else None

    def ids(self, name: bytes) -> bytes:
        """The identities that are a part of the catalogue with this `name`; none where it is not the newest any more."""
        newest = self._database.rows("select name from catalogues where home = ? and look = ?", (self._home, self._name))
        same = bool(newest) and bytes(newest[0][0]) == name
        return tables.long_value(self._database, self._home, _part(self._name, catalogue.IDS)) if same else b""

    def _kept(self) -> Catalogue | None:
        """The catalogue that is kept, but for its identities: most of its bytes, which few ask for."""
        rows = self._database.rows("select name from catalogues where home = ? and look = ?", (self._home, self._name))
        if not rows:
            return None
        wanted = [part for part in catalogue.PARTS if part != catalogue.IDS]
        parts = {part: tables.long_value(self._database, self._home, _part(self._name, part)) for part in wanted}
        return catalogue.decode(bytes(rows[0][0]), parts)

    def _let_go_of_others(self) -> None:
        sql = "select look from catalogues where home = ? and look <> ?"
        for (look,) in self._database.rows(sql, (self._home, self._name)):
            self._let_go_of(look)

    def _let_go_of(self, look: str) -> None:
        self._database.execute("delete from catalogues where home = ? and look = ?", (self._home, look))
        names = [(self._home, _part(look, part)) for part in catalogue.PARTS]
        self._database.many("delete from pieces where home = ? and name = ?", names)


def _part(look: str, part: str) -> str:
    """The name of the long value that a part of a catalogue is kept as."""
    return f"{look} {part}"
