"""A lease: the writer of a prefix of an object store holds the lock object there, which expires unless it is renewed.

The object is only ever put on the condition that it is as it was last seen, so two processes never both have it. It is not
deleted in the end, since that can't be made to depend on its being the same still: it is put as one that has run out.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from feeds.errors import OutputError

if TYPE_CHECKING:
    from obstore import GetResult, PutMode, UpdateVersion
    from obstore.store import ObjectStore

# Longer than a request is tried, renewals included.
_LENGTH = timedelta(seconds=120)
_RENEWED = timedelta(seconds=20)


class Lease:
    """The object at `path` of `store`; `url` names the place in errors. A store without conditional puts has no leases."""

    def __init__(self, store: "ObjectStore", path: str, url: str) -> None:
        self._store = store
        self._path = path
        self._url = url
        self._me = uuid4().hex
        self._seen: UpdateVersion | None = None
        self._until = datetime.min.replace(tzinfo=UTC)
        self._supported = True

    def take(self) -> None:
        """Acquire the lease. Raises OutputError where another process has it."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, NotSupportedError

        try:
            self._put("create")
        except NotSupportedError:
            self._supported = False
        except AlreadyExistsError:
            held = obstore.get(self._store, self._path)
            owner, until = _read(bytes(held.bytes()))
            # A create that was tried again may have met with itself.
            if until > datetime.now(UTC) and owner != self._me:
                raise OutputError(
                    f"{self._url}: another export is writing here; or it was killed, then wait until {until:%H:%M:%S} UTC, "
                    f"or delete {self._path}"
                ) from None
            self._change(held)

    def renew(self) -> None:
        """Renew the lease if it is time to. Raises OutputError where it was lost."""
        if self._supported and self._until - datetime.now(UTC) < _LENGTH - _RENEWED:
            self._change(None)

    def give(self) -> None:
        """Release the lease."""
        if self._supported and self._seen is not None and self._until > datetime.now(UTC):
            self._change(None, timedelta())

    def _change(self, held: "GetResult | None", length: timedelta = _LENGTH) -> None:
        import obstore
        from obstore.exceptions import PreconditionError

        try:
            self._put(_version(held.meta["e_tag"], held.meta["version"]) if held is not None else self._seen, length)
        except PreconditionError:
            found = obstore.get(self._store, self._path)
            owner, until = _read(bytes(found.bytes()))
            if owner != self._me:
                self._seen = None
                raise OutputError(f"{self._url}: another export has begun to write here") from None
            # It was ours that came through, and was tried again.
            self._seen, self._until = _version(found.meta["e_tag"], found.meta["version"]), until

    def _put(self, mode: "PutMode | None", length: timedelta = _LENGTH) -> None:
        import obstore

        until = datetime.now(UTC) + length
        body = json.dumps({"owner": self._me, "until": until.isoformat(timespec="milliseconds")}).encode()
        put = obstore.put(self._store, self._path, body, mode=mode)
        self._seen = _version(put["e_tag"], put["version"])
        self._until = until


def _version(tag: str | None, version: str | None) -> "UpdateVersion":
    made: UpdateVersion = {}
    if tag is not None:
        made["e_tag"] = tag
    if version is not None:
        made["version"] = version
    return made


def _read(body: bytes) -> tuple[str, datetime]:
    """The holder of the lease, and its end; a lease that can't be read has expired."""
    try:
        found = json.loads(body)
        return found["owner"], datetime.fromisoformat(found["until"]).astimezone(UTC)
    except (ValueError, KeyError, TypeError):
        return "", datetime.min.replace(tzinfo=UTC)
