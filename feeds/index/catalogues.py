"""Catalogues in the index: what the collection of each config was last."""

import os
from collections.abc import Iterable

from feeds import catalogue
from feeds.catalogue import Catalogue
from feeds.database import Database
from feeds.index import tables
from feeds.model import Listing


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
        said, digests = catalogue.encode(made)
        sql = (
            "insert into catalogues (home, look, name, catalogue) values (?, ?, ?, ?) on conflict (home, look) "
            "do update set name = excluded.name, catalogue = excluded.catalogue"
        )
        self._database.execute(sql, (self._home, self._name, made.name, said))
        before = tables.long_value(self._database, self._home, self._name)
        tables.keep_long_value(self._database, self._home, self._name, digests, before)

    def change(self, changes: Iterable[tuple[Listing, Listing]]) -> Catalogue | None:
        """Put in what articles say now, each given as it was and as it is, and let go of other configs' catalogues; of all where
        it may be another one, which gives None. Within the transaction that changes the documents.
        """
        before = self._kept()
        changed = catalogue.changed(before, os.urandom(16), changes) if before is not None else None
        if before is None or changed is None:
            self.let_go()
            return None
        self._let_go_of_others()
        # What is kept of it besides is the same.
        sql = "update catalogues set name = ? where home = ? and look = ?"
        self._database.execute(sql, (changed.name, self._home, self._name))
        tables.keep_long_value(self._database, self._home, self._name, changed.digests, before.digests)
        return changed

    def let_go(self) -> None:
        """Let go of all: the documents are others."""
        self._let_go_of_others()
        self._database.execute("delete from catalogues where home = ? and look = ?", (self._home, self._name))
        self._database.execute("delete from pieces where home = ? and name = ?", (self._home, self._name))
        self._changed = None

    def hold(self, generation: int, changed: Catalogue | None) -> None:
        """Have what was `changed` at hand for who asks for the newest of this `generation`."""
        self._changed = (generation, changed) if changed is not None else None

    def _kept(self) -> Catalogue | None:
        sql = "select name, catalogue from catalogues where home = ? and look = ?"
        rows = self._database.rows(sql, (self._home, self._name))
        if not rows:
            return None
        ((name, said),) = rows
        return catalogue.decode(bytes(name), bytes(said), tables.long_value(self._database, self._home, self._name))

    def _let_go_of_others(self) -> None:
        sql = "select look from catalogues where home = ? and look <> ?"
        for (look,) in self._database.rows(sql, (self._home, self._name)):
            self._database.execute("delete from catalogues where home = ? and look = ?", (self._home, look))
            self._database.execute("delete from pieces where home = ? and name = ?", (self._home, look))
