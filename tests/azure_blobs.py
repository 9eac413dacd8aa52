"""A real Azure Blob Storage server on loopback (Azurite), and a container of it as Microsoft's own library sees it."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from azure.storage.blob import BlobServiceClient
from machine import needed
from support import ROOT

# The account of every Azurite, from its documentation.
_ACCOUNT = "devstoreaccount1"
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Container:
    """A new container of the server at `url`; exports go below `news/`. Otherwise as `s3.Bucket`."""

    def __init__(self, url: str) -> None:
        self.server = url
        name = f"container-{uuid4().hex[:12]}"
        self.url = f"az://{name}/news"
        self._service = BlobServiceClient(f"{url}/{_ACCOUNT}", credential=_KEY)
        self._client = self._service.create_container(name)
        self.env = self.through(url)

    def through(self, url: str) -> dict[str, str]:
        """The environment in which Feeds finds the store at `url`."""
        return {
            "AZURE_STORAGE_ACCOUNT_NAME": _ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": _KEY,
            "AZURE_STORAGE_ENDPOINT": f"{url}/{_ACCOUNT}",
        }

    def paths(self) -> list[str]:
        """Every path below `news/`."""
        return [found.name.removeprefix("news/") for found in self._client.list_blobs(name_starts_with="news/")]

    def tree(self) -> dict[str, bytes]:
        """Every object that a reader could fetch, by path."""
        return {path: self.read(path) for path in self.paths() if not path.startswith(".")}

    def read(self, path: str) -> bytes:
        """The bytes of an object."""
        return self._client.download_blob(f"news/{path}").readall()

    def headers(self, path: str) -> tuple[str, str, str]:
        """The media type, Cache-Control and SHA-256 of an object."""
        found = self._client.get_blob_client(f"news/{path}").get_blob_properties()
        settings = found.content_settings
        return settings.content_type or "", settings.cache_control or "", found.metadata["sha256"]

    def write(self, path: str, body: bytes) -> None:
        """Put an object, as another program would."""
        self._client.upload_blob(f"news/{path}", body, overwrite=True)

    def delete(self, path: str) -> None:
        """Delete an object, as another program would."""
        self._client.delete_blob(f"news/{path}")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._service.close()


@contextmanager
def server() -> Iterator[str]:
    """The address of an Azure Blob Storage server that runs."""
    tool = ROOT / "node_modules/.bin/azurite-blob"
    command = [str(needed(tool if tool.exists() else None, "Azurite (npm)"))]
    # It accepts only versions of the API from before its release; Microsoft's library may be newer.
    command += ["--inMemoryPersistence", "--blobPort", "0", "--skipApiVersionCheck", "--disableTelemetry"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            output = ""
            while (found := re.search(r"listens on (http://\S+)", output)) is None:
                line = process.stdout.readline()
                assert line, output
                output += line
            yield found[1]
        finally:
            process.terminate()
