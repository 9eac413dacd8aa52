"""Object stores (`s3://`, `gs://`, `az://`): the objects under a prefix, through obstore.

Credentials and endpoints come from the environment or the machine alone: AWS_*, GOOGLE_* and AZURE_*, as obstore documents
them. Nothing is spoken in the clear but to an endpoint that the environment gives as `http://`.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from feeds.errors import FeedsError, StoreError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

# How often a request is tried again, the pauses growing, and for how long at most.
_RETRIES = 8
_PATIENCE = timedelta(seconds=60)
_ENDPOINTS = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
}
# The part of an address after `?` may be a signature.
_QUERY = re.compile(r"\?[^\s)\"]*")
# How long a request took: a failure that lasts is to be said once.
_TOOK = re.compile(r" in [0-9.]+[nµm]?s\b")


class Object(NamedTuple):
    """An object: its path from the prefix, its size in bytes, when it was put (seconds since 1970), and a `tag` that changes
    with its bytes.
    """

    path: str
    size: int
    moment: float
    tag: str


def connect(url: str) -> "ObjectStore":
    """The store at `url`, such as `s3://bucket/prefix`; paths are from its prefix. Nothing is asked of it yet.

    Raises StoreError where obstore is not installed, or the environment does not say enough.
    """
    try:
        from obstore.exceptions import BaseError
        from obstore.store import from_url
    except ImportError as error:
        raise StoreError(f"{url}: object stores need a library: pip install obstore") from error
    endpoint = _endpoint(url.partition(":")[0])
    try:
        # Its types differ by kind of store, which is unknown here.
        store: ObjectStore = from_url(
            url,
            client_options={"allow_http": endpoint.startswith("http://"), "timeout": timedelta(seconds=30)},
            retry_config={"max_retries": _RETRIES, "retry_timeout": _PATIENCE},
        )
    except (BaseError, ValueError) as error:
        raise StoreError(f"{url}: {message(error)}") from error
    return store


def _endpoint(scheme: str) -> str:
    """The endpoint of a store by the environment; empty for its maker's own."""
    if scheme in _ENDPOINTS:
        return next((found for name in _ENDPOINTS[scheme] if (found := os.environ.get(name))), "")
    # Google's is a part of a service account's key.
    with suppress(OSError, ValueError):
        place = os.environ.get("GOOGLE_SERVICE_ACCOUNT") or os.environ.get("GOOGLE_SERVICE_ACCOUNT_PATH")
        key = os.environ.get("GOOGLE_SERVICE_ACCOUNT_KEY") or (Path(place).read_text(encoding="utf-8") if place else "{}")
        return str(msgspec.json.decode(key, type=dict[str, object]).get("gcs_base_url", ""))
    return ""


@contextmanager
def errors(url: str, kind: type[FeedsError]) -> Iterator[None]:
    """Raise errors of the store at `url` within as errors of this `kind`."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError, StoreError) as error:
        raise kind(str(error) if isinstance(error, StoreError) else f"{url}: {message(error)}") from error


def listed(store: "ObjectStore") -> Iterator[Object]:
    """Every object under the prefix."""
    import obstore

    for some in obstore.list(store, chunk_size=1000):
        for found in some:
            moment = found["last_modified"].timestamp()
            yield Object(found["path"], found["size"], moment, _tag(found["e_tag"]) or str(moment))


def read(store: "ObjectStore", path: str) -> bytes | None:
    """The bytes at `path`, or None where there is no object."""
    import obstore

    try:
        return bytes(obstore.get(store, path).bytes())
    except FileNotFoundError:
        return None


def attributes(store: "ObjectStore", path: str) -> dict[str, str]:
    """The metadata of the object at `path`; empty without one."""
    import obstore

    try:
        return dict(obstore.get(store, path, options={"head": True}).attributes)
    except FileNotFoundError:
        return {}


def put(store: "ObjectStore", path: str, body: bytes, attributes: dict[str, str] | None = None) -> str:
    """Put an object with this body and these attributes at `path`, in one request. Returns its tag."""
    import obstore

    # In one, since uploads by parts leave parts behind where they are cut off.
    done = obstore.put(store, path, body, attributes=attributes, use_multipart=False)
    return _tag(done["e_tag"])


def delete(store: "ObjectStore", paths: Sequence[str]) -> None:
    """Delete the objects at `paths`."""
    import obstore

    if paths:
        obstore.delete(store, paths)


def message(error: Exception) -> str:
    """The first line of an error, without what may be secret, and the same each time."""
    return _TOOK.sub("", _QUERY.sub("", (str(error).splitlines() or [type(error).__name__])[0]))


def _tag(etag: str | None) -> str:
    """An entity tag for comparison: Azure's listings have it without the quotes of its other answers."""
    return (etag or "").strip('"')
